"""draft_writer as a real process that writes drafts, and one conversation with a person in it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import nats as nats_client
from nats.js import JetStreamContext

from csm.contracts import ConversationClassified, ConversationUpdated, DraftUpsert, Event
from desk_client import HEADERS, create
from draft_writer.settings import Settings
from player import Player, Row
from stage import Control, Stage
from triage import Sections

MODEL = "sim-large"
QUESTION = "Hello, where is my order? It has not arrived and I would like to know when it comes."
PERSON = 2


def with_author(llm: Control) -> Sections:
    """Sections of csm.toml that let the simulated model write drafts."""
    return {"llm": {"base_url": f"{llm.url}/v1"}, "llm.draft": {"model": MODEL}}


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a test does and sees."""

    stage: Stage
    writer: Player
    desk: httpx.Client
    bus: JetStreamContext

    async def begin(self, **options: Any) -> None:
        """Start it and hand the self-test's findings on, as `csm self-test` does."""
        self.writer.live(**options)
        await self.hand_on_findings()

    async def hand_on_findings(self) -> None:
        """Of the self-test, to whichever process answers."""
        findings = json.loads(self.stage.rows("SELECT findings FROM self_test")[0][0])
        while not await self.writer.answers("self-test-keep", findings=findings):
            assert self.writer.deaths() == []

    def case(self, text: str = QUESTION, **changes: Any) -> "Case":
        """A conversation with one message of a customer."""
        threads = [{"type": "customer", "text": text, "createdAt": "2026-01-02T03:04:05Z"}]
        return Case(self, create(self.desk, **{"threads": threads} | changes))

    async def publish(self, *events: Event, again: str = "") -> None:
        """As the stage before does; `again` for every publish after the first."""
        for event in events:
            await self.bus.publish(
                event.subject,
                event.model_dump_json().encode(),
                headers={"Nats-Msg-Id": event.dedup_id(again)},
            )

    async def settled(self, number: int | None = None) -> None:
        """Wait until nothing is owed, and so many rows have their end."""

        def are_ended() -> bool:
            states = self.writer.states()
            ended = sum(states.values()) - states.get("wanted", 0)
            return states.get("wanted", 0) == 0 and ended >= (number or 1)

        await self.writer.until(are_ended)

    def drafts(self) -> dict[int, str]:
        """State of every draft's row, by the customer's message."""
        return dict(self.writer.rows("SELECT basis_thread_id, state FROM draft"))

    def mails(self) -> list[Row]:
        """What was mailed to customers."""
        return [mail for mail in self.stage.sink() if mail["kind"] != "notification"]


class Case:
    """One conversation."""

    def __init__(self, drafting: Drafting, number: int) -> None:
        self._drafting = drafting
        self._stage = drafting.stage
        self.id = number

    def row(self) -> Row:
        """The conversation with its threads."""
        rows = {row["id"]: row for row in self._stage.desk.get("state?bodies=1")["conversations"]}
        return rows[self.id]

    def threads(self, kind: str, state: str = "") -> list[Row]:
        """Threads of a type, oldest first."""
        found = [t for t in self.row()["threads"] if t["type"] == kind]
        return [t for t in found if state in ("", t["state"])]

    def newest(self) -> int:
        """The customer's last message."""
        return int(self.threads("customer")[-1]["id"])

    def drafts(self) -> list[Row]:
        """Every draft, whoever wrote it."""
        return self.threads("message", "draft")

    def notes(self, containing: str = "") -> list[str]:
        """The notes with these words."""
        return [t["body"] for t in self.threads("note") if containing in t["body"]]

    def write(self, text: str = "And what about the invoice for this order?", **more: Any) -> int:
        """The customer writes again."""
        body = {"type": "customer", "text": text} | more
        answer = self._drafting.desk.post(f"/api/conversations/{self.id}/threads", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.headers["Resource-ID"])

    def deed(self, name: str, **facts: Any) -> Row:
        """What a person does in the browser."""
        answer: Row = self._stage.desk.post(name, **facts)
        return answer

    def verdict(self, seq: int = 1, **change: Any) -> ConversationClassified:
        """A final verdict on the newest message."""
        facts: dict[str, Any] = {
            "conversation_id": self.id, "customer_thread_id": self.newest(), "verdict_seq": seq,
            "category": "customer", "importance": 5, "priority": "P2", "method": "model",
            "provisional": False, "language": "en", "prompt_version": "triage-1",
            "reason": "A parcel is late.",
        }  # fmt: skip
        return ConversationClassified(**{**facts, **change})

    def wish(self, purpose: str = "reply", basis: int | None = None) -> DraftUpsert:
        """A wanted draft, as another service asks for it."""
        return DraftUpsert.model_validate(
            {
                "conversation_id": self.id, "basis_thread_id": basis or self.newest(),
                "purpose": purpose,
            }
        )  # fmt: skip

    def hint(self) -> ConversationUpdated:
        """An agent did something here."""
        return ConversationUpdated(conversation_id=self.id, cause="agent", delivery_hash="a" * 32)


@asynccontextmanager
async def drafting_on(
    stage: Stage, sections: Sections | None = None, **mailbox: Any
) -> AsyncIterator[Drafting]:
    """draft_writer of an installation at `write = "drafts"`, provisioned and not started."""
    stage.change(write="drafts", sections=sections or {}, mailbox=mailbox)
    writer = await stage.join("draft_writer", Settings)
    client = await nats_client.connect(stage.nats.url)
    try:
        with httpx.Client(base_url=stage.desk.url, headers=HEADERS, trust_env=False) as desk:
            yield Drafting(stage, writer, desk, client.jetstream())
    finally:
        await client.close()

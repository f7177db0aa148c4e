"""The classifier as a real process between a simulated desk, a bus and a simulated model server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import nats as nats_client
from nats.js import JetStreamContext

from classifier.settings import Settings
from csm.contracts import Cause, ConversationClassified, ConversationUpdated
from desk_client import HEADERS, create
from player import QUIET, Player, Row
from stage import Control, Stage

MODEL = "sim-small"
Sections = Mapping[str, Mapping[str, object]]


def with_model(llm: Control, **settings: object) -> Sections:
    """Sections of csm.toml that let the simulated model judge; `settings` go into `[llm]`."""
    return {"llm": {"base_url": f"{llm.url}/v1", **settings}, "llm.classify": {"model": MODEL}}


@dataclass(frozen=True, slots=True)
class Written:
    """A customer's message in the desk."""

    conversation: int
    thread: int

    def hint(self, cause: Cause = "webhook") -> ConversationUpdated:
        """What is published about it."""
        return ConversationUpdated(
            conversation_id=self.conversation, customer_thread_id=self.thread, cause=cause
        )


@dataclass(frozen=True, slots=True)
class Triage:
    """What a test does and sees."""

    stage: Stage
    service: Player
    llm: Control
    desk: httpx.Client
    bus: JetStreamContext

    async def begin(self, **options: Any) -> None:
        """Start the service and wait until it knows since when messages are its own."""
        self.service.live(**options)
        await self.service.until(lambda: self.service.rows("SELECT 1 FROM watermark") != [])

    def write(self, text: str, conversation: int | None = None, **changes: Any) -> Written:
        """A customer writes now, into a new conversation or an old one."""
        if conversation is not None:
            body = {"type": "customer", "text": text, "imported": True, "createdAt": now()}
            answer = self.desk.post(f"/api/conversations/{conversation}/threads", json=body)
            assert answer.status_code == 201, answer.text
            return Written(conversation, int(answer.headers["Resource-ID"]))
        threads = [{"type": "customer", "text": text, "createdAt": now()}]
        made = create(self.desk, **{"createdAt": now(), "threads": threads} | changes)
        return Written(made, self.threads(made)[-1]["id"])

    def threads(self, conversation: int) -> list[Row]:
        """Threads of a conversation, oldest first."""
        answer = self.desk.get(f"/api/conversations/{conversation}").json()
        found: list[Row] = answer["_embedded"]["threads"]
        return sorted(found, key=lambda thread: int(thread["id"]))

    async def hint(self, written: Written, cause: Cause = "webhook", bucket: str = "") -> None:
        """Publish a hint as the gateway does."""
        event = written.hint(cause)
        headers = {"Nats-Msg-Id": event.dedup_id(bucket)}
        await self.bus.publish(event.subject, event.model_dump_json().encode(), headers=headers)

    async def told(self, at_least: int = 0) -> list[ConversationClassified]:
        """Every verdict on the bus, oldest first, by a consumer of the test's own."""
        await self.service.until(lambda: self.service.rows("SELECT 1 FROM outbox") == [])
        pull = await self.bus.pull_subscribe("conversation.classified.*", stream="WORK")
        found: list[ConversationClassified] = []
        try:
            while True:
                fetched = await pull.fetch(100, timeout=0.3)
                found += [ConversationClassified.model_validate_json(m.data) for m in fetched]
        except TimeoutError:
            await pull.unsubscribe()
        assert len(found) >= at_least, self.service.tail()
        return found

    def verdicts(self) -> list[tuple[int, int, str, str]]:
        """Thread, number, state and method of every verdict, in the order of their making."""
        query = "SELECT thread_id, seq, state, method FROM verdict ORDER BY created_at, thread_id"
        return [(row[0], row[1], row[2], row[3]) for row in self.service.rows(query)]

    async def judged(self, number: int, state: str = "final", within: float = QUIET) -> None:
        """Wait at most `within` s until so many verdicts of a state are stored and told."""

        def are_there() -> bool:
            return sum(row[2] == state for row in self.verdicts()) >= number

        await self.service.until(are_there, within)
        await self.service.until(lambda: self.service.rows("SELECT 1 FROM outbox") == [])

    async def idle(self) -> None:
        """Wait until every hint on the bus was answered and no judgement is owed."""
        durable = "classifier"

        async def pending() -> int:
            state = await self.bus.consumer_info("CONV", durable)
            return int(state.num_pending or 0) + int(state.num_ack_pending or 0)

        while await pending():
            assert self.service.deaths() == [] or self.service.lives[-1].code is None
        await self.service.until(lambda: "wanted" not in self.service.states())

    @property
    def calls(self) -> int:
        """How many answers the model was paid for."""
        return int(self.llm.get("counters")["paid"])


def now() -> str:
    """This second as FreeScout writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@asynccontextmanager
async def triage_on(stage: Stage, llm: Control, sections: Sections) -> AsyncIterator[Triage]:
    """The classifier of an installation, provisioned and not started."""
    llm.post("reset")
    stage.change(write="triage", sections=sections)
    service = await stage.join("classifier", Settings)
    client = await nats_client.connect(stage.nats.url)
    try:
        with httpx.Client(base_url=stage.desk.url, headers=HEADERS, trust_env=False) as desk:
            yield Triage(stage, service, llm, desk, client.jetstream())
    finally:
        await client.close()

"""followups as a real process, the people it tells, and conversations that wait too long."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import nats as nats_client
from nats.js import JetStreamContext

from csm.contracts import ConversationClassified, Event
from desk_client import HEADERS, create
from followups.settings import Settings
from player import Player, Row
from stage import Control, Stage

DAY = 86_400.0
CANARY = "Kowalski"


def telling(stage: Stage, people: Control, *names: str, **more: Any) -> dict[str, Any]:
    """Sections of csm.toml with these channels: slack, smtp, json, pagerduty, heartbeat."""
    people.post("reset")
    folder = stage.folder
    alerts: dict[str, Any] = dict(more)
    sections: dict[str, Any] = {"alerts": alerts}
    for name in names:
        file = folder / f"{name}.url"
        file.write_text(f"{people.url}/{name}\n")
        if name == "slack":
            alerts["slack_url_file"] = str(file)
        elif name == "heartbeat":
            alerts["heartbeat_url_file"] = str(file)
        elif name == "smtp":
            sections["alerts.smtp"] = {
                "host": "127.0.0.1", "port": people.get("handshake")["smtp_port"],
                "security": "none", "sender": "csm@desk.example",
                "recipients": ["admin@desk.example"],
            }  # fmt: skip
        else:
            own = {"url_file": str(file), "format": name}
            if name == "pagerduty":
                (folder / "routing.key").write_text("R0UT1NG\n")
                own["routing_key_file"] = str(folder / "routing.key")
            sections["alerts.webhook"] = own
    return sections


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What a test does and sees."""

    stage: Stage
    service: Player
    people: Control
    desk: httpx.Client
    bus: JetStreamContext

    def told(self, channel: str = "slack") -> list[Row]:
        """What people got on a channel, oldest first."""
        inbox = self.people.get("inbox")
        return [m["content"] for m in inbox["messages"] if m["channel"] == channel]

    def texts(self, channel: str = "slack") -> str:
        """The words of all of it."""
        return "\n".join(str(content) for content in self.told(channel))

    def waits(self, subject: str = "Order", **changes: Any) -> tuple[int, int]:
        """A customer who has just written: conversation and thread."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        threads = [{"type": "customer", "text": f"Where is it? {CANARY}", "createdAt": now}]
        made = create(self.desk, subject=subject, threads=threads, status="active", **changes)
        rows = self.desk.get(f"/api/conversations/{made}").json()["_embedded"]["threads"]
        return made, int(rows[0]["id"])

    async def scan(self, days: float = 7.0, **arguments: Any) -> Row:
        """A look for stale conversations so many days from now."""
        return await self.service.ask("scan", at=time.time() + days * DAY, **arguments)

    async def publish(self, *events: Event) -> None:
        """As the stage before does."""
        for event in events:
            await self.bus.publish(
                event.subject,
                event.model_dump_json().encode(),
                headers={"Nats-Msg-Id": event.dedup_id()},
            )

    async def is_up(self) -> None:
        """Wait until it answers."""
        while not await self.service.answers("status"):
            assert {*self.service.deaths()} <= {-9}, self.service.tail()


def verdict(conversation: int, thread: int, **changes: Any) -> ConversationClassified:
    """A final P0 of a model."""
    facts: dict[str, Any] = {
        "conversation_id": conversation, "customer_thread_id": thread, "verdict_seq": 1,
        "category": "customer", "importance": 10, "priority": "P0", "method": "model",
        "provisional": False, "reason": f"The shop of {CANARY} is down.",
    }  # fmt: skip
    return ConversationClassified(**{**facts, **changes})


@asynccontextmanager
async def clockwork_on(
    stage: Stage, people: Control, *channels: str, write: Any = "drafts", **sections: Any
) -> AsyncIterator[Clockwork]:
    """followups of an installation, provisioned and not started."""
    nobody = {"followups": {"watched": []}}
    stage.change(write=write, sections=telling(stage, people, *channels) | nobody | sections)
    service = await stage.join("followups", Settings)
    client = await nats_client.connect(stage.nats.url)
    try:
        with httpx.Client(base_url=stage.desk.url, headers=HEADERS, trust_env=False) as desk:
            yield Clockwork(stage, service, people, desk, client.jetstream())
    finally:
        await client.close()

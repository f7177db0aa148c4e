"""All services of an installation at once: mail comes in, is sorted, tagged and noted."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import nats as nats_client
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from classifier.settings import Settings as ClassifierSettings
from csm.contracts import ConversationClassified
from csm.settings import WriteLevel
from csm.streams import (
    CLASSIFIER,
    DRAFT_UPSERT,
    DRAFT_WRITER,
    FREESCOUT_WRITER,
    OUTCOME_READER,
    STREAMS,
)
from csm_cli.provisioning import provision_bus
from desk_client import HEADERS, create
from draft_writer.settings import Settings as WriterSettings
from player import Player, Row
from stage import Control, Stage
from triage import Sections, with_model
from waiting import until
from webhook_gateway.settings import Settings as GatewaySettings

# Seconds until everything must be at rest, on a machine as busy as it gets.
REST = 180.0
_LOOK = 0.2
_STREAMS = ("MAIL", "CONV", "WORK")
# FreeScout user of an agent who gets what nobody has, and the desk's one custom field.
AGENT = 2
PRIORITY_FIELD = 1
_PLANNED_ENDS = {0, -signal.SIGKILL}


@dataclass(frozen=True, slots=True)
class Effort:
    """What was asked of others so far: answers of the model, requests that write to the desk."""

    calls: int
    writes: int


class Ensemble:
    """gmail_ingest, webhook_gateway, classifier and draft_writer of one installation."""

    def __init__(
        self,
        stage: Stage,
        others: Mapping[str, Player],
        llm: Control,
        desk: httpx.Client,
        bus: JetStreamContext,
    ) -> None:
        """`others` are the services beside gmail_ingest, by name."""
        self.stage = stage
        self.gateway = others["webhook_gateway"]
        self.classifier = others["classifier"]
        self.writer = others["draft_writer"]
        self.llm = llm
        self.desk = desk
        self.bus = bus

    @property
    def players(self) -> tuple[Player, ...]:
        """Every service, in the order in which a mail comes by."""
        return (self.stage, self.gateway, self.classifier, self.writer)

    # --- what a test does

    async def begin(self, *left_out: Player) -> None:
        """Start all services but `left_out`; from now on what comes in is theirs."""
        for player in (self.stage, self.classifier, self.writer):
            if player not in left_out:
                await self.start(player)
        # Last: its first sweep meets services that know since when messages are their own.
        if self.gateway not in left_out:
            await self.start(self.gateway)

    async def start(self, player: Player) -> None:
        """Start one service and wait until it works."""
        player.live()
        if player is self.writer:
            await self._hand_on_findings()
        elif player is self.classifier:
            await player.until(lambda: player.rows("SELECT 1 FROM watermark") != [])
        elif player is self.gateway:
            await player.until(lambda: self.sweeps() > 0)

    async def _hand_on_findings(self) -> None:
        """As `csm self-test` does."""
        findings = json.loads(self.stage.rows("SELECT findings FROM self_test")[0][0])
        while not await self.writer.answers("self-test-keep", findings=findings):
            assert self.writer.deaths() == []

    def slow(self, *, model: float, desk: float) -> None:
        """Every answer of the model and of the desk takes so long, in seconds."""
        self.llm.post("settings", latency_s=model)
        self.stage.faults(latency_seconds=desk, scope="all")

    def old(self, number: int, **changes: Any) -> list[int]:
        """Conversations that were in the desk before anything of ours; their ids."""
        text = "Where is my order? It was due on Monday."
        thread = {"type": "customer", "text": text, "createdAt": "2026-01-02T03:04:05Z"}
        rows = ({"subject": f"Old {n}", "threads": [thread], **changes} for n in range(number))
        return [create(self.desk, **row) for row in rows]

    async def deliver_again(self) -> int:
        """Every event that the bus holds comes a second time, under another id; how many."""
        events = [event for name in _STREAMS for event in await self._stored(name)]
        for number, event in enumerate(events):
            headers = dict(event.headers or {}) | {"Nats-Msg-Id": f"second:{number}"}
            await self.bus.publish(str(event.subject), event.data or b"", headers=headers)
        return len(events)

    async def on_the_bus(self) -> str:
        """Subjects, headers and payloads of all that the bus holds, as one text."""
        events = [event for name in (*_STREAMS, "DLQ") for event in await self._stored(name)]
        return "\n".join(f"{e.subject} {e.headers} {(e.data or b'').decode()}" for e in events)

    async def _stored(self, stream: str) -> list[RawStreamMsg]:
        state = (await self.bus.stream_info(stream)).state
        found = []
        for number in range(max(1, state.first_seq), state.last_seq + 1):
            with suppress(NotFoundError):  # CONV keeps the newest of a subject only
                found.append(await self.bus.get_msg(stream, seq=number))
        return found

    async def replay(self, *players: Player) -> int:
        """Everything that has ended is due again, as `csm replay` orders it; how many rows."""
        ended = ["done", "gone", "filtered", "degraded", "dry-run"]
        asked = [await p.ask("replay", states=ended, reason="a test") for p in players]
        return sum(int(answer["number"]) for answer in asked)

    async def sweep(self, days: float = 14) -> int:
        """One sweep over the desk, as `csm reconcile` orders it; how many hints."""
        return int((await self.gateway.ask("reconcile", days=days))["hints"])

    async def lose_streams(self) -> None:
        """The bus loses everything that it holds, and is provisioned anew."""
        for stream in STREAMS:
            await self.bus.delete_stream(stream.name)
        await provision_bus(self.stage.settings(), 1)

    # --- what a test sees

    def effort(self) -> Effort:
        """What was asked of the model and written into the desk so far."""
        return Effort(int(self.llm.get("counters")["paid"]), self.stage.requests("P"))

    def sweeps(self) -> int:
        """How many sweeps have ended."""
        return sum(line["event"] == "swept" for line in self.gateway.log())

    def verdicts(self) -> list[ConversationClassified]:
        """Every final verdict, as it was told."""
        rows = self.classifier.rows("SELECT event FROM verdict WHERE state = 'final'")
        return [ConversationClassified.model_validate_json(row[0]) for row in rows]

    def judged(self) -> set[int]:
        """Customer messages with a final verdict of their own or of a later one."""
        query = "SELECT thread_id FROM verdict WHERE state IN ('final', 'covered')"
        return {int(row[0]) for row in self.classifier.rows(query)}

    def overtaken(self) -> set[str]:
        """Verdicts that came after a newer one of their conversation: nothing is written then."""
        query = "SELECT id FROM work WHERE reason = 'a newer verdict was applied'"
        return {str(row[0]) for row in self.writer.rows(query)}

    def noted(self) -> Counter[int]:
        """How many notes are in which conversation."""
        rows = self.stage.conversations()
        return Counter(r["id"] for r in rows for t in r["threads"] if t["type"] == "note")

    def notifying(self) -> Counter[int]:
        """How many notes of which FreeScout notifies are in which conversation."""
        rows = self.stage.conversations()
        return Counter(
            r["id"] for r in rows for t in r["threads"] if t["type"] == "note" and not t["imported"]
        )

    def customer_threads(self) -> set[int]:
        """Every customer message of the desk."""
        rows = self.stage.conversations()
        return {int(t["id"]) for r in rows for t in r["threads"] if t["type"] == "customer"}

    def assert_sorted(self, assignees: Collection[int | None] = (AGENT,)) -> None:
        """Every message is judged; each verdict is one note, the newest one is the tags."""
        assert self.judged() == self.customer_threads()
        verdicts = self.verdicts()
        told = Counter(v.conversation_id for v in verdicts if v.key not in self.overtaken())
        assert self.noted() == told, f"{self.noted() - told} {told - self.noted()}"
        newest = {v.conversation_id: v for v in sorted(verdicts, key=_place)}
        for row in self.stage.conversations():
            verdict = newest[row["id"]]
            assert set(row["tags"]) == tags_of(verdict), row["id"]
            assert row["custom_fields"] == {str(PRIORITY_FIELD): verdict.priority}
            assert row["assignee"] in assignees
        assert [mail for mail in self.stage.sink() if mail["kind"] != "notification"] == []

    # --- waiting

    async def until(
        self, condition: Callable[[], bool | Awaitable[bool]], within: float = REST
    ) -> None:
        """Wait for a condition; AssertionError with everybody's newest words without it."""

        async def holds() -> bool:
            for player in self.players:
                assert {*player.deaths()} <= _PLANNED_ENDS, player.tail()
            answer = condition()
            return answer if isinstance(answer, bool) else await answer

        try:
            await until(holds, within, pause=_LOOK)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._said()}") from None

    async def rest(self, within: float = REST) -> None:
        """Wait until no service owes anything and the bus holds nothing that is not answered."""
        await self.until(self._is_at_rest, within)

    async def _is_at_rest(self) -> bool:
        # In the order of the work: what one stage still hands on, the next one owes.
        if self.stage.lives and not self.stage.is_quiet():
            return False
        later = [player for player in self.players[1:] if player.lives]
        for player in later:
            if self._is_on_the_bus() or _owes(player):
                return False
        return not self._is_on_the_bus() and not any(map(_owes, later))

    def _is_on_the_bus(self) -> bool:
        """Whether a running service has deliveries to answer, by the server's own account."""
        running = {player.service for player in self.players if player.lives}
        return any(
            consumer["num_pending"] + consumer["num_ack_pending"]
            for consumer in self._consumers()
            if DURABLES.get(consumer["name"]) in running
        )

    def _consumers(self) -> Iterable[Row]:
        options = {"consumers": 1, "accounts": 1}
        answer = httpx.get(f"{self.stage.nats.monitor_url}/jsz", params=options, trust_env=False)
        for account in answer.json()["account_details"]:
            for stream in account["stream_detail"]:
                yield from stream.get("consumer_detail") or ()

    def _said(self) -> str:
        lived = [player for player in self.players if player.lives]
        return "\n".join(
            f"--- {p.service}: {p.states()} {p.down()}\n{_in_short(p.tail())}" for p in lived
        )


# Which service answers which durable's deliveries.
DURABLES = {
    FREESCOUT_WRITER.name: "gmail_ingest",
    CLASSIFIER.name: "classifier",
    DRAFT_WRITER.name: "draft_writer",
    DRAFT_UPSERT.name: "draft_writer",
    OUTCOME_READER.name: "draft_writer",
}


def _place(verdict: ConversationClassified) -> tuple[int, int]:
    return verdict.customer_thread_id, verdict.verdict_seq


def tags_of(verdict: ConversationClassified) -> set[str]:
    """The tags that a final verdict stands for."""
    tags = {verdict.category, verdict.priority.lower()}
    if verdict.importance >= 8:
        tags.add("high-priority")
    return tags | ({"not-classified"} if verdict.method == "rules" else set())


def _owes(player: Player) -> bool:
    return "wanted" in player.states() or player.rows("SELECT 1 FROM outbox LIMIT 1") != []


def _in_short(words: str) -> str:
    return "\n".join(words.splitlines()[-12:])


@asynccontextmanager
async def ensemble_on(
    stage: Stage,
    llm: Control,
    sections: Sections | None = None,
    *,
    write: WriteLevel = "triage",
    **llm_settings: object,
) -> AsyncIterator[Ensemble]:
    """All four services, provisioned and not started, with notes that notify.

    `llm_settings` go into `[llm]`, `sections` are further tables of csm.toml.
    """
    llm.post("reset")
    known = {**with_model(llm, **llm_settings), **(sections or {})}
    known.setdefault("mailbox.support.desk", {"priority_field": PRIORITY_FIELD, "assign_to": AGENT})
    stage.change(write=write, mailbox={"notify": "note"}, sections=known)
    models = (GatewaySettings, ClassifierSettings, WriterSettings)
    others = {model.section: await stage.join(model.section, model) for model in models}
    client = await nats_client.connect(stage.nats.url)
    try:
        with httpx.Client(base_url=stage.desk.url, headers=HEADERS, trust_env=False) as desk:
            yield Ensemble(stage, others, llm, desk, client.jetstream())
    finally:
        await client.close()
        await asyncio.gather(*(player.end() for player in others.values()))

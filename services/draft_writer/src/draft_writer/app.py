"""Wires draft_writer together."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from csm import gates
from csm.contracts import ConversationClassified, ConversationUpdated, DraftUpsert
from csm.dependency import Probe
from csm.freescout import FreeScout
from csm.gates import Failures
from csm.llm import Llm
from csm.llm_outage import LLM
from csm.retention import Retention
from csm.service import Frame, Ground
from csm.settings import ConfigError
from csm.streams import DRAFT_UPSERT, DRAFT_WRITER, OUTCOME_READER
from draft_writer import draft_state
from draft_writer.author import Author
from draft_writer.desk import Desk
from draft_writer.drafting import Drafter
from draft_writer.handlers import Handlers
from draft_writer.knowledge import Knowledge
from draft_writer.operate import Operations
from draft_writer.outcomes import Outcomes
from draft_writer.pen import Pen
from draft_writer.settings import Settings
from draft_writer.study import Study

SERVICE = "draft_writer"


class Service:
    """Everything draft_writer consists of; made inside a running loop, started by `run`."""

    def __init__(self, ground: Ground[Settings]) -> None:
        """Connects to nothing; reads the knowledge. Raises ConfigError when that cannot be read."""
        settings, db = ground.settings, ground.db
        desk_settings = settings.freescout
        self._freescout = FreeScout(
            desk_settings.url, desk_settings.api_key, settings.timing,
            in_flight=desk_settings.in_flight,
        )  # fmt: skip
        self._llm = Llm(db, settings.llm, settings.timing.scale) if settings.llm else None
        probe = gates.freescout(self._freescout, desk_settings, settings.mailbox)
        passed = gates.self_test(db, desk_settings.url, settings.mailbox)
        self._frame = Frame(ground, {"freescout": probe, "self-test": passed, **self._asked()})
        self._author = _author(self._llm, settings, ground.key)
        handlers = self._handlers(ground, Failures(db, self._frame.prober, probe, settings.timing))
        self._consume(handlers, settings)
        self._operations = Operations(db, desk_settings.url, self._frame.prober, self._frame.watch)
        refusals = partial(gates.refusals, url=desk_settings.url)
        status = partial(self._operations.status, {})
        self._retention = Retention(db, draft_state.forget_texts)
        ticks = [self._outcomes.tick, self._retention.tick]
        self.health = self._frame.health(status, refusals, ticks)

    def _asked(self) -> Mapping[str, Probe]:
        return {LLM: self._llm.probe} if self._llm and self._llm.does("draft") else {}

    def _handlers(self, ground: Ground[Settings], failures: Failures) -> Handlers:
        settings, db, kick = ground.settings, ground.db, self._frame.loops.kick
        pen = Pen(db, self._freescout, ground.key, settings, kick)
        self._outcomes = Outcomes(db, pen.lookup, settings.timing)
        desk = Desk(db, self._freescout, pen, settings, kick)
        study = Study(db, pen.lookup, self._author, self._frame.prober, settings)
        drafter = Drafter(db, self._freescout, pen, settings)
        return Handlers(
            db, desk=desk, study=study, drafter=drafter, outcomes=self._outcomes,
            failures=failures, timing=settings.timing, owner=ground.owner,
        )  # fmt: skip

    def _consume(self, handlers: Handlers, settings: Settings) -> None:
        workers = settings.draft_writer.workers
        self._frame.consume(
            DRAFT_WRITER, ConversationClassified, handlers.conversation_classified,
            handlers.record, workers=workers,
        )  # fmt: skip
        self._frame.consume(
            DRAFT_UPSERT, DraftUpsert, handlers.draft_upsert, handlers.record,
            workers=settings.draft_writer.draft_workers,
        )  # fmt: skip
        self._frame.consume(
            OUTCOME_READER, ConversationUpdated, handlers.conversation_updated, handlers.forget,
            workers=1,
        )  # fmt: skip

    async def run(self) -> None:
        """Run every loop until cancelled, then close."""
        self._author.warm()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._freescout.aclose)
            if self._llm is not None:
                stack.push_async_callback(self._llm.aclose)
            first = (*gates.GATES, *self._asked())
            loops = (self._outcomes.run, self._retention.run)
            await self._frame.run(self._operations.verbs(), loops, first_probes=first)


def _author(llm: Llm | None, settings: Settings, key: bytes) -> Author:
    try:
        knowledge = Knowledge.read(settings.knowledge.folder, settings.knowledge.snippets)
    except (OSError, UnicodeDecodeError) as error:
        wrong = f"knowledge.folder: {settings.knowledge.folder} cannot be read: {error}"
        raise ConfigError([wrong]) from None
    return Author(llm, settings.drafts, knowledge, key)

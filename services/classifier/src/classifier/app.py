"""Wires the classifier together."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from sqlalchemy import Connection

from classifier import state
from classifier.handlers import Handlers
from classifier.judge import Judge
from classifier.operate import Operations
from classifier.settings import Settings
from classifier.turns import Turns
from csm import gates
from csm.contracts import ConversationUpdated
from csm.db import outlast
from csm.dependency import Probe
from csm.freescout import FreeScout
from csm.language import Languages
from csm.llm import Llm
from csm.llm_outage import LLM
from csm.retention import Retention
from csm.service import Frame, Ground
from csm.streams import CLASSIFIER

SERVICE = "classifier"
_DATABASE_PAUSE = 2.0  # seconds until a database that is away is asked again


class Service:
    """Everything the classifier consists of; made inside a running loop, started by `run`."""

    def __init__(self, ground: Ground[Settings]) -> None:
        """Connects to nothing."""
        settings = ground.settings
        self._ground = ground
        self._freescout = FreeScout(
            settings.freescout.url,
            settings.freescout.api_key,
            settings.timing,
            in_flight=settings.freescout.in_flight,
        )
        self._llm = Llm(ground.db, settings.llm, settings.timing.scale) if settings.llm else None
        probes = self._probes()
        self._frame = Frame(ground, probes)
        self._first_probes = tuple(probes)
        judge = Judge(self._llm, settings.classifier.about)
        turns = Turns(ground.db, settings.timing, ground.owner)
        handlers = Handlers(
            ground.db, self._freescout, judge, turns, self._frame.prober, settings,
            key=ground.key, told=self._frame.loops.kick,
        )  # fmt: skip
        self._frame.consume(
            CLASSIFIER, ConversationUpdated, handlers.conversation_updated, handlers.record,
            workers=settings.classifier.workers,
        )  # fmt: skip
        self._operations = Operations(ground.db, settings, self._frame.watch)
        self._retention = Retention(ground.db, state.forget_texts)
        status = partial(self._operations.status, {})
        self.health = self._frame.health(status, _no_refusals, [self._retention.tick])

    def _probes(self) -> Mapping[str, Probe]:
        settings = self._ground.settings
        desk = gates.freescout(self._freescout, settings.freescout, settings.mailbox)
        return {"freescout": desk} | ({LLM: self._llm.probe} if self._llm else {})

    async def run(self) -> None:
        """Run every loop until cancelled, then close."""
        settings = self._ground.settings
        for mailbox in settings.mailbox.values():
            Languages(mailbox.triage.languages).warm()
        begin = partial(self._ground.db.run, state.begin, list(settings.mailbox))
        await outlast(begin, _DATABASE_PAUSE)
        await outlast(partial(self._ground.db.run, state.begin_anew), _DATABASE_PAUSE)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._freescout.aclose)
            if self._llm is not None:
                stack.push_async_callback(self._llm.aclose)
            loops = (self._retention.run,)
            await self._frame.run(self._operations.verbs(), loops, first_probes=self._first_probes)


def _no_refusals(_connection: Connection) -> list[str]:
    return []

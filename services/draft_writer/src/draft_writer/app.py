"""Wires draft_writer together."""

from contextlib import AsyncExitStack
from functools import partial

from csm import gates
from csm.contracts import ConversationClassified
from csm.freescout import FreeScout
from csm.gates import Failures
from csm.service import Frame, Ground
from csm.streams import DRAFT_WRITER
from draft_writer.desk import Desk
from draft_writer.handlers import Handlers
from draft_writer.operate import Operations
from draft_writer.settings import Settings

SERVICE = "draft_writer"


class Service:
    """Everything draft_writer consists of; made inside a running loop, started by `run`."""

    def __init__(self, ground: Ground[Settings]) -> None:
        """Connects to nothing."""
        settings, db = ground.settings, ground.db
        desk_settings = settings.freescout
        self._freescout = FreeScout(
            desk_settings.url, desk_settings.api_key, settings.timing,
            in_flight=desk_settings.in_flight,
        )  # fmt: skip
        probe = gates.freescout(self._freescout, desk_settings, settings.mailbox)
        passed = gates.self_test(db, desk_settings.url, settings.mailbox)
        self._frame = Frame(ground, {"freescout": probe, "self-test": passed})
        failures = Failures(db, self._frame.prober, probe, settings.timing)
        desk = Desk(db, self._freescout, ground.key, settings, self._frame.loops.kick)
        handlers = Handlers(db, desk, failures, settings.timing, ground.owner)
        self._frame.consume(
            DRAFT_WRITER, ConversationClassified, handlers.conversation_classified,
            handlers.record, workers=settings.draft_writer.workers,
        )  # fmt: skip
        self._operations = Operations(db, desk_settings.url, self._frame.prober, self._frame.watch)
        refusals = partial(gates.refusals, url=desk_settings.url)
        self.health = self._frame.health(partial(self._operations.status, {}), refusals)

    async def run(self) -> None:
        """Run every loop until cancelled, then close."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._freescout.aclose)
            await self._frame.run(self._operations.verbs(), (), first_probes=gates.GATES)

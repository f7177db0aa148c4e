"""Wires followups together."""

from contextlib import AsyncExitStack
from functools import partial

from sqlalchemy import Connection

from csm import gates
from csm.contracts import ConversationClassified
from csm.freescout import FreeScout
from csm.service import Frame, Ground
from csm.streams import FOLLOWUPS
from followups.alerts import Alerts
from followups.channels import channels
from followups.handlers import Handlers
from followups.operate import Operations
from followups.scan import Scanner
from followups.settings import Settings
from followups.summary import Summary
from followups.watching import HealthWatch, asking

SERVICE = "followups"
# Verdicts in work at a time: each is one transaction.
_WORKERS = 4


class Service:
    """Everything followups consists of; made inside a running loop, started by `run`."""

    def __init__(self, ground: Ground[Settings]) -> None:
        """Connects to nothing."""
        settings, db, timing = ground.settings, ground.db, ground.settings.timing
        desk = settings.freescout
        self._freescout = FreeScout(desk.url, desk.api_key, timing, in_flight=1)
        probe = gates.freescout(self._freescout, desk, settings.mailbox)
        self._frame = Frame(ground, {"freescout": probe})
        self._alerts = Alerts(db, channels(settings.alerts), desk.url, timing, ground.owner)
        told = self._alerts.kick
        handlers = Handlers(db, told)
        self._frame.consume(
            FOLLOWUPS, ConversationClassified, handlers.conversation_classified, handlers.record,
            workers=_WORKERS,
        )  # fmt: skip
        self._scanner = Scanner(
            db, self._freescout, self._frame.prober, settings, ground.owner, self._scanned
        )
        ask = asking(ground.broker, timing)
        own = settings.followups
        self._watch = HealthWatch(db, ground.broker, ask, settings, ground.owner, told)
        self._summary = Summary(db, ask, settings.alerts, own.watched, timing, told)
        self._operations = Operations(db, self._frame.watch, self._scanner, self._summary, settings)
        ticks = [self._scanner.tick, self._watch.tick, self._alerts.tick, self._summary.tick]
        self.health = self._frame.health(partial(self._operations.status, {}), _no_refusals, ticks)

    def _scanned(self) -> None:
        self._frame.loops.kick()
        self._alerts.kick()

    async def run(self) -> None:
        """Run every loop until cancelled, then close."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._freescout.aclose)
            stack.push_async_callback(self._alerts.aclose)
            loops = (self._scanner.run, self._watch.run, self._alerts.run, self._summary.run)
            await self._frame.run(self._operations.verbs(), loops, first_probes=["freescout"])


def _no_refusals(_connection: Connection) -> list[str]:
    return []

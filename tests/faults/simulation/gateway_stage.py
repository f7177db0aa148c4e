"""webhook_gateway: its poll and its sweep, wired as its own composition root does it."""

from collections.abc import Coroutine
from functools import cache
from typing import Any

from csm import gates
from csm.settings import MailboxBase
from faults.simulation import process
from faults.simulation.process import MAILBOX, SLUG
from faults.simulation.stage import Stage
from faults.simulation.world import EPOCH
from webhook_gateway.policy import Paces
from webhook_gateway.poll import Desk, Poller, Sweeper
from webhook_gateway.settings import Settings

# Production polls every 30 s; nothing depends on the number of polls.
POLL = 120.0
_HOUR = 3600.0
# Nor on how often it is asked whether a sweep is due: in production every 10 s.
_LOOK = 60.0


@cache
def settings() -> Settings:
    """The settings of the simulated service."""
    mailbox = {SLUG: MailboxBase(**MAILBOX)}
    return Settings(freescout=process.desk_settings(), mailbox=mailbox)


class WebhookGateway(Stage):
    """The service in the simulation: what it forgets shows at the desk."""

    name = "webhook_gateway"
    # Poll and sweep run in one replica at a time whatever their number.
    most_replicas = 1

    sweeper: Sweeper

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """One process."""
        begun = Process(self, owner)
        self.sweeper = begun.sweeper
        return begun.run()

    async def reconcile(self) -> None:
        """What an operator asks for with `csm reconcile`."""
        await self.sweeper.sweep_now(None)


class Process(process.Process):
    """One life of the service."""

    def __init__(self, stage: WebhookGateway, owner: str) -> None:
        super().__init__(stage, owner)
        configured = settings()
        probe = gates.freescout(self.freescout, configured.freescout, configured.mailbox)
        prober = self.prober({"freescout": probe})
        mailbox_id = configured.mailbox[SLUG].freescout_mailbox_id
        desk = Desk(
            self.db, self.freescout, [mailbox_id], prober, self.loops.kick, self.timing, owner
        )
        self.sweeper = Sweeper(desk, self._newest_stream, _HOUR)
        self.sweeper._pause = _LOOK
        poller = Poller(desk, "poll", Paces(POLL, POLL))
        self.also(poller.run, self.sweeper.run)

    async def _newest_stream(self) -> float | None:
        made = [stream.made_at for stream in self.outside.server.streams.values()]
        return EPOCH + max(made) if made else None

"""Wires webhook_gateway together."""

from contextlib import AsyncExitStack
from functools import partial

from sqlalchemy import Connection

from csm import gates, streams
from csm.freescout import FreeScout
from csm.logs import get_logger
from csm.service import Frame, Ground
from csm.serving import serving
from csm.subscription import Broker
from webhook_gateway import state
from webhook_gateway.doorway import Doorway, routes
from webhook_gateway.handlers import Handlers
from webhook_gateway.intake import Intake
from webhook_gateway.operate import Operations
from webhook_gateway.policy import Paces
from webhook_gateway.poll import Desk, Poller, Sweeper
from webhook_gateway.settings import Settings

SERVICE = "webhook_gateway"

_log = get_logger("webhook")


class Service:
    """Everything webhook_gateway consists of; made inside a running loop, started by `run`."""

    def __init__(self, ground: Ground[Settings]) -> None:
        """Connects to nothing."""
        settings = ground.settings
        own = settings.webhook_gateway
        self._freescout = FreeScout(
            settings.freescout.url, settings.freescout.api_key, settings.timing, in_flight=1
        )
        probe = gates.freescout(self._freescout, settings.freescout, settings.mailbox)
        self._frame = Frame(ground, {"freescout": probe})
        mailbox_ids = sorted({m.freescout_mailbox_id for m in settings.mailbox.values()})
        desk = Desk(
            ground.db, self._freescout, mailbox_ids, self._frame.prober,
            self._frame.loops.kick, settings.timing, ground.owner,
        )  # fmt: skip
        paces = Paces(own.poll_seconds, own.poll_seconds_beside_webhooks)
        self._poller = Poller(desk, own.poll_mode, paces)
        self._db, self._own = ground.db, own
        handlers = Handlers(own, Intake(ground.db, self._frame.loops.kick))
        self._doorway = Doorway(routes(handlers))
        every = settings.timing.scaled(own.sweep_hours * 3600)
        self._sweeper = Sweeper(desk, partial(_newest_stream, ground.broker), every)
        self._operations = Operations(ground.db, self._sweeper, self._frame.watch)
        ticks = [self._poller.tick, self._sweeper.tick]
        self.health = self._frame.health(partial(self._operations.status, {}), _no_refusals, ticks)

    async def run(self) -> None:
        """Run every loop until cancelled, then close."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._freescout.aclose)
            # Before the bus is there: what is stored is published when it comes.
            await self._open_door(stack)
            loops = (self._poller.run, self._sweeper.run)
            await self._frame.run(self._operations.verbs(), loops, first_probes=["freescout"])

    async def _open_door(self, stack: AsyncExitStack) -> None:
        own = self._own
        if not own.takes_webhooks:
            await self._db.run(state.expect_no_webhooks)
            _log.info("no webhooks are taken", poll_mode=own.poll_mode)
            return
        await self._db.run(state.expect_webhooks)
        served = serving(
            self._doorway, own.webhook_host, own.webhook_port, what="webhook",
            proxies=own.trusted_proxies,
        )  # fmt: skip
        await stack.enter_async_context(served)


async def _newest_stream(broker: Broker) -> float | None:
    js = broker.connection.jetstream()
    return await streams.newest_created(js, [stream.name for stream in streams.STREAMS])


def _no_refusals(_connection: Connection) -> list[str]:
    return []

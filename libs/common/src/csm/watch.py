"""Watches the durables: a pull on a deleted one fails without a word, with a healthy ping."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from faststream.exceptions import IncorrectState
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError, ServiceUnavailableError

from csm import alerts, metrics
from csm.alerts import alert
from csm.delivery import is_cancelled
from csm.logs import get_logger
from csm.streams import durable_drift
from csm.subscription import Broker, Subscription
from csm.ticks import Tick
from csm.timing import Timing

_log = get_logger("bus")


class DurableWatch:
    """Starts the subscriptions when their durables are there, and knows whether they still are.

    A service never creates a durable: `provision` does, and the deliveries then go on by
    themselves.
    """

    def __init__(self, broker: Broker, timing: Timing) -> None:
        """Watches every subscription of `broker`, which must be connected before `check`."""
        self.healthy = False
        self.reason: str | None = "durables not checked yet"
        # When the server created each stream; a newer time than before means lost events.
        self.stream_created: dict[str, datetime] = {}
        # Set when a stream was made anew: what it held must be published again.
        self.lost = asyncio.Event()
        self._broker = broker
        self._timing = timing
        self.tick = Tick("durables")
        self._wake = asyncio.Event()
        self._alerted: set[str] = set()
        self._drift: dict[str, list[str]] = {}
        broker.on_reconnect.append(self._wake.set)

    @property
    def drift(self) -> list[str]:
        """Settings of the durables that differ from ours, one line each: degraded, not down."""
        return [line for lines in self._drift.values() for line in lines]

    async def run(self) -> None:
        """Check every 10 s (scaled) and after each reconnect, until cancelled."""
        while not is_cancelled():
            with self.tick.elsewhere():
                await self.check()
            await self._pause()

    async def check(self) -> None:
        """One pass over all subscriptions; updates the attributes, raises nothing."""
        self._wake.clear()
        problems = [await self._problem(s) for s in self._broker.subscriptions]
        self.reason = "; ".join(filter(None, problems)) or None
        self.healthy = self.reason is None

    async def _problem(self, subscription: Subscription[Any]) -> str | None:
        durable = subscription.durable
        where = f"durable {durable.name} on {durable.stream}"
        try:
            await self._look(self._broker.connection.jetstream(), subscription)
        except (NotFoundError, ServiceUnavailableError) as error:
            return self._alert(where, f"{where} is missing: {error.description}")
        except (NatsError, IncorrectState) as error:
            # An outage, no alert of ours: the client waits and goes on after the reconnect.
            return f"NATS does not answer: {type(error).__name__}"
        if where in self._alerted:
            _log.info(f"{where} is back")
            alerts.over("durable-missing", where)
        self._alerted.discard(where)
        return None

    async def _look(self, js: JetStreamContext, subscription: Subscription[Any]) -> None:
        durable = subscription.durable
        self._remember(durable.stream, (await js.stream_info(durable.stream)).created)
        found = await js.consumer_info(durable.stream, durable.name)
        metrics.CONSUMER_PENDING.labels(durable.name).set(found.num_pending or 0)
        metrics.CONSUMER_UNACKED.labels(durable.name).set(found.num_ack_pending or 0)
        drift = [str(d) for d in durable_drift(durable, found.config, self._timing)]
        self._compare(durable.name, drift)
        await subscription.start()

    def _alert(self, where: str, reason: str) -> str:
        if where not in self._alerted:
            alert("durable-missing", reason, about=where)
        self._alerted.add(where)
        return reason

    def _remember(self, stream: str, created: datetime | None) -> None:
        before = self.stream_created.get(stream)
        if before and created and created > before:
            alert("stream-new", "the stream is new: events were lost", about=stream)
            self.lost.set()
        if created:
            self.stream_created[stream] = created

    def _compare(self, durable: str, drift: list[str]) -> None:
        if drift and drift != self._drift.get(durable):
            alert("durable-drift", "durable differs", about=durable, drift=drift)
        if not drift:
            alerts.over("durable-drift", durable)
        self._drift[durable] = drift

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.scaled(10)):
                await self._wake.wait()

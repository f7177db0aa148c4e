"""A connection that gives unfinished work back, and subscriptions on provisioned durables."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, NoReturn, cast

from faststream import AckPolicy
from faststream.exceptions import IncorrectState
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.broker.broker import UNRECOVERABLE_CONNECT_ERRORS
from faststream.nats.subscriber.usecases import PullStreamSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from csm.alerts import alert
from csm.delivery import Consumer, E
from csm.logs import get_logger
from csm.streams import Durable
from csm.timing import Timing

# EX_SOFTWARE: the supervisor starts the process again.
EXIT_CLOSED = 70

_log = get_logger("bus")


class Broker(NatsBroker):
    """FastStream's broker, made to wait for NATS for ever, to end when it cannot, and to give
    unfinished deliveries back before it disconnects.
    """

    def __init__(self, where: Mapping[str, Any], name: str, graceful_timeout: float) -> None:
        """`where` as `bus_keys.options` says; nothing is connected before `start`."""
        # Deliveries come to inboxes too, and NATS lets each user hear its own only.
        self.inbox: str = where.get("inbox_prefix", "_INBOX")
        self.subscriptions: list[Subscription[Any]] = []
        self.stopping = False
        self.online = asyncio.Event()
        self.on_reconnect: list[Callable[[], None]] = []
        super().__init__(
            **where,
            name=name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            # A silently dead peer is noticed after 20-30 s; the default takes 4 to 6 minutes.
            ping_interval=10,
            max_outstanding_pings=2,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
            closed_cb=self._closed,
            error_cb=self._failed,
            graceful_timeout=graceful_timeout,
            ack_policy=AckPolicy.MANUAL,
            apply_types=False,
            logger=logging.getLogger("csm.bus"),
            log_level=logging.DEBUG,
        )

    async def connect(self) -> Client:
        """Wait for the server and connect."""
        client = await super().connect()
        self.online.set()
        return client

    async def stop(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        """Stop fetching, wait for the handlers (graceful timeout), nak the rest, disconnect."""
        self.stopping = True
        await asyncio.gather(*(subscription.stop() for subscription in self.subscriptions))
        try:
            await super().stop(exc_type, exc_val, exc_tb)
        except (NatsError, OSError) as error:
            # NATS is away: what was not acknowledged is delivered again.
            _log.info("disconnected without a goodbye", error=type(error).__name__)
            with suppress(OSError):  # nothing can be flushed any more
                await self.connection.close()

    async def _disconnected(self) -> None:
        self.online.clear()

    async def _reconnected(self) -> None:
        self.online.set()
        for wake in self.on_reconnect:
            wake()

    async def _closed(self) -> None:
        """The client gave up. FastStream's pull loop would now spin without ever yielding."""
        if not self.stopping:
            _exit("connection closed")

    async def _failed(self, error: Exception) -> None:
        """After some refusals FastStream ends the client's reconnecting for ever, and says so to
        nobody. At the first connect the same refusal is raised to the caller.
        """
        _log.warning("nats error", error=type(error).__name__, text=str(error))
        refusal = str(error).removeprefix("nats: ").strip("'").lower()
        if refusal in UNRECOVERABLE_CONNECT_ERRORS and self._was_connected():
            _exit(f"reconnect refused: {refusal}")

    def _was_connected(self) -> bool:
        try:
            return bool(self.connection)
        except IncorrectState:
            return False


def _exit(reason: str) -> NoReturn:
    alert("bus-closed", reason, exit_code=EXIT_CLOSED)
    logging.shutdown()
    os._exit(EXIT_CLOSED)


class Subscription(Generic[E]):
    """A durable's deliveries to one consumer, `workers` at a time, stopped until `start`."""

    def __init__(
        self, broker: Broker, durable: Durable, consumer: Consumer[E], workers: int
    ) -> None:
        """`broker` must be connected before `start`."""
        self.durable = durable
        self._broker = broker
        self._consumer = consumer
        self._workers = workers
        self._pulls: list[PullStreamSubscriber] = []
        self._deliveries: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Whether deliveries are asked for."""
        return bool(self._pulls)

    async def start(self) -> None:
        """Ask for deliveries; the durable must exist. No effect when running or shutting down."""
        if self.running or self._broker.stopping:
            return
        self._pulls = [self._pull() for _ in range(self._workers)]
        try:
            for pull in self._pulls:
                await self._start_paced(pull)
        except NatsError:
            await self.stop()
            raise

    async def _start_paced(self, pull: PullStreamSubscriber) -> None:
        """FastStream's loop looks the subscription up for every request, and not before we do."""
        await pull.start()
        bound = pull.subscription
        if bound is None:
            raise TypeError("FastStream's started subscriber holds no pull subscription")
        paced = _PacedPull(bound, self._broker.online, self._timeout)
        pull.subscription = cast("JetStreamContext.PullSubscription", paced)

    async def stop(self) -> None:
        """Ask for no more, give the handlers the graceful timeout, give back what is left."""
        pulls, self._pulls = self._pulls, []
        await asyncio.gather(*(pull.stop() for pull in pulls))
        deliveries = list(self._deliveries)
        for delivery in deliveries:
            _cancel_once(delivery)
        await asyncio.gather(*deliveries, return_exceptions=True)

    @property
    def _timeout(self) -> float:
        return pull_timeout(self._consumer.timing)

    def _pull(self) -> PullStreamSubscriber:
        """One of `workers` pull loops with a batch of 1. FastStream's `max_workers` would hold one
        more delivery without a heartbeat, and a larger batch would run all of it at once.
        """
        pull = self._broker.subscriber(
            self.durable.filter_subjects[0],
            durable=self.durable.name,
            stream=JStream(self.durable.stream, declare=False),
            # Binding creates a durable that vanished this very moment: then at least the right one.
            config=self.durable.config(self._consumer.timing),
            pull_sub=PullSub(batch_size=1, timeout=self._timeout),
            ack_policy=AckPolicy.MANUAL,
            decoder=_undecoded,
            inbox_prefix=f"{self._broker.inbox}.".encode(),
            no_reply=True,
            persistent=False,
            include_in_schema=False,
        )
        pull(self._receiver())
        return pull

    def _receiver(self) -> Callable[[NatsMessage], Awaitable[None]]:
        async def receive(message: NatsMessage) -> None:
            """A task of its own: a cancelled one can still await its nak and its rollback."""
            delivery = asyncio.create_task(self._consumer.deliver(message.raw_message))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
            try:
                await asyncio.shield(delivery)
            except asyncio.CancelledError:
                _cancel_once(delivery)
                raise

        return receive


class _PacedPull:
    """Stands in FastStream's pull loop for nats-py's subscription, so that it never runs hot.

    Offline the client keeps pull requests and sends them all at the reconnect: deliveries would
    pile up here without a heartbeat. A durable that is gone answers at once and without an end.
    """

    def __init__(
        self, pull: JetStreamContext.PullSubscription, online: asyncio.Event, timeout: float
    ) -> None:
        self._pull = pull
        self._online = online
        self._timeout = timeout
        self.unsubscribe = pull.unsubscribe

    async def fetch(self, batch: int, timeout: float | None) -> list[Msg]:
        """Messages, or none when the time is over and never earlier; raises no NATS error."""
        await self._online.wait()
        over = time.monotonic() + (timeout or self._timeout)
        try:
            return await self._pull.fetch(batch, timeout)
        except NatsError:
            await asyncio.sleep(max(over - time.monotonic(), 0))
            return []


def pull_timeout(timing: Timing) -> float:
    """Seconds of one pull request: 3 (scaled). A reconnect does not renew it, so this is how long
    the next event waits then.
    """
    return max(timing.scaled(3), 0.2)


async def _undecoded(message: NatsMessage) -> NatsMessage:
    """Handlers decode themselves: a bad body is then our dead letter, not FastStream's loss."""
    return message


def _cancel_once(delivery: asyncio.Task[None]) -> None:
    """A second cancel would interrupt the nak that answers the first."""
    if not delivery.cancelling():
        delivery.cancel()

"""A service in miniature for the tests of the bus: handler, record, durable, watch."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg

from csm.bus import (
    Broker,
    DurableWatch,
    build_broker,
    subscribe,
)
from csm.contracts import Event, MessageReceived
from csm.outcome import Done, Outcome
from csm.streams import FREESCOUT_WRITER
from csm.timing import Timing
from csm_cli.embedded_nats import EmbeddedNats

# Naks after 13, 67 and 400 ms, ack_wait 0.8 s, heartbeat 0.2 s, durables watched every 0.13 s.
TIMING = Timing(deadline=0.2, send_by=0.05, server_life=0.3, margin=0.1)
# ack_wait 80 s: a redelivery within a test has another reason.
PATIENT = Timing(deadline=20, send_by=0.05, server_life=0.3, margin=0.1)

# Pulls of 0.2 s as with TIMING, and the same patience with acks as a service has.
SLOW_ACKS = Timing(deadline=1, send_by=0.05, server_life=0.3, margin=0.1)

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Writer:
    """A service in miniature: it notes what it handled and what was recorded."""

    def __init__(self, work: Callable[[MessageReceived], Awaitable[Outcome]]) -> None:
        self._work = work
        self.handled: list[str] = []
        self.times: list[float] = []
        self.recorded: list[Outcome] = []
        self.running = 0
        self.most_running = 0

    async def handle(self, event: MessageReceived) -> Outcome:
        self.handled.append(event.gmail_message_id)
        self.times.append(time.monotonic())
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            return await self._work(event)
        finally:
            self.running -= 1

    async def record(self, _event: MessageReceived, outcome: Outcome) -> None:
        self.recorded.append(outcome)


async def done(_event: Event) -> Outcome:
    return Done()


def mail(number: int = 1) -> MessageReceived:
    return MessageReceived(
        mailbox="support", gmail_message_id=f"m{number}", gmail_thread_id=f"t{number}"
    )


@asynccontextmanager
async def connected(nats: EmbeddedNats, graceful_timeout: float = 5.0) -> AsyncIterator[Broker]:
    broker = build_broker(nats.url, graceful_timeout=graceful_timeout)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def start(
    broker: Broker, writer: Writer, timing: Timing = TIMING, *, workers: int = 8
) -> DurableWatch:
    subscribe(
        broker, FREESCOUT_WRITER, MessageReceived, writer.handle, writer.record, timing,
        workers=workers,
    )  # fmt: skip
    watch = DurableWatch(broker, timing)
    await watch.check()
    assert watch.healthy
    return watch


async def left(js: JetStreamContext) -> tuple[int, int]:
    """Messages the durable has not delivered, and has delivered but not settled."""
    info = await js.consumer_info("MAIL", "freescout-writer")
    return info.num_pending, info.num_ack_pending


async def settled(js: JetStreamContext) -> bool:
    """Whether all of MAIL is answered for good; the counts of `left` lag behind a publish."""
    last = (await js.stream_info("MAIL")).state.last_seq
    floor = (await js.consumer_info("MAIL", "freescout-writer")).ack_floor
    return bool(floor.stream_seq == last)


async def stored(js: JetStreamContext, stream: str) -> int:
    """How many messages the stream holds."""
    return (await js.stream_info(stream)).state.messages


async def only_message(js: JetStreamContext, stream: str) -> RawStreamMsg:
    info = await js.stream_info(stream)
    assert info.state.messages == 1
    return await js.get_msg(stream, info.state.last_seq)

"""The bus: connection, publishing with an id, subscriptions on provisioned durables.

FastStream's defaults lose events (see the trap tests): every publish names its stream and waits
for the server's word, every delivery is answered by hand, nothing is declared by a service.
"""

import asyncio
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from faststream.exceptions import IncorrectState
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from csm import bus_keys
from csm.contracts import Event
from csm.delivery import Consumer, DeadLetterError, E, Handle, Record
from csm.settings import NatsSettings
from csm.streams import DLQ, Durable
from csm.subscription import Broker, Subscription
from csm.timing import Timing
from csm.watch import DurableWatch

__all__ = [
    "Broker",
    "BusUnavailableError",
    "DurableWatch",
    "Subscription",
    "build_broker",
    "jetstream",
    "publish_event",
    "publish_raw",
    "subscribe",
]

# Seconds until a publish without an answer has an unknown fate.
PUBLISH_TIMEOUT = 5.0
# Publishes of one process at a time: 5000 at once all timed out, though a third was stored.
PUBLISHES_IN_FLIGHT = 64
# Bytes of an undecodable message that are kept: the copy with its headers must fit in a message.
DEAD_LETTER_BYTES = 128 * 1024


class BusUnavailableError(Exception):
    """No acknowledgement. The event may be stored or not; publish it again with the same id."""


def build_broker(
    bus: NatsSettings | str, *, name: str = "csm", graceful_timeout: float = 45.0
) -> Broker:
    """A broker, not connected yet (`await broker.start()` waits for the server).

    It reconnects for ever; should the client give up all the same, the process ends with code 70.
    `name` is also the user whose key it shows; raises ConfigError without that key.
    `graceful_timeout`: seconds that running handlers get at shutdown.
    """
    return Broker(bus_keys.options(bus, name), name, graceful_timeout)


Bus = NatsBroker | JetStreamContext

_in_flight: WeakKeyDictionary[Bus, asyncio.Semaphore] = WeakKeyDictionary()


async def publish_event(
    bus: Bus, event: Event, *, bucket: str = "", headers: Mapping[str, str] | None = None
) -> None:
    """Store `event` in its stream. `bucket` is empty for the first publish only (see
    `Timing.bucket`); `headers` carry the caller's `traceparent`. Raises BusUnavailableError.
    """
    payload = event.model_dump_json().encode()
    msg_id = event.dedup_id(bucket)
    await publish_raw(bus, event.subject, event.stream, payload, msg_id=msg_id, headers=headers)


async def publish_raw(
    bus: Bus,
    subject: str,
    stream: str,
    payload: bytes,
    *,
    msg_id: str,
    headers: Mapping[str, str] | None = None,
) -> bool:
    """Store bytes in `stream`; False when the server knew `msg_id` already.

    Headers reach the wire unchanged, past FastStream's middlewares: its telemetry would replace
    the stored trace. Raises BusUnavailableError for anything but an acknowledgement.
    """
    # Nats-Expected-Stream of a copied message would make the server refuse the copy.
    own = {key: one_line(value) for key, value in plain_headers(headers).items()}
    own["Nats-Msg-Id"] = msg_id
    async with _in_flight.setdefault(bus, asyncio.Semaphore(PUBLISHES_IN_FLIGHT)):
        try:
            ack = await _jetstream(bus).publish(
                subject, payload, timeout=PUBLISH_TIMEOUT, stream=stream, headers=own
            )
        except (NatsError, IncorrectState, OSError) as error:
            raise BusUnavailableError(f"{subject}: {type(error).__name__}: {error}") from error
    return not ack.duplicate


def plain_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """The headers without those that only the server and its client may set."""
    return {k: v for k, v in (headers or {}).items() if not k.lower().startswith("nats-")}


def one_line(text: str) -> str:
    """A header value must not hold control characters; a newline would begin a new header."""
    return "".join(c if c.isprintable() else " " for c in text)


def jetstream(broker: NatsBroker) -> JetStreamContext:
    """The JetStream API of a connected broker, for provisioning and checks."""
    client: Client = broker.connection
    return client.jetstream()


def _jetstream(bus: Bus) -> JetStreamContext:
    if isinstance(bus, JetStreamContext):
        return bus
    if not bus.connection.is_connected:
        # The client would keep the bytes and send them after the reconnect, answer or not.
        raise BusUnavailableError("NATS is not connected")
    return jetstream(bus)


def subscribe(  # noqa: PLR0913  # who reads what, and what it does with it
    broker: Broker,
    durable: Durable,
    model: type[E],
    handle: Handle[E],
    record: Record[E],
    timing: Timing,
    *,
    workers: int = 8,
) -> Subscription[E]:
    """Deliver the events of `durable` to `handle`, at most `workers` at a time in this process.

    `record` stores each outcome before the answer. Nothing flows before `start` of the result,
    which the DurableWatch calls when the durable is there.
    """

    async def dead_letter(msg: Msg, why: str) -> None:
        await _copy_to_dead_letters(broker, msg, why)

    consumer = Consumer(model, handle, record, dead_letter, timing)
    subscription = Subscription(broker, durable, consumer, workers)
    broker.subscriptions.append(subscription)
    return subscription


async def _copy_to_dead_letters(bus: Bus, msg: Msg, why: str) -> None:
    origin = msg.metadata
    sequence = origin.sequence.stream
    headers = plain_headers(msg.headers) | {
        "Csm-Reason": why[:500],
        "Csm-Subject": msg.subject,
        "Csm-Sequence": str(sequence),
        "Csm-Deliveries": str(origin.num_delivered),
        "Csm-Bytes": str(len(msg.data)),
    }
    subject = f"dlq.{origin.stream}.{origin.consumer}"
    msg_id = f"dlq:{origin.stream}:{origin.consumer}:{sequence}"
    payload = msg.data[:DEAD_LETTER_BYTES]
    try:
        await publish_raw(bus, subject, DLQ.name, payload, msg_id=msg_id, headers=headers)
    except BusUnavailableError as error:
        raise DeadLetterError(str(error)) from error

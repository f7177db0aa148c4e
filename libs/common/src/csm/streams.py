"""The streams and durables of the bus, their provisioning and the check for drift.

Only `provision` declares anything. A service that declares a stream at start overwrites the
limits somebody else set, and a shorter max_age deletes events at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, JetStreamManager
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from csm.timing import Timing

_DAY = 24 * 3600.0
_MIB = 1024 * 1024
# Dedup memory of a stream in seconds; every stream keeps its messages far longer than that.
DUPLICATE_WINDOW = 2 * 3600.0


class ProvisioningError(Exception):
    """The bus differs from the table in a way that only a person may change."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: `max_age` in seconds, `max_bytes` on disk; full means that publishing fails."""

    name: str
    subjects: tuple[str, ...]
    max_age: float
    max_bytes: int
    max_msgs_per_subject: int = -1

    def config(self, replicas: int) -> StreamConfig:
        """Settings on the server. Limits retention: a work queue forgets the ids of acked
        messages at a restart. Discard NEW: a full stream must push back, not drop the oldest.
        """
        return StreamConfig(
            name=self.name,
            subjects=list(self.subjects),
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_age=self.max_age,
            max_bytes=self.max_bytes,
            max_msgs=-1,
            max_msgs_per_subject=self.max_msgs_per_subject,
            duplicate_window=DUPLICATE_WINDOW,
            allow_direct=True,
            num_replicas=replicas,
        )


@dataclass(frozen=True, slots=True)
class Durable:
    """A pull consumer. `max_ack_pending` bounds the deliveries in work over all replicas."""

    name: str
    stream: str
    filter_subjects: tuple[str, ...]
    # Reached only by an outage of our own database over hours; the due loop publishes again.
    max_deliver: int = 200
    max_ack_pending: int = 16

    def config(self, timing: Timing) -> ConsumerConfig:
        """Settings on the server. No backoff: it would replace ack_wait and is ignored by naks."""
        return ConsumerConfig(
            name=self.name,
            durable_name=self.name,
            filter_subject=None if len(self.filter_subjects) > 1 else self.filter_subjects[0],
            filter_subjects=list(self.filter_subjects) if len(self.filter_subjects) > 1 else None,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=timing.ack_wait,
            max_deliver=self.max_deliver,
            max_ack_pending=self.max_ack_pending,
        )


MAIL = Stream("MAIL", ("message.received.*",), max_age=14 * _DAY, max_bytes=256 * _MIB)
CONV = Stream(
    "CONV",
    ("conversation.updated.*.*",),
    max_age=7 * _DAY,
    max_bytes=256 * _MIB,
    max_msgs_per_subject=1,  # a hint: the newest per cause and conversation says it all
)
WORK = Stream(
    "WORK",
    ("conversation.classified.*", "draft.upsert.*"),
    max_age=14 * _DAY,
    max_bytes=256 * _MIB,
)
DLQ = Stream("DLQ", ("dlq.>",), max_age=30 * _DAY, max_bytes=128 * _MIB)
ADV = Stream(
    "ADV",
    (
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
        "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
    ),
    max_age=30 * _DAY,
    max_bytes=64 * _MIB,
)
STREAMS = (MAIL, CONV, WORK, DLQ, ADV)

FREESCOUT_WRITER = Durable("freescout-writer", "MAIL", ("message.received.*",))
# All causes but `agent`: what agents do wakes the outcome reader only.
CLASSIFIER = Durable(
    "classifier",
    "CONV",
    tuple(f"conversation.updated.{cause}.*" for cause in ("gmail", "webhook", "poll", "sweep")),
    max_ack_pending=64,  # the ceiling of model calls over all replicas
)
DRAFT_WRITER = Durable("draft-writer", "WORK", ("conversation.classified.*",))
DRAFT_UPSERT = Durable("draft-upsert", "WORK", ("draft.upsert.*",), max_ack_pending=32)
OUTCOME_READER = Durable("outcome-reader", "CONV", ("conversation.updated.agent.*",))
FOLLOWUPS = Durable("followups", "WORK", ("conversation.classified.*",))
DURABLES = (
    FREESCOUT_WRITER, CLASSIFIER, DRAFT_WRITER, DRAFT_UPSERT, OUTCOME_READER, FOLLOWUPS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not as wanted; `loses` when changing it could lose events."""

    where: str
    setting: str
    is_: Any
    wanted: Any
    loses: bool

    def __str__(self) -> str:
        """One line for the operator."""
        return f"{self.where}: {self.setting} is {_text(self.is_)}, wanted {_text(self.wanted)}"


def _text(value: Any) -> str:  # noqa: ANN401  # settings are strings, numbers, enums and lists
    return ", ".join(value) if isinstance(value, list) else str(getattr(value, "value", value))


def _always(_is: object, _wanted: object) -> bool:
    return True


def _never(_is: object, _wanted: object) -> bool:
    return False


def _shrinks(is_: float | None, wanted: float) -> bool:
    """0 and -1 mean unlimited."""
    limit = is_ if is_ is not None and is_ > 0 else float("inf")
    return wanted > 0 and wanted < limit


def _drops_subjects(is_: Sequence[str] | None, wanted: Sequence[str]) -> bool:
    return not set(is_ or ()) <= set(wanted)


_STREAM_SETTINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "subjects": _drops_subjects,
    "retention": _always,
    "storage": _always,
    "discard": _never,
    "max_age": _shrinks,
    "max_bytes": _shrinks,
    "max_msgs": _shrinks,
    "max_msgs_per_subject": _shrinks,
    "duplicate_window": _never,
    "allow_direct": _never,
    "num_replicas": _shrinks,
}
# A changed deliver or ack policy means delete and create, and that loses the position.
_DURABLE_SETTINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "deliver_policy": _always,
    "ack_policy": _always,
    "deliver_subject": _always,
    "filter_subject": _never,
    "filter_subjects": _never,
    "ack_wait": _never,
    "backoff": _never,
    "max_deliver": _never,
    "max_ack_pending": _never,
}


def _differences(
    where: str,
    is_: StreamConfig | ConsumerConfig,
    wanted: StreamConfig | ConsumerConfig,
    settings: Mapping[str, Callable[[Any, Any], bool]],
) -> Iterator[Difference]:
    for setting, loses in settings.items():
        old, new = getattr(is_, setting), getattr(wanted, setting)
        if _normal(old) != _normal(new):
            yield Difference(where, setting, old, new, loses(old, new))


def _normal(value: Any) -> Any:  # noqa: ANN401  # as _text
    """Subjects in any order are equal; absent, empty and false are one to the server."""
    return sorted(value) if isinstance(value, list) and value else value or None


def stream_drift(stream: Stream, is_: StreamConfig, replicas: int | None) -> list[Difference]:
    """Where a stream on the server differs; `replicas=None` leaves their number alone."""
    wanted = stream.config(replicas or is_.num_replicas or 1)
    return list(_differences(f"stream {stream.name}", is_, wanted, _STREAM_SETTINGS))


def durable_drift(durable: Durable, is_: ConsumerConfig, timing: Timing) -> list[Difference]:
    """Where a durable on the server differs: binding to it ignores our settings silently."""
    where = f"durable {durable.name} on {durable.stream}"
    return list(_differences(where, is_, durable.config(timing), _DURABLE_SETTINGS))


async def provision(
    js: JetStreamContext,
    timing: Timing,
    replicas: int = 1,
    *,
    streams: Sequence[Stream] = STREAMS,
    durables: Sequence[Durable] = DURABLES,
) -> list[str]:
    """Create what is missing, update what may be updated; returns one line per change.

    Raises ProvisioningError before any change if one of them could lose events, and when NATS
    does not do what it was asked.
    """
    try:
        _refuse_losses(await _drift(js, timing, replicas, streams, durables))
        made = [await _provision_stream(js, stream, replicas) for stream in streams]
        made += [await _provision_durable(js, durable, timing) for durable in durables]
    except NatsError as error:
        raise ProvisioningError(f"NATS refused or did not answer: {error}") from error
    return [line for lines in made for line in lines]


def _refuse_losses(differences: Sequence[Difference]) -> None:
    losing = [str(difference) for difference in differences if difference.loses]
    if losing:
        raise ProvisioningError(
            "; ".join(losing) + ". Changing this could lose events, so nothing was changed. Keep "
            "the setting by changing it back with the `nats` tool, or let the services work off "
            "what is there, delete the stream or durable by hand and provision again."
        )


async def _provision_stream(js: JetStreamContext, stream: Stream, replicas: int) -> list[str]:
    is_ = await _stream_config(js, stream.name)
    if is_ is None:
        await js.add_stream(stream.config(replicas))
        return [f"stream {stream.name}: created"]
    changes = stream_drift(stream, is_, replicas)
    if changes:
        await js.update_stream(is_.evolve(**{c.setting: c.wanted for c in changes}))
    return [str(change) + ": updated" for change in changes]


async def _provision_durable(js: JetStreamContext, durable: Durable, timing: Timing) -> list[str]:
    is_ = await _durable_config(js, durable)
    if is_ is None:
        await js.add_consumer(durable.stream, durable.config(timing))
        return [f"durable {durable.name} on {durable.stream}: created"]
    changes = durable_drift(durable, is_, timing)
    if changes:
        wanted = is_.evolve(**{c.setting: c.wanted for c in changes})
        await js.add_consumer(durable.stream, wanted)
    return [str(change) + ": updated" for change in changes]


async def _stream_config(js: JetStreamManager, name: str) -> StreamConfig | None:
    try:
        return (await js.stream_info(name)).config
    except NotFoundError:
        return None


async def _durable_config(js: JetStreamManager, durable: Durable) -> ConsumerConfig | None:
    try:
        config: ConsumerConfig = (await js.consumer_info(durable.stream, durable.name)).config
    except NotFoundError:
        return None
    return config


async def _drift(
    js: JetStreamContext,
    timing: Timing,
    replicas: int | None,
    streams: Sequence[Stream],
    durables: Sequence[Durable],
) -> list[Difference]:
    """Where existing streams and durables differ; what is missing does not differ."""
    found: list[Difference] = []
    for stream in streams:
        if config := await _stream_config(js, stream.name):
            found += stream_drift(stream, config, replicas)
    for durable in durables:
        if consumer := await _durable_config(js, durable):
            found += durable_drift(durable, consumer, timing)
    return found


async def check(
    js: JetStreamContext,
    timing: Timing,
    monitor_url: str | None = None,
    *,
    streams: Sequence[Stream] = STREAMS,
    durables: Sequence[Durable] = DURABLES,
) -> list[str]:
    """One line per problem of the bus: missing, different, or (with `monitor_url`, the server's
    HTTP monitoring) without an fsync before each acknowledgement.
    """
    try:
        lines = [f"{where} is missing" for where in await _missing(js, streams, durables)]
        lines += [str(drift) for drift in await _drift(js, timing, None, streams, durables)]
    except NatsError as error:
        return [f"NATS does not answer: {error}"]
    lines = [f"{line}: run `csm provision`" for line in lines]
    return lines + (await _fsync_problems(monitor_url) if monitor_url else [])


async def _missing(
    js: JetStreamContext, streams: Sequence[Stream], durables: Sequence[Durable]
) -> list[str]:
    gone = [f"stream {s.name}" for s in streams if await _stream_config(js, s.name) is None]
    lost = [durable for durable in durables if await _durable_config(js, durable) is None]
    return gone + [f"durable {durable.name} on {durable.stream}" for durable in lost]


async def newest_created(js: JetStreamManager, names: Sequence[str]) -> float | None:
    """When the youngest of these streams was made (epoch seconds): its earlier events are gone.

    None when NATS does not answer; a stream that is missing does not count.
    """
    made: list[float] = []
    for name in names:
        try:
            created = (await js.stream_info(name)).created
        except NotFoundError:
            continue
        except NatsError:
            return None
        if created is not None:
            made.append(created.timestamp())
    return max(made, default=None)


async def acknowledges_after_fsync(monitor_url: str, timeout: float) -> bool | None:
    """Whether a NATS server syncs before it acknowledges, None when its monitoring is silent.

    It does not unless `sync_interval: always` is set (default 2 min); only then does `/varz` show
    `sync_always`. `timeout` in seconds.
    """
    try:
        return await _syncs(monitor_url, timeout)
    except (httpx.HTTPError, ValueError):
        return None


async def _fsync_problems(monitor_url: str) -> list[str]:
    try:
        if await _syncs(monitor_url, 5):
            return []
    except (httpx.HTTPError, ValueError) as error:
        return [f"NATS monitoring {monitor_url} does not answer: {type(error).__name__}"]
    return ["NATS acknowledges before it is on disk: set `sync_interval: always` in its jetstream"]


async def _syncs(monitor_url: str, timeout: float) -> bool:
    async with httpx.AsyncClient(base_url=monitor_url, timeout=timeout) as client:
        answer = (await client.get("/varz")).raise_for_status().json()
    return bool(answer.get("jetstream", {}).get("config", {}).get("sync_always"))

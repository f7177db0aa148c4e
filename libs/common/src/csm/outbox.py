"""The outbox: events written in the result's transaction, published by a relay until they are out.

The due loop beside it publishes owed work again; both give every publish a safe id.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlmodel import Field, SQLModel

from csm import alerts, work
from csm import lease as leases
from csm.alerts import alert
from csm.bus import BusUnavailableError
from csm.contracts import EVENTS, Event
from csm.crash import crash_point
from csm.db import Database, csm_now, is_postgresql, table_of
from csm.delivery import is_cancelled
from csm.lease import Lease
from csm.logs import get_logger
from csm.ticks import Tick
from csm.timing import Timing
from csm.trace import continued, headers_of, span

BATCH = 100
# Seconds (scaled) of a turn: longer than a pass takes while NATS answers slowly.
_TURN = 30.0
# Seconds (scaled) until a replica looks again for what another one was publishing.
_SOON = 1.0
R = TypeVar("R")


class Publish(Protocol):
    """Publishes one event and returns when the bus has stored it; raises BusUnavailableError."""

    async def __call__(self, event: Event, *, bucket: str, headers: Mapping[str, str]) -> None:
        """`bucket` is empty for the first publish only."""
        ...


class OutboxRow(SQLModel, table=True):
    """An event that must reach the bus; deleted when the bus has it."""

    __tablename__ = "outbox"
    # SQLite gives a deleted row's id to the next one: who deletes by id must never meet that.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    event: str
    payload: str
    traceparent: str
    bucket: str = ""
    created_at: float


OUTBOX = table_of(OutboxRow)
_MODELS = {model.name: model for model in EVENTS}
# Built once, run with parameters.
_ENQUEUE = insert(OUTBOX).values(created_at=csm_now())
_UNSENT = select(OUTBOX).order_by(OUTBOX.c.id).limit(BATCH)
_SENT = delete(OUTBOX).where(OUTBOX.c.id.in_(bindparam("these", expanding=True)))
_NOW = select(csm_now())


def decode(name: str, payload: str) -> Event:
    """The event of a stored row; raises KeyError or ValidationError for one we never wrote."""
    return _MODELS[name].model_validate_json(payload)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outbox row on its way to the bus."""

    id: int
    event: Event
    bucket: str
    traceparent: str


def enqueue(connection: Connection, event: Event, traceparent: str, bucket: str = "") -> None:
    """Promise `event` in the caller's transaction."""
    promised = {
        "event": event.name, "payload": event.model_dump_json(exclude_none=True),
        "traceparent": traceparent, "bucket": bucket,
    }  # fmt: skip
    connection.execute(_ENQUEUE, promised)


def unsent(connection: Connection) -> list[Outgoing]:
    """The oldest rows that the bus does not have yet."""
    rows = connection.execute(_UNSENT)
    return [Outgoing(r.id, decode(r.event, r.payload), r.bucket, r.traceparent) for r in rows]


def sent(connection: Connection, row_ids: Sequence[int]) -> None:
    """Forget rows that the bus has."""
    connection.execute(_SENT, {"these": list(row_ids)})


def backlog(connection: Connection) -> tuple[int, float]:
    """How many rows wait and the age of the oldest in seconds."""
    age = csm_now() - func.min(OUTBOX.c.created_at)
    number, oldest = connection.execute(select(func.count(), age).select_from(OUTBOX)).one()
    return number, oldest or 0.0


@dataclass(frozen=True, slots=True)
class Turn(Generic[R]):
    """Rows that only we publish now; `now` is epoch seconds of the database's clock.

    Without a lease on SQLite, which one process owns.
    """

    rows: Sequence[R]
    now: float
    lease: Lease | None = None


class Turns:
    """Replicas take turns in publishing: an SQL lease, held for one pass.

    Who was killed in its pass keeps the others waiting until the lease has run out. One that runs
    out too early costs a second publish with the same id, which the bus drops.
    """

    def __init__(self, resource: str, owner: str, timing: Timing) -> None:
        """`resource` names what is published, `owner` this process."""
        self._resource = resource
        self._owner = owner
        self._seconds = timing.scaled(_TURN)

    def take(
        self, connection: Connection, read: Callable[[Connection], Sequence[R]]
    ) -> Turn[R] | None:
        """What `read` finds if it is our turn; None when another replica is at it.

        While it finds nothing, no turn is taken.
        """
        found = read(connection)
        if not found or not is_postgresql(connection):
            return Turn(found, _now(connection))
        lease = leases.acquire(connection, self._resource, self._owner, self._seconds)
        if lease is None:
            return None
        # Once more: the last holder may have published what was found before.
        turn = Turn(read(connection), _now(connection), lease)
        if not turn.rows:
            give_back(connection, turn)
        return turn


async def _answers(
    db: Database, turn: Turn[R], publishes: Iterable[Awaitable[None]]
) -> list[BaseException | None]:
    """What became of each publish; a turn that is cancelled is given back."""
    try:
        return await asyncio.gather(*publishes, return_exceptions=True)
    except asyncio.CancelledError:
        await db.run(give_back, turn)
        raise


def give_back(connection: Connection, turn: Turn[R]) -> None:
    """Another replica may publish now."""
    if turn.lease is not None:
        leases.release(connection, turn.lease)


Pass = Literal["idle", "published", "busy"]
"""What a pass found: nothing to do, something that is out now, another replica at work."""


class Relay:
    """Publishes outbox rows in order of their ids, for ever: an outage only makes them wait."""

    def __init__(
        self, db: Database, publish: Publish, timing: Timing, owner: str = "relay"
    ) -> None:
        """`publish` is the bus, `owner` names this process among the replicas."""
        self._db = db
        self._publish = publish
        self._turns = Turns("outbox", owner, timing)

    async def run_due(self) -> Pass:
        """Publish everything that waits; raises BusUnavailableError and keeps the rest."""
        while True:
            turn = await self._db.run(self._turns.take, unsent)
            if turn is None or not turn.rows:
                return "busy" if turn is None else "idle"
            await self._relay(turn)
            if len(turn.rows) < BATCH:
                return "published"

    async def _relay(self, turn: Turn[Outgoing]) -> None:
        answers = await _answers(self._db, turn, map(self._send, turn.rows))
        crash_point("after_outbox_publish")
        out = [r.id for r, answer in zip(turn.rows, answers, strict=True) if answer is None]
        await self._db.run(_relayed, turn, out)
        for error in filter(None, answers):
            raise error

    async def _send(self, row: Outgoing) -> None:
        with continued(row.traceparent), span(f"{row.event.name} publish") as current:
            headers = headers_of(current.traceparent)
            await self._publish(row.event, bucket=row.bucket, headers=headers)


class DueLoop:
    """Publishes owed rows whose time has come, per resource only the oldest."""

    def __init__(self, db: Database, publish: Publish, timing: Timing, owner: str = "due") -> None:
        """`timing` gives the pause until a row is due again and the bucket of a re-publish.

        `owner` names this process among the replicas.
        """
        self._db = db
        self._publish = publish
        self._timing = timing
        self._turns = Turns("due", owner, timing)

    async def run_due(self) -> Pass:
        """One pass; raises BusUnavailableError."""
        turn = await self._db.run(self._turns.take, work.due)
        if turn is None or not turn.rows:
            return "busy" if turn is None else "idle"
        bucket = self._timing.bucket(turn.now)
        answers = await _answers(self._db, turn, (self._send(row, bucket) for row in turn.rows))
        crash_point("after_publish")
        out = [r.id for r, answer in zip(turn.rows, answers, strict=True) if answer is None]
        await self._db.run(_marked, turn, out, self._timing.republish_after)
        for error in filter(None, answers):
            raise error
        return "published"

    async def _send(self, row: work.Due, bucket: str) -> None:
        event = decode(row.event, row.payload)
        first = row.published == 0
        name = f"{event.name} publish"
        with continued(row.traceparent), span(name, again=row.published) as current:
            headers = headers_of(current.traceparent)
            # A row woken twice within one bucket must not be dropped as a duplicate.
            again = f"{bucket}-{row.published}"
            await self._publish(event, bucket="" if first else again, headers=headers)


def _now(connection: Connection) -> float:
    return float(connection.execute(_NOW).scalar_one())


def _relayed(connection: Connection, turn: Turn[Outgoing], out: Sequence[int]) -> None:
    sent(connection, out)
    give_back(connection, turn)


def _marked(connection: Connection, turn: Turn[work.Due], out: Sequence[str], again: float) -> None:
    work.published(connection, out, turn.now, again)
    # A publish without an answer may be stored too: its next one needs another id.
    if rest := [row.id for row in turn.rows if row.id not in out]:
        work.published(connection, rest, turn.now, 0.0)
    give_back(connection, turn)


class Loops:
    """Runs relay and due passes: at once when kicked, else every `timing.due_interval`."""

    def __init__(self, relay: Relay, due: DueLoop, timing: Timing) -> None:
        """Both share one task, so a kick after a result transaction serves both."""
        self._relay = relay
        self._due = due
        self._interval = timing.due_interval
        self._soon = timing.scaled(_SOON)
        self.tick = Tick("outbox")
        self._kicked = asyncio.Event()
        self._log = get_logger("outbox")
        self._bus_down = False

    def kick(self) -> None:
        """Something new is owed: do not wait for the next pass."""
        self._kicked.set()

    async def run(self) -> None:
        """Until cancelled; a bus that is away is said once and tried again every pass."""
        while not is_cancelled():
            self._kicked.clear()
            try:
                with self.tick.elsewhere():
                    relayed, published = await self._relay.run_due(), await self._due.run_due()
            except BusUnavailableError as error:
                self._say(error)
                relayed = published = "idle"
            else:
                self._say(None)
            if published != "published":
                is_busy = "busy" in (relayed, published)
                await self._pause(self._soon if is_busy else self._interval)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._kicked.wait()

    def _say(self, error: BusUnavailableError | None) -> None:
        if (error is not None) == self._bus_down:
            return
        self._bus_down = error is not None
        if error is not None:
            alert("bus-down", "bus is down", reason=str(error))
        else:
            alerts.over("bus-down")
            self._log.info("bus is back")

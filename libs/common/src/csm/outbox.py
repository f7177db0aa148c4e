"""The outbox: events written in the result's transaction, published by a relay until they are out.

The due loop beside it publishes owed work again; both give every publish a safe id.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, delete, func, select
from sqlmodel import Field, SQLModel

from csm import work
from csm.bus import BusUnavailableError
from csm.contracts import EVENTS, Event
from csm.crash import crash_point
from csm.db import Database, csm_now, insert_into, table_of
from csm.logs import get_logger
from csm.timing import Timing
from csm.trace import headers_of

BATCH = 100


class Publish(Protocol):
    """Publishes one event and returns when the bus has stored it; raises BusUnavailableError."""

    async def __call__(self, event: Event, *, bucket: str, headers: Mapping[str, str]) -> None:
        """`bucket` is empty for the first publish only."""
        ...


class OutboxRow(SQLModel, table=True):
    """An event that must reach the bus; deleted when the bus has it."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, primary_key=True)
    event: str
    payload: str
    traceparent: str
    bucket: str = ""
    created_at: float


OUTBOX = table_of(OutboxRow)
_MODELS = {model.name: model for model in EVENTS}


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
    connection.execute(
        insert_into(connection, OUTBOX).values(
            event=event.name, payload=event.model_dump_json(exclude_none=True),
            traceparent=traceparent, bucket=bucket, created_at=csm_now(),
        )
    )  # fmt: skip


def unsent(connection: Connection) -> list[Outgoing]:
    """The oldest rows that the bus does not have yet."""
    rows = connection.execute(select(OUTBOX).order_by(OUTBOX.c.id).limit(BATCH))
    return [Outgoing(r.id, decode(r.event, r.payload), r.bucket, r.traceparent) for r in rows]


def sent(connection: Connection, row_ids: Sequence[int]) -> None:
    """Forget rows that the bus has."""
    connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(row_ids)))


def backlog(connection: Connection) -> tuple[int, float]:
    """How many rows wait and the age of the oldest in seconds."""
    age = csm_now() - func.min(OUTBOX.c.created_at)
    number, oldest = connection.execute(select(func.count(), age).select_from(OUTBOX)).one()
    return number, oldest or 0.0


class Relay:
    """Publishes outbox rows in order of their ids, for ever: an outage only makes them wait."""

    def __init__(self, db: Database, publish: Publish) -> None:
        """`publish` is the bus."""
        self._db = db
        self._publish = publish

    async def run_due(self) -> None:
        """Publish everything that waits; raises BusUnavailableError and keeps the rest."""
        while rows := await self._db.run(unsent):
            await asyncio.gather(*(self._send(row) for row in rows))
            crash_point("after_outbox_publish")
            await self._db.run(sent, [row.id for row in rows])

    async def _send(self, row: Outgoing) -> None:
        await self._publish(row.event, bucket=row.bucket, headers=headers_of(row.traceparent))


class DueLoop:
    """Publishes owed rows whose time has come, per resource only the oldest."""

    def __init__(self, db: Database, publish: Publish, timing: Timing) -> None:
        """`timing` gives the pause until a row is due again and the bucket of a re-publish."""
        self._db = db
        self._publish = publish
        self._timing = timing

    async def run_due(self) -> int:
        """One pass; returns how many rows were published. Raises BusUnavailableError."""
        rows = await self._db.run(work.due)
        if not rows:
            return 0
        now = await self._db.run(_now)
        bucket = self._timing.bucket(now)
        answers = await asyncio.gather(
            *(self._send(row, bucket) for row in rows), return_exceptions=True
        )
        crash_point("after_publish")
        # A publish without an answer may be stored too: its next one needs another id.
        again = self._timing.republish_after
        for is_out, pause in ((True, again), (False, 0.0)):
            ids = [r.id for r, a in zip(rows, answers, strict=True) if (a is None) == is_out]
            await self._db.run(work.published, ids, now, pause)
        for error in filter(None, answers):
            raise error
        return len(rows)

    async def _send(self, row: work.Due, bucket: str) -> None:
        event = decode(row.event, row.payload)
        first = row.published == 0
        await self._publish(
            event, bucket="" if first else bucket, headers=headers_of(row.traceparent)
        )


def _now(connection: Connection) -> float:
    return float(connection.execute(select(csm_now())).scalar_one())


class Loops:
    """Runs relay and due passes: at once when kicked, else every `timing.due_interval`."""

    def __init__(self, relay: Relay, due: DueLoop, timing: Timing) -> None:
        """Both share one task, so a kick after a result transaction serves both."""
        self._relay = relay
        self._due = due
        self._interval = timing.due_interval
        self._kicked = asyncio.Event()
        self._log = get_logger("outbox")
        self._bus_down = False

    def kick(self) -> None:
        """Something new is owed: do not wait for the next pass."""
        self._kicked.set()

    async def run(self) -> None:
        """Until cancelled; a bus that is away is said once and tried again every pass."""
        while True:
            self._kicked.clear()
            try:
                await self._relay.run_due()
                more = await self._due.run_due() > 0
            except BusUnavailableError as error:
                self._say(error)
                more = False
            else:
                self._say(None)
            if not more:
                await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._kicked.wait(), self._interval)
        except TimeoutError:
            return

    def _say(self, error: BusUnavailableError | None) -> None:
        if (error is not None) == self._bus_down:
            return
        self._bus_down = error is not None
        if error is not None:
            self._log.error("bus is down", alert="bus-down", reason=str(error))
        else:
            self._log.info("bus is back")

"""What a service owes: one row per piece of work, `wanted` until a recorded end.

Events are hints to these rows. The due loop publishes a row again until it has ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Executable,
    Float,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlmodel import Field, Index, SQLModel

from csm.db import csm_now, insert_into, per_dialect, serialize, table_of
from csm.outcome import Done, Later, Outcome, Rejected, Unavailable

State = Literal["wanted", "done", "filtered", "gone", "dry-run", "degraded", "parked"]
TERMINAL: tuple[State, ...] = ("done", "filtered", "gone", "dry-run", "degraded", "parked")

# A row that was started this often without a recorded outcome kills its process.
STARTS_LIMIT = 8
# When a held row is due, in epoch seconds: not before it is released.
_HELD = 1e12
# Rows that may be on the bus at a time. The rest waits here, so that a new mail never queues behind
# a backfill of thousands. They go out by quarters: who looks for them looks at all that wait.
WINDOW = 200


class WorkRow(SQLModel, table=True):
    """One piece of work, named by the key of the event that hints at it."""

    __tablename__ = "work"
    __table_args__ = (Index("work_open", "state", "next_try"), Index("work_resource", "resource"))

    id: str = Field(primary_key=True)
    seq: int
    resource: str
    event: str
    payload: str
    traceparent: str
    state: str = "wanted"
    next_try: float
    waiting_for: str | None = None
    rank: int = 0
    lane: str = ""
    published: int = 0
    in_flight: bool = False
    attempts: int = 0
    starts: int = 0
    reason: str | None = None
    created_at: float
    ended_at: float | None = None
    reopened_at: float | None = None


WORK = table_of(WorkRow)


@dataclass(frozen=True, slots=True)
class Owed:
    """A new piece of work, due at once. `resource` is what must be done in order.

    The lower `rank` goes first: 0 is live, 1 a backfill. Lanes take turns: a mailbox whose quota is
    spent keeps no other one waiting.
    """

    id: str
    resource: str
    event: str
    payload: str
    traceparent: str
    rank: int = 0
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A row that the due loop publishes: the event and how often it was published before."""

    id: str
    event: str
    payload: str
    traceparent: str
    published: int


# Statements of every delivery are built once and run with parameters; `this` is the row's id.
_THIS = WORK.c.id == bindparam("this")
_STATE = select(WORK.c.state).where(_THIS)
_START = update(WORK).where(_THIS).values(starts=WORK.c.starts + 1).returning(WORK.c.starts)
_UNSTART = update(WORK).where(_THIS).values(starts=0)
_END = (
    update(WORK)
    .where(_THIS, WORK.c.state == "wanted")
    .values(
        state=bindparam("ended"), reason=bindparam("why"), ended_at=csm_now(), starts=0,
        waiting_for=None, in_flight=False,
    )
)  # fmt: skip
_NOW = select(csm_now())
_LATER = (
    update(WORK)
    .where(_THIS, WORK.c.state == "wanted")
    .values(
        next_try=csm_now() + bindparam("delay", type_=Float()), reason=bindparam("why"),
        waiting_for=bindparam("waits_for"), in_flight=False,
        starts=case((bindparam("is_unexpected", type_=Boolean()), WORK.c.starts), else_=0),
    )
)  # fmt: skip
_LAST_SEQ = select(func.coalesce(func.max(WORK.c.seq), 0))
_ON_THE_BUS = (
    select(func.count(), csm_now())
    .select_from(WORK)
    .where(WORK.c.state == "wanted", WORK.c.in_flight, WORK.c.next_try > csm_now())
)
# A handler may answer before its publish is recorded: the time it set stays.
_SILENT = WORK.c.next_try <= bindparam("since", type_=Float())
_PUBLISHED = (
    update(WORK)
    .where(WORK.c.id.in_(bindparam("these", expanding=True)))
    .values(
        next_try=case(
            (_SILENT, csm_now() + bindparam("pause", type_=Float())), else_=WORK.c.next_try
        ),
        published=WORK.c.published + 1,
        in_flight=_SILENT,
    )
)


def _due() -> Select[str, str, str, str, int]:
    older = WORK.alias("older")
    blocked = exists().where(
        older.c.resource == WORK.c.resource,
        # As good as `state`, but without an index: the search must begin at the resource.
        older.c.ended_at.is_(None),
        older.c.seq < WORK.c.seq,
        # A live mail need not wait for its thread's backfill: whoever takes it does both in order.
        older.c.rank <= WORK.c.rank,
    )
    is_ready = WORK.c.next_try <= bindparam("now", type_=Float())
    # Who has a row on the bus has had a turn.
    turn = func.row_number().over(
        partition_by=WORK.c.lane, order_by=(is_ready, WORK.c.rank, WORK.c.seq)
    )
    counts_as_turn = or_(and_(is_ready, ~blocked), and_(~is_ready, WORK.c.in_flight))
    waiting = (
        select(WORK.c.id, is_ready.label("is_ready"), turn.label("turn"))
        .where(WORK.c.state == "wanted", counts_as_turn)
        .subquery()
    )
    return (
        select(WORK.c.id, WORK.c.event, WORK.c.payload, WORK.c.traceparent, WORK.c.published)
        .join(waiting, waiting.c.id == WORK.c.id)
        .where(waiting.c.is_ready)
        .order_by(WORK.c.rank, waiting.c.turn, WORK.c.seq)
        .limit(bindparam("room"))
    )


_DUE = _due()


@per_dialect
def _owe(connection: Connection) -> Executable:
    fresh = insert_into(connection, WORK).values(next_try=csm_now(), created_at=csm_now())
    return fresh.on_conflict_do_nothing(index_elements=[WORK.c.id]).returning(WORK.c.id)


def owe(connection: Connection, rows: Iterable[Owed], *, held: bool = False) -> int:
    """Insert rows that do not exist yet; returns how many were new. `held`: until `release`."""
    # Numbers grow in the order of the commits: two replicas may journal at the same time.
    serialize(connection, "work.seq")
    first = connection.execute(_LAST_SEQ).scalar_one() + 1
    values = [
        {
            "id": row.id, "seq": first + n, "resource": row.resource, "event": row.event,
            "payload": row.payload, "traceparent": row.traceparent, "state": "wanted",
            "rank": row.rank, "lane": row.lane, "published": 0, "in_flight": False, "attempts": 0,
            "starts": 0,
        }
        for n, row in enumerate(rows)
    ]  # fmt: skip
    if not values:
        return 0
    new = connection.execute(_owe(connection), values).scalars().all()
    if held:
        connection.execute(update(WORK).where(WORK.c.id.in_(new)).values(next_try=_HELD))
    return len(new)


def release(connection: Connection, work_ids: Select[str]) -> None:
    """Make those of these rows due that are held."""
    held = and_(WORK.c.id.in_(work_ids), WORK.c.next_try == _HELD)
    connection.execute(update(WORK).where(held).values(next_try=csm_now()))


def state_of(connection: Connection, work_id: str) -> State | None:
    """The state of a row, or None when there is none."""
    found = connection.execute(_STATE, {"this": work_id})
    return cast("State | None", found.scalar_one_or_none())


def start(connection: Connection, work_id: str) -> int:
    """Count a start before the handler touches the row; returns the starts without an outcome."""
    return int(connection.execute(_START, {"this": work_id}).scalar_one())


def unstart(connection: Connection, work_id: str) -> None:
    """A clean shutdown or an end of the dangerous part: the starts say nothing any more."""
    connection.execute(_UNSTART, {"this": work_id})


def end(connection: Connection, work_id: str, state: State, reason: str | None = None) -> None:
    """Record the end of a row; a row that has ended keeps its first end."""
    connection.execute(_END, {"this": work_id, "ended": state, "why": reason})


def reopen(connection: Connection, work_id: str, reason: str) -> bool:
    """Make an ended row due again (replay, mail rescued from spam); False when it is open."""
    ended = (WORK.c.id == work_id) & (WORK.c.state != "wanted")
    changed = connection.execute(
        update(WORK)
        .where(ended)
        .values(
            state="wanted", reason=reason, next_try=csm_now(), ended_at=None, starts=0,
            waiting_for=None, in_flight=False, reopened_at=csm_now(),
        )
    )  # fmt: skip
    return changed.rowcount == 1


def record(connection: Connection, work_id: str, outcome: Outcome) -> None:
    """Write a delivery's outcome into its row; attempts count failures, never waiting."""
    match outcome:
        case Done():
            return
        case Rejected(why):
            end(connection, work_id, "parked", why)
        case Later(delay, why, waiting_for, is_unexpected):
            again = {"delay": delay, "why": why, "waits_for": waiting_for}
            facts = {"this": work_id, "is_unexpected": is_unexpected, **again}
            connection.execute(_LATER, facts)
        case Unavailable(why, waiting_for):
            row = (WORK.c.id == work_id) & (WORK.c.state == "wanted")
            connection.execute(
                update(WORK).where(row).values(attempts=WORK.c.attempts + 1, reason=why, starts=0)
            )


def due(connection: Connection, window: int = WINDOW) -> list[Due]:
    """The rows to publish now: per resource only the oldest, lane by lane in turn.

    None while less than a quarter of `window` has room.
    """
    on_the_bus, now = connection.execute(_ON_THE_BUS).one()
    room = window - on_the_bus
    if room < max(1, window // 4):
        return []
    rows = connection.execute(_DUE, {"room": room, "now": now})
    return [Due(r.id, r.event, r.payload, r.traceparent, r.published) for r in rows]


def published(
    connection: Connection, work_ids: Sequence[str], since: float, republish_after: float
) -> None:
    """The bus has these rows' events; they are due again if nothing is heard for so long.

    A handler may answer before this is recorded: a time it set after `since` stays.
    """
    published_now = {"these": list(work_ids), "since": since, "pause": republish_after}
    connection.execute(_PUBLISHED, published_now)


def delivered(connection: Connection, work_id: str, republish_after: float) -> None:
    """A new row whose event somebody else published: it is in hand now, and due much later.

    Its next publish is not the first one: without a bucket the bus would drop it as a duplicate.
    """
    published(connection, [work_id], connection.execute(_NOW).scalar_one(), republish_after)


def accept(connection: Connection, row: Owed, republish_after: float) -> State:
    """Owe what the bus has just brought; its state, `wanted` unless it has ended before."""
    if owe(connection, [row]) == 1:
        delivered(connection, row.id, republish_after)
    return state_of(connection, row.id) or "wanted"


def lost(connection: Connection) -> int:
    """The bus lost what it held: rows that are on it are due at once; returns how many."""
    on_the_bus = (WORK.c.state == "wanted") & WORK.c.in_flight
    due_again = update(WORK).where(on_the_bus).values(next_try=csm_now(), in_flight=False)
    return connection.execute(due_again).rowcount


def wake(connection: Connection, dependency: str, limit: int | None = None) -> int:
    """Make rows that wait for `dependency` due at once, the oldest first; returns how many."""
    waiting = (WORK.c.waiting_for == dependency) & (WORK.c.state == "wanted")
    oldest = select(WORK.c.id).where(waiting).order_by(WORK.c.seq).limit(limit)
    woken = connection.execute(
        update(WORK)
        .where(waiting, WORK.c.id.in_(oldest))
        .values(next_try=csm_now(), waiting_for=None)
    )
    return woken.rowcount


def counts(connection: Connection) -> dict[str, int]:
    """How many rows are in which state."""
    rows = connection.execute(
        select(WORK.c.state, func.count().label("number")).group_by(WORK.c.state)
    )
    return {row.state: row.number for row in rows}


def oldest_open(connection: Connection) -> float | None:
    """Age in seconds of the oldest row without an end, None when all have ended."""
    created = func.min(WORK.c.created_at)
    return connection.execute(
        select(csm_now() - created).where(WORK.c.state == "wanted")
    ).scalar_one()


def matching(
    states: Iterable[str] = (), since: float | None = None, work_id: str | None = None
) -> ColumnElement[bool]:
    """The rows an operator names: by state, by creation time (epoch seconds), by id suffix."""
    terms: list[ColumnElement[bool]] = [WORK.c.id.is_not(None)]
    if states := list(states):
        terms.append(WORK.c.state.in_(states))
    if since is not None:
        terms.append(WORK.c.created_at >= since)
    if work_id is not None:
        terms.append(or_(WORK.c.id == work_id, WORK.c.id.endswith(f":{work_id}", autoescape=True)))
    return and_(*terms)

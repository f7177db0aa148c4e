"""Pay once: each question to a model has one row, shared by replicas, that reserves and remembers.

Insert-first gives one payer among redeliveries and replicas. A row is `reserved` while somebody
asks, `done` with its answer before anybody publishes it, `declined` or `invalid` for a day, `free`
when the attempt failed and the next one may try. What was spent is summed by task, day and model.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    Float,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from csm.db import csm_now, insert_into, per_dialect, serialize, table_of
from csm.llm_settings import Task
from csm.llm_usage import Usage

Refusal = Literal["declined", "invalid", "too_long"]
# Seconds for which a refusal is believed: a redelivery must not pay for it again, but models and
# filters change.
_REFUSAL_HOLDS = 24 * 3600.0


class LlmCallRow(SQLModel, table=True):
    """One question, named by the hash of all that decides its answer."""

    __tablename__ = "llm_call"

    key: str = Field(primary_key=True)
    task: str
    model: str
    state: str = Field(index=True)
    owner: str
    until: float
    # Nano-USD. What the running attempt may cost at most, and what all attempts did cost; NULL for
    # a model without a price.
    reserved: int = Field(sa_type=BigInteger)
    cost: int | None = Field(sa_type=BigInteger)
    usage: str
    answer: str | None = None
    reason: str | None = None
    request_id: str | None = None
    created_at: float
    ended_at: float | None = None


class LlmSpendRow(SQLModel, table=True):
    """What a task spent on one UTC day with one model. `cost` is nano-USD."""

    __tablename__ = "llm_spend"

    task: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    calls: int
    prompt_tokens: int = Field(sa_type=BigInteger)
    completion_tokens: int = Field(sa_type=BigInteger)
    cost: int = Field(sa_type=BigInteger)


CALL = table_of(LlmCallRow)
SPEND = table_of(LlmSpendRow)
# For the TABLES of a service's state module and its migrations.
LLM_TABLES = (CALL, SPEND)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Nano-USD that a task may spend, None for as much as it likes."""

    per_day: int | None = None
    per_month: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody wants to ask: `owner` is new for each attempt, `seconds` how long it may take."""

    key: str
    task: Task
    model: str
    owner: str
    seconds: float
    reserve: int = 0
    ceiling: Ceiling = Ceiling()


@dataclass(frozen=True, slots=True)
class Granted:
    """The caller asks; nobody else does before its time is over."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Another worker asks the same; its time is over in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer is known; `cost` in nano-USD."""

    answer: str
    model: str
    usage: Usage
    cost: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Was asked in vain before."""

    kind: Refusal
    why: str


@dataclass(frozen=True, slots=True)
class TooDear:
    """The ceiling of this `period` would be passed; it begins anew in `seconds`."""

    period: Literal["day", "month"]
    spent: int
    seconds: float


Known = Stored | Refused | Taken


@dataclass(frozen=True, slots=True)
class Paid:
    """What an attempt used up; `cost` in nano-USD, None without a price."""

    usage: Usage
    cost: int | None


def known(connection: Connection, key: str) -> Known | None:
    """What the row says; None when the question may be asked now."""
    row = connection.execute(
        select(CALL, csm_now().label("now")).where(CALL.c.key == key)
    ).one_or_none()
    if row is None:
        return None
    if row.state == "done":
        usage = Usage(**json.loads(row.usage))
        return Stored(row.answer, row.model, usage, row.cost, row.request_id)
    if row.state == "free" or row.until <= row.now:
        return None
    if row.state == "reserved":
        return Taken(row.until - row.now)
    return Refused(row.state, row.reason or "")


@per_dialect
def _take(connection: Connection) -> Executable:
    """Built once and run with parameters, as `_count` is: with every question."""
    fresh = insert_into(connection, CALL).values(
        state="reserved", until=csm_now() + bindparam("seconds", type_=Float()), cost=0,
        usage=json.dumps(asdict(Usage())), created_at=csm_now(),
    )  # fmt: skip
    anew = {name: fresh.excluded[name] for name in ("state", "owner", "until", "reserved")}
    lost = CALL.c.cost + bindparam("vanished", type_=BigInteger())
    return fresh.on_conflict_do_update(
        index_elements=[CALL.c.key],
        set_={**anew, "reason": None, "cost": lost},
        where=and_(CALL.c.state != "done", or_(CALL.c.state == "free", CALL.c.until <= csm_now())),
    ).returning(CALL.c.key)


@per_dialect
def _count(connection: Connection) -> Executable:
    fresh = insert_into(connection, SPEND)
    counted = ("calls", "prompt_tokens", "completion_tokens", "cost")
    added = {name: SPEND.c[name] + fresh.excluded[name] for name in counted}
    return fresh.on_conflict_do_update(
        index_elements=[SPEND.c.task, SPEND.c.day, SPEND.c.model], set_=added
    )


def claim(connection: Connection, wanted: Claim) -> Granted | Known | TooDear:
    """Take the row, or say why not: one statement decides among all replicas.

    An attempt that vanished (crash, frozen process) may have been paid for: its reservation is
    counted as spent when the next one takes over.
    """
    if too_dear := _too_dear(connection, wanted):
        return known(connection, wanted.key) or too_dear
    vanished = _vanished(connection, wanted.key)
    taken = {
        "key": wanted.key, "task": wanted.task, "model": wanted.model, "owner": wanted.owner,
        "reserved": wanted.reserve, "seconds": wanted.seconds, "vanished": vanished,
    }  # fmt: skip
    if connection.execute(_take(connection), taken).scalar_one_or_none() is None:
        return known(connection, wanted.key) or Taken(wanted.seconds)
    if vanished:
        _spend(connection, wanted.task, wanted.model, Paid(Usage(calls=1), vanished))
    return Granted()


def settle(
    connection: Connection, mine: Claim, paid: Paid, answer: str, request_id: str | None
) -> bool:
    """Record the answer (JSON) and what it cost, before anybody is told.

    False: the attempt took too long and the row is another's by now; the money is counted all the
    same, the answer is not used.
    """
    return _end(
        connection, mine, paid,
        state="done", answer=answer, request_id=request_id, ended_at=csm_now(),
    )  # fmt: skip


def refuse(connection: Connection, mine: Claim, paid: Paid, refused: Refused) -> bool:
    """Record that there is no answer to this; believed for a day."""
    until = csm_now() + _REFUSAL_HOLDS
    return _end(
        connection, mine, paid,
        state=refused.kind, reason=refused.why, until=until, ended_at=csm_now(),
    )  # fmt: skip


def give_back(connection: Connection, mine: Claim, paid: Paid) -> bool:
    """The attempt failed: the next one may ask at once. What it cost stays counted."""
    return _end(connection, mine, paid, state="free")


def spent(connection: Connection, task: Task, since: str) -> int:
    """Nano-USD that a task spent from the UTC day `since` (YYYY-MM-DD) on, open attempts included.

    An open attempt counts with what it may cost at most.
    """
    of_task = and_(SPEND.c.task == task, SPEND.c.day >= since)
    settled = connection.execute(select(func.coalesce(func.sum(SPEND.c.cost), 0)).where(of_task))
    open_ones = and_(CALL.c.task == task, CALL.c.state == "reserved")
    held = connection.execute(select(func.coalesce(func.sum(CALL.c.reserved), 0)).where(open_ones))
    return int(settled.scalar_one()) + int(held.scalar_one())


def spending(connection: Connection, since: str) -> Sequence[LlmSpendRow]:
    """What was spent from a UTC day on, by task, day and model: for `csm status`."""
    rows = connection.execute(
        select(SPEND).where(SPEND.c.day >= since).order_by(SPEND.c.day, SPEND.c.task)
    )
    return [LlmSpendRow(**row) for row in rows.mappings()]


def spent_on_the_day_of(connection: Connection, moment: float) -> float:
    """USD of all tasks on the UTC day of `moment` (epoch seconds)."""
    day = datetime.fromtimestamp(moment, UTC).date().isoformat()
    cost = select(func.coalesce(func.sum(SPEND.c.cost), 0)).where(SPEND.c.day == day)
    return int(connection.execute(cost).scalar_one()) / 1e9


def forget(connection: Connection, keys: Sequence[str]) -> int:
    """Remove answers (their person asked for it); what they cost stays counted."""
    ended = and_(CALL.c.key.in_(keys), CALL.c.state != "reserved")
    return connection.execute(delete(CALL).where(ended)).rowcount


def expire(connection: Connection, seconds: float) -> int:
    """Remove the answers that are older than this: they hold words about people."""
    old = and_(CALL.c.state != "reserved", CALL.c.created_at < csm_now() - seconds)
    return connection.execute(delete(CALL).where(old)).rowcount


def today(connection: Connection) -> datetime:
    """The moment by the database's clock, in UTC: replicas agree on the day."""
    return datetime.fromtimestamp(connection.execute(select(csm_now())).scalar_one(), UTC)


def _too_dear(connection: Connection, wanted: Claim) -> TooDear | None:
    if wanted.ceiling == Ceiling():
        return None
    # Two replicas must not both find room for the last cent.
    serialize(connection, f"llm.budget:{wanted.task}")
    now = today(connection)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = midnight.replace(day=1)
    next_month = (month + timedelta(days=32)).replace(day=1)
    periods: tuple[tuple[Literal["day", "month"], int | None, datetime, datetime], ...] = (
        ("month", wanted.ceiling.per_month, month, next_month),
        ("day", wanted.ceiling.per_day, midnight, midnight + timedelta(days=1)),
    )
    for period, most, begin, end in periods:
        if most is None:
            continue
        already = spent(connection, wanted.task, begin.date().isoformat())
        if already + wanted.reserve > most:
            return TooDear(period, already, (end - now).total_seconds())
    return None


def _vanished(connection: Connection, key: str) -> int:
    """Nano-USD that an attempt without an end had reserved."""
    over = and_(CALL.c.key == key, CALL.c.state == "reserved", CALL.c.until <= csm_now())
    row = connection.execute(select(CALL.c.reserved).where(over).with_for_update())
    return int(row.scalar_one_or_none() or 0)


def _end(connection: Connection, mine: Claim, paid: Paid, **values: object) -> bool:
    """End the attempt if the row is still its own, and count what it cost in any case."""
    _spend(connection, mine.task, mine.model, paid)
    row = CALL.c.key == mine.key
    total = _together(connection, mine.key, paid)
    if total is None:
        return False  # expired by a person's wish meanwhile
    connection.execute(update(CALL).where(row).values(**total))
    own = and_(row, CALL.c.owner == mine.owner, CALL.c.state == "reserved")
    ended = connection.execute(update(CALL).where(own).values(reserved=0, **values))
    return ended.rowcount == 1


def _together(connection: Connection, key: str, paid: Paid) -> dict[str, object] | None:
    """Usage and cost of all attempts at a row."""
    mine = select(CALL.c.usage, CALL.c.cost).where(CALL.c.key == key).with_for_update()
    row = connection.execute(mine).one_or_none()
    if row is None:
        return None
    usage = Usage(**json.loads(row.usage)) + paid.usage
    cost = None if row.cost is None or paid.cost is None else row.cost + paid.cost
    return {"usage": json.dumps(asdict(usage)), "cost": cost}


def _spend(connection: Connection, task: str, model: str, paid: Paid) -> None:
    if paid.usage.calls == 0:
        return
    counted = {
        "task": task, "day": today(connection).date().isoformat(), "model": model,
        "calls": paid.usage.calls, "prompt_tokens": paid.usage.prompt,
        "completion_tokens": paid.usage.completion, "cost": paid.cost or 0,
    }  # fmt: skip
    connection.execute(_count(connection), counted)

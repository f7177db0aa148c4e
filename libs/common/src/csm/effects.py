"""The write protocol: intent first, marker in the write, look before repeating.

One implementation for every FreeScout POST. A marker that is found is believed at once; a marker
that is missing proves nothing until the quarantine is over: until then a request that nobody waits
for may still be applied. FreeScout has no idempotency key, so this is where "exactly once" is made.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Executable, Float, and_, bindparam, func, select, update
from sqlmodel import Field, SQLModel

from csm import lease as leases
from csm import metrics
from csm.alerts import alert
from csm.crash import crash_point
from csm.db import Database, csm_now, insert_into, per_dialect, table_of
from csm.freescout_errors import (
    FreeScoutGoneError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.lease import Lease
from csm.timing import Timing


class EffectRow(SQLModel, table=True):
    """One write to FreeScout: `intent` before the request, `done` with what it made.

    `withdrawn` means that surely nothing was written: a next intent needs no quarantine.
    """

    __tablename__ = "effect"

    id: str = Field(primary_key=True)
    work_id: str = Field(index=True)
    resource: str
    kind: str
    state: str = Field(index=True)
    attempt: int
    sent_at: float
    quiet_at: float
    body_sha256: str
    attachments: str
    target: str | None = Field(default=None, index=True)
    refusals: int = 0
    husks: str = "{}"
    conversation_id: int | None = Field(default=None, index=True)
    thread_id: int | None = None
    missing: str = "[]"
    done_at: float | None = None


EFFECT = table_of(EffectRow)


class Sent(NamedTuple):
    """An attachment as it was sent: its name and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a write made. `missing` names attachments that FreeScout lacks; `state`: as answered."""

    conversation_id: int
    thread_id: int
    missing: tuple[str, ...] = ()
    state: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The marked thread, its attachments' sizes in bytes; empty conversations that may be ours."""

    conversation_id: int | None = None
    thread_id: int | None = None
    attachments: tuple[int, ...] = ()
    husks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """An unresolved attempt, times in epoch seconds of the database's clock."""

    effect_id: str
    kind: str
    attempt: int
    sent_at: float
    quiet_at: float
    now: float
    attachments: tuple[Sent, ...]
    husks: dict[int, float]


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: try again in `delay` seconds."""

    delay: float
    why: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """The proven-absent create left this empty conversation behind: write into it instead."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Write:
    """One write: `send` makes exactly one request, `find` looks for its marker in FreeScout."""

    effect_id: str
    work_id: str
    kind: str
    body_sha256: str
    body_bytes: int
    send: Callable[[float], Awaitable[Written]]
    find: Callable[[Intent], Awaitable[Seen]]
    attachments: tuple[Sent, ...] = ()
    target: str | None = None
    """Customer and subject of a create: two unfinished ones with the same may not adopt."""


Slot = Callable[[], AbstractAsyncContextManager[None]]
Record = Callable[[Connection, Written], None]
"""The service's part of the result transaction: map row, work row, outbox row."""

# Built once and run with parameters; `this` is the effect's id.
_THIS = EFFECT.c.id == bindparam("this")
_OPEN = select(EFFECT, csm_now().label("now")).where(_THIS)
_UNRESOLVED = select(func.count()).select_from(EFFECT).where(EFFECT.c.state == "intent")
_REFUSALS = select(EFFECT.c.refusals).where(_THIS)
_DONE = update(EFFECT).where(_THIS).values(
    state="done", conversation_id=bindparam("conversation"), thread_id=bindparam("thread"),
    missing=bindparam("lost"), done_at=csm_now(),
)  # fmt: skip
# What a further attempt leaves as it is.
_KEPT = {"id", "attempt", "refusals", "conversation_id", "thread_id", "missing", "done_at"}


@per_dialect
def _intend(connection: Connection) -> Executable:
    row = insert_into(connection, EFFECT).values(
        state="intent", attempt=1, refusals=0, husks="{}", missing="[]", sent_at=csm_now(),
        quiet_at=csm_now() + bindparam("quarantine", type_=Float()),
    )  # fmt: skip
    anew = {column.name: column for column in row.excluded if column.name not in _KEPT}
    again = {**anew, "attempt": EFFECT.c.attempt + 1}
    is_open = EFFECT.c.state != "done"
    return row.on_conflict_do_update(index_elements=[EFFECT.c.id], set_=again, where=is_open)


def open_intent(connection: Connection, effect_id: str) -> Intent | Written | None:
    """The unresolved intent of an effect, what it made if it is done, None if nothing is open."""
    row = connection.execute(_OPEN, {"this": effect_id}).one_or_none()
    if row is None or row.state == "withdrawn":
        return None
    if row.state == "done":
        return Written(row.conversation_id, row.thread_id, tuple(json.loads(row.missing)))
    return Intent(
        effect_id=row.id, kind=row.kind, attempt=row.attempt, sent_at=row.sent_at,
        quiet_at=row.quiet_at, now=row.now,
        attachments=tuple(Sent(*pair) for pair in json.loads(row.attachments)),
        husks={int(husk): seen for husk, seen in json.loads(row.husks).items()},
    )  # fmt: skip


def commit_intent(
    connection: Connection, lease: Lease, write: Write, timing: Timing, absent: Intent | None = None
) -> Intent | Written | bool:
    """Commit the intent under a lease that outlives the request; False: the lease is lost.

    What is done, or begun but for the attempt that is proven `absent`, is returned instead.
    """
    deadline = timing.request_deadline(write.body_bytes)
    if not leases.extend(connection, lease, timing.lease(deadline)):
        return False
    known = open_intent(connection, write.effect_id)
    if isinstance(known, Written) or (known and (not absent or absent.attempt != known.attempt)):
        return known
    intended = {
        "id": write.effect_id, "work_id": write.work_id, "resource": lease.resource,
        "kind": write.kind, "quarantine": timing.quarantine(deadline), "target": write.target,
        "body_sha256": write.body_sha256, "attachments": json.dumps(write.attachments),
    }  # fmt: skip
    connection.execute(_intend(connection), intended)
    return True


def withdraw(connection: Connection, lease: Lease, effect_id: str) -> None:
    """Surely nothing was written: refused connection, refused key, never sent.

    Fenced: after a long pause the intent may be another worker's, whose request is on its way.
    """
    if leases.holds(connection, lease):
        mine = and_(EFFECT.c.id == effect_id, EFFECT.c.state == "intent")
        connection.execute(update(EFFECT).where(mine).values(state="withdrawn"))


def refused(connection: Connection, effect_id: str) -> int:
    """Count a refusal of this body; returns how often it was refused."""
    counted = update(EFFECT).where(EFFECT.c.id == effect_id).values(refusals=EFFECT.c.refusals + 1)
    return int(connection.execute(counted.returning(EFFECT.c.refusals)).scalar_one())


def refusals(connection: Connection, effect_id: str) -> int:
    """How often FreeScout refused this effect's body."""
    return int(connection.execute(_REFUSALS, {"this": effect_id}).scalar_one_or_none() or 0)


def remember_husks(
    connection: Connection, intent: Intent, husks: Sequence[int]
) -> dict[int, float]:
    """Keep when each empty conversation was first seen empty; forget those that are not."""
    seen = {husk: intent.husks.get(husk, intent.now) for husk in husks}
    if seen != intent.husks:
        # After a long pause the next attempt may be another worker's: what we saw is not about it.
        mine = (EFFECT.c.id == intent.effect_id) & (EFFECT.c.attempt == intent.attempt)
        connection.execute(update(EFFECT).where(mine).values(husks=json.dumps(seen)))
    return seen


def rivals(connection: Connection, write: Write) -> int:
    """How many other unfinished creates have the same customer and subject: whose is the husk?"""
    rival = and_(EFFECT.c.target == write.target, EFFECT.c.id != write.effect_id)
    return connection.execute(_UNRESOLVED.where(rival)).scalar_one()


def record_result(
    connection: Connection, lease: Lease, write: Write, written: Written, record: Record
) -> bool:
    """Effect, work row, map and outbox in one fenced transaction; False: refused by the fence."""
    if not leases.holds(connection, lease):
        return False
    made = {"conversation": written.conversation_id, "thread": written.thread_id}
    lost = json.dumps(written.missing)
    connection.execute(_DONE, {"this": write.effect_id, "lost": lost, **made})
    record(connection, written)
    crash_point("in_record_tx", write.work_id)
    return True


def unresolved(connection: Connection) -> int:
    """How many writes are begun and not known to have ended: on their way or in quarantine."""
    return connection.execute(_UNRESOLVED).scalar_one()


def missing_attachments(sent: Sequence[Sent], seen: Sequence[int]) -> tuple[str, ...]:
    """Names of sent attachments that FreeScout does not show; told apart by size, for it renames.

    Nothing is missing when the number is right: a size may be reported differently.
    """
    if len(seen) >= len(sent):
        return ()
    left = list(seen)
    missing = []
    for attachment in sent:
        if attachment.size in left:
            left.remove(attachment.size)
        else:
            missing.append(attachment.name)
    return tuple(missing[: len(sent) - len(seen)])


def adoptable(seen: dict[int, float], now: float, server_life: float) -> int | None:
    """The husk that stayed empty over two looks at least `server_life` seconds apart."""
    ripe = (husk for husk, first in seen.items() if now - first >= server_life)
    return min(ripe, default=None)


class Effects:
    """Performs writes under a lease that the caller holds."""

    def __init__(self, db: Database, timing: Timing, slot: Slot) -> None:
        """`slot` limits the requests in flight; it is taken before the intent is committed."""
        self._db = db
        self._timing = timing
        self._slot = slot

    async def perform(self, lease: Lease, write: Write, record: Record) -> Written | Wait | Adopt:
        """Bring the write to its end or say what it waits for.

        Raises FreeScoutUnavailableError and FreeScoutRejectedError of the request; the intent
        then stays for the next look unless the error is certain that nothing was written.
        """
        absent: Intent | None = None
        while True:
            made = await self._request(lease, write, record, absent)
            if not isinstance(made, Intent):
                return made
            resolved = await self._reconcile(lease, write, made, record)
            if resolved is not None:
                return resolved
            absent = made

    async def settle(
        self, lease: Lease, write: Write, record: Record
    ) -> Written | Wait | Adopt | None:
        """Like `perform`, without a request: None when nothing is begun, or surely not written."""
        intent = await self._db.run(open_intent, write.effect_id)
        if not isinstance(intent, Intent):
            return intent
        resolved = await self._reconcile(lease, write, intent, record)
        if resolved is None:
            await self._db.run(withdraw, lease, write.effect_id)
        return resolved

    async def _reconcile(
        self, lease: Lease, write: Write, intent: Intent, record: Record
    ) -> Written | Wait | Adopt | None:
        """Look for the marker; None when absence is proven and nothing is left behind."""
        seen = await write.find(intent)
        quiet = intent.now >= intent.quiet_at
        if seen.conversation_id is not None and seen.thread_id is not None:
            missing = missing_attachments(intent.attachments, seen.attachments)
            if missing and not quiet:
                return Wait(intent.quiet_at - intent.now, "attachments incomplete, read again")
            crash_point("after_reconcile_found", write.work_id)
            written = Written(seen.conversation_id, seen.thread_id, missing)
            return await self._record(lease, write, written, record, "found")
        husks = await self._db.run(remember_husks, intent, seen.husks)
        if not quiet:
            return Wait(intent.quiet_at - intent.now, "outcome unknown, in quarantine")
        crash_point("after_reconcile_absent", write.work_id)
        _count(write, "absent")
        return await self._left_behind(write, intent, husks)

    async def _left_behind(
        self, write: Write, intent: Intent, husks: dict[int, float]
    ) -> Wait | Adopt | None:
        others = await self._db.run(rivals, write) if husks else 0
        if others:
            words = "an empty conversation was left: it may be another mail's"
            alert("husk-left", words, about=write.effect_id, conversations=sorted(husks))
        if not husks or others:
            return None
        husk = adoptable(husks, intent.now, self._timing.server_life)
        if husk is not None:
            return Adopt(husk)
        return Wait(self._timing.server_life, "an empty conversation may still be filled")

    async def _request(
        self, lease: Lease, write: Write, record: Record, absent: Intent | None
    ) -> Written | Wait | Intent:
        """One attempt; an earlier one that is begun or done is returned instead."""
        async with self._slot():
            # Taken before the commit: the pause allowed by send_by counts from the intent's time.
            send_until = asyncio.get_running_loop().time() + self._timing.send_by
            begun = await self._db.run(commit_intent, lease, write, self._timing, absent)
            if not isinstance(begun, bool):
                return begun
            if not begun:
                return Wait(0.0, "lease lost before the intent")
            crash_point("after_intent", write.work_id)
            written = await self._send(lease, write, send_until)
        crash_point("after_response", write.work_id)
        if written.missing:
            deadline = self._timing.request_deadline(write.body_bytes)
            return Wait(self._timing.quarantine(deadline), "attachments incomplete, read again")
        return await self._record(lease, write, written, record, "written")

    async def _send(self, lease: Lease, write: Write, send_until: float) -> Written:
        try:
            with metrics.WRITE_SECONDS.labels(write.kind).time():
                return await write.send(send_until)
        except FreeScoutUnavailableError as error:
            _count(write, "not-sent" if error.certain else "unknown")
            if error.certain:
                await self._db.run(withdraw, lease, write.effect_id)
            raise
        except FreeScoutGoneError:
            _count(write, "gone")
            await self._db.run(withdraw, lease, write.effect_id)
            raise
        except FreeScoutRejectedError:
            _count(write, "refused")
            raise

    async def _record(
        self, lease: Lease, write: Write, written: Written, record: Record, how: str
    ) -> Written | Wait:
        if await self._db.run(record_result, lease, write, written, record):
            crash_point("after_record", write.work_id)
            _count(write, how)
            return written
        return Wait(0.0, "result refused by the fence")


def _count(write: Write, result: str) -> None:
    metrics.WRITES.labels(write.kind, result).inc()

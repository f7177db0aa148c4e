"""The order within one scope: its open mails, and which of them is next.

Whether a mail is open is asked by `ended_at`, which has no index: so the database begins at the few
mails of the scope, not at all that wait. It cannot know that they are many.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    select,
    tuple_,
)

from csm import lease as leases
from csm import work
from csm.lease import Lease, LeaseLostError
from csm.work import WORK
from gmail_ingest.state import CLAIM, MESSAGE, THREAD, Message, Scope

WITH_WORK = MESSAGE.join(WORK, WORK.c.id == MESSAGE.c.work_id)
IS_OPEN = WORK.c.ended_at.is_(None)
_ONE = (MESSAGE.c.mailbox == bindparam("slug")) & (MESSAGE.c.gmail_thread_id == bindparam("thread"))
_ALL = tuple_(MESSAGE.c.mailbox, MESSAGE.c.gmail_thread_id).in_(
    select(THREAD.c.mailbox, THREAD.c.gmail_thread_id).where(
        THREAD.c.conversation_id == bindparam("conversation", type_=BigInteger())
    )
)


def of_scope(*, is_mapped: bool) -> ColumnElement[bool]:
    """Messages of a scope: for a conversation, of every Gmail thread mapped to it.

    Its parameters are those of `named`.
    """
    return _ALL if is_mapped else _ONE


def named(scope: Scope) -> dict[str, str | int | None]:
    """The parameters of `of_scope`."""
    return {
        "slug": scope.mailbox,
        "thread": scope.gmail_thread_id,
        "conversation": scope.conversation_id,
    }


def _rows() -> Select[*tuple[Any, ...]]:
    """Journal rows with their work, oldest first, those without a date before all."""
    # Few open mails name anything, so these are looked through, one by one.
    theirs, older = WORK.alias("theirs"), MESSAGE.alias("older")
    ended = select(theirs.c.ended_at).where(theirs.c.id == CLAIM.c.work_id)
    dated = (
        select(older.c.internal_date)
        .where(older.c.work_id == CLAIM.c.work_id, older.c.mailbox == MESSAGE.c.mailbox)
        .correlate(CLAIM, MESSAGE)
    )
    claimant = exists().select_from(CLAIM).where(
        CLAIM.c.work_id != MESSAGE.c.work_id,
        ended.scalar_subquery().is_(None),
        dated.scalar_subquery() <= MESSAGE.c.internal_date,
    )  # fmt: skip
    return (
        select(MESSAGE, WORK.c.traceparent, WORK.c.starts, claimant.label("may_overtake"))
        .select_from(WITH_WORK)
        .order_by(MESSAGE.c.internal_date.nulls_first(), MESSAGE.c.gmail_message_id)
    )


# Built once and run with parameters, by whether the scope is a conversation.
_ROWS = _rows()
_OPEN = {mapped: _ROWS.where(of_scope(is_mapped=mapped), IS_OPEN) for mapped in (False, True)}
_UNDATED = {mapped: of.where(MESSAGE.c.internal_date.is_(None)) for mapped, of in _OPEN.items()}
_NEXT = {mapped: of.limit(1) for mapped, of in _OPEN.items()}
_ANY = {
    mapped: select(exists().select_from(WITH_WORK).where(of_scope(is_mapped=mapped), IS_OPEN))
    for mapped in (False, True)
}
_THESE = _ROWS.where(MESSAGE.c.work_id.in_(bindparam("ids", expanding=True)))


def undated(connection: Connection, scope: Scope) -> list[Message]:
    """Open messages of the scope whose raw mail was never fetched: their order is unknown."""
    return _messages(connection, _UNDATED[scope.is_mapped], named(scope))


def these(connection: Connection, work_ids: list[str]) -> list[Message]:
    """The messages of these work ids, oldest first, those without a date before all."""
    return _messages(connection, _THESE, {"ids": work_ids})


def has_open(connection: Connection, scope: Scope) -> bool:
    """Whether an open mail is left in the scope."""
    return bool(connection.execute(_ANY[scope.is_mapped], named(scope)).scalar_one())


def next_message(connection: Connection, scope: Scope, lease: Lease) -> Message | None:
    """The oldest open message of the scope, its start counted; None when all have ended.

    One without a date comes first: it must be fetched before anybody knows the order. The order
    is Gmail's accept time, then its id: `Date` headers are the sender's claim. Raises
    LeaseLostError.
    """
    if not leases.holds(connection, lease):
        raise LeaseLostError(lease.resource)
    found = _messages(connection, _NEXT[scope.is_mapped], named(scope))
    for message in found:
        if message.internal_date is not None:
            work.start(connection, message.work_id)
    return found[0] if found else None


def _messages(
    connection: Connection, rows: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
) -> list[Message]:
    return [
        Message(
            work_id=r.work_id, mailbox=r.mailbox, gmail_message_id=r.gmail_message_id,
            gmail_thread_id=r.gmail_thread_id, backfill=r.backfill,
            internal_date=r.internal_date, labels=frozenset((r.labels or "").split()),
            traceparent=r.traceparent, starts=r.starts, may_overtake=bool(r.may_overtake),
            is_released=r.released,
        )
        for r in connection.execute(rows, parameters)
    ]  # fmt: skip

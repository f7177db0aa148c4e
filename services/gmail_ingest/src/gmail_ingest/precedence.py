"""Which mail must be written before another one, beyond the order of one scope.

An answer to FreeScout's own mail begins a Gmail thread of its own; until that is matched, nobody
knows its conversation. What it names in FreeScout says early where it may belong, so that no later
mail of that conversation overtakes it.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
)

from csm.db import csm_now, insert_into
from csm.effects import EFFECT
from csm.work import WORK
from gmail_ingest import scopes, state
from gmail_ingest.scopes import IS_OPEN, WITH_WORK, named, of_scope
from gmail_ingest.state import CLAIM, MAPPED, MESSAGE, THREAD, Message, Scope

UNFETCHED_WAIT = 60.0  # seconds (scaled) for an earlier mail that Gmail does not give out
# So many failures of its own until a mail that Gmail does not give out holds nobody back. An outage
# of Gmail is none: whoever came in meanwhile is fetched in any order afterwards.
_IN_VAIN = 4
_UNMAPPED = THREAD.c.conversation_id.is_(None)
_WITH_MAP = WITH_WORK.outerjoin(THREAD, MAPPED)


def _is_unfetched() -> ColumnElement[bool]:
    since = csm_now() - bindparam("patience", type_=Float())
    counts = or_(WORK.c.attempts < _IN_VAIN, WORK.c.created_at > since)
    return and_(MESSAGE.c.internal_date.is_(None), MESSAGE.c.backfill.is_(False), counts)


def _unfetched() -> Select[str]:
    live = MESSAGE.c.backfill.is_(False)
    mine = of_scope(is_mapped=True) & IS_OPEN & live
    newest = select(func.max(WORK.c.seq)).select_from(WITH_WORK).where(mine).scalar_subquery()
    return (
        select(MESSAGE.c.work_id)
        .select_from(_WITH_MAP)
        .where(MESSAGE.c.mailbox == bindparam("slug"), _is_unfetched(), _UNMAPPED)
        .where(IS_OPEN, WORK.c.seq < newest)
    )


def _answered() -> Select[str]:
    place = tuple_(MESSAGE.c.internal_date, MESSAGE.c.gmail_message_id)
    own = tuple_(bindparam("dated", type_=BigInteger()), bindparam("gmail_id"))
    answers = MESSAGE.c.rfc_message_id.in_(bindparam("references", expanding=True))
    this = select(WORK.c.seq).where(WORK.c.id == bindparam("this")).scalar_subquery()
    return (
        select(MESSAGE.c.gmail_thread_id)
        .select_from(WITH_WORK)
        .where(MESSAGE.c.mailbox == bindparam("slug"), IS_OPEN)
        .where(MESSAGE.c.gmail_thread_id != bindparam("gmail_thread"))
        .where(or_(and_(answers, place < own), and_(_is_unfetched(), WORK.c.seq < this)))
        .order_by(WORK.c.seq)
        .limit(1)
    )


def _parked(*, is_mapped: bool) -> Select[int, float]:
    return (
        select(func.count(), csm_now() - func.max(WORK.c.ended_at))
        .select_from(WITH_WORK)
        .where(of_scope(is_mapped=is_mapped), WORK.c.state == "parked")
        .where(MESSAGE.c.internal_date <= bindparam("dated", type_=BigInteger()))
        .where(MESSAGE.c.work_id != bindparam("this"))
    )


def _unsure() -> Select[str, str]:
    place = tuple_(MESSAGE.c.internal_date, MESSAGE.c.gmail_message_id)
    own = tuple_(bindparam("dated", type_=BigInteger()), bindparam("gmail_id"))
    return (
        select(EFFECT.c.id, MESSAGE.c.gmail_thread_id)
        .join(MESSAGE, MESSAGE.c.work_id == EFFECT.c.work_id)
        .where(EFFECT.c.state == "intent", EFFECT.c.kind == "create")
        .where(MESSAGE.c.mailbox == bindparam("slug"), place < own)
        .where(MESSAGE.c.gmail_thread_id != bindparam("gmail_thread"))
    )


# Built once and run with parameters.
_UNSURE = _unsure()
_UNFETCHED = _unfetched()
_ANSWERED = _answered()
_PARKED = {mapped: _parked(is_mapped=mapped) for mapped in (False, True)}


def claim(connection: Connection, message: Message, freescout_thread_ids: Sequence[int]) -> None:
    """Remember what a mail names, unless its Gmail thread has a conversation already."""
    scope = state.scope_of(connection, message.mailbox, message.gmail_thread_id)
    if not freescout_thread_ids or scope.conversation_id is not None:
        return
    rows = [
        {"work_id": message.work_id, "freescout_thread_id": one} for one in freescout_thread_ids
    ]
    fresh = insert_into(connection, CLAIM)
    known = [CLAIM.c.work_id, CLAIM.c.freescout_thread_id]
    connection.execute(fresh.on_conflict_do_nothing(index_elements=known), rows)


def forget_claims(connection: Connection) -> None:
    """Forget what ended mails named: they hold nobody back."""
    ended = select(WORK.c.id).where(WORK.c.id == CLAIM.c.work_id, WORK.c.state != "wanted")
    connection.execute(delete(CLAIM).where(ended.exists()))


def elder(
    connection: Connection,
    message: Message,
    conversation_id: int,
    freescout_thread_ids: Collection[int],
) -> str | None:
    """The Gmail thread of the oldest open mail before `message` that names one of these threads,
    the conversation's own.

    Unless it is mapped to another conversation. It may have been mapped to this one a moment ago:
    whoever did it waits for our lease.
    """
    own = (message.internal_date, message.gmail_message_id)
    before = tuple_(MESSAGE.c.internal_date, MESSAGE.c.gmail_message_id) < tuple_(*own)
    return connection.execute(
        select(MESSAGE.c.gmail_thread_id)
        .select_from(_WITH_MAP.join(CLAIM, CLAIM.c.work_id == WORK.c.id))
        .where(CLAIM.c.freescout_thread_id.in_(freescout_thread_ids))
        .where(MESSAGE.c.mailbox == message.mailbox, IS_OPEN, before)
        .where(or_(_UNMAPPED, THREAD.c.conversation_id == conversation_id))
        .order_by(MESSAGE.c.internal_date, MESSAGE.c.gmail_message_id)
        .limit(1)
    ).scalar_one_or_none()


def unsure(connection: Connection, message: Message) -> list[tuple[str, str]]:
    """Effects of older mails that may have begun a conversation, each with its Gmail thread.

    FreeScout may show such a conversation, and people may answer there, before we know that it is
    ours: its marker tells.
    """
    facts = {
        "slug": message.mailbox, "dated": message.internal_date,
        "gmail_id": message.gmail_message_id, "gmail_thread": message.gmail_thread_id,
    }  # fmt: skip
    rows = connection.execute(_UNSURE, facts)
    return [(effect, thread) for effect, thread in rows]


def answered(
    connection: Connection, message: Message, references: Collection[str], patience: float
) -> str | None:
    """The Gmail thread of an open mail before `message` that it answers by its Message-ID.

    Until that one is written nobody knows its conversation. An earlier one that was never fetched
    may be it, too.
    """
    facts = {
        "slug": message.mailbox, "this": message.work_id, "dated": message.internal_date,
        "gmail_id": message.gmail_message_id, "gmail_thread": message.gmail_thread_id,
        "references": list(references), "patience": patience,
    }  # fmt: skip
    return connection.execute(_ANSWERED, facts).scalar_one_or_none()


def unfetched_before(connection: Connection, scope: Scope, patience: float) -> list[Message]:
    """Mails noticed before the newest open one of a conversation that may belong to it.

    Nobody knows what a mail names that was never fetched. Left out is one that was tried in vain
    again and again and noticed `patience` seconds ago, and a backfill: it goes thread by thread,
    newest first.
    """
    if not scope.is_mapped:
        return []
    earlier = connection.execute(_UNFETCHED, {**named(scope), "patience": patience})
    ids = list(earlier.scalars())
    return scopes.these(connection, ids) if ids else []


def parked_before(
    connection: Connection, scope: Scope, message: Message
) -> tuple[float, int] | None:
    """Seconds since the last older message of the scope was parked, and how many there are."""
    older = {**named(scope), "dated": message.internal_date, "this": message.work_id}
    number, ago = connection.execute(_PARKED[scope.is_mapped], older).one()
    return (ago, number) if number else None

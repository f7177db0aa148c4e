"""Which mail must be written before another one, beyond the order of one scope.

An answer to FreeScout's own mail begins a Gmail thread of its own; until that is matched, nobody
knows its conversation. What it names in FreeScout says early where it may belong, so that no later
mail of that conversation overtakes it.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, delete, func, or_, select, tuple_

from csm.db import csm_now, insert_into
from csm.work import WORK
from gmail_ingest import state
from gmail_ingest.state import CLAIM, MESSAGE, THREAD, Message, Scope

_WITH_WORK = MESSAGE.join(WORK, WORK.c.id == MESSAGE.c.work_id)
_UNMAPPED = THREAD.c.conversation_id.is_(None)
_MAP = and_(
    THREAD.c.mailbox == MESSAGE.c.mailbox, THREAD.c.gmail_thread_id == MESSAGE.c.gmail_thread_id
)


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
        .select_from(_WITH_WORK.join(CLAIM, CLAIM.c.work_id == WORK.c.id).outerjoin(THREAD, _MAP))
        .where(CLAIM.c.freescout_thread_id.in_(freescout_thread_ids))
        .where(MESSAGE.c.mailbox == message.mailbox, WORK.c.state == "wanted", before)
        .where(or_(_UNMAPPED, THREAD.c.conversation_id == conversation_id))
        .order_by(MESSAGE.c.internal_date, MESSAGE.c.gmail_message_id)
        .limit(1)
    ).scalar_one_or_none()


def unfetched_before(connection: Connection, scope: Scope, patience: float) -> list[Message]:
    """Mails noticed before the newest open one of a conversation that may belong to it.

    Nobody knows what a mail names that was never fetched. Left out is one that was tried in vain
    and noticed `patience` seconds ago, and a backfill: it goes thread by thread, newest first.
    """
    if scope.conversation_id is None:
        return []
    mine = and_(state.of_scope(scope), WORK.c.state == "wanted", MESSAGE.c.backfill.is_(False))
    newest = select(func.max(WORK.c.seq)).select_from(_WITH_WORK).where(mine).scalar_subquery()
    counts = or_(WORK.c.reason.is_(None), WORK.c.created_at > csm_now() - patience)
    earlier = connection.execute(
        select(MESSAGE.c.work_id)
        .select_from(_WITH_WORK.outerjoin(THREAD, _MAP))
        .where(MESSAGE.c.mailbox == scope.mailbox, MESSAGE.c.internal_date.is_(None), _UNMAPPED)
        .where(MESSAGE.c.backfill.is_(False), WORK.c.state == "wanted", WORK.c.seq < newest, counts)
    )
    ids = list(earlier.scalars())
    return state.messages(connection, MESSAGE.c.work_id.in_(ids)) if ids else []


def parked_before(
    connection: Connection, scope: Scope, message: Message
) -> tuple[float, int] | None:
    """Seconds since the last older message of the scope was parked, and how many there are."""
    older = and_(
        state.of_scope(scope),
        WORK.c.state == "parked",
        MESSAGE.c.internal_date <= message.internal_date,
        MESSAGE.c.work_id != message.work_id,
    )
    number, last = connection.execute(
        select(func.count(), func.max(WORK.c.ended_at)).select_from(_WITH_WORK).where(older)
    ).one()
    if not number:
        return None
    now = connection.execute(select(csm_now())).scalar_one()
    return now - last, number

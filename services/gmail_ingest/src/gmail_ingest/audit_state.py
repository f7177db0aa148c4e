"""What an audit reads of the journal: customer threads as they were recorded."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, and_, select, tuple_

from csm.effects import EFFECT
from csm.marker import mark_id_of
from csm.work import WORK, State
from gmail_ingest.audit_policy import Recorded
from gmail_ingest.job import effect_id_of
from gmail_ingest.state import MESSAGE

_WRITTEN = ("done", "degraded")
# Mails whose marks are computed in one transaction: 10 us each.
_MARKS_AT_A_TIME = 2000
_IS_THREAD = EFFECT.c.kind.in_(("create", "append"))


@dataclass(frozen=True, slots=True)
class Ended:
    """A mail that the journal calls written; `recorded` is None when no write is known of it."""

    seq: int
    gmail_message_id: str
    reason: str | None
    recorded: Recorded | None


@dataclass(frozen=True, slots=True)
class Owner:
    """The mail that a marker names: its state, and its thread if one is recorded."""

    work_id: str
    gmail_message_id: str
    state: State
    recorded: Recorded | None


def in_conversations(connection: Connection, conversation_ids: Collection[int]) -> list[Recorded]:
    """Customer threads that the journal has in these conversations."""
    return _recorded(connection, EFFECT.c.conversation_id.in_(conversation_ids))


def of_threads(connection: Connection, thread_ids: Collection[int]) -> list[Recorded]:
    """Customer threads by their ids, wherever the journal has them."""
    return _recorded(connection, EFFECT.c.thread_id.in_(thread_ids)) if thread_ids else []


def of_gmail_threads(
    connection: Connection, gmail_threads: Iterable[tuple[str, str]]
) -> list[Recorded]:
    """Every customer thread of these Gmail threads (mailbox, id)."""
    mine = tuple_(MESSAGE.c.mailbox, MESSAGE.c.gmail_thread_id).in_(list(gmail_threads))
    return _recorded(connection, mine)


def _recorded(connection: Connection, terms: ColumnElement[bool]) -> list[Recorded]:
    is_done = and_(_IS_THREAD, EFFECT.c.state == "done", EFFECT.c.thread_id.is_not(None))
    rows = connection.execute(
        select(MESSAGE, WORK.c.created_at, WORK.c.reopened_at, *_WRITE)
        .select_from(_JOURNAL.join(EFFECT, EFFECT.c.work_id == MESSAGE.c.work_id))
        .where(is_done, terms)
    )
    return [_as_recorded(row) for row in rows]


_JOURNAL = MESSAGE.join(WORK, WORK.c.id == MESSAGE.c.work_id)
_WRITE = (
    EFFECT.c.conversation_id, EFFECT.c.thread_id, EFFECT.c.attachments, EFFECT.c.missing,
    EFFECT.c.sent_at,
)  # fmt: skip


def _as_recorded(row: Row[tuple[object, ...]]) -> Recorded:
    return Recorded(
        work_id=row.work_id,
        mailbox=row.mailbox,
        gmail_message_id=row.gmail_message_id,
        gmail_thread_id=row.gmail_thread_id,
        internal_date=row.internal_date or 0,
        conversation_id=row.conversation_id,
        thread_id=row.thread_id,
        attachments=len(json.loads(row.attachments)),
        missing=len(json.loads(row.missing)),
        sent_at=row.sent_at,
        noticed_at=row.created_at,
        reopened_at=row.reopened_at,
    )


def ended(connection: Connection, since: float, after: int, limit: int) -> list[Ended]:
    """Mails written since `since` (epoch seconds), in order of their `seq`, above `after`."""
    is_written = and_(WORK.c.state.in_(_WRITTEN), WORK.c.ended_at >= since, WORK.c.seq > after)
    effect = and_(EFFECT.c.work_id == WORK.c.id, _IS_THREAD, EFFECT.c.state == "done")
    rows = connection.execute(
        select(MESSAGE, WORK.c.seq, WORK.c.reason, WORK.c.created_at, WORK.c.reopened_at, *_WRITE)
        .select_from(_JOURNAL.outerjoin(EFFECT, effect))
        .where(is_written)
        .order_by(WORK.c.seq)
        .limit(limit)
    )
    return [
        Ended(
            row.seq, row.gmail_message_id, row.reason, _as_recorded(row) if row.thread_id else None
        )
        for row in rows
    ]


def marks(
    connection: Connection, key: bytes, wanted: Collection[str], after: str
) -> tuple[dict[str, str], str | None]:
    """Which mails the marks `wanted` name, of a page of the journal; work id by mark.

    Also the last work id of the page, None at the end. There is no index of marks: only threads
    that the journal does not know are looked up this way.
    """
    page = select(MESSAGE.c.work_id, MESSAGE.c.mailbox, MESSAGE.c.gmail_message_id)
    page = page.where(MESSAGE.c.work_id > after).order_by(MESSAGE.c.work_id)
    rows = connection.execute(page.limit(_MARKS_AT_A_TIME)).all()
    named = {
        mark_id_of(key, effect_id_of(row.mailbox, row.gmail_message_id)): row.work_id
        for row in rows
    }
    found = {mark: named[mark] for mark in wanted if mark in named}
    return found, rows[-1].work_id if len(rows) == _MARKS_AT_A_TIME else None


def owners(connection: Connection, work_ids: Collection[str]) -> dict[str, Owner]:
    """State and recorded thread of these mails, by work id."""
    written = {one.work_id: one for one in _recorded(connection, MESSAGE.c.work_id.in_(work_ids))}
    rows = connection.execute(
        select(MESSAGE.c.work_id, MESSAGE.c.gmail_message_id, WORK.c.state)
        .select_from(_JOURNAL)
        .where(MESSAGE.c.work_id.in_(work_ids))
    )
    return {
        row.work_id: Owner(row.work_id, row.gmail_message_id, row.state, written.get(row.work_id))
        for row in rows
    }

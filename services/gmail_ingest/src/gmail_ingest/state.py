"""Tables and steps of gmail_ingest: cursor, message journal, map of Gmail threads."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    and_,
    bindparam,
    false,
    select,
    text,
    update,
)
from sqlmodel import Field, Index, SQLModel

from csm import lease as leases
from csm import work
from csm.contracts import MessageReceived
from csm.db import csm_now, insert_into, per_dialect, table_of
from csm.dependency import DEPENDENCY
from csm.effects import EFFECT
from csm.install import INSTALL
from csm.lease import LEASE, Lease
from csm.outbox import OUTBOX
from csm.repairs import REPAIR
from csm.self_test import SELF_TEST
from csm.work import WORK, Owed
from gmail_ingest.audit_run import AUDIT


class GmailMailbox(SQLModel, table=True):
    """Where discovery stands. History ids are TEXT: servers send 21 digits, above 64 bits."""

    __tablename__ = "gmail_mailbox"

    slug: str = Field(primary_key=True)
    history_id: str | None = None
    accept_from: float
    last_poll: float | None = None
    reconciled_at: float | None = None
    recovered: int = 0


class GmailMessage(SQLModel, table=True):
    """The journal: every message ever noticed, and what the raw mail said of itself."""

    __tablename__ = "gmail_message"
    __table_args__ = (
        Index("gmail_message_thread", "mailbox", "gmail_thread_id"),
        Index("gmail_message_rfc", "mailbox", "rfc_message_id"),
        # What is not fetched yet: next to nothing, however long the journal grows.
        Index(
            "gmail_message_undated", "mailbox", "backfill",
            sqlite_where=text("internal_date IS NULL"),
            postgresql_where=text("internal_date IS NULL"),
        ),
    )  # fmt: skip

    work_id: str = Field(primary_key=True)
    mailbox: str
    gmail_message_id: str
    gmail_thread_id: str
    backfill: bool = False
    # An operator let it pass the filter.
    released: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    internal_date: int | None = Field(default=None, sa_type=BigInteger)
    size: int | None = None
    sha256: str | None = None
    labels: str | None = None
    rfc_message_id: str | None = None


class GmailThread(SQLModel, table=True):
    """Which conversation a Gmail thread goes to, and what was last known of it."""

    __tablename__ = "gmail_thread"

    mailbox: str = Field(primary_key=True)
    gmail_thread_id: str = Field(primary_key=True)
    conversation_id: int = Field(index=True)


class GmailClaim(SQLModel, table=True):
    """A FreeScout thread that an open mail names, whose Gmail thread had no conversation yet."""

    __tablename__ = "gmail_claim"

    work_id: str = Field(primary_key=True)
    freescout_thread_id: int = Field(primary_key=True, index=True, sa_type=BigInteger)


MAILBOX = table_of(GmailMailbox)
MESSAGE = table_of(GmailMessage)
THREAD = table_of(GmailThread)
# The map row of a message's Gmail thread.
MAPPED = and_(
    THREAD.c.mailbox == MESSAGE.c.mailbox, THREAD.c.gmail_thread_id == MESSAGE.c.gmail_thread_id
)
CLAIM = table_of(GmailClaim)
TABLES = (
    AUDIT, MAILBOX, MESSAGE, THREAD, CLAIM, SELF_TEST, DEPENDENCY, EFFECT, INSTALL, LEASE, OUTBOX,
    REPAIR, WORK,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that Gmail named: discovery knows no more than its ids. Its trace begins here."""

    gmail_message_id: str
    gmail_thread_id: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A journal row in work. `internal_date` in ms, None until the raw mail was fetched.

    `may_overtake`: an older open mail may belong to the same conversation, see `precedence`.
    `is_released`: an operator let it pass the filter.
    """

    work_id: str
    mailbox: str
    gmail_message_id: str
    gmail_thread_id: str
    backfill: bool
    internal_date: int | None
    labels: frozenset[str]
    traceparent: str
    starts: int
    may_overtake: bool = False
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What one lease covers: a Gmail thread without a conversation, or a whole conversation."""

    mailbox: str
    gmail_thread_id: str
    conversation_id: int | None

    @property
    def is_mapped(self) -> bool:
        """Whether it is a conversation."""
        return self.conversation_id is not None

    @property
    def resource(self) -> str:
        """The name of the lease."""
        if self.conversation_id is not None:
            return f"conv:{self.conversation_id}"
        return f"gthread:{self.mailbox}:{self.gmail_thread_id}"


# Statements of every mail are built once and run with parameters; `this` is the mail's work id.
_CONVERSATION = select(THREAD.c.conversation_id).where(
    THREAD.c.mailbox == bindparam("slug"), THREAD.c.gmail_thread_id == bindparam("thread")
)
_THIS = update(MESSAGE).where(MESSAGE.c.work_id == bindparam("this"))
_FETCHED = _THIS.values(
    internal_date=bindparam("dated"), labels=bindparam("labelled"), size=bindparam("bytes"),
    sha256=bindparam("digest"), rfc_message_id=bindparam("rfc"),
)  # fmt: skip
_CURSOR = select(MAILBOX.c.history_id).where(MAILBOX.c.slug == bindparam("this")).with_for_update()
_ADVANCE = (
    update(MAILBOX)
    .where(MAILBOX.c.slug == bindparam("this"))
    .values(history_id=bindparam("newest"), last_poll=csm_now())
)
_OF_MESSAGE_IDS = (
    select(MESSAGE.c.rfc_message_id, THREAD.c.conversation_id)
    .select_from(MESSAGE.join(THREAD, MAPPED))
    .where(MESSAGE.c.mailbox == bindparam("slug"))
    .where(MESSAGE.c.rfc_message_id.in_(bindparam("ids", expanding=True)))
)


def cursor(connection: Connection, slug: str) -> int | None:
    """The stored history id, None before the first discovery; locked until it is moved."""
    stored = connection.execute(_CURSOR, {"this": slug}).scalar_one_or_none()
    return None if stored is None else int(stored)


def begin_mailbox(connection: Connection, slug: str, backfill_seconds: float) -> float:
    """Remember since when mail is accepted (epoch seconds); the first call decides."""
    begun = csm_now() - backfill_seconds
    fresh = insert_into(connection, MAILBOX).values(slug=slug, accept_from=begun, recovered=0)
    connection.execute(fresh.on_conflict_do_nothing(index_elements=[MAILBOX.c.slug]))
    return accept_from(connection, slug)


def accept_from(connection: Connection, slug: str) -> float:
    """Since when mail of this mailbox is ours, in epoch seconds."""
    found = connection.execute(select(MAILBOX.c.accept_from).where(MAILBOX.c.slug == slug))
    return float(found.scalar_one())


def journal(
    connection: Connection, slug: str, notices: Sequence[Notice], *, backfill: bool = False
) -> int:
    """Journal ids and owe their mail; known ids change nothing. Returns how many were new.

    A backfill is held until `begun`: older mails of its threads may stand on a later page.
    """
    owed = [_owed(slug, notice, rank=int(backfill)) for notice in notices]
    if not owed:
        return 0
    rows = [
        {
            "work_id": row.id, "mailbox": slug, "gmail_message_id": notice.gmail_message_id,
            "gmail_thread_id": notice.gmail_thread_id, "backfill": backfill,
        }
        for row, notice in zip(owed, notices, strict=True)
    ]  # fmt: skip
    # Owing first: it makes two replicas that journal the same page take turns.
    new = work.owe(connection, owed, held=backfill)
    connection.execute(_fresh(connection), rows)
    return new


@per_dialect
def _fresh(connection: Connection) -> Executable:
    known = [MESSAGE.c.work_id]
    return insert_into(connection, MESSAGE).on_conflict_do_nothing(index_elements=known)


def _owed(slug: str, notice: Notice, rank: int) -> Owed:
    event = MessageReceived(
        mailbox=slug,
        gmail_message_id=notice.gmail_message_id,
        gmail_thread_id=notice.gmail_thread_id,
    )
    resource = Scope(slug, notice.gmail_thread_id, None).resource
    payload, trace = event.model_dump_json(), notice.traceparent
    return Owed(event.key, resource, event.name, payload, trace, rank, lane=slug)


def rescue(connection: Connection, slug: str, gmail_message_id: str) -> bool:
    """A message got the INBOX label: if it was filtered for its labels, it is wanted again."""
    rescued = and_(
        WORK.c.id == f"{MessageReceived.name}:{slug}:{gmail_message_id}",
        WORK.c.state == "filtered",
        WORK.c.reason.in_(("spam label", "trash label", "sent by the mailbox")),
    )
    work_id = connection.execute(select(WORK.c.id).where(rescued)).scalar_one_or_none()
    return work_id is not None and work.reopen(connection, work_id, "moved to the inbox")


def let_pass(connection: Connection, work_ids: Sequence[str]) -> None:
    """The filter does not hold for these mails any more."""
    theirs = update(MESSAGE).where(MESSAGE.c.work_id.in_(work_ids))
    connection.execute(theirs.values(released=True))


def begun(connection: Connection, slug: str, history_id: int) -> None:
    """The whole window is journaled: its mail may be written, and the cursor starts here."""
    work.release(connection, select(MESSAGE.c.work_id).where(MESSAGE.c.mailbox == slug))
    advance(connection, slug, history_id)


def advance(connection: Connection, slug: str, history_id: int) -> None:
    """Move the cursor, never backwards; ids are compared as numbers."""
    known = cursor(connection, slug)
    newest = history_id if known is None else max(known, history_id)
    connection.execute(_ADVANCE, {"this": slug, "newest": str(newest)})


def scope_of(connection: Connection, slug: str, gmail_thread_id: str) -> Scope:
    """The scope a Gmail thread belongs to at this moment."""
    found = connection.execute(_CONVERSATION, {"slug": slug, "thread": gmail_thread_id})
    return Scope(slug, gmail_thread_id, found.scalar_one_or_none())


def fetched(
    connection: Connection,
    work_id: str,
    internal_date_ms: int,
    labels: frozenset[str],
    raw: bytes,
    rfc_message_id: str | None,
) -> None:
    """Store what Gmail said of a raw mail; its starts are cleared, fetching did not kill us.

    By its Message-ID answers find their conversation.
    """
    facts = {
        "this": work_id, "dated": internal_date_ms, "labelled": " ".join(sorted(labels)),
        "bytes": len(raw), "digest": hashlib.sha256(raw).hexdigest(), "rfc": rfc_message_id,
    }  # fmt: skip
    connection.execute(_FETCHED, facts)
    work.unstart(connection, work_id)


def unfetchable(connection: Connection, work_id: str) -> None:
    """The mail could never be fetched: it takes its place by the time it was noticed."""
    noticed = select(WORK.c.created_at * 1000).where(WORK.c.id == work_id).scalar_subquery()
    row = update(MESSAGE).where(MESSAGE.c.work_id == work_id)
    connection.execute(row.values(internal_date=noticed))


def conversation_of_message_id(
    connection: Connection, slug: str, rfc_message_ids: Iterable[str]
) -> int | None:
    """The conversation of the first of these Message-IDs that this mailbox has written."""
    ids = list(rfc_message_ids)
    rows = connection.execute(_OF_MESSAGE_IDS, {"slug": slug, "ids": ids})
    known = {row.rfc_message_id: row.conversation_id for row in rows}
    return next((known[one] for one in ids if one in known), None)


def conversation_of_thread(connection: Connection, thread_id: int) -> int | None:
    """The conversation in which one of our own effects made this FreeScout thread."""
    own = select(EFFECT.c.conversation_id).where(EFFECT.c.thread_id == thread_id)
    return connection.execute(own).scalar_one_or_none()


def threads_written(connection: Connection, conversation_id: int) -> list[int]:
    """Ids of FreeScout threads we wrote into a conversation: they tell where a merge went."""
    own = select(EFFECT.c.thread_id).where(
        EFFECT.c.conversation_id == conversation_id, EFFECT.c.thread_id.is_not(None)
    )
    return list(connection.execute(own).scalars())


def map_thread(
    connection: Connection, slug: str, gmail_thread_id: str, conversation_id: int
) -> None:
    """Send a Gmail thread to a conversation from now on."""
    mapped = {"mailbox": slug, "gmail_thread_id": gmail_thread_id, "to": conversation_id}
    connection.execute(_map(connection), mapped)


@per_dialect
def _map(connection: Connection) -> Executable:
    row = insert_into(connection, THREAD).values(conversation_id=bindparam("to"))
    return row.on_conflict_do_update(
        index_elements=[THREAD.c.mailbox, THREAD.c.gmail_thread_id],
        set_={"conversation_id": row.excluded.conversation_id},
    )


def commit_match(
    connection: Connection, lease: Lease, message: Message, conversation_id: int
) -> bool:
    """Store a match before any intent; False when the lease was lost meanwhile."""
    if not leases.holds(connection, lease):
        return False
    map_thread(connection, message.mailbox, message.gmail_thread_id, conversation_id)
    return True


def follow_merge(connection: Connection, source: int, target: int) -> None:
    """Everything that went to a merged conversation goes to its target from now on."""
    for table in (THREAD, EFFECT):
        row = update(table).where(table.c.conversation_id == source)
        connection.execute(row.values(conversation_id=target))


def forget_conversation(connection: Connection, conversation_id: int) -> None:
    """The conversation was deleted for good: its Gmail threads start a new one."""
    connection.execute(THREAD.delete().where(THREAD.c.conversation_id == conversation_id))


def end_fenced(
    connection: Connection, lease: Lease, work_id: str, state: work.State, reason: str
) -> bool:
    """Record an end without a write; False when the lease was lost meanwhile."""
    if not leases.holds(connection, lease):
        return False
    work.end(connection, work_id, state, reason)
    return True

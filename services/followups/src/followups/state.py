"""Tables and steps of followups: stale periods, verdicts heard, causes that people were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select, update
from sqlmodel import Field, Index, SQLModel

from csm import outbox
from csm.contracts import ConversationClassified, DraftUpsert
from csm.db import csm_now, insert_into, serialize, table_of
from csm.dependency import DEPENDENCY
from csm.effects import EFFECT
from csm.install import INSTALL
from csm.lease import LEASE
from csm.outbox import OUTBOX
from csm.repairs import REPAIR
from csm.work import WORK
from followups.causes import Cause
from followups.messages import Kind
from followups.notices import NOTICE, notify
from followups.policy import Stale, again_after


class StalePeriod(SQLModel, table=True):
    """Nobody answered a customer's message in time; times in epoch seconds."""

    __tablename__ = "stale_period"

    customer_thread_id: int = Field(primary_key=True)
    conversation_id: int = Field(index=True)
    mailbox_id: int
    since: float
    found_at: float
    seen_at: float
    state: str
    """asked (for a follow-up), dry-run (the mailbox's `write` is below drafts)."""
    published: int = 0
    next_publish: float


class HeardVerdict(SQLModel, table=True):
    """The newest verdict on a customer's message that we heard of."""

    __tablename__ = "heard_verdict"
    __table_args__ = (Index("heard_verdict_at", "heard_at"),)

    customer_thread_id: int = Field(primary_key=True)
    conversation_id: int
    seq: int
    priority: str
    provisional: bool
    heard_at: float


class CauseRow(SQLModel, table=True):
    """Something that people were told; `over_at` is empty while it is so."""

    __tablename__ = "cause"

    key: str = Field(primary_key=True)
    rule: str
    words: str
    service: str
    conversation_id: int | None = None
    level: int = 0
    is_event: bool = False
    raised_at: float
    over_at: float | None = None


STALE = table_of(StalePeriod)
HEARD = table_of(HeardVerdict)
CAUSE = table_of(CauseRow)
TABLES = (STALE, HEARD, CAUSE, NOTICE, DEPENDENCY, EFFECT, INSTALL, LEASE, OUTBOX, REPAIR, WORK)

Found = Literal["asked", "again", "known", "dry-run"]


def begun(connection: Connection) -> float:
    """When this installation's database was first started, in epoch seconds."""
    at = connection.execute(select(func.min(INSTALL.c.created_at))).scalar_one_or_none()
    return float(at or 0.0)


def now(connection: Connection) -> float:
    """The database's clock in epoch seconds."""
    return float(connection.execute(select(csm_now())).scalar_one())


@dataclass(frozen=True, slots=True)
class Look:
    """Facts of one look for stale conversations: its time, whether it may ask, its time bucket."""

    now: float
    may_ask: bool
    bucket: str
    scale: float
    traceparent: str


def found_stale(connection: Connection, period: Stale, look: Look) -> Found:
    """Keep a stale period and promise the wish for its follow-up, once.

    Again when the tag that tells of it is missing although its time has come.
    """
    serialize(connection, f"stale:{period.customer_thread_id}")
    mine = STALE.c.customer_thread_id == period.customer_thread_id
    row = connection.execute(select(STALE).where(mine)).one_or_none()
    if row is None:
        _begin(connection, period, look)
        if not look.may_ask:
            return "dry-run"
        _ask(connection, period, look, "", 0)
        return "asked"
    connection.execute(update(STALE).where(mine).values(seen_at=look.now))
    if row.state == "dry-run" or period.is_tagged or look.now < row.next_publish:
        return "known"
    _ask(connection, period, look, look.bucket, row.published)
    return "again"


def _begin(connection: Connection, period: Stale, look: Look) -> None:
    row = insert_into(connection, STALE).values(
        customer_thread_id=period.customer_thread_id, conversation_id=period.conversation_id,
        mailbox_id=period.mailbox_id, since=period.since, found_at=look.now, seen_at=look.now,
        state="asked" if look.may_ask else "dry-run", published=0, next_publish=look.now,
    )  # fmt: skip
    connection.execute(row)
    if period.is_p0 and look.may_ask:
        words = "A P0 waits for an answer for too long"
        cause = Cause(
            f"p0-stale:{period.customer_thread_id}", "p0-stale", words,
            conversation_id=period.conversation_id, is_event=True,
        )  # fmt: skip
        raise_cause(connection, cause)


def _ask(connection: Connection, period: Stale, look: Look, bucket: str, published: int) -> None:
    wish = DraftUpsert(
        conversation_id=period.conversation_id,
        basis_thread_id=period.customer_thread_id,
        purpose="followup",
    )
    outbox.enqueue(connection, wish, look.traceparent, bucket)
    pause = again_after(published + 1, look.scale)
    mine = STALE.c.customer_thread_id == period.customer_thread_id
    connection.execute(
        update(STALE).where(mine).values(published=published + 1, next_publish=look.now + pause)
    )


# --- P0 at its verdict


def hear(connection: Connection, verdict: ConversationClassified) -> bool:
    """A verdict: a P0 is told once per customer message; whether there is something to send."""
    serialize(connection, f"verdict:{verdict.customer_thread_id}")
    mine = HEARD.c.customer_thread_id == verdict.customer_thread_id
    known = connection.execute(select(HEARD.c.seq).where(mine)).scalar_one_or_none()
    if known is not None and known >= verdict.verdict_seq:
        return False
    _keep(connection, verdict)
    key = f"p0:{verdict.customer_thread_id}"
    if verdict.priority == "P0":
        how = " (by rules, not final)" if verdict.provisional else ""
        words = f"P0: a customer needs a person now{how}"
        at = verdict.conversation_id
        return raise_cause(connection, Cause(key, "p0", words, conversation_id=at, is_event=True))
    if verdict.provisional:
        return False
    words = f"no P0 after all, the final verdict is {verdict.priority}"
    return end_cause(connection, key, kind="downgraded", words=words)


def _keep(connection: Connection, verdict: ConversationClassified) -> None:
    told = {
        "conversation_id": verdict.conversation_id, "seq": verdict.verdict_seq,
        "priority": verdict.priority, "provisional": verdict.provisional, "heard_at": csm_now(),
    }  # fmt: skip
    row = insert_into(connection, HEARD).values(
        customer_thread_id=verdict.customer_thread_id, **told
    )
    connection.execute(
        row.on_conflict_do_update(index_elements=[HEARD.c.customer_thread_id], set_=told)
    )


# --- causes


def raise_cause(connection: Connection, cause: Cause) -> bool:
    """Tell people once while it is so; whether a notice was made.

    An event is told once for ever. One whose number has grown since is told again.
    """
    serialize(connection, "causes")
    mine = CAUSE.c.key == cause.key
    row = connection.execute(select(CAUSE).where(mine)).one_or_none()
    columns = {name: getattr(cause, name) for name in cause.__slots__}
    kind: Kind = "raised"
    if row is None:
        connection.execute(
            insert_into(connection, CAUSE).values(**columns, raised_at=csm_now(), over_at=None)
        )
    elif row.over_at is not None and not row.is_event:
        values = {**columns, "raised_at": csm_now(), "over_at": None}
        connection.execute(update(CAUSE).where(mine).values(values))
    elif row.over_at is None and cause.level > row.level:
        connection.execute(update(CAUSE).where(mine).values(level=cause.level, words=cause.words))
        kind = "grown"
    else:
        return False
    notify(connection, cause, kind)
    return True


def end_cause(
    connection: Connection, key: str, *, kind: Kind = "over", words: str | None = None
) -> bool:
    """It is not so any more: people are told, once; False when nothing was so."""
    serialize(connection, "causes")
    mine = (CAUSE.c.key == key) & CAUSE.c.over_at.is_(None)
    row = connection.execute(select(CAUSE).where(mine)).one_or_none()
    if row is None:
        return False
    connection.execute(update(CAUSE).where(mine).values(over_at=csm_now(), level=0))
    at = row.conversation_id
    over = Cause(key, row.rule, words or row.words, row.service, conversation_id=at)
    notify(connection, over, kind)
    return True


def looked(
    connection: Connection, causes: Sequence[Cause], still: frozenset[str], asked: frozenset[str]
) -> bool:
    """A look at all services: tell what is new, and what is over.

    Only a service in `asked`, one that answered, can say that something is over; what is in `still`
    is so. Returns whether there is something to send.
    """
    told = [raise_cause(connection, cause) for cause in causes]
    standing = select(CAUSE.c.key).where(
        CAUSE.c.over_at.is_(None), CAUSE.c.is_event.is_(False), CAUSE.c.service.in_(asked)
    )
    keys = sorted(connection.execute(standing).scalars())
    told += [end_cause(connection, key) for key in keys if key not in still]
    return any(told)


def standing(connection: Connection) -> list[dict[str, object]]:
    """What people were told and is so still; events are not among it."""
    columns = (CAUSE.c.key, CAUSE.c.rule, CAUSE.c.words, CAUSE.c.raised_at)
    is_so = CAUSE.c.over_at.is_(None) & CAUSE.c.is_event.is_(False)
    rows = connection.execute(select(*columns).where(is_so).order_by(CAUSE.c.raised_at))
    return [dict(row) for row in rows.mappings()]


def is_known(connection: Connection, key: str) -> bool:
    """Whether people were ever told of this cause."""
    return (
        connection.execute(select(CAUSE.c.key).where(CAUSE.c.key == key)).one_or_none() is not None
    )


def tell_summary(connection: Connection, summary: Cause) -> bool:
    """Tell people of a day, once; False when another replica did."""
    serialize(connection, "causes")
    if is_known(connection, summary.key):
        return False
    columns = {name: getattr(summary, name) for name in summary.__slots__}
    now_over = {"raised_at": csm_now(), "over_at": csm_now()}
    connection.execute(insert_into(connection, CAUSE).values(**columns, **now_over))
    notify(connection, summary, "summary")
    return True


def about(connection: Connection, conversation: int) -> dict[str, object]:
    """Stale periods and causes of one conversation."""
    stale = select(STALE).where(STALE.c.conversation_id == conversation)
    told = select(CAUSE).where(CAUSE.c.conversation_id == conversation)
    found: dict[str, object] = {
        "stale": [dict(row) for row in connection.execute(stale).mappings()],
        "told": [dict(row) for row in connection.execute(told).mappings()],
    }
    return found if any(found.values()) else {}


def p0s(connection: Connection, since: float) -> int:
    """How many messages were final P0s, heard since then (epoch seconds)."""
    is_p0 = (HEARD.c.priority == "P0") & HEARD.c.provisional.is_(False)
    number = select(func.count()).select_from(HEARD).where(is_p0, HEARD.c.heard_at >= since)
    return int(connection.execute(number).scalar_one())


def stale_since(connection: Connection, since: float) -> int:
    """How many stale periods were found since then (epoch seconds)."""
    number = select(func.count()).select_from(STALE).where(STALE.c.found_at >= since)
    return int(connection.execute(number).scalar_one())

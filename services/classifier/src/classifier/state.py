"""Tables and steps of the classifier: verdicts by customer thread, and since when they are ours."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, update
from sqlmodel import Field, Index, SQLModel

from classifier.policy import FINAL, VerdictState
from csm import dependency, llm_ledger, outbox, work
from csm.contracts import ConversationClassified, ConversationUpdated
from csm.crash import crash_point
from csm.db import csm_now, insert_into, serialize, table_of
from csm.dependency import DEPENDENCY
from csm.effects import EFFECT
from csm.install import INSTALL
from csm.lease import LEASE
from csm.llm_ledger import LLM_TABLES
from csm.llm_outage import LLM
from csm.outbox import OUTBOX
from csm.repairs import REPAIR
from csm.retention import without_words
from csm.work import WORK, Owed


class VerdictRow(SQLModel, table=True):
    """One verdict on a customer thread; a thread keeps its id through merge and move.

    `seq` counts from 1 per thread: a final verdict follows a provisional one. `event` is what was
    told of it, without a text of a mail; `covered_by` is the thread whose verdict holds for this.
    """

    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_conversation", "conversation_id"),)

    thread_id: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    conversation_id: int
    mailbox: str
    state: str
    method: str = ""
    covered_by: int | None = None
    event: str = ""
    llm_key: str = ""
    created_at: float


class Watermark(SQLModel, table=True):
    """Since when a mailbox's messages are judged (epoch seconds); `is_moved` by an operator."""

    __tablename__ = "watermark"

    mailbox: str = Field(primary_key=True)
    since: float
    is_moved: bool = False


class ConversationSeen(SQLModel, table=True):
    """A conversation that nobody judges, and why, as it was seen last."""

    __tablename__ = "conversation_seen"

    conversation_id: int = Field(primary_key=True)
    mailbox: str
    reason: str
    seen_at: float


VERDICT = table_of(VerdictRow)
WATERMARK = table_of(Watermark)
SEEN = table_of(ConversationSeen)
TABLES = (
    VERDICT, WATERMARK, SEEN, DEPENDENCY, EFFECT, INSTALL, LEASE, OUTBOX, REPAIR, WORK, *LLM_TABLES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a conversation's threads; times in epoch seconds."""

    states: Mapping[int, VerdictState]
    watermark: float
    is_moved: bool
    now: float
    llm_down: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A piece of work in hand: starts without an outcome, seconds since it was first noticed."""

    starts: int
    age: float


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A verdict to be stored; `told` is its event with any `verdict_seq`.

    `covers` are the older threads of its burst; `model_is_well`: it has answered just now.
    """

    mailbox: str
    state: VerdictState
    told: ConversationClassified
    covers: tuple[int, ...] = ()
    llm_key: str = ""
    model_is_well: bool = False


def row_id(event: ConversationUpdated) -> str:
    """The work row of a hint: one per conversation and thread, however it was noticed."""
    part = event.customer_thread_id or event.delivery_hash or ""
    return f"judge:{event.conversation_id}:{part}"


def begin(connection: Connection, mailboxes: Iterable[str]) -> None:
    """The first start decides since when a mailbox's messages are ours."""
    for slug in mailboxes:
        row = insert_into(connection, WATERMARK).values(mailbox=slug, since=csm_now())
        connection.execute(row.on_conflict_do_nothing(index_elements=[WATERMARK.c.mailbox]))


def judge_since(connection: Connection, mailboxes: Iterable[str], since: float) -> None:
    """Messages since then (epoch seconds) are ours, whatever was here before."""
    for slug in mailboxes:
        mine = update(WATERMARK).where(WATERMARK.c.mailbox == slug)
        connection.execute(mine.values(since=since, is_moved=True))


def known(connection: Connection, mailbox: str, thread_ids: Collection[int]) -> Known:
    """Everything that decides whether a conversation is worth judging; FreeScout has answered."""
    dependency.succeeded(connection, "freescout")
    mark = connection.execute(
        select(WATERMARK, csm_now().label("now")).where(WATERMARK.c.mailbox == mailbox)
    ).one()
    down = dependency.down(connection, LLM)
    states = _states(connection, thread_ids)
    return Known(states, mark.since, mark.is_moved, mark.now, down.reason if down else None)


def are_open(connection: Connection, thread_ids: Collection[int]) -> bool:
    """Whether none of these threads has got its final verdict."""
    return FINAL.isdisjoint(_states(connection, thread_ids).values())


def _states(connection: Connection, thread_ids: Collection[int]) -> dict[int, VerdictState]:
    """The state of each thread's newest verdict."""
    rows = connection.execute(
        select(VERDICT.c.thread_id, VERDICT.c.state)
        .where(VERDICT.c.thread_id.in_(thread_ids))
        .order_by(VERDICT.c.thread_id, VERDICT.c.seq)
    )
    return {row.thread_id: row.state for row in rows}


def not_ours(connection: Connection, conversation_id: int, mailbox: str, reason: str) -> None:
    """Remember why nobody judges a conversation; what is known already costs no write."""
    mine = select(SEEN.c.reason).where(SEEN.c.conversation_id == conversation_id)
    if connection.execute(mine).scalar_one_or_none() == reason:
        return
    values = {"mailbox": mailbox, "reason": reason, "seen_at": csm_now()}
    row = insert_into(connection, SEEN).values(conversation_id=conversation_id, **values)
    connection.execute(
        row.on_conflict_do_update(index_elements=[SEEN.c.conversation_id], set_=values)
    )


def want(
    connection: Connection, event: ConversationUpdated, traceparent: str, republish_after: float
) -> None:
    """Owe the judgement that `event` hints at; it is in hand now, so it is due only much later."""
    name = row_id(event)
    owed = Owed(name, name, event.name, event.model_dump_json(), traceparent)
    is_new = work.owe(connection, [owed]) == 1
    if is_new or work.reopen(connection, name, "noticed again"):
        work.delivered(connection, name, republish_after)


def attempt(
    connection: Connection, event: ConversationUpdated, traceparent: str, republish_after: float
) -> Attempt:
    """Count a start before a text is touched that may kill the process."""
    want(connection, event, traceparent, republish_after)
    name = row_id(event)
    starts = work.start(connection, name)
    age = connection.execute(select(csm_now() - WORK.c.created_at).where(WORK.c.id == name))
    return Attempt(starts, float(age.scalar_one()))


def conclude(connection: Connection, new: NewVerdict, traceparent: str) -> bool:
    """Store a verdict and promise its event in one transaction; False when one was there before.

    A provisional one comes only first, a final one ends the judgement of its thread.
    """
    thread_id = new.told.customer_thread_id
    if new.model_is_well:
        dependency.succeeded(connection, LLM)
    # Replicas may come to the same verdict at the same moment: one of them tells it.
    serialize(connection, f"verdict:{thread_id}")
    before = _states(connection, [thread_id, *new.covers])
    if before.get(thread_id) in FINAL or (new.state == "provisional" and thread_id in before):
        return False
    told = new.told.model_copy(update={"verdict_seq": _next_seq(connection, thread_id)})
    _insert(connection, new, told)
    if new.state in FINAL:
        open_ones = [one for one in new.covers if before.get(one) not in FINAL]
        _cover(connection, new, open_ones)
    if new.state != "dry-run":
        outbox.enqueue(connection, told, traceparent)
    crash_point("in_verdict_tx", new.told.key)
    return True


def _insert(connection: Connection, new: NewVerdict, told: ConversationClassified) -> None:
    connection.execute(
        insert_into(connection, VERDICT).values(
            thread_id=told.customer_thread_id, seq=told.verdict_seq,
            conversation_id=told.conversation_id, mailbox=new.mailbox, state=new.state,
            method=told.method, event=told.model_dump_json(exclude_none=True),
            llm_key=new.llm_key, created_at=csm_now(),
        )
    )  # fmt: skip


def _cover(connection: Connection, new: NewVerdict, thread_ids: Sequence[int]) -> None:
    for thread_id in thread_ids:
        row = insert_into(connection, VERDICT).values(
            thread_id=thread_id, seq=_next_seq(connection, thread_id),
            conversation_id=new.told.conversation_id, mailbox=new.mailbox, state="covered",
            covered_by=new.told.customer_thread_id, method="", event="", llm_key="",
            created_at=csm_now(),
        )  # fmt: skip
        connection.execute(
            row.on_conflict_do_nothing(index_elements=[VERDICT.c.thread_id, VERDICT.c.seq])
        )


def _next_seq(connection: Connection, thread_id: int) -> int:
    highest = select(func.coalesce(func.max(VERDICT.c.seq), 0)).where(
        VERDICT.c.thread_id == thread_id
    )
    return int(connection.execute(highest).scalar_one()) + 1


def tell_again(
    connection: Connection,
    thread_ids: Sequence[int],
    conversation_id: int,
    traceparent: str,
    bucket: str,
) -> int:
    """Promise the final verdicts on these threads once more, in this order; how many there are.

    Their conversation may have been merged into another one since. What is covered by a later
    verdict, or was a dry run, has none of its own.
    """
    final = and_(VERDICT.c.thread_id.in_(thread_ids), VERDICT.c.state == "final")
    rows = connection.execute(select(VERDICT.c.thread_id, VERDICT.c.event).where(final))
    stored = {row.thread_id: row.event for row in rows}
    told = [stored[thread_id] for thread_id in thread_ids if thread_id in stored]
    for one in told:
        event = ConversationClassified.model_validate_json(one)
        moved = event.model_copy(update={"conversation_id": conversation_id})
        outbox.enqueue(connection, moved, traceparent, bucket)
    return len(told)


def begin_anew(connection: Connection) -> int:
    """Settings are read at the start: what no outage holds back may be allowed by now, as a higher
    ceiling does; how many rows are due at once.
    """
    waiting = and_(WORK.c.state == "wanted", WORK.c.waiting_for.is_(None), ~WORK.c.in_flight)
    return connection.execute(update(WORK).where(waiting).values(next_try=csm_now())).rowcount


def now(connection: Connection) -> float:
    """The database's clock, in epoch seconds."""
    return float(connection.execute(select(csm_now())).scalar_one())


def owe_again(connection: Connection, event: ConversationUpdated, reason: str) -> None:
    """Owe a judgement that had ended; the due loop publishes its hint at once."""
    name = row_id(event)
    work.owe(connection, [Owed(name, name, event.name, event.model_dump_json(), "")])
    work.reopen(connection, name, reason)
    # The hint was on the bus before: its next publish is not the first one.
    connection.execute(update(WORK).where(WORK.c.id == name).values(published=1))


def forget_texts(connection: Connection, seconds: float) -> int:
    """Words of verdicts and answers that are older than this; how many rows, some at a time."""
    old = VERDICT.c.created_at < csm_now() - seconds
    number = without_words(connection, VERDICT, VERDICT.c.event, old)
    return number + llm_ledger.expire(connection, seconds)


def erase(connection: Connection, conversation_ids: Collection[int]) -> int:
    """The words of all verdicts on these conversations, and the answers they came from, at once."""
    theirs = VERDICT.c.conversation_id.in_(conversation_ids)
    keys = connection.execute(select(VERDICT.c.llm_key).where(theirs, VERDICT.c.llm_key != ""))
    number = llm_ledger.forget(connection, keys.scalars().all())
    while some := without_words(connection, VERDICT, VERDICT.c.event, theirs):
        number += some
    return number

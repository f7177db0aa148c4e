"""Tables and steps of draft_writer: what was applied to a conversation, and which tags are ours."""

import json

from sqlalchemy import Connection, select, update
from sqlmodel import Field, SQLModel

from csm import lease as leases
from csm import work
from csm.contracts import ConversationClassified
from csm.db import csm_now, insert_into, table_of
from csm.dependency import DEPENDENCY
from csm.effects import EFFECT
from csm.install import INSTALL
from csm.lease import LEASE, Lease, LeaseLostError
from csm.llm_ledger import LLM_TABLES
from csm.outbox import OUTBOX
from csm.repairs import REPAIR
from csm.self_test import SELF_TEST
from csm.work import WORK, Owed
from draft_writer.draft_table import DRAFT
from draft_writer.policy import Rank, TagRecord


class DeskConversation(SQLModel, table=True):
    """A conversation as we left it: the newest verdict applied, our tags, whether we assigned it.

    Tags are JSON lists; `pending_tags` is what we were about to write.
    """

    __tablename__ = "desk_conversation"

    id: int = Field(primary_key=True)
    written_at: float = 0.0
    thread_id: int = 0
    verdict_seq: int = 0
    own_tags: str = "[]"
    pending_tags: str | None = None
    taken_over: bool = False
    assigned: bool = False


DESK = table_of(DeskConversation)
TABLES = (
    DESK, DRAFT, SELF_TEST, DEPENDENCY, EFFECT, INSTALL, LEASE, OUTBOX, REPAIR, WORK, *LLM_TABLES,
)  # fmt: skip


def verdict_note_id(thread_id: int) -> str:
    """The effect of the note with the verdict on a customer thread."""
    return f"verdict-note:{thread_id}"


def arrival_note_id(thread_id: int) -> str:
    """The effect of the note that announces a customer thread without a verdict."""
    return f"arrival-note:{thread_id}"


def accept(
    connection: Connection, verdict: ConversationClassified, traceparent: str, again: float
) -> work.State:
    """Owe the work of a verdict; its state, `wanted` unless it has ended before.

    A provisional one waits for minutes whether a note comes: no final one stands behind it.
    """
    kind = "arrival" if verdict.provisional else "conv"
    resource = f"{kind}:{verdict.conversation_id}"
    payload = verdict.model_dump_json(exclude_none=True)
    owed = Owed(verdict.key, resource, verdict.name, payload, traceparent)
    return work.accept(connection, owed, again)


def end_provisional(connection: Connection, verdict: ConversationClassified) -> None:
    """The final verdict has its note: those before it on the same message wait for nothing."""
    for seq in range(1, verdict.verdict_seq):
        earlier = verdict.model_copy(update={"verdict_seq": seq})
        work.end(connection, earlier.key, "done", "the final verdict came")


def age(connection: Connection, work_id: str) -> float:
    """Seconds since we first heard of this work."""
    mine = select(csm_now() - WORK.c.created_at).where(WORK.c.id == work_id)
    return float(connection.execute(mine).scalar_one())


def traceparent_of(connection: Connection, work_id: str) -> str:
    """The trace in which the work was first noticed."""
    mine = select(WORK.c.traceparent).where(WORK.c.id == work_id)
    return str(connection.execute(mine).scalar_one())


def claim_rank(connection: Connection, lease: Lease, conversation_id: int, rank: Rank) -> bool:
    """Make `rank` the newest applied; False when a newer verdict was here before.

    Before anything is written, so that an older one that comes later writes nothing. Raises
    LeaseLostError.
    """
    fence(connection, lease)
    fresh = insert_into(connection, DESK).values(
        id=conversation_id, written_at=0.0, thread_id=0, verdict_seq=0, own_tags="[]",
        taken_over=False, assigned=False,
    )  # fmt: skip
    connection.execute(fresh.on_conflict_do_nothing(index_elements=[DESK.c.id]))
    row = connection.execute(select(DESK).where(DESK.c.id == conversation_id)).one()
    if Rank(row.written_at, row.thread_id, row.verdict_seq) > rank:
        return False
    _change(
        connection, conversation_id, written_at=rank.written_at, thread_id=rank.thread_id,
        verdict_seq=rank.verdict_seq,
    )  # fmt: skip
    return True


def tag_record(connection: Connection, conversation_id: int) -> TagRecord:
    """What we know of our tags there."""
    row = connection.execute(select(DESK).where(DESK.c.id == conversation_id)).one()
    pending = None if row.pending_tags is None else frozenset(json.loads(row.pending_tags))
    return TagRecord(frozenset(json.loads(row.own_tags)), pending, row.taken_over)


def intend_tags(
    connection: Connection,
    lease: Lease,
    seconds: float,
    conversation_id: int,
    tags: frozenset[str],
) -> None:
    """Remember the set we are about to write, under a lease that outlives the request.

    Raises LeaseLostError.
    """
    keep(connection, lease, seconds)
    _change(connection, conversation_id, pending_tags=json.dumps(sorted(tags)))


def wrote_tags(
    connection: Connection, lease: Lease, conversation_id: int, tags: frozenset[str]
) -> None:
    """Our tags there are these now; raises LeaseLostError."""
    fence(connection, lease)
    _change(connection, conversation_id, own_tags=json.dumps(sorted(tags)), pending_tags=None)


def tags_taken_over(connection: Connection, conversation_id: int) -> None:
    """A person changed our vocabulary there: we leave it alone from now on."""
    _change(connection, conversation_id, taken_over=True, pending_tags=None)


def was_assigned(connection: Connection, conversation_id: int) -> bool:
    """Whether we gave it to somebody once."""
    mine = select(DESK.c.assigned).where(DESK.c.id == conversation_id)
    return bool(connection.execute(mine).scalar_one())


def assigned(connection: Connection, lease: Lease, seconds: float, conversation_id: int) -> None:
    """We give it to somebody, this once; raises LeaseLostError."""
    keep(connection, lease, seconds)
    _change(connection, conversation_id, assigned=True)


def has_note(connection: Connection, effect_id: str) -> bool:
    """Whether a note was written."""
    mine = (EFFECT.c.id == effect_id) & (EFFECT.c.state == "done")
    return connection.execute(select(EFFECT.c.id).where(mine)).scalar_one_or_none() is not None


def end(
    connection: Connection, lease: Lease, work_id: str, ended: work.State, reason: str | None = None
) -> None:
    """The work of a verdict is done; raises LeaseLostError."""
    fence(connection, lease)
    work.end(connection, work_id, ended, reason)


def keep(connection: Connection, lease: Lease, seconds: float) -> None:
    """Make the lease outlive the request that follows; raises LeaseLostError."""
    if not leases.extend(connection, lease, seconds):
        raise LeaseLostError(lease.resource)


def fence(connection: Connection, lease: Lease) -> None:
    """The lease is ours still, until this transaction ends; raises LeaseLostError."""
    if not leases.holds(connection, lease):
        raise LeaseLostError(lease.resource)


def _change(connection: Connection, conversation_id: int, **values: object) -> None:
    connection.execute(update(DESK).where(DESK.c.id == conversation_id).values(**values))

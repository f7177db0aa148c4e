"""What a verdict changes in FreeScout, decided from facts alone: no I/O, no clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from csm.contracts import Category, ConversationClassified
from csm.freescout_model import Conversation, Thread

CATEGORIES: tuple[Category, ...] = ("lead", "customer", "other")
HIGH_PRIORITY = "high-priority"
NOT_CLASSIFIED = "not-classified"
FOLLOWUP_READY = "followup-ready"
# The bot's own words: nothing else is ever set or removed by it.
VOCABULARY = frozenset(
    {*CATEGORIES, "p0", "p1", "p2", "p3", HIGH_PRIORITY, NOT_CLASSIFIED, FOLLOWUP_READY}
)


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Which verdict is the newer one: of a later message, then the later of the same message."""

    written_at: float
    thread_id: int
    verdict_seq: int


@dataclass(frozen=True, slots=True)
class TagRecord:
    """What we know of our own tags on a conversation.

    `pending` is a set that we were about to write: after a crash either may be there.
    """

    own: frozenset[str] = frozenset()
    pending: frozenset[str] | None = None
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A person changed our vocabulary here: it is theirs from now on."""


def customer_thread(conversation: Conversation, thread_id: int) -> Thread | None:
    """The customer's message a verdict is about; None when it is not in this conversation."""
    found = (t for t in conversation.threads if t.id == thread_id and t.type == "customer")
    return next(found, None)


def rank_of(thread: Thread, verdict_seq: int) -> Rank:
    """The rank of a verdict on `thread`."""
    return Rank(thread.created_at.timestamp(), thread.id, verdict_seq)


def wanted_tags(verdict: ConversationClassified, high_priority: int) -> frozenset[str]:
    """The tags of a verdict. A provisional one says no category: a model will.

    Rules are not a model, also where none is configured and theirs is the last word.
    """
    tags = {verdict.priority.lower()}
    if verdict.method == "rules":
        tags.add(NOT_CLASSIFIED)
    if not verdict.provisional:
        tags.add(verdict.category)
    if verdict.importance >= high_priority:
        tags.add(HIGH_PRIORITY)
    return frozenset(tags)


def new_tags(
    current: Collection[str], record: TagRecord, wanted: frozenset[str]
) -> frozenset[str] | TakenOver:
    """The whole set to write: `current` minus our own plus `wanted`; foreign tags stay.

    A follow-up's mark stays too: no verdict speaks of it.
    """
    ours = {tag for tag in current if tag.lower() in VOCABULARY - {FOLLOWUP_READY}}
    seen = frozenset(tag.lower() for tag in ours)
    if record.taken_over or seen not in {record.own, record.pending}:
        return TakenOver()
    return frozenset(set(current) - ours | wanted)


def may_assign(conversation: Conversation, *, was_assigned: bool) -> bool:
    """Only what nobody has, and once: what a person took or gave back stays as it is."""
    return conversation.assignee_id is None and not was_assigned


def needs_repair(before: Conversation, after: Conversation) -> bool:
    """Whether our write put a conversation to rest while a customer wrote.

    The status we sent was the one we had read; the customer's mail had made it active since.
    """
    known = {thread.id for thread in before.threads}
    is_new = any(t.type == "customer" and t.id not in known for t in after.threads)
    return is_new and after.status != "active"


def needs_repair_since(basis: int, after: Conversation, bot: int) -> bool:
    """The same after our draft for the message `basis`: is a later message put to rest by us?

    A person who put it to rest has left a line item after that message, or an answer.
    """
    written = [t for t in after.threads if t.type == "customer"]
    if not written or written[-1].id == basis or after.status == "active":
        return False
    since = after.threads[after.threads.index(written[-1]) + 1 :]
    return not any(_is_by_person(thread, bot) for thread in since)


def _is_by_person(thread: Thread, bot: int) -> bool:
    """What an agent sent or changed, told from drafts and from what the bot did."""
    counts = thread.type == "lineitem" or (thread.type == "message" and thread.state == "published")
    return counts and thread.created_by_id not in (None, bot)


def lost_cc(seen: Collection[str], basis: int, after: Conversation) -> tuple[str, ...]:
    """Who was in cc when we read it, or was put there since by the customer, and is not now."""
    ids = [thread.id for thread in after.threads]
    later = after.threads[ids.index(basis) + 1 :] if basis in ids else ()
    added = {address for t in later if t.type == "customer" for address in t.cc}
    return tuple(sorted({*seen, *added} - {*after.cc}))


def dropped_cc(before: Conversation, after: Conversation) -> tuple[str, ...]:
    """Who was put into cc after we had read it and is not in it now: our write carried the old one.

    What a customer's mail itself takes out of cc is no loss of ours.
    """
    known = {thread.id for thread in before.threads}
    spoken = (t for t in after.threads if t.id not in known and t.type in ("customer", "message"))
    return tuple(sorted({address for thread in spoken for address in thread.cc} - {*after.cc}))


def is_published_by_fault(thread: Thread, bot: int) -> bool:
    """Whether FreeScout published what was sent as a draft: a person's sending names the person."""
    return thread.state != "draft" and thread.created_by_id in (None, bot)


def seen_at(conversation: Conversation, server_time: datetime | None) -> float:
    """When FreeScout had it last changed, in epoch seconds; -1 if that second is not over yet.

    FreeScout keeps whole seconds: a later change within the same second would not show.
    """
    if server_time is None or server_time <= conversation.updated_at:
        return -1.0
    return conversation.updated_at.timestamp()


def was_touched(conversation: Conversation, seen: float) -> bool:
    """Whether anything may have happened there since `seen_at`."""
    return conversation.updated_at.timestamp() != seen

"""What may become of a wanted draft: one pure decision over what is there. No I/O, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from csm.contracts import ConversationClassified
from csm.freescout_model import Conversation, Thread
from csm.senders import is_excluded
from draft_writer.canonical import fingerprint
from draft_writer.policy import customer_thread

Purpose = Literal["reply", "followup"]
Answer = Literal["create", "replace", "suggest", "nudge", "tag_only", "nothing"]
DraftState = Literal[
    "making", "made", "unchanged", "edited", "discarded", "superseded", "withheld", "gone"
]
OPEN: tuple[DraftState, ...] = ("making", "made")
# Answers that say something to the customer.
NEEDS_TEXT: tuple[Answer, ...] = ("create", "replace", "suggest")
# Letters of the marker: bulk, automatic, bounce, sender not proven.
_NO_DRAFT_FLAGS = frozenset("abnd")


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What our own table says.

    `state` is that of the draft for this customer message, None when none was begun. `drafts` are
    all that we wrote in this conversation: the fingerprint as read back, by thread id. `is_read`:
    ours was read back after it was made.
    """

    basis_thread_id: int
    state: DraftState | None = None
    thread_id: int | None = None
    is_read: bool = False
    drafts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why in a few words for the row. `draft` is the draft it is about."""

    answer: Answer
    why: str
    draft: Thread | None = None


def decide(
    conversation: Conversation, record: OwnRecord, purpose: Purpose, *, can_replace: bool = False
) -> Decision:
    """The one rule for drafts; `can_replace` where a back end compares inside FreeScout.

    A person's word wins: nothing here ever touches what a person wrote, and what a person threw
    away is not made again.
    """
    if over := _over(conversation, record.basis_thread_id):
        return Decision("nothing", over)
    if record.state in ("discarded", "withheld"):
        return Decision("tag_only", f"the draft for it was {record.state}")
    drafts = open_drafts(conversation)
    if _is_missing(record, drafts):
        return Decision("tag_only", "somebody discarded the draft for it")
    if not drafts:
        return Decision("create", "no draft is there")
    if purpose == "followup":
        return _remind(drafts, record)
    return _beside(conversation, record, drafts, can_replace=can_replace)


def _over(conversation: Conversation, basis: int) -> str | None:
    """Why nobody waits for an answer to this message any more."""
    thread = customer_thread(conversation, basis)
    if thread is None:
        return "the message is not there"
    if newest_customer_thread(conversation) != thread:
        return "the customer wrote again"
    if conversation.status in ("closed", "spam"):
        return f"the conversation is {conversation.status}"
    if any(order(t) > order(thread) for t in agent_messages(conversation)):
        return "an agent answered"
    return None


def _is_missing(record: OwnRecord, drafts: Sequence[Thread]) -> bool:
    """Whether our draft for this message was there and is not: FreeScout leaves no other trace."""
    if record.state is None or record.thread_id is None:
        return record.state not in (None, "making")
    return all(draft.id != record.thread_id for draft in drafts)


def _remind(drafts: Sequence[Thread], record: OwnRecord) -> Decision:
    """Somebody waits, and a draft lies there."""
    if touched := next((d for d in drafts if not is_untouched(d, record)), None):
        return Decision("tag_only", "a person works on a draft", touched)
    return Decision("nudge", "our draft was not sent", drafts[-1])


def _beside(
    conversation: Conversation, record: OwnRecord, drafts: Sequence[Thread], *, can_replace: bool
) -> Decision:
    """A draft is there already: ours for this message, an older one, or a person's."""
    basis = customer_thread(conversation, record.basis_thread_id)
    # One of ours for an earlier message is no answer to this one, though it may be younger: a
    # message has the time at which its mail was accepted, and may have waited since.
    others = [d for d in drafts if d.id not in record.drafts]
    newer = [d for d in others if basis and order(d) > order(basis)]
    newer += [d for d in drafts if d.id == record.thread_id]
    if newer:
        return Decision("nothing", "a draft for it is there", newer[-1])
    if can_replace and len(drafts) == 1 and is_untouched(drafts[0], record):
        return Decision("replace", "our own older draft is untouched", drafts[0])
    return Decision("suggest", "an older draft is there", drafts[-1])


def is_untouched(draft: Thread, record: OwnRecord) -> bool:
    """Whether a draft still says what we wrote: opening it changes nothing that counts."""
    return record.drafts.get(draft.id) == fingerprint(draft.body)


def order(thread: Thread) -> tuple[float, int]:
    """FreeScout keeps whole seconds; within one the id decides."""
    return thread.created_at.timestamp(), thread.id


def open_drafts(conversation: Conversation) -> list[Thread]:
    """Every draft, ours or a person's."""
    return [t for t in conversation.threads if t.type == "message" and t.state == "draft"]


def agent_messages(conversation: Conversation) -> list[Thread]:
    """What agents sent."""
    return [t for t in conversation.threads if t.type == "message" and t.state == "published"]


def newest_customer_thread(conversation: Conversation) -> Thread | None:
    """The customer's last message."""
    written = [t for t in conversation.threads if t.type == "customer"]
    return max(written, key=order, default=None)


@dataclass(frozen=True, slots=True)
class Switches:
    """What a mailbox's settings say: categories that get drafts, senders that get none."""

    categories: frozenset[str]
    not_drafted: tuple[str, ...]


def unwanted(
    switches: Switches, verdict: ConversationClassified, conversation: Conversation
) -> str | None:
    """Why the switches or the message itself rule a draft out, None when one may be made."""
    if verdict.category not in switches.categories:
        return f"no drafts for {verdict.category}"
    thread = customer_thread(conversation, verdict.customer_thread_id)
    sender = (thread and thread.customer_email) or conversation.customer_email
    return next(refusals(verdict, sender, switches.not_drafted), None)


def refusals(
    verdict: ConversationClassified, sender: str, not_drafted: Sequence[str]
) -> Iterator[str]:
    """Why this message gets no draft of the bot's, whatever else is there."""
    if verdict.provisional:
        yield "the verdict is not final"
    if verdict.priority == "P0":
        yield "P0: a person answers"
    if found := _NO_DRAFT_FLAGS & set(verdict.flags or ""):
        yield f"flags {''.join(sorted(found))}"
    if is_excluded(sender, not_drafted):
        yield "excluded sender"

"""What a draft is written from: the conversation as plain text, without notes and drafts. Pure."""

from dataclasses import dataclass
from typing import Literal

from csm.contracts import Category, ConversationClassified
from csm.freescout_model import Conversation, Thread
from csm.own_words import one_line, text_of
from draft_writer.decision import agent_messages, order

# Of the messages before the newest, the first and these many of the last.
_EARLIER = 8


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier message, as plain text."""

    by: Literal["customer", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Material:
    """One wish for a draft. `newest` are the customer's messages that nobody has answered."""

    conversation_id: int
    basis_thread_id: int
    subject: str
    newest: tuple[str, ...]
    earlier: tuple[Turn, ...] = ()
    customer: str = ""
    category: Category = "customer"
    language: str = ""

    @property
    def agent_texts(self) -> tuple[str, ...]:
        """What agents wrote here: the tone, and what may be named again."""
        return tuple(turn.text for turn in self.earlier if turn.by == "agent")

    @property
    def customer_texts(self) -> tuple[str, ...]:
        """What the customer wrote, the newest first."""
        before = tuple(turn.text for turn in reversed(self.earlier) if turn.by == "customer")
        return (*reversed(self.newest), *before)


def material(
    conversation: Conversation, basis_thread_id: int, verdict: ConversationClassified | None
) -> Material:
    """What is known of a conversation. Internal notes and drafts never are."""
    spoken = [
        t for t in conversation.threads
        if t.type in ("customer", "message") and t.state in ("published", "")
    ]  # fmt: skip
    answered = max((order(t) for t in agent_messages(conversation)), default=(0.0, 0))
    newest = [t for t in spoken if t.type == "customer" and order(t) > answered]
    earlier = [t for t in spoken if t not in newest]
    if len(earlier) > _EARLIER:
        earlier = [earlier[0], *earlier[-_EARLIER + 1 :]]
    return Material(
        conversation_id=conversation.id,
        basis_thread_id=basis_thread_id,
        subject=one_line(conversation.subject),
        newest=tuple(text_of(thread) for thread in newest),
        earlier=tuple(_turn(thread) for thread in earlier),
        customer=one_line(conversation.customer_first_name),
        category=verdict.category if verdict else "customer",
        language=verdict.language if verdict else "",
    )


def _turn(thread: Thread) -> Turn:
    return Turn("customer" if thread.type == "customer" else "agent", text_of(thread))

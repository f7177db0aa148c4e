"""Events on the bus: hints with ids, never content. Imports pydantic only.

Additive changes only: every golden JSON under `tests/contracts/golden` must parse for ever.
"""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
GmailId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ConversationId = Annotated[int, Field(gt=0)]
ThreadId = Annotated[int, Field(gt=0)]
# Longer than any thread id, so that a hash made of digits is not taken for one.
DeliveryHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32,64}$")]
Cause = Literal["gmail", "webhook", "poll", "sweep", "agent"]
Category = Literal["lead", "customer", "other"]
Priority = Literal["P0", "P1", "P2", "P3"]
Phrase = Annotated[str, StringConstraints(max_length=300)]


class Event(BaseModel, ABC):
    """Base of all events: what it is, which subject it travels on, what makes it a duplicate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: ClassVar[str]
    stream: ClassVar[str]
    schema_version: int = 1

    @property
    @abstractmethod
    def subject(self) -> str:
        """The concrete NATS subject; ids only, never an address."""

    @property
    @abstractmethod
    def key(self) -> str:
        """Names the piece of work this event hints at; also the id of its work row."""

    def dedup_id(self, bucket: str = "") -> str:
        """`Nats-Msg-Id`: the key, plus a time bucket for every publish after the first.

        JetStream drops an id it saw in the last two hours, so a rescue without a bucket is lost.
        """
        return f"{self.key}:{bucket}" if bucket else self.key


class MessageReceived(Event):
    """A Gmail message is in the journal and wants its customer thread."""

    name: ClassVar[str] = "message.received"
    stream: ClassVar[str] = "MAIL"

    mailbox: Slug
    gmail_message_id: GmailId
    gmail_thread_id: GmailId

    @property
    def subject(self) -> str:
        """`message.received.<mailbox slug>`."""
        return f"message.received.{self.mailbox}"

    @property
    def key(self) -> str:
        """Unique per mailbox and message: Gmail's ids are unique inside one mailbox only."""
        return f"message.received:{self.mailbox}:{self.gmail_message_id}"


class ConversationUpdated(Event):
    """A FreeScout conversation changed; whoever cares reads it again."""

    name: ClassVar[str] = "conversation.updated"
    stream: ClassVar[str] = "CONV"

    conversation_id: ConversationId
    customer_thread_id: ThreadId | None = None
    cause: Cause
    delivery_hash: DeliveryHash | None = None

    @property
    def subject(self) -> str:
        """One subject per cause and conversation: an echo never replaces a mail's own hint."""
        return f"conversation.updated.{self.cause}.{self.conversation_id}"

    @property
    def key(self) -> str:
        """Cause, conversation and the thread (or the webhook delivery) it speaks of."""
        part = self.customer_thread_id or self.delivery_hash or ""
        return f"conversation.updated:{self.cause}:{self.conversation_id}:{part}"


class ConversationClassified(Event):
    """A verdict on the newest customer thread. The one event that carries its facts.

    `verdict_seq` counts per customer thread: a final verdict follows a provisional one. `flags` are
    the marker's letters, None when nothing is known of the mail's headers. `confidence` is the
    model's own claim, None for rules. The texts have passed the redactor.
    """

    name: ClassVar[str] = "conversation.classified"
    stream: ClassVar[str] = "WORK"

    conversation_id: ConversationId
    customer_thread_id: ThreadId
    verdict_seq: Annotated[int, Field(gt=0)]
    category: Category
    importance: Annotated[int, Field(ge=1, le=10)]
    priority: Priority
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3})?$")] = ""
    flags: Annotated[str, StringConstraints(pattern=r"^[a-z]*$")] | None = None
    method: Literal["model", "rules"]
    provisional: bool
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    prompt_version: Annotated[str, StringConstraints(max_length=64)] = ""
    cost_usd: Annotated[Decimal, Field(ge=0)] | None = None
    reason: Annotated[str, StringConstraints(max_length=1_000)] = ""
    facts: Annotated[tuple[Phrase, ...], Field(max_length=20)] = ()
    uncertainty: Annotated[tuple[Phrase, ...], Field(max_length=20)] = ()

    @property
    def subject(self) -> str:
        """`conversation.classified.<conversation>`."""
        return f"conversation.classified.{self.conversation_id}"

    @property
    def key(self) -> str:
        """A thread keeps its id through merge and move, so it names the verdict alone."""
        return f"conversation.classified:{self.customer_thread_id}:{self.verdict_seq}"


class DraftUpsert(Event):
    """A draft is wanted for a customer thread; who makes it decides anew whether it still is."""

    name: ClassVar[str] = "draft.upsert"
    stream: ClassVar[str] = "WORK"

    conversation_id: ConversationId
    basis_thread_id: ThreadId
    purpose: Literal["reply", "followup"]

    @property
    def subject(self) -> str:
        """`draft.upsert.<conversation>`."""
        return f"draft.upsert.{self.conversation_id}"

    @property
    def key(self) -> str:
        """One draft per purpose and customer thread."""
        return f"draft.upsert:{self.purpose}:{self.basis_thread_id}"


EVENTS: tuple[type[Event], ...] = (
    MessageReceived, ConversationUpdated, ConversationClassified, DraftUpsert,
)  # fmt: skip

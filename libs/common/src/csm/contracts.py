"""Events on the bus: hints with ids, never content. Imports pydantic only.

Additive changes only: every golden JSON under `tests/contracts/golden` must parse for ever.
"""

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
GmailId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ConversationId = Annotated[int, Field(gt=0)]
ThreadId = Annotated[int, Field(gt=0)]
# Longer than any thread id, so that a hash made of digits is not taken for one.
DeliveryHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32,64}$")]
Cause = Literal["gmail", "webhook", "poll", "sweep", "agent"]


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


EVENTS: tuple[type[Event], ...] = (MessageReceived, ConversationUpdated)

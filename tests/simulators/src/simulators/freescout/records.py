"""The rows of the desk: conversations, threads, customers, and what a caller asks to be written.

Times are whole seconds since 1970 UTC (FreeScout's columns have second resolution).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class RefusedError(Exception):
    """The request is answered 400 or 404; `path` names the offending key."""

    def __init__(self, path: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.status = status


class CrashedError(Exception):
    """An uncaught exception inside FreeScout: answered 500, whatever was saved stays saved."""


class Cut(Enum):
    """How far a write gets before it breaks off (FreeScout has no transaction around it)."""

    NOTHING = "nothing"
    THREADS = "threads"  # conversation saved, its threads not: a husk
    ATTACHMENTS = "attachments"  # thread saved, its attachments not


@dataclass(frozen=True, slots=True)
class Author:
    """Who made something."""

    kind: Literal["user", "customer"]
    id: int


@dataclass(slots=True)
class Customer:
    """A person who writes; `email` is lower-case and None for phone-only customers."""

    id: int
    email: str | None
    first_name: str = ""
    last_name: str = ""
    phone: str | None = None

    @property
    def name(self) -> str:
        """First and last name, or the address when there is no name."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone or "?"


@dataclass(frozen=True, slots=True)
class User:
    """A member of the team; `notified` people get FreeScout's notification mails."""

    id: int
    first_name: str
    last_name: str
    email: str
    notified: bool = True

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address of the team."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of the Custom Fields module."""

    id: int
    mailbox_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file; whoever has `token` may fetch it without a login."""

    id: int
    thread_id: int
    name: str
    mime_type: str
    content: bytes
    token: str


@dataclass(slots=True)
class Thread:
    """One entry of a conversation; `posted_to` keeps the conversation it was first written to.

    `in_drafts` puts its conversation into the Drafts folder while it is a draft, `sent_at` is when
    a person sent it, the begin of the undo time.
    """

    id: int
    conversation_id: int
    posted_to: int
    type: str
    status: str
    state: str
    body: str
    customer_id: int | None
    created_by: Author
    created_at: int
    source_type: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    action_type: str | None = None
    action_text: str = ""
    linked: dict[str, int] = field(default_factory=dict)
    imported: bool = False
    in_drafts: bool = False
    sent_at: float | None = None
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """One exchange with a customer."""

    id: int
    number: int
    mailbox_id: int
    type: str
    subject: str
    status: str
    state: str
    customer_id: int
    created_by: Author
    created_at: int
    updated_at: int
    source_via: Literal["customer", "user"] = "customer"
    source_type: str = "api"
    preview: str = ""
    threads_count: int = 0
    assignee: int | None = None
    waiting_since: int | None = None
    latest_reply_from: Literal["customer", "user", ""] = ""
    user_updated_at: int | None = None
    closed_at: int | None = None
    closed_by: int | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    custom_fields: dict[int, str] = field(default_factory=dict)
    threads: list[Thread] = field(default_factory=list)
    merged_from: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """How a request names a customer: by id, else by address, else as a new person."""

    id: int | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file as a request carries it, already decoded."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class NewThread:
    """Body of POST /conversations/{id}/threads; None means the key was absent."""

    type: str
    text: str
    customer: CustomerRef | None = None
    user: int | None = None
    status: str | None = None
    state: str = "published"
    imported: bool = False
    created_at: int | None = None
    to: tuple[str, ...] | None = None
    cc: tuple[str, ...] | None = None
    bcc: tuple[str, ...] | None = None
    attachments: tuple[NewAttachment, ...] = ()
    source_type: str = "api"


@dataclass(frozen=True, slots=True)
class NewConversation:
    """Body of POST /conversations; `threads` stand as sent, newest first."""

    mailbox_id: int
    subject: str
    customer: CustomerRef
    threads: tuple[NewThread, ...]
    type: str = "email"
    imported: bool = False
    assign_to: int | None = None
    status: str | None = None
    state: str = "published"
    created_at: int | None = None
    closed_at: int | None = None
    custom_fields: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationChange:
    """Body of PUT /conversations/{id}; None means the key was absent."""

    by_user: int | None = None
    status: str | None = None
    assign_to: int | None = None
    mailbox_id: int | None = None
    customer_id: int | None = None
    subject: str | None = None


@dataclass(slots=True)
class Switches:
    """What differs between installations and module versions, changeable at run time."""

    created_at: Literal["honoured", "ignored", "throws"] = "honoured"
    conversation_created_at: Literal["honoured", "ignored"] = "honoured"
    drafts: Literal["kept", "published"] = "kept"
    drafts_folder: bool = True  # False: API drafts are not listed there (before module 1.0.103)
    draft_events: bool = False  # True: an API draft fires convo.agent.reply.created
    tags_module: bool = True
    custom_fields_module: bool = True
    auto_reply: bool = True
    reply_delay_seconds: float = 15.0  # and the time in which a person may undo
    autosave_seconds: float = 12.0
    blur_save_seconds: float = 1.5
    number_offset: int = 0
    max_page_size: int = 1000
    threads_count_loss: float = 0.0


@dataclass(frozen=True, slots=True)
class Team:
    """The fixed cast of an installation."""

    mailboxes: tuple[Mailbox, ...] = (
        Mailbox(1, "Support", "support@desk.example"),
        Mailbox(2, "Sales", "sales@desk.example"),
    )
    users: tuple[User, ...] = (
        User(1, "CSM", "Bot", "bot@desk.example", notified=False),
        User(2, "Ada", "Agent", "ada@desk.example"),
        User(3, "Ben", "Berg", "ben@desk.example", notified=False),
    )
    custom_fields: tuple[CustomField, ...] = (CustomField(1, 1, "Priority"),)

    @property
    def agents(self) -> tuple[User, ...]:
        """The people; the first user is the bot."""
        return self.users[1:]

"""What FreeScout answers, read tolerantly: unknown keys are ignored, null is empty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AliasPath, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _entries(value: object) -> object:
    """Null is an empty list; PHP writes a list with gaps as an object. Anything else stays.

    A shape we do not know must fail: taken for an empty list it would hide threads or clear cc.
    """
    if value is None:
        return []
    return list(value.values()) if isinstance(value, Mapping) else value


def _named(key: str) -> Callable[[object], object]:
    """Entries that are plain strings or objects with the string under `key`."""

    def names(value: object) -> object:
        entries = _entries(value)
        if not isinstance(entries, list | tuple):
            return entries
        return [entry.get(key) if isinstance(entry, Mapping) else entry for entry in entries]

    return names


def _in_order(threads: tuple["Thread", ...]) -> tuple["Thread", ...]:
    """FreeScout promises no order within one second, so the id decides there."""
    return tuple(sorted(threads, key=lambda thread: (thread.created_at, thread.id)))


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, BeforeValidator(lambda value: 0 if value is None else value)]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_named("email"))]
TagNames = Annotated[tuple[str, ...], BeforeValidator(_named("name"))]


class _Answer(BaseModel):
    """Base of everything read from FreeScout: immutable, unknown keys ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
    )


class AttachmentRef(_Answer):
    """A stored attachment; `size` in bytes. Its URL carries a token and is not kept."""

    id: int
    file_name: Text = ""
    mime_type: Text = ""
    size: Count = 0


class Thread(_Answer):
    """One entry of a conversation: customer's mail, agent's message, note or line item."""

    id: int
    type: Text = ""
    state: Text = ""
    status: Text = ""
    body: Text = ""
    source_type: Text = Field(default="", validation_alias=AliasPath("source", "type"))
    created_by_id: int | None = Field(default=None, validation_alias=AliasPath("createdBy", "id"))
    created_by_type: Text = Field(default="", validation_alias=AliasPath("createdBy", "type"))
    customer_email: Text = Field(default="", validation_alias=AliasPath("customer", "email"))
    created_at: AwareDatetime
    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    action_type: Text = Field(default="", validation_alias=AliasPath("action", "type"))
    attachments: Annotated[tuple[AttachmentRef, ...], BeforeValidator(_entries)] = Field(
        default=(), validation_alias=AliasPath("_embedded", "attachments")
    )


class CustomField(_Answer):
    """The value of one custom field on a conversation."""

    id: int
    name: Text = ""
    value: Text = ""


class Conversation(_Answer):
    """A conversation; `threads` is empty when they were not embedded, and oldest first.

    `threads_count` lies after parallel writes. `number` is not the id on every installation:
    paths use `id`.
    """

    id: int
    number: Count = 0
    type: Text = ""
    status: Text = ""
    state: Text = ""
    subject: Text = ""
    mailbox_id: Count = 0
    customer_email: Text = Field(default="", validation_alias=AliasPath("customer", "email"))
    customer_id: int | None = Field(default=None, validation_alias=AliasPath("customer", "id"))
    customer_first_name: Text = Field(
        default="", validation_alias=AliasPath("customer", "firstName")
    )
    assignee_id: int | None = Field(default=None, validation_alias=AliasPath("assignee", "id"))
    cc: Addresses = ()
    created_at: AwareDatetime
    updated_at: AwareDatetime
    threads_count: Count = 0
    preview: Text = ""
    tags: TagNames = Field(default=(), validation_alias=AliasPath("_embedded", "tags"))
    custom_fields: Annotated[tuple[CustomField, ...], BeforeValidator(_entries)] = ()
    threads: Annotated[tuple[Thread, ...], BeforeValidator(_entries)] = Field(
        default=(), validation_alias=AliasPath("_embedded", "threads")
    )

    def model_post_init(self, _context: object) -> None:
        """Sort the threads as people wrote them."""
        object.__setattr__(self, "threads", _in_order(self.threads))


class Mailbox(_Answer):
    """A mailbox of the help desk."""

    id: int
    name: Text = ""
    email: Text = ""


class User(_Answer):
    """A person or bot that works in the help desk."""

    id: int
    email: Text = ""
    first_name: Text = ""
    last_name: Text = ""


class Page(_Answer):
    """The paging block of a list; numbers start at 1."""

    size: Count = 0
    total_elements: Count = 0
    total_pages: Count = 0
    number: Count = 0


@dataclass(frozen=True, slots=True)
class Created:
    """A new conversation; `thread_id` is None when the answer did not embed the thread."""

    conversation_id: int
    thread_id: int | None

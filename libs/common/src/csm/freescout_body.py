"""Request bodies for FreeScout that cannot be built wrong.

There is no type for a published message: an agent's text exists only as `Draft`, and FreeScout
mails a `message` thread to the customer 15 s later unless its state is "draft".
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

Json = dict[str, Any]
Status = Literal["active", "pending", "closed", "spam"]

NO_SUBJECT = "(no subject)"
_SUBJECT_LENGTH = 998  # FreeScout cuts there; a cut of our own keeps subjects comparable
_ADDRESS_LENGTH = 191  # FreeScout cuts longer addresses into somebody else's
# All that PHP's FILTER_SANITIZE_EMAIL leaves in place; FreeScout also drops dots at the end.
_KEPT = r"[A-Za-z0-9!#$%&'*+=?^_`{|}~.\[\]-]"
_BARE_ADDRESS = re.compile(rf"{_KEPT}+@{_KEPT}*(?!\.){_KEPT}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_BLANK = re.compile(r"[\s\0]*")


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    """A file for a customer thread, sent as base64; never as a URL that FreeScout would fetch."""

    file_name: str
    mime_type: str
    content: bytes

    def __post_init__(self) -> None:
        """Refuse what FreeScout drops without an error: no name, or empty base64."""
        object.__setattr__(self, "file_name", _one_line(self.file_name))
        if not self.file_name or not self.content:
            raise ValueError("an attachment needs a name and at least one byte")

    def to_json(self) -> Json:
        """One item of `attachments`."""
        content = base64.b64encode(self.content).decode("ascii")
        return {"fileName": self.file_name, "mimeType": self.mime_type, "data": content}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerThread:
    """A customer's mail. `text` is HTML. The given cc replaces the conversation's, `()` clears it.

    Without `customer_email` FreeScout takes the conversation's customer; another address would
    change that customer. `created_at` counts only when `imported`. Raises ValueError for a blank
    text, a naive time or an address that FreeScout would mangle.
    """

    text: str
    customer_email: str | None
    cc: tuple[str, ...]
    created_at: datetime | None
    imported: bool
    attachments: tuple[OutgoingAttachment, ...] = ()
    status: Status | None = None

    def __post_init__(self) -> None:
        """Refuse what FreeScout would refuse or silently change."""
        _require_text(self.text)
        _require_addresses(self.cc)
        if self.customer_email is not None:
            _require_addresses((self.customer_email,))
        if self.status is not None:
            _require_status(self.status)
        if self.created_at is not None:
            iso_time(self.created_at)

    def to_json(self) -> Json:
        """Body of a `customer` thread."""
        body: Json = {
            "type": "customer",
            "text": self.text,
            "cc": list(self.cc),
            "imported": self.imported,
        }
        if self.customer_email is not None:
            body["customer"] = {"email": self.customer_email}
        if self.status is not None:
            body["status"] = self.status
        if self.imported and self.created_at is not None:
            body["createdAt"] = iso_time(self.created_at)
        if self.attachments:
            body["attachments"] = [attachment.to_json() for attachment in self.attachments]
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An internal note. FreeScout clears the conversation's cc when a note omits it.

    `cc` is the conversation's, back as it came: a person may have put anything there.
    """

    text: str
    user_id: int
    status: Status
    cc: tuple[str, ...]
    imported: bool

    def __post_init__(self) -> None:
        """Refuse what FreeScout would refuse or silently change."""
        _require_agent_text(self.text, self.user_id, self.status)

    def to_json(self) -> Json:
        """Body of a `note` thread."""
        return _agent_body("note", self) | {"imported": self.imported}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An agent's unsent text. Without status FreeScout moves the conversation to pending.

    `cc` is the conversation's, back as it came; FreeScout clears it when a draft omits it.
    """

    text: str
    user_id: int
    status: Status
    cc: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what FreeScout would refuse or silently change."""
        _require_agent_text(self.text, self.user_id, self.status)

    def to_json(self) -> Json:
        """Body of a `message` thread that nobody receives: its state is always "draft"."""
        return _agent_body("message", self) | {"state": "draft"}


ThreadBody = CustomerThread | Note | Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConversation:
    """A conversation with exactly one customer thread: with two, FreeScout announces it twice.

    `imported` stops auto reply and notifications; `created_at` counts only when imported.
    `subject` and names lose control characters; an empty subject becomes "(no subject)".
    """

    mailbox_id: int
    subject: str
    customer_email: str
    thread: CustomerThread
    imported: bool
    created_at: datetime | None
    status: Status | None = None
    customer_first_name: str = ""
    customer_last_name: str = ""

    def __post_init__(self) -> None:
        """Bring the one-line fields into the shape FreeScout keeps; refuse contradictions."""
        for field in ("subject", "customer_first_name", "customer_last_name"):
            object.__setattr__(self, field, _one_line(getattr(self, field)))
        subject = self.subject[:_SUBJECT_LENGTH].rstrip()
        object.__setattr__(self, "subject", subject or NO_SUBJECT)
        _require_addresses((self.customer_email,))
        if self.status is not None:
            _require_status(self.status)
        if self.created_at is not None:
            iso_time(self.created_at)
        self._require_one_story()

    def _require_one_story(self) -> None:
        """FreeScout applies the conversation's `imported` and customer to its thread."""
        if self.thread.imported != self.imported:
            raise ValueError("conversation and thread must agree on imported")
        given = self.thread.customer_email
        if given is not None and given.lower() != self.customer_email.lower():
            raise ValueError("conversation and thread must agree on the customer")

    def to_json(self) -> Json:
        """Body of POST /conversations."""
        body: Json = {
            "type": "email",
            "mailboxId": self.mailbox_id,
            "subject": self.subject,
            "customer": self._customer(),
            "imported": self.imported,
            "threads": [{"customer": {"email": self.customer_email}} | self.thread.to_json()],
        }
        if self.status is not None:
            body["status"] = self.status
        if self.imported and self.created_at is not None:
            body["createdAt"] = iso_time(self.created_at)
        return body

    def _customer(self) -> Json:
        """Empty names are left out; FreeScout never overwrites names it already has."""
        names = {"firstName": self.customer_first_name, "lastName": self.customer_last_name}
        return {"email": self.customer_email} | {key: name for key, name in names.items() if name}


def iso_time(moment: datetime) -> str:
    """FreeScout's time format: UTC, whole seconds (fractions are cut). Refuses naive times."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone would be read as UTC")
    whole = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{whole.isoformat()}Z"


def is_bare_address(address: str) -> bool:
    """Whether FreeScout keeps `address` as it is: bare ASCII, at most 191 characters.

    Its sanitiser turns `"A B" <disp@x>` into `abdisp@x`: another customer, and no error.
    """
    return len(address) <= _ADDRESS_LENGTH and _BARE_ADDRESS.fullmatch(address) is not None


def encode(body: NewConversation | ThreadBody | Json) -> bytes:
    """The request body as sent; its length in bytes sets the request's deadline.

    Lone surrogates become "?": they cannot be UTF-8, and FreeScout reads bad JSON as no body.
    """
    json_body = body if isinstance(body, dict) else body.to_json()
    text = json.dumps(json_body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _one_line(text: str) -> str:
    """No control characters, no white space around: FreeScout trims, headers must not break."""
    return _CONTROL.sub(" ", text).strip()


def _require_text(text: str) -> None:
    """FreeScout trims, refuses an empty text even with attachments, and PHP calls "0" empty."""
    if _BLANK.fullmatch(text) or text.strip() == "0":
        raise ValueError("FreeScout refuses a thread without text")


def _require_addresses(addresses: tuple[str, ...]) -> None:
    """The message names no address: it ends up in logs."""
    if not all(is_bare_address(address) for address in addresses):
        raise ValueError("FreeScout mangles an address that is not bare ASCII")


def _require_status(status: str) -> None:
    if status not in get_args(Status):
        raise ValueError(f"unknown status {status!r}")


def _require_agent_text(text: str, user_id: int, status: str) -> None:
    _require_text(text)
    _require_status(status)
    if user_id <= 0:
        raise ValueError("a note or draft needs the bot's user id")


def _agent_body(kind: Literal["note", "message"], thread: Note | Draft) -> Json:
    """Status and cc always travel: FreeScout changes the conversation when one is missing."""
    return {
        "type": kind,
        "text": thread.text,
        "user": thread.user_id,
        "status": thread.status,
        "cc": list(thread.cc),
    }

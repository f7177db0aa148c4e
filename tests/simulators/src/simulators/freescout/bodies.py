"""Request bodies: trimmed as FreeScout trims, checked, turned into what the desk understands."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulators.freescout.records import (
    ConversationChange,
    CrashedError,
    CustomerRef,
    NewAttachment,
    NewConversation,
    NewThread,
    RefusedError,
)

Body = Mapping[str, Any]

_PHP_WHITE = " \t\n\r\0\x0b"
_SURROGATE = b"\\ud"
_STATUSES = ("active", "pending", "closed", "spam")
_THREAD_TYPES = ("customer", "message", "note")
_CONVERSATION_TYPES = ("email", "phone", "chat")
_STATES = ("draft", "published")
_UNSAFE_IN_NAME = re.compile(r"[^\w.\-]", re.UNICODE)
_RUNNABLE = re.compile(r"\.(php\d?|phtml|phar|sh|exe|pl|cgi|html?|js)$", re.IGNORECASE)


def trimmed(value: Any) -> Any:
    """Return the value with every string trimmed and empty ones turned into None.

    FreeScout: the core's TrimStrings and ConvertEmptyStringsToNull see all input.
    """
    if isinstance(value, str):
        return value.strip(_PHP_WHITE) or None
    if isinstance(value, list):
        return [trimmed(element) for element in value]
    if isinstance(value, dict):
        return {key: trimmed(element) for key, element in value.items()}
    return value


def read_body(raw: bytes) -> Body:
    """Return the trimmed JSON object; malformed JSON counts as an empty body."""
    try:
        body = trimmed(json.loads(raw))
        if _SURROGATE in raw:
            # PHP refuses half a surrogate pair, Python would carry it on.
            json.dumps(body, ensure_ascii=False).encode()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def parse_moment(text: object) -> int:
    """Return whole seconds since 1970; offsets are converted, fractions dropped, naive is UTC.

    Raise CrashedError when it is no date (answered 500, not 400).
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise CrashedError(f"not a date: {text}") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def read_conversation(body: Body) -> NewConversation:
    """Read the body of POST /conversations; raise RefusedError for the first thing missing."""
    threads = _threads(body)
    imported = _flag(body, "imported")
    return NewConversation(
        type=_one_of(_required(body, "type"), "type", _CONVERSATION_TYPES),
        mailbox_id=_number(_required(body, "mailboxId"), "mailboxId"),
        subject=_text(_required(body, "subject"), "subject"),
        customer=_customer(_required(body, "customer")),
        threads=tuple(read_thread(thread, imported=imported) for thread in threads),
        imported=imported,
        assign_to=_optional_number(body, "assignTo"),
        status=_status(body),
        state=body["state"] if body.get("state") in _STATES else "published",
        created_at=_imported_moment(body, "createdAt", imported=imported),
        closed_at=_imported_moment(body, "closedAt", imported=imported),
        custom_fields=read_custom_fields(body),
    )


def read_thread(body: Body, *, imported: bool = False) -> NewThread:
    """Read a thread's body; `imported` is what the surrounding create call says."""
    kind = _one_of(_required(body, "type"), "type", _THREAD_TYPES)
    text = _text(_required(body, "text"), "text")
    imported = imported or _flag(body, "imported")
    return NewThread(
        type=kind,
        text=text,
        customer=_customer(body["customer"]) if body.get("customer") else None,
        user=None if kind == "customer" else _number(_required(body, "user"), "user"),
        status=_status(body),
        state=str(body.get("state") or "published"),
        imported=imported,
        created_at=_imported_moment(body, "createdAt", imported=imported),
        to=_addresses(body, "to"),
        cc=_addresses(body, "cc"),
        bcc=_addresses(body, "bcc"),
        attachments=_attachments(body),
    )


def read_change(body: Body) -> ConversationChange:
    """Read the body of PUT /conversations/{id}; unknown keys are ignored."""
    return ConversationChange(
        by_user=_optional_number(body, "byUser"),
        status=_status(body),
        assign_to=_optional_number(body, "assignTo"),
        mailbox_id=_optional_number(body, "mailboxId"),
        customer_id=_optional_number(body, "customerId"),
        subject=_text(body["subject"], "subject") if body.get("subject") else None,
    )


def read_tags(body: Body) -> tuple[str, ...]:
    """Read the body of PUT .../tags; [] clears."""
    tags = body.get("tags")
    if not isinstance(tags, list):
        raise RefusedError("tags", "`tags` parameter is required")
    return tuple(str(tag) for tag in tags if tag is not None)


def read_custom_fields(body: Body) -> dict[int, str]:
    """Read `customFields: [{id, value}]` as id -> value."""
    fields = body.get("customFields") or []
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        raise RefusedError("customFields", "`customFields` must be a list of objects")
    return {
        _number(field.get("id"), "customFields"): _plain(field.get("value")) for field in fields
    }


def read_webhook(body: Body) -> tuple[str, tuple[str, ...], tuple[int, ...]]:
    """Read the body of POST /webhooks as url, event names and mailbox ids."""
    events = _required(body, "events")
    if not isinstance(events, list):
        raise RefusedError("events", "`events` must be a list")
    mailboxes = body.get("mailboxes") or []
    if not isinstance(mailboxes, list):
        raise RefusedError("mailboxes", "`mailboxes` must be a list")
    url = _text(_required(body, "url"), "url")
    return url, tuple(map(str, events)), tuple(_number(each, "mailboxes") for each in mailboxes)


def read_customer(body: Body) -> CustomerRef:
    """Read a customer's body; raise RefusedError when it is no object."""
    return _customer(body)


def _threads(body: Body) -> list[Body]:
    for key in ("type", "mailboxId", "subject", "customer", "threads"):
        _required(body, key)
    threads = body["threads"]
    if not isinstance(threads, list) or not all(isinstance(thread, dict) for thread in threads):
        raise RefusedError("threads", "`threads` must be a list of objects")
    return threads


def _required(body: Body, key: str) -> object:
    value = body.get(key)
    # PHP's empty() also refuses 0 and "0".
    if value in (None, "", 0, "0", [], {}, False):
        raise RefusedError(key, f"`{key}` parameter is required")
    return value


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise RefusedError(key, f"`{key}` must be a string")
    return value


def _optional_text(body: Body, key: str) -> str | None:
    return None if body.get(key) is None else _text(body[key], key)


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object, key: str) -> int:
    if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
        return int(value)
    raise RefusedError(key, f"`{key}` must be a number")


def _optional_number(body: Body, key: str) -> int | None:
    return None if body.get(key) is None else _number(body[key], key)


def _flag(body: Body, key: str) -> bool:
    return bool(body.get(key)) and body[key] not in ("false", "0")


def _one_of(value: object, key: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise RefusedError(key, f"`{key}` must be one of {', '.join(allowed)}")
    return str(value)


def _status(body: Body) -> str | None:
    return None if body.get("status") is None else _one_of(body["status"], "status", _STATUSES)


def _imported_moment(body: Body, key: str, *, imported: bool) -> int | None:
    # FreeScout: createdAt without imported is silently ignored, even a bad one.
    return parse_moment(body[key]) if imported and body.get(key) is not None else None


def _addresses(body: Body, key: str) -> tuple[str, ...] | None:
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str | list):
        raise RefusedError(key, f"`{key}` must be a list")
    listed = [value] if isinstance(value, str) else value
    return tuple(str(address) for address in listed if address)


def _customer(value: object) -> CustomerRef:
    if not isinstance(value, dict):
        raise RefusedError("customer", "`customer` must be an object")
    return CustomerRef(
        id=_optional_number(value, "id"),
        email=_optional_text(value, "email"),
        phone=_optional_text(value, "phone"),
        first_name=str(value.get("firstName") or ""),
        last_name=str(value.get("lastName") or ""),
    )


def stored_name(name: str) -> str:
    """Return the file name as FreeScout stores it: `a b.txt` -> `a_b.txt`, `x.php` -> `x.php_`."""
    safe = _UNSAFE_IN_NAME.sub("_", name)
    return f"{safe}_" if _RUNNABLE.search(safe) else safe


def _attachments(body: Body) -> tuple[NewAttachment, ...]:
    files = body.get("attachments") or []
    return tuple(_attachment(file) for file in files if isinstance(file, dict) and file.get("data"))


def _attachment(file: Body) -> NewAttachment:
    name = stored_name(str(file.get("fileName") or "attachment"))
    mime_type = str(file.get("mimeType") or "application/octet-stream")
    return NewAttachment(name, mime_type, _lenient_base64(str(file["data"])))


def _lenient_base64(text: str) -> bytes:
    # PHP's base64_decode skips what it does not know and cuts what does not fit: no error.
    known = re.sub(r"[^A-Za-z0-9+/]", "", text)
    try:
        return base64.b64decode(known[: len(known) - (len(known) % 4 == 1)] + "==")
    except binascii.Error:
        return b""

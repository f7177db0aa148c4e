"""What the simulator needs to know of an RFC 822 message; hostile bytes end in plain values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Rfc822
from email.parser import BytesHeaderParser

TRACKING_PIXEL_BYTES = 1024
UNREADABLE = (MessageError, LookupError, ValueError, RecursionError, AttributeError, TypeError)

_ANGLE = re.compile(r"<([^<>\s]*@[^<>\s]*)>")
# Tried at the start of a word only: 60,000 letters without an address took 22 s otherwise.
_BARE = re.compile(r"(?<![^\s<>,;\"()@])[^\s<>,;\"()@]++@[^\s<>,;\"()]+")
_ID = re.compile(r"<([^<>\s]+)>")
_PREFIX = re.compile(
    r"^\s*((re|fwd?|aw|wg|sv|antw|rv|ref|odp|回复|答复|転送)(\[\d+\])?\s*[:\uff1a]\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The headers Gmail threads and searches by; every text is valid UTF-8 without NUL."""

    sender: str
    from_header: str
    to: str
    subject: str
    message_id: str
    references: tuple[str, ...]


def clean(text: str) -> str:
    """Text that survives JSON and UTF-8: no lone surrogates, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def envelope(raw: bytes) -> Envelope:
    """The envelope of a message given as bytes; unreadable headers become empty."""
    headers = BytesHeaderParser().parsebytes(raw)
    from_header = _header(headers, "From")
    ids = _ID.findall(_header(headers, "References")) + _ID.findall(_header(headers, "In-Reply-To"))
    return Envelope(
        sender=_address(from_header),
        from_header=from_header,
        to=" ".join(_header(headers, name) for name in ("To", "Cc", "Delivered-To")),
        subject=" ".join(_header(headers, "Subject").split()),
        message_id=_message_id(_header(headers, "Message-ID")),
        references=tuple(dict.fromkeys(ids)),
    )


def base_subject(subject: str) -> str:
    """The subject without reply and forward prefixes, folded for comparison."""
    return " ".join(_PREFIX.sub("", subject).casefold().split())


def parts(raw: bytes) -> Iterator[Rfc822]:
    """The leaves of a message, an attached message being one; none when it cannot be parsed."""
    try:
        message = message_from_bytes(raw)
    except UNREADABLE:
        return
    pending = [message]
    while pending:
        part = pending.pop(0)
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            pending = [p for p in part.get_payload() if isinstance(p, Rfc822)] + pending
        else:
            yield part


def attachment_count(raw: bytes) -> int:
    """How many attachments a help desk should show: named or attached parts, no tracking pixels."""
    return sum(1 for part in parts(raw) if _is_attachment(part))


def attachment_names(raw: bytes) -> list[str]:
    """The names of those attachments, for a page."""
    return [clean(filename(p) or p.get_content_type()) for p in parts(raw) if _is_attachment(p)]


def plain_text(raw: bytes, limit: int = 20_000) -> str:
    """The first text part, plain before HTML, decoded; at most `limit` characters."""
    texts = [p for p in parts(raw) if p.get_content_maintype() == "text" and not _is_attachment(p)]
    texts.sort(key=lambda part: part.get_content_type() != "text/plain")
    return _decoded(texts[0])[:limit] if texts else ""


def payload_bytes(part: Rfc822) -> bytes:
    """The decoded bytes of a leaf; of an attached message its source."""
    try:
        decoded = part.get_payload(decode=True)
        if isinstance(decoded, bytes):
            return decoded
        inner = part.get_payload()
        attached = inner[0] if isinstance(inner, list) and inner else None
        return attached.as_bytes() if isinstance(attached, Rfc822) else b""
    except UNREADABLE:
        return b""


def header_pairs(raw: bytes) -> list[tuple[str, str]]:
    """All headers of a message in order, as clean text."""
    return [
        (name, clean(str(value))) for name, value in BytesHeaderParser().parsebytes(raw).items()
    ]


def filename(part: Rfc822) -> str | None:
    """The file name of a leaf as its headers give it; None when it has none."""
    try:
        return part.get_filename()
    except UNREADABLE:
        return "unreadable"


def _header(headers: Rfc822, name: str) -> str:
    value = headers.get(name)
    if value is None:
        return ""
    try:
        return clean(str(make_header(decode_header(value))))
    except UNREADABLE:
        return clean(str(value))


def _address(from_header: str) -> str:
    # "a@b.example <d@e.example>": only the last angle address is the sender.
    found = _ANGLE.findall(from_header) or _BARE.findall(from_header)
    return found[-1].lower() if found else ""


def _message_id(header: str) -> str:
    found = _ID.search(header)
    return found.group(1) if found else header.strip()


def _is_attachment(part: Rfc822) -> bool:
    try:
        attached = part.get_content_disposition() == "attachment"
    except UNREADABLE:
        attached = False
    if not attached and filename(part) is None:
        return False
    if part.get_content_maintype() != "image":
        return True
    return len(payload_bytes(part)) >= TRACKING_PIXEL_BYTES


def _decoded(part: Rfc822) -> str:
    content = payload_bytes(part)
    try:
        return clean(content.decode(part.get_content_charset() or "utf-8", "replace"))
    except UNREADABLE:
        return clean(content.decode("latin-1"))

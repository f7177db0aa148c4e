"""Raw bytes of a mail to a `Mail`: never raises, linear time, bounded memory."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gmail_ingest import body, markup, reports, structure
from gmail_ingest.addresses import NAME_LENGTH, UNKNOWN_SENDER, Address, Found, read_list, read_one
from gmail_ingest.charsets import decode, one_line
from gmail_ingest.headers import Block, decode_value, read_block
from gmail_ingest.limits import DEFAULT_LIMITS, KB, MB, Limits
from gmail_ingest.reports import DeliveryReport
from gmail_ingest.structure import Part

__all__ = [
    "UNKNOWN_SENDER",
    "Address",
    "Attachment",
    "DeliveryReport",
    "Limits",
    "Mail",
    "parse",
    "stub",
]

_CUT = "the text is too long and was cut, the original mail has all of it"
_SUBJECT_LENGTH = 998  # FreeScout cuts there
_FILE_NAME_LENGTH = 150
_SENDER_LENGTH = 16 * KB
_PIXEL = 1 * KB
_STUB_WINDOW = 256 * KB
_NAMES = {
    "message/rfc822": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "original-headers.txt",
    "text/calendar": "invitation.ics",
    "application/ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
}
_EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail; `content_id` is set for an image that the mail's HTML shows."""

    file_name: str
    mime_type: str
    content: bytes
    content_id: str | None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the form FreeScout takes; every string is valid UTF-8 without NUL.

    Message ids carry no angle brackets. `left_out` are plain-text remarks for the reader (escape
    them). `degraded` says in words why the mail could not be read in full; the other fields then
    hold what was readable.
    """

    subject: str
    sender: Address
    reply_to: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    message_id: str | None
    references: tuple[str, ...]
    headers: Mapping[str, tuple[str, ...]]
    html: str
    text: str
    attachments: tuple[Attachment, ...]
    left_out: tuple[str, ...]
    report: DeliveryReport | None
    degraded: str | None


def parse(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Mail:
    """The mail in `raw`; never raises, cost grows with the size of `raw` only.

    What exceeds the limits is cut and named in `left_out`, or `degraded` when the structure itself
    is out of bounds.
    """
    raw = _with_newlines(raw)
    root, problem = structure.read(raw, limits)
    collected = body.collect(raw, root, limits)
    shown = _shown_cids(collected.blocks)
    attachments, left = _attachments(raw, collected.attachments, shown, limits)
    sent = frozenset(a.content_id for a in attachments if a.content_id)
    rendered = body.rendered(collected.blocks, sent, limits)
    cut = (_CUT,) if collected.is_cut or rendered.is_cut else ()
    return _mail(
        root.block,
        _Content(rendered.html, rendered.text, attachments, (*cut, *left)),
        reports.delivery_report(raw, root, limits),
        problem,
    )


def stub(raw: bytes, reason: str) -> Mail:
    """Sender, subject and ids only, read from the first 256 KB; `reason` becomes `degraded`.

    For a mail that kills the process which parses it: no structure, no decoder, no sanitiser.
    """
    head = _with_newlines(raw[:_STUB_WINDOW])
    block = read_block(head, 0, len(head), DEFAULT_LIMITS)
    return _mail(block, _Content(body.NO_BODY, "", (), ()), None, reason)


def message_id_of(raw: bytes) -> str | None:
    """The Message-ID of a mail, as `parse` has it; only the headers are read."""
    head = _with_newlines(raw[:_STUB_WINDOW])
    return reports.message_id(read_block(head, 0, len(head), DEFAULT_LIMITS))


@dataclass(frozen=True, slots=True)
class _Content:
    html: str
    text: str
    attachments: tuple[Attachment, ...]
    left_out: tuple[str, ...]


def _mail(
    block: Block, content: _Content, report: DeliveryReport | None, degraded: str | None
) -> Mail:
    reply_to = _first_usable(block, "reply-to")
    sender = _first_usable(block, "from") or reply_to or _unknown(block)
    to, left_to = _list(block, "to")
    cc, left_cc = _list(block, "cc")
    odd_sender = (_odd_sender(sender.original),) if sender.original else ()
    return Mail(
        subject=_subject(block),
        sender=sender.address,
        reply_to=reply_to.address if reply_to and not reply_to.original else None,
        to=to,
        cc=cc,
        message_id=reports.message_id(block),
        references=reports.references(block),
        headers={k: tuple(map(decode_value, values)) for k, values in block.fields.items()},
        html=content.html,
        text=content.text,
        attachments=content.attachments,
        left_out=(*odd_sender, *left_to, *left_cc, *content.left_out),
        report=report,
        degraded=degraded,
    )


def _odd_sender(original: str) -> str:
    return f"the sender's address is {original}, FreeScout cannot store it"


def _with_newlines(raw: bytes) -> bytes:
    """A mail with CR line ends only has no lines otherwise."""
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def _subject(block: Block) -> str:
    subject = block.line("subject", _SUBJECT_LENGTH)
    if markup.is_blank(subject):
        return "(no subject)"
    return "(0)" if subject == "0" else subject  # PHP takes "0" for empty and FreeScout refuses it


def _first_usable(block: Block, name: str) -> Found | None:
    values = block.fields.get(name, ())[:5]
    found = (read_one(decode(value[:_SENDER_LENGTH])) for value in values)
    return next((one for one in found if one), None)


def _unknown(block: Block) -> Found:
    name = block.line("from", NAME_LENGTH).strip("\"'<>() ")
    return Found(Address(name or "Unknown sender", UNKNOWN_SENDER))


def _list(block: Block, name: str) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    addresses, left = read_list(map(decode, block.fields.get(name, ())))
    if not left:
        return addresses, ()
    more = f" and {len(left) - 5} more" if len(left) > 5 else ""
    shown = ", ".join(one_line(text, 100) for text in left[:5])
    return addresses, (f"{name}: {shown}{more} could not be taken over",)


def _shown_cids(blocks: list[body.Block]) -> frozenset[str]:
    return frozenset(cid for b in blocks if b.html for cid in markup.referenced_cids(b.html))


def _attachments(
    raw: bytes, parts: list[Part], shown: frozenset[str], limits: Limits
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    kept: list[Attachment] = []
    left: list[str] = []
    budget = limits.attachment_bytes
    for number, part in enumerate(parts, start=1):
        name = _file_name(part, number)
        if len(kept) >= limits.attachments or part.estimated_size > budget:
            left.append(f'attachment "{name}" ({_size(part.estimated_size)}) was left out')
            continue
        content = structure.content(raw, part)
        if _is_pixel(part, content):
            continue
        budget -= len(content)
        is_shown = part.content_type.startswith("image/") and part.content_id in shown
        cid = part.content_id if is_shown else None
        kept.append(Attachment(name, part.content_type, content, cid))
    return tuple(kept), tuple(left)


def _is_pixel(part: Part, content: bytes) -> bool:
    """A tracking pixel: a tiny image that the sender did not attach as a file."""
    if not part.content_type.startswith("image/") or part.disposition == "attachment":
        return False
    return len(content) < _PIXEL


def _file_name(part: Part, number: int) -> str:
    """A bare file name that is safe to show and to store: no path, no control characters."""
    given = one_line(part.file_name.replace("\\", "/").rpartition("/")[2], 1000)
    name = re.sub(r'[<>:"|?*]', "_", given).strip(" .")
    if not name:
        unnamed = f"attachment-{number}.{_EXTENSIONS.get(part.content_type, 'bin')}"
        return _NAMES.get(part.content_type, unnamed)
    stem, dot, extension = name.rpartition(".")
    if len(name) <= _FILE_NAME_LENGTH or not dot or len(extension) > 10:
        return name[:_FILE_NAME_LENGTH]
    return f"{stem[: _FILE_NAME_LENGTH - 1 - len(extension)]}.{extension}"


def _size(count: int) -> str:
    return f"{count / MB:.0f} MB" if count >= MB else f"{max(1, count // KB)} KB"

"""What a delivery report (bounce) says: who was not reached, and by which mail."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gmail_ingest.addresses import read_one
from gmail_ingest.charsets import decode
from gmail_ingest.headers import Block, decode_value, read_block
from gmail_ingest.limits import KB, Limits
from gmail_ingest.structure import Part, content

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_ORIGINAL_TYPES = {"message/rfc822", "message/global", "text/rfc822-headers"}
_STATUS_LENGTH = 64 * KB
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,500}+)\s*>")
_RECIPIENTS = 100
_REFERENCES = 100


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A multipart/report with delivery status; ids without angle brackets."""

    failed_recipients: tuple[str, ...]
    original_message_ids: tuple[str, ...]


def delivery_report(raw: bytes, root: Part, limits: Limits) -> DeliveryReport | None:
    """The report of RFC 3464 when the mail as a whole is one, else None.

    Only the outermost part counts: a customer may forward somebody's bounce.
    """
    if root.content_type != "multipart/report":
        return None
    status = [part for part in root.leaves() if part.content_type in _STATUS_TYPES]
    if not status and root.params.get("report-type", "").lower() != "delivery-status":
        return None
    failed = [email for part in status[:1] for email in _failed(content(raw, part), limits)]
    failed = failed or _emails(root.block.fields.get("x-failed-recipients", ()))
    originals = [part for part in root.leaves() if part.content_type in _ORIGINAL_TYPES]
    ids = [i for part in originals[:1] for i in _original_ids(content(raw, part), limits)]
    return DeliveryReport(tuple(dict.fromkeys(failed))[:_RECIPIENTS], tuple(dict.fromkeys(ids)))


def message_id(block: Block) -> str | None:
    """Message-ID without angle brackets; None when absent or unusable."""
    text = decode_value(block.first("message-id"), 1000)
    found = _MESSAGE_ID.search(text)
    words = text.strip("<> ").split()
    return found[1] if found else (words[0] if words and len(words[0]) <= 500 else None)


def references(block: Block) -> tuple[str, ...]:
    """In-Reply-To first, then References newest first, each once, at most 100, no brackets."""
    replied = _ids(block.fields.get("in-reply-to", ()))
    earlier = _ids(block.fields.get("references", ()))
    return tuple(dict.fromkeys([*replied, *reversed(earlier)]))[:_REFERENCES]


def _ids(values: Iterable[bytes]) -> list[str]:
    return [found for value in values for found in _MESSAGE_ID.findall(decode(value))]


def _original_ids(original: bytes, limits: Limits) -> tuple[str, ...]:
    block = read_block(original, 0, len(original), limits)
    own = message_id(block)
    return ((own,) if own else ()) + references(block)


def _failed(status: bytes, limits: Limits) -> Iterator[str]:
    for block in _status_blocks(status[:_STATUS_LENGTH], limits):
        if decode_value(block.first("action")).lower() == "failed":
            yield from _emails([block.first("original-recipient"), block.first("final-recipient")])


def _status_blocks(status: bytes, limits: Limits) -> Iterator[Block]:
    position = 0
    while position < len(status):
        block = read_block(status, position, len(status), limits)
        yield block
        position = block.body if block.body > position else len(status)


def _emails(values: Iterable[bytes]) -> list[str]:
    found = (read_one(decode(value).rpartition(";")[2]) for value in values)
    return [one.address.email for one in found if one and one.original is None]

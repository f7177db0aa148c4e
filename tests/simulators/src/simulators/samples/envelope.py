"""Turns a letter into the bytes that Gmail hands out for it, trace fields included."""

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from simulators.samples import files
from simulators.samples.compose import (
    CRLF,
    Part,
    TextStyle,
    encoded_words,
    file_part,
    inline_part,
    mailbox,
    multipart,
    rendered,
    text_part,
)
from simulators.samples.letter import SUPPORT, Letter


def mail_bytes(letter: Letter, part: Part, ancestors: list[Letter], base: datetime) -> bytes:
    """The whole mail: trace, sender's header, MIME header, body. `ancestors`: oldest first."""
    fields = _trace_fields(letter, base) | _own_fields(letter, ancestors, base)
    fields.update(letter.fields)
    kept = tuple((name, value) for name, value in fields.items() if value)
    return rendered((*kept, *part.fields), part.content)


def letter_part(letter: Letter, text: str | None) -> Part:
    """The MIME tree of an ordinary letter whose plain text, quotes included, is `text`."""
    style = TextStyle(letter.charset, letter.encoded_as, letter.transfer)
    plain = [] if text is None else [text_part(text, "plain", style)]
    shown = [] if letter.html is None else [_html_part(letter, style)]
    body = _joined("alternative", [*plain, *shown] or [text_part("", "plain", style)], letter.name)
    attached = [
        file_part(name, files.content_type(name), files.content(name), letter.naming)
        for name in letter.attachments
    ]
    return _joined("mixed", [body, *attached], letter.name)


def _html_part(letter: Letter, style: TextStyle) -> Part:
    pictures = [
        inline_part(name, files.content_type(name), files.content(name), f"{name}@{letter.domain}")
        for name in letter.inline
    ]
    html = text_part(letter.html or "", "html", style)
    return _joined("related", [html, *pictures], letter.name)


def _joined(subtype: str, parts: list[Part], seed: str) -> Part:
    return parts[0] if len(parts) == 1 else multipart(subtype, parts, seed)


def _trace_fields(letter: Letter, base: datetime) -> dict[str, str]:
    """What the receiving servers add. The authserv-id is the one that Gmail really writes."""
    seed = hashlib.sha256(letter.name.encode()).hexdigest()
    host, arrived = f"mx.{letter.domain.removeprefix('mx.')}", _stamp(_arrival(letter, base))
    received = f"from {host} ({host}. [192.0.2.{int(seed[:2], 16)}]){CRLF} by mx.google.com"
    return {
        "Delivered-To": SUPPORT,
        "Received": f"{received} with ESMTPS id {seed[:14]}{CRLF} for <{SUPPORT}>; {arrived}",
        "Authentication-Results": f"mx.google.com;{CRLF} dkim={letter.dmarc} header.i=@"
        f"{letter.domain};{CRLF} spf={letter.dmarc} smtp.mailfrom={letter.address};{CRLF}"
        f" dmarc={letter.dmarc} (p=NONE) header.from={letter.domain}",
        "Return-Path": f"<{letter.address}>",
    }


def _own_fields(letter: Letter, ancestors: list[Letter], base: datetime) -> dict[str, str]:
    """What the sender's mail program writes; a field without a value is left out."""
    known = [ancestor.id_field for ancestor in ancestors if ancestor.id_field]
    charset = letter.charset if letter.charset == "iso-2022-jp" else "utf-8"
    return {
        "MIME-Version": "1.0",
        "Date": _stamp(letter.date(base)),
        "From": mailbox(letter.sender, charset),
        "To": SUPPORT,
        "Cc": letter.cc,
        "Reply-To": mailbox(letter.reply_to, charset),
        "Subject": encoded_words(letter.subject or "", "Subject", charset),
        "Message-ID": letter.id_field,
        "In-Reply-To": known[-1] if known else "",
        "References": f"{CRLF} ".join(known),
        "Content-Language": letter.language,
    }


def _arrival(letter: Letter, base: datetime) -> datetime:
    sent = letter.date(base).astimezone(UTC)
    return sent + timedelta(minutes=letter.late, seconds=4)


def _stamp(moment: datetime) -> str:
    return format_datetime(moment)

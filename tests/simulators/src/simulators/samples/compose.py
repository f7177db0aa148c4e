"""Composes mail byte by byte, so that a sample is the same at every run and may also be wrong."""

import base64
import hashlib
import quopri
from dataclasses import dataclass
from email.header import Header
from urllib.parse import quote

CRLF = "\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part: its header fields in order and its transfer-encoded content."""

    fields: tuple[tuple[str, str], ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a text travels: the declared charset, the one really used, the transfer encoding."""

    charset: str = "utf-8"
    encoded_as: str = ""
    transfer: str = "quoted-printable"


def text_part(text: str, subtype: str, style: TextStyle, params: str = "") -> Part:
    """A text/<subtype> part; characters the charset lacks become question marks."""
    raw = text.encode(style.encoded_as or style.charset, "replace")
    declared = f"text/{subtype}; charset={style.charset}{params}"
    fields = (("Content-Type", declared), ("Content-Transfer-Encoding", style.transfer))
    return Part(fields, _transferred(raw, style.transfer))


def file_part(name: str, content_type: str, raw: bytes, naming: str = "plain") -> Part:
    """An attachment in base64; `naming` is plain, rfc2231 or encoded-word (wrong, but common)."""
    return Part(
        (
            ("Content-Type", content_type),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", "attachment; " + _file_name(name, naming)),
        ),
        _transferred(raw, "base64"),
    )


def inline_part(name: str, content_type: str, raw: bytes, content_id: str) -> Part:
    """A picture that the HTML part shows as cid:<content_id>."""
    return Part(
        (
            ("Content-Type", f'{content_type}; name="{name}"'),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-ID", f"<{content_id}>"),
            ("Content-Disposition", f'inline; filename="{name}"'),
        ),
        _transferred(raw, "base64"),
    )


def plain_part(content_type: str, text: str, *fields: tuple[str, str]) -> Part:
    """An ASCII part without transfer encoding, as delivery reports and quoted headers are sent."""
    content = CRLF.join(text.splitlines()).encode("ascii") + b"\r\n"
    return Part((("Content-Type", content_type), *fields), content)


def multipart(subtype: str, parts: list[Part], seed: str, params: str = "") -> Part:
    """A multipart/<subtype>; the boundary follows from the seed, so the bytes never change."""
    boundary = "----=_Part_" + hashlib.sha256(f"{seed}/{subtype}".encode()).hexdigest()[:20]
    opening, closing = f"--{boundary}{CRLF}".encode(), f"--{boundary}--{CRLF}".encode()
    body = b"".join(opening + rendered(part.fields, part.content) for part in parts)
    declared = f'multipart/{subtype}; boundary="{boundary}"{params}'
    return Part((("Content-Type", declared),), body + closing)


def rendered(fields: tuple[tuple[str, str], ...], content: bytes) -> bytes:
    """The fields, an empty line and the content, which always ends with a line break."""
    head = "".join(f"{name}: {value}{CRLF}" for name, value in fields)
    end = b"" if content.endswith(b"\n") or not content else b"\r\n"
    return head.encode("ascii") + b"\r\n" + content + end


def encoded_words(text: str, field: str, charset: str = "utf-8") -> str:
    """The header text folded at 76 characters, with RFC 2047 words where it is not ASCII."""
    used = "us-ascii" if text.isascii() else charset
    return Header(text, used, header_name=field).encode(linesep=CRLF)


def mailbox(sender: str, charset: str = "utf-8") -> str:
    """`Name <address>` with the name as RFC 2047 words where needed; a bare address is kept."""
    name, bracket, address = sender.rpartition(" <")
    if not bracket or name.isascii():
        return sender
    return encoded_words(name, "From", charset) + f"{CRLF} <{address}"


def _file_name(name: str, naming: str) -> str:
    if naming == "rfc2231":
        return f"filename*=utf-8''{quote(name, safe='.')}"
    shown = encoded_words(name, "filename") if naming == "encoded-word" else name
    return f'filename="{shown}"'


def _transferred(raw: bytes, transfer: str) -> bytes:
    lines = raw.replace(b"\r\n", b"\n")
    if transfer == "base64":
        lines = base64.encodebytes(raw)
    elif transfer == "quoted-printable":
        lines = quopri.encodestring(lines)
    return lines.replace(b"\n", b"\r\n")

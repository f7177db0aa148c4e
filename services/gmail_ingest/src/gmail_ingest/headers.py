"""Tolerant reading of header blocks: fields, encoded words, parameters; linear in the input."""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from gmail_ingest.charsets import decode, one_line
from gmail_ingest.limits import Limits

_FIELD = re.compile(rb"([!-9;-~]{1,200}+)[ \t]*+:((?:[^\n]*+\n[ \t])*+[^\n]*+)(?:\n|\Z)")
_LINE = re.compile(rb"[^\n]*+(?:\n|\Z)")
_WORD = re.compile(r"=\?([\w!#$%&'+^`{}~.:-]{1,60}+)(?:\*[^?\s]*+)?\?([bBqQ])\?([^?]*+)\?=")
_PARAMETER = re.compile(
    r";\s*+([^\s=;\"]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"|([^;]*+))", re.DOTALL
)
_SEGMENT = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*?)\Z")
_NOT_BASE64 = bytes(
    byte
    for byte in range(256)
    if not (chr(byte).isascii() and chr(byte).isalnum()) and byte not in b"+/"
)
_PARAMETERS = 50
_PARAMETERS_LENGTH = 8 * 1024
_VALUE_LENGTH = 16 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """A header block: raw values by lower-case name, and where the body starts."""

    fields: Mapping[str, tuple[bytes, ...]]
    body: int
    overflow: bool = False

    def first(self, name: str) -> bytes:
        """First value of the field, b"" when absent."""
        return self.fields.get(name, (b"",))[0]

    def line(self, name: str, limit: int = 998) -> str:
        """First value of the field as one clean decoded line."""
        return decode_value(self.first(name)[: 32 * limit], limit)


EMPTY = Block(MappingProxyType({}), 0)


def read_block(raw: bytes, start: int, end: int, limits: Limits, *, is_part: bool = False) -> Block:
    """The header block of raw[start:end]; a field above 64 KB is cut (References: its head).

    `overflow` says that more was there than the limits allow and was not read.
    """
    fields: dict[str, list[bytes]] = {}
    body = end
    count = size = 0
    for name, value_start, value_end in _fields(raw, start, end):
        if not name:
            body = value_end
            break
        count, size = count + 1, size + min(value_end - value_start, limits.header)
        if count > (limits.part_fields if is_part else limits.fields) or size > limits.headers:
            return Block({k: tuple(v) for k, v in fields.items()}, end, overflow=True)
        key = name.decode("ascii").lower()
        cut = _cut(key, value_start, value_end, limits.header)
        fields.setdefault(key, []).append(raw[cut[0] : cut[1]])
    return Block({key: tuple(values) for key, values in fields.items()}, body)


def decode_value(value: bytes, limit: int = _VALUE_LENGTH) -> str:
    """A raw header value as one clean line: 8-bit bytes and encoded words decoded."""
    return one_line(decode_words(decode(value)), limit)


def decode_words(text: str) -> str:
    """RFC 2047 encoded words decoded; adjacent ones joined first (characters are split there)."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, label, position = b"", "", 0
    for word in _WORD.finditer(text):
        gap = text[position : word.start()]
        if gap.strip() or not position or word[1].lower() != label:
            out.append(decode(pending, label))
            out.append(gap if gap.strip() or not position else "")
            pending = b""
        pending, label, position = pending + _word_bytes(word), word[1].lower(), word.end()
    return "".join([*out, decode(pending, label), text[position:]])


def base64_bytes(content: bytes | memoryview) -> bytes:
    """Decoded base64 of any quality: foreign characters skipped, missing padding added."""
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        symbols = bytes(content).translate(None, _NOT_BASE64)
        usable = len(symbols) - (len(symbols) % 4 == 1)
        return binascii.a2b_base64(symbols[:usable] + b"=" * (-usable % 4))


def parameters(value: bytes) -> tuple[str, Mapping[str, str]]:
    """`text/plain; name="x"` as ("text/plain", {"name": "x"}), RFC 2231 segments joined."""
    text = decode(value[:_PARAMETERS_LENGTH])
    main = text.partition(";")[0].strip().lower()
    segments: dict[str, list[tuple[int, bool, str]]] = {}
    found = _PARAMETER.finditer(text, len(text.partition(";")[0]))
    for match in islice(found, _PARAMETERS):
        name = _SEGMENT.match(match[1].lower())
        content = (
            re.sub(r"\\(.)", r"\1", match[2])
            if match[2] is not None
            else match[3].strip(' \t\r\n"')
        )
        if name:
            segment = (int(name[2] or 0), bool(name[3]), content)
            segments.setdefault(name[1], []).append(segment)
    return main, {name: _joined(found) for name, found in segments.items()}


def _fields(raw: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, value start, value end) of each field, then (b"", 0, body start)."""
    position, seen = start, False
    while position < end:
        field = _FIELD.match(raw, position, end)
        if field:
            yield field[1], field.start(2), field.end(2)
            position, seen = field.end(), True
            continue
        line = _LINE.match(raw, position, end)
        after = line.end() if line else end
        if not raw[position:after].strip():
            position = after
            break
        # An mbox line before, or one broken line between two fields, must not hide the rest.
        mbox = position == start and raw.startswith((b"From ", b">From "), position)
        if not (mbox or (seen and _FIELD.match(raw, after, end))):
            break
        position = after
    yield b"", 0, position


def _cut(name: str, start: int, end: int, limit: int) -> tuple[int, int]:
    if name == "references":  # the newest are last
        return max(start, end - limit), end
    return start, min(end, start + limit)


def _word_bytes(word: re.Match[str]) -> bytes:
    content = word[3].encode("utf-8", "replace")
    if word[2] in "bB":
        return base64_bytes(content)
    return binascii.a2b_qp(content, header=True)


def _joined(segments: list[tuple[int, bool, str]]) -> str:
    chosen: dict[int, tuple[bool, str]] = {}
    for index, extended, text in segments:  # `filename*` wins over its plain twin `filename`
        if index not in chosen or (extended and not chosen[index][0]):
            chosen[index] = (extended, text)
    label, joined = "", b""
    for index, (extended, text) in sorted(chosen.items()):
        content = text
        if extended and index == 0:
            label, content = _charset_of(text)
        joined += unquote_to_bytes(content) if extended else content.encode("utf-8", "replace")
    return decode(joined, label)


def _charset_of(text: str) -> tuple[str, str]:
    parts = text.split("'", 2)
    return (parts[0], parts[2]) if len(parts) == 3 else ("", text)

"""Addresses as senders write them, made into what FreeScout can store."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from gmail_ingest.charsets import one_line
from gmail_ingest.headers import decode_words

UNKNOWN_SENDER = "unknown-sender@invalid.example"
NAME_LENGTH = 100
_EMAIL_LENGTH = 191  # FreeScout cuts longer ones, and the cut is another customer
_LIST_LENGTH = 100
_LIST_READ = 500

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_COMMENT_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|\\.|[()]', re.DOTALL)
_LIST_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|<[^<>]*+>|[,;]', re.DOTALL)
_ANGLE = re.compile(r"<([^<>]*+)>")
_BARE = re.compile(r'(?<![^\s<>(),;:"@])([^\s<>(),;:"@]++@[^\s<>(),;:"@]++)')
# FreeScout removes every other character silently and so picks another customer.
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+=?^_`{|}~.-]*[a-z0-9!#$%&'*+=?^_`{|}~-]")
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9.]{7,15}\]")


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address: bare lower-case ASCII, and the cleaned display name ("" if none)."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Found:
    """An address read from a header; `original` is set when it could not be kept as written."""

    address: Address
    original: str | None = None


def read_one(value: str) -> Found | None:
    """The sender in a From or Reply-To value; None when it holds no addr-spec.

    The last <...> with an addr-spec wins: `a@b.c <d@e.f>` is d@e.f, whatever the name claims.
    """
    for text in (value, decode_words(value)):  # some senders encode the address as well
        plain, comment = _without_comments(text)
        masked = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), plain)
        for visible in (masked, plain):
            angle = _last_angle(plain, visible)
            span = angle or _first_bare(visible)
            if span:
                after = plain[span[1] :] if angle else ""
                name = plain[: span[0]].strip(" \r\n\t<") or comment or after
                return _storable(name, plain[slice(*span)])
    return None


def read_list(values: Iterable[str]) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """Storable addresses of To or Cc, each once, at most 100; and what had to be left out."""
    addresses: dict[str, Address] = {}
    left: dict[str, None] = {}
    pieces = (piece for value in values for piece in _split(value) if "@" in piece)
    for number, text in enumerate(pieces):
        is_beyond = number >= _LIST_READ or len(addresses) >= _LIST_LENGTH
        found = None if is_beyond else read_one(text)
        if is_beyond:
            left[text] = None
        elif found and found.original:
            left[found.original] = None
        elif found:
            addresses.setdefault(found.address.email, found.address)
    return tuple(addresses.values()), tuple(left)


def _storable(name: str, span: str) -> Found:
    spec = _bare_spec(span)
    local, _, domain = spec.rpartition("@")
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = local[1:-1]
    domain = _ascii_domain(domain)
    email = f"{local.lower()}@{domain}"
    cleaned = _display_name(name)
    if _LOCAL.fullmatch(local.lower()) and domain and len(email) <= _EMAIL_LENGTH:
        return Found(Address(cleaned, email))
    original = one_line(decode_words(spec), 300)
    return Found(Address(cleaned or original[:NAME_LENGTH], _stand_in(spec)), original)


def _bare_spec(span: str) -> str:
    spec = span.strip("<> \t\r\n")
    spec = spec if '"' in spec else "".join(spec.split())
    if spec.startswith("@"):  # source route, RFC 822
        spec = spec.rpartition(":")[2]
    return re.sub(r"^mailto:", "", spec, flags=re.IGNORECASE)


def _stand_in(spec: str) -> str:
    """One fixed ASCII address per unstorable one, so that such senders stay apart."""
    folded = unicodedata.normalize("NFC", spec).casefold()
    digest = hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:16]
    return UNKNOWN_SENDER.replace("@", f"-{digest}@")


def _ascii_domain(domain: str) -> str:
    """IDNA form, "" if there is none.

    Python's own codec is IDNA 2003 and turns a sharp s into "ss": another domain.
    """
    domain = domain.strip().rstrip(".")[:255]
    if not domain.isascii():
        folded = unicodedata.normalize("NFKC", domain).lower().replace("\u3002", ".")
        domain = ".".join(_ascii_label(label) for label in folded.split("."))
    domain = domain.lower()
    return domain if _DOMAIN.fullmatch(domain) else ""


def _ascii_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label[:63].encode("punycode").decode("ascii")


def _display_name(text: str) -> str:
    unquoted = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[0][1:-1]), text)
    bare = decode_words(unquoted).translate(dict.fromkeys(map(ord, '<>"'), " "))
    name = one_line(bare, 500).strip("',;: ")
    is_comment = name.startswith("(") and name.endswith(")")
    return (name[1:-1] if is_comment else name)[:NAME_LENGTH].strip()


def _last_angle(plain: str, visible: str) -> tuple[int, int] | None:
    spans = [match.span() for match in _ANGLE.finditer(visible)]
    usable = [span for span in spans if re.search(r"[^\s<@]\s*@[^\s@]", plain[slice(*span)])]
    return usable[-1] if usable else None


def _first_bare(visible: str) -> tuple[int, int] | None:
    match = _BARE.search(visible)
    return match.span(1) if match else None


def _without_comments(text: str) -> tuple[str, str]:
    """(text without (comments), the first comment); a "(" that never closes is no comment."""
    kept: list[str] = []
    comments: list[str] = []
    depth = last = 0
    for token in _COMMENT_TOKEN.finditer(text):
        if token[0] == "(":
            if not depth:
                kept.append(text[last : token.start()])
                last = token.end()
            depth += 1
        elif token[0] == ")" and depth:
            depth -= 1
            if not depth:
                comments.append(text[last : token.start()])
                last = token.end()
    if depth:
        return text, ""
    return " ".join([*kept, text[last:]]), comments[0] if comments else ""


def _split(value: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for token in _LIST_TOKEN.finditer(value):
        if token[0] in ",;":
            pieces.append(value[start : token.start()])
            start = token.end()
    pieces.append(value[start:])
    return [piece.partition(":")[2] if _is_group(piece) else piece for piece in pieces]


def _is_group(piece: str) -> bool:
    head, colon, _ = piece.partition(":")
    return bool(colon) and not any(mark in head for mark in '@<"')

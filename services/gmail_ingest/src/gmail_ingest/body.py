"""Which parts of a mail are its text, and that text as safe HTML and as plain text."""

import re
from dataclasses import dataclass, field

from gmail_ingest import markup
from gmail_ingest.charsets import decode
from gmail_ingest.limits import Limits
from gmail_ingest.structure import Part, content

NO_BODY = "(no body)"
_ALTERNATIVE_VIEWS = {"text/x-amp-html", "text/watch-html"}  # the same text once more, for machines
_META = re.compile(rb"<meta\s[^>]{0,200}?charset=[\"']?([\w-]{1,40})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of the mail's text in the forms the sender gave."""

    html: str | None = None
    plain: str | None = None


@dataclass(slots=True)
class Content:
    """The text blocks of a mail, the parts that are attachments, and whether text was cut."""

    blocks: list[Block] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's text as safe HTML (never empty) and as plain text (may be empty)."""

    html: str
    text: str
    is_cut: bool


def collect(raw: bytes, root: Part, limits: Limits) -> Content:
    """Sort the parts of a mail into text and attachments; text above the limit is cut."""
    return _Collector(raw, limits).collect(root)


def rendered(blocks: list[Block], cids: frozenset[str], limits: Limits) -> Rendered:
    """All blocks as FreeScout takes them; images only as `cid:` of `cids`."""
    shown = [_shown(block, cids) for block in blocks]
    text = "\n\n".join(plain for _, plain in shown if plain)
    safe = "<br><br>".join(piece for piece, _ in shown if piece)
    is_cut = len(safe.encode()) > limits.text  # "<" becomes "&lt;": up to five times as long
    if is_cut:
        safe = _cut_escaped(text, limits.text)
    if safe == "0":  # PHP takes "0" for empty and FreeScout refuses it
        safe = "<p>0</p>"
    return Rendered(safe or NO_BODY, text, is_cut=is_cut)


class _Collector:
    """Walks the tree once; the text budget runs over all parts."""

    def __init__(self, raw: bytes, limits: Limits) -> None:
        self._raw = raw
        self._budget = limits.text
        self._result = Content()

    def collect(self, root: Part) -> Content:
        self._result.blocks.extend(self._blocks(root, is_root=True))
        return self._result

    def _blocks(self, part: Part, *, is_root: bool = False) -> list[Block]:
        if part.content_type == "multipart/alternative" and part.children:
            return _best([self._blocks(child) for child in part.children])
        if part.children:
            return [block for child in part.children for block in self._blocks(child)]
        if _is_text(part, is_root=is_root):
            source = self._text(part)
            return [Block(html=source) if part.content_type == "text/html" else Block(plain=source)]
        if part.content_type not in _ALTERNATIVE_VIEWS and not _is_container(part):
            self._result.attachments.append(part)
        return []

    def _text(self, part: Part) -> str:
        encoded = content(self._raw, part)
        kept = _cut(encoded, self._budget)
        self._budget -= len(kept)
        self._result.is_cut |= len(kept) < len(encoded)
        return decode(kept, part.params.get("charset") or _meta_charset(part, kept))


def _is_text(part: Part, *, is_root: bool) -> bool:
    if _is_container(part):  # without usable boundaries; what is left is shown as it came
        return is_root
    if part.content_type not in {"text/plain", "text/html"} or part.disposition == "attachment":
        return False
    return is_root or not part.file_name


def _is_container(part: Part) -> bool:
    return part.content_type.startswith("multipart/")


def _meta_charset(part: Part, source: bytes) -> str:
    found = _META.search(source, 0, 4096) if part.content_type == "text/html" else None
    return found[1].decode("ascii") if found else ""


def _best(candidates: list[list[Block]]) -> list[Block]:
    """Of multipart/alternative: the last one with HTML, carrying the plain one as its text."""
    rich = [blocks for blocks in candidates if any(block.html is not None for block in blocks)]
    poor = [blocks for blocks in candidates if blocks and blocks not in rich]
    if not rich:
        return poor[0] if poor else []
    best = rich[-1]
    plain = "\n\n".join(block.plain or "" for block in poor[0]) if poor else None
    return [Block(best[0].html, plain)] if len(best) == 1 else best


def _shown(block: Block, cids: frozenset[str]) -> tuple[str, str]:
    """(safe HTML, plain text) of one block, "" where a reader would see nothing."""
    plain = "" if markup.is_blank(block.plain or "") else _lines(block.plain or "")
    safe = markup.sanitise(block.html, cids) if block.html else ""
    visible = markup.to_text(safe)
    if markup.is_blank(visible) and "<img" not in safe:
        return markup.from_text(plain), plain
    # Newsletters and some mail programs put a stub ("your program shows no HTML") beside the HTML.
    return safe, plain if len(plain) * 3 >= len(visible) * 2 else visible


def _lines(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text).strip()


def _cut(encoded: bytes, limit: int) -> bytes:
    """At most `limit` bytes, ending at a line or tag where one is near: no half character."""
    if len(encoded) <= limit:
        return encoded
    end = max(encoded.rfind(b"\n", 0, limit), encoded.rfind(b">", 0, limit)) + 1
    return encoded[: end if limit - end < 4096 else limit]


def _cut_escaped(text: str, limit: int) -> str:
    """Lines of `text` as HTML of at most `limit` bytes."""
    shortened = text
    while len((safe := markup.from_text(shortened)).encode()) > limit:
        ratio = limit / len(safe.encode())
        shortened = shortened[: int(len(shortened) * min(ratio, 0.95))]
    return safe

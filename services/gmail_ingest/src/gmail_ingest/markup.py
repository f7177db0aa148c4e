"""Hostile HTML to the few safe tags a FreeScout thread needs, and to plain text."""

import re
from collections import Counter
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import unquote

import nh3

from gmail_ingest.charsets import clean

_INLINE = {"a", "b", "br", "code", "del", "em", "i", "img", "ins", "q", "s", "small", "span"}
_INLINE |= {"strike", "strong", "sub", "sup", "tt", "u"}
_BLOCK = {"center", "dd", "div", "dl", "dt", "li", "ol", "table", "tr", "ul"}
_CELLS = {"tbody", "td", "tfoot", "th", "thead"}
_PARAGRAPH = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre"}
_TAGS = frozenset(_INLINE | _BLOCK | _CELLS | _PARAGRAPH)
# The only classes and ids kept are those by which mail programs mark what they quote: free classes
# would let a mail use FreeScout's own styles (`hidden`).
_QUOTE_CLASSES = {
    "gmail_quote",
    "gmail_attr",
    "yahoo_quoted",
    "moz-cite-prefix",
    "protonmail_quote",
}
_QUOTE_IDS = {"divRplyFwdMsg", "appendonsend"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_KEPT_ATTRIBUTES = {
    **_ATTRIBUTES,
    "div": {"class", "id"},
    "blockquote": {"class", "type"},
}
_VOID = {"br", "hr", "img"}
_AUTO_CLOSED = {"p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot"}
_MAX_DEPTH = 200
_MAX_ESCAPED = 2_000_000  # more is cut by its reader in any case
_MAX_TAGS = 40_000  # 1 MB of newsletter has about 10,000

# The tokenizer of the HTML standard, linear by possessive quantifiers; an open construct runs to
# the end of the text there, so it does here.
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<dropped>script|style|title|iframe|noembed|noframes)(?=[\s/>]).*?(?:</(?P=dropped)[^>]*+>|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-z][^\s/>]*+)"
    r"(?P<rest>(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>]*+))?+)*+)"
    r"[\s/]*+(?:>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>]*+)))?+", re.DOTALL
)
_STRAY = re.compile(r"<(?![a-z/!?])", re.IGNORECASE)
_CLEAN_TAG = re.compile(r'<(/?)([a-z0-9]+)(?:[^>"]|"[^"]*")*+>')
_IMAGE = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*+)\s*/?>')
_CID = re.compile(r"cid:([^\"'\s>)]{1,200})", re.IGNORECASE)
# All that the sanitiser writes in text; html.unescape takes 0.6 s for 1 MB of them.
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&amp;": "&"}
# Control characters stand for block edges; `sanitise` lets none through.
_BLOCK_EDGE, _PARAGRAPH_EDGE = "\x01", "\x02"
_EDGES = re.compile("[\x01\x02][\x01\x02 \t]*+")
_INVISIBLE = re.compile("[\\s\u00ad\u034f\u115f\u180e\u200b-\u200f\u2060-\u2064\ufeff]+")


def sanitise(source: str, cids: frozenset[str]) -> str:
    """Safe HTML: listed tags only, no style, no comment (nobody plants a marker), http(s) and
    mailto links, images only as `cid:` of `cids`; anything too deep or too much is flattened.

    Two stages: a linear rewrite to canonical tags first, because the sanitiser's tree builder takes
    20 s for 100,000 attributes in one tag and 7 s for 50,000 nested elements.
    """
    rewritten = _TOKEN.sub(_Rewriter(), _STRAY.sub("&lt;", source)[:_MAX_ESCAPED])
    cleaned = nh3.clean(
        rewritten,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute_filter(cids),
        url_schemes={"http", "https", "mailto", "cid"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
        allowed_classes={"div": _QUOTE_CLASSES, "blockquote": _QUOTE_CLASSES},
        tag_attribute_values={"blockquote": {"type": {"cite"}}, "div": {"id": _QUOTE_IDS}},
    )
    return clean(_IMAGE.sub(_image, cleaned)).strip()


def to_text(cleaned: str) -> str:
    """Plain text of HTML that `sanitise` returned: one line per block, no markup."""
    pieces = re.split(r"(<pre>.*?</pre>)", cleaned, flags=re.DOTALL)
    flat = "".join(p if p.startswith("<pre>") else re.sub(r"\s+", " ", p) for p in pieces)
    marked = _EDGES.sub(_line_break, _CLEAN_TAG.sub(_edge, flat))
    for entity, character in _ENTITIES.items():
        marked = marked.replace(entity, character)
    lines = clean(marked).replace("\u00a0", " ").split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()


def from_text(text: str) -> str:
    """Plain text as HTML that shows the same lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    return "<br>".join(escape(line.rstrip(), quote=False) for line in lines)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing."""
    return not _INVISIBLE.sub("", text)


def referenced_cids(source: str) -> set[str]:
    """Content ids the HTML shows as images, URL-decoded."""
    return {unquote(cid) for cid in _CID.findall(unescape(source))}


class _Rewriter:
    """Substitution callback: known tags come out canonical and balanced, all else vanishes."""

    def __init__(self) -> None:
        self.tags = 0
        self.depth = 0
        self.open: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()

    def __call__(self, token: re.Match[str]) -> str:
        name = (token["name"] or "").lower()
        self.tags += 1
        if name not in _TAGS or self.tags > _MAX_TAGS:
            return ""
        if token["close"]:
            return self._close(name)
        if name not in _VOID | _AUTO_CLOSED and not self._enter(name):
            return ""
        return f"<{name}{_attributes(name, token['rest'])}>"

    def _enter(self, name: str) -> bool:
        if self.depth >= _MAX_DEPTH:
            self.skipped[name] += 1
            return False
        self.depth += 1
        self.open[name] += 1
        return True

    def _close(self, name: str) -> str:
        if name in _AUTO_CLOSED:
            return f"</{name}>"
        if self.skipped[name]:
            self.skipped[name] -= 1
        elif self.open[name]:
            self.open[name] -= 1
            self.depth -= 1
            return f"</{name}>"
        return ""


def _attributes(name: str, rest: str) -> str:
    kept = _KEPT_ATTRIBUTES.get(name)
    if not kept or not rest:
        return ""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(rest):
        key = match[1].lower()
        if key in kept and key not in found:
            found[key] = match[2] or match[3] or match[4] or ""
    return "".join(f' {key}="{_quoted(value)}"' for key, value in found.items())


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute_filter(cids: frozenset[str]) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, name: str, value: str) -> str | None:
        is_cid = value[:4].lower() == "cid:"
        if name == "src":
            return f"cid:{unquote(value[4:])}" if is_cid and unquote(value[4:]) in cids else None
        if name in {"colspan", "rowspan", "start"}:
            return value if value.isascii() and value.isdigit() and len(value) <= 3 else None
        return None if tag == "a" and name == "href" and is_cid else value

    return keep


def _image(image: re.Match[str]) -> str:
    """An image that is not shown leaves its description, not a broken picture."""
    if ' src="' in image[1]:
        return image[0]
    alt = re.search(r' alt="([^"]*)"', image[1])
    text = unescape(alt[1]).strip() if alt else ""
    return f"[{escape(text, quote=False)}]" if text else ""


def _edge(tag: re.Match[str]) -> str:
    name = tag[2]
    if name in _PARAGRAPH:
        return _PARAGRAPH_EDGE
    if name in _BLOCK:
        return _BLOCK_EDGE + ("- " if name == "li" and not tag[1] else "")
    if name == "br":
        return "\n"
    return "\t" if name in {"td", "th"} and tag[1] else ""


def _line_break(edges: re.Match[str]) -> str:
    """However many blocks end and begin here, a reader sees one break."""
    return "\n\n" if _PARAGRAPH_EDGE in edges[0] else "\n"

"""The plain text that a reader of HTML sees: hidden elements, comments and scripts are left out.

Hidden is what `display`, `visibility`, `opacity` or `hidden` say, letters without size, and letters
in the colour of their ground. Styles in sheets are not looked at: FreeScout strips them. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

_LIMIT = 1_000_000  # characters that are looked at
# The parser needs 13 s for 50,000 nested elements, 20 ms for this many.
_DEEPEST = 2000
_TAG = re.compile(r"<(/?)[a-z][^>]*+>?", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:--!?>|\Z)", re.DOTALL)
_DROPPED = frozenset(
    {
        "-comment", "script", "style", "head", "title", "template", "noscript", "iframe", "object",
        "svg", "math", "select", "textarea", "audio", "video", "canvas", "img",
    }
)  # fmt: skip
_PARAGRAPHS = frozenset({"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table"})
_LINES = frozenset(
    {
        "address", "article", "aside", "center", "dd", "div", "dl", "dt", "fieldset", "footer",
        "form", "header", "hr", "li", "main", "nav", "ol", "section", "tr", "ul",
    }
)  # fmt: skip
_QUOTE_CLASSES = frozenset({"gmail_quote", "gmail_attr", "yahoo_quoted", "protonmail_quote",
                            "moz-cite-prefix", "gmail_quote_container"})  # fmt: skip
# Outlook puts these before a history that nothing encloses.
_HISTORY_IDS = frozenset({"divRplyFwdMsg", "appendonsend"})
_DECLARATION = re.compile(r"([a-z-]{1,40}+)\s*+:\s*+([^;]{1,200}+)", re.IGNORECASE)
_ZERO = re.compile(r"^[+-]?0*\.?0*(?:px|pt|em|rem|ex|ch|%|vw|vh|cm|mm|in|pc)?$")
_TINY = 2.0  # px or pt: nobody reads that
_SIZE = re.compile(r"^(\d{1,4}(?:\.\d{1,4})?)(?:px|pt)$")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+%?))?\s*\)")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250),
          "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245), "transparent": None}  # fmt: skip
_SAME = 24  # distance of two colours, summed over red, green and blue, that no eye tells apart

Colour = tuple[int, int, int]
# The ground of a picture is not known; no letters have exactly this colour.
_PICTURE: Colour = (1, 254, 127)


@dataclass(frozen=True, slots=True)
class _Look:
    """How text is shown here, as far as it decides whether anybody sees it."""

    is_hidden: bool = False
    has_no_size: bool = False
    colour: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    is_quoted: bool = False

    @property
    def is_visible(self) -> bool:
        distance = sum(abs(a - b) for a, b in zip(self.colour, self.ground, strict=True))
        return not (self.is_hidden or self.has_no_size) and distance > _SAME


def visible_text(html: str, *, quotes: bool = True) -> str:
    """The text of `html` by lines; without `quotes` also without what mail programs quoted."""
    source = html[:_LIMIT]
    if _depth(source) > _DEEPEST:
        return _flat(source)
    body = LexborHTMLParser(source).body
    if body is None:
        return ""
    pieces = "".join(_pieces(body, quotes=quotes))
    lines = [line.strip() for line in re.sub(r"[ \t\r\f]+", " ", pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _depth(source: str) -> int:
    """How deep elements may be nested at most, counted without knowing which need no end."""
    depth = deepest = 0
    for tag in _TAG.finditer(source):
        depth = max(0, depth + (-1 if tag[1] else 1))
        deepest = max(deepest, depth)
    return deepest


def _flat(source: str) -> str:
    """What is left of a text that was made to break parsers."""
    return unescape(_TAG.sub(" ", _COMMENT.sub("", source))).strip()


def _pieces(body: LexborNode, *, quotes: bool) -> Iterator[str]:
    """Texts and line breaks in the order of reading; a stack, because nesting may be deep."""
    stack: list[tuple[LexborNode | None, str, _Look]] = [(body, "", _Look())]
    while stack:
        node, ending, look = stack.pop()
        if node is None:
            yield ending
            continue
        if node.tag == "-text":
            yield from _text(node, look)
            continue
        if node.attributes.get("id") in _HISTORY_IDS and not quotes:
            return
        inner = _inner(node, look)
        if node.tag in _DROPPED or inner.is_hidden or (inner.is_quoted and not quotes):
            continue
        before, after = _edges(node)
        yield before
        stack.append((None, after, look))
        stack.extend((child, "", inner) for child in reversed(_children(node)))


def _text(node: LexborNode, look: _Look) -> Iterator[str]:
    if look.is_visible:
        yield re.sub(r"\s+", " ", node.text(deep=False) or "")


def _children(node: LexborNode) -> list[LexborNode]:
    return list(node.iter(include_text=True))


def _edges(node: LexborNode) -> tuple[str, str]:
    """What stands before and after an element of this kind."""
    tag = node.tag
    if tag == "br":
        return "\n", ""
    if tag in _PARAGRAPHS:
        return "\n\n", "\n\n"
    if tag in _LINES:
        return "\n- " if tag == "li" else "\n", "\n"
    return ("", " ") if tag in ("td", "th") else ("", "")


def _inner(node: LexborNode, look: _Look) -> _Look:
    """How the text inside an element is shown."""
    attributes = node.attributes
    style = {
        name.lower(): value.strip().lower().removesuffix("!important").strip()
        for name, value in _DECLARATION.findall(attributes.get("style") or "")
    }
    ground = _ground(style, attributes.get("bgcolor")) or look.ground
    colour = _colour(style.get("color") or attributes.get("color") or "") or look.colour
    size = style.get("font-size")
    return replace(
        look,
        is_hidden="hidden" in attributes or _hides(style),
        has_no_size=look.has_no_size if size is None else _is_tiny(size),
        colour=colour,
        ground=ground,
        is_quoted=look.is_quoted or _is_quote(node),
    )


def _hides(style: dict[str, str]) -> bool:
    no_room = style.get("overflow") == "hidden" and any(
        _ZERO.match(style.get(side, "1")) for side in ("height", "max-height", "width", "max-width")
    )
    far_away = any(style.get(side, "").startswith("-9") for side in ("left", "top", "text-indent"))
    return (
        no_room
        or far_away
        or style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("mso-hide") == "all"
        or bool(_ZERO.match(style.get("opacity", "1")))
    )


def _is_tiny(size: str) -> bool:
    if _ZERO.match(size):
        return True
    found = _SIZE.match(size)
    return found is not None and float(found[1]) < _TINY


def _is_quote(node: LexborNode) -> bool:
    attributes = node.attributes
    classes = set((attributes.get("class") or "").split())
    is_cited = node.tag == "blockquote" and attributes.get("type") == "cite"
    return is_cited or not _QUOTE_CLASSES.isdisjoint(classes)


def _ground(style: dict[str, str], bgcolor: str | None) -> Colour | None:
    shorthand = style.get("background", "") + style.get("background-image", "")
    if "url(" in shorthand or "gradient" in shorthand:
        return _PICTURE
    if written := _RGB.search(shorthand):
        return _colour(written[0])
    first = next((found for word in shorthand.split() if (found := _colour(word))), None)
    return _colour(style.get("background-color", "")) or first or _colour((bgcolor or "").lower())


def _colour(word: str) -> Colour | None:
    """A colour as HTML and CSS write it; None for what is not understood."""
    word = word.strip().lower()
    if found := _RGB.match(word):
        return int(found[1]), int(found[2]), int(found[3])
    digits = word.removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits) and (word[0] == "#" or len(digits) == 6):
        wide = "".join(2 * one for one in digits) if len(digits) == 3 else digits
        return int(wide[:2], 16), int(wide[2:4], 16), int(wide[4:], 16)
    return _NAMED.get(word)

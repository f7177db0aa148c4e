"""How a browser's editor hands HTML back: parsed, written out again, sent as a form field.

FreeScout: opening a draft and clicking elsewhere saves it this way. Canonical HTML of one line
comes back byte for byte (comments, data- attributes, hidden spans too); otherwise a newline
becomes CRLF, `&` becomes `&amp;`, open tags are closed and named entities resolved.
"""

import re
from html.parser import HTMLParser

_VOID = re.compile(r"area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_RAW = frozenset({"script", "style"})
_CLOSES_P = re.compile(
    r"address|article|aside|blockquote|div|dl|fieldset|figure|footer|form|h[1-6]|header|hr|main|nav"
    r"|ol|p|pre|section|table|ul"
)
_NAME = re.compile(r"[^\s\"'<>/=\x00]+")
_WHITE = " \t\n\r\0\x0b"  # what PHP's trim() takes away


def saved_by_browser(html: str) -> str:
    """Return what is stored after `html` was open in the editor and saved."""
    return _as_form_field(_written_out(html))


def _as_form_field(text: str) -> str:
    # A form sends every line end as CRLF; the core trims all input.
    return re.sub(r"\r\n|\r|\n", "\r\n", text.strip(_WHITE))


def _written_out(html: str) -> str:
    writer = _Writer()
    # A parser of HTML sees one kind of line end.
    writer.feed(re.sub(r"\r\n?", "\n", html))
    writer.close()
    return writer.result()


class _Writer(HTMLParser):
    """Writes the parsed document out as `innerHTML` does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []

    def result(self) -> str:
        """Everything written, with what is still open closed."""
        self._close_down_to(0)
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the tag; a block ends the paragraph before it, a list entry its neighbour."""
        self._close_implied(tag)
        self._parts.append(f"<{tag}{_attributes(attrs)}>")
        if not _VOID.fullmatch(tag):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<p/>` is an open tag to a browser; `<br/>` is a whole one."""
        self.handle_starttag(tag, attrs)
        if tag in _RAW:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag with all that is open inside it; a stray end is dropped."""
        if tag in self._open:
            place = len(self._open) - 1 - self._open[::-1].index(tag)
            self._close_down_to(place)

    def handle_data(self, data: str) -> None:
        """Write text."""
        raw = bool(self._open) and self._open[-1] in _RAW
        self._parts.append(data if raw else _escaped(data))

    def handle_comment(self, data: str) -> None:
        """Keep a comment as it is."""
        self._parts.append(f"<!--{data}-->")

    def _close_implied(self, tag: str) -> None:
        if not self._open:
            return
        if (self._open[-1] == "p" and _CLOSES_P.fullmatch(tag)) or self._open[-1] == tag == "li":
            self._close_down_to(len(self._open) - 1)

    def _close_down_to(self, place: int) -> None:
        self._parts.extend(f"</{tag}>" for tag in reversed(self._open[place:]))
        del self._open[place:]


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("\N{NO-BREAK SPACE}", "&nbsp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    first: dict[str, str] = {}
    for name, value in attrs:
        if _NAME.fullmatch(name):
            first.setdefault(name, value or "")
    return "".join(f' {name}="{_quoted(value)}"' for name, value in first.items())


def _quoted(value: str) -> str:
    value = value.replace("&", "&amp;").replace("\N{NO-BREAK SPACE}", "&nbsp;")
    return value.replace('"', "&quot;")

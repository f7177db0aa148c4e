"""Drafts as HTML that FreeScout's editor gives back unchanged, and what two texts have in common.

The editor rewrites line breaks and named entities, so neither is ever written: then a draft that
was only opened is not taken for one that a person edited. Pure.
"""

import hashlib
import re
from html import escape, unescape

from csm.outside_text import clean
from csm.visible import visible_text

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PARAGRAPH = re.compile(r"\n{2,}")
_SPACE = re.compile(r"[ \t\r\n\f]+")


def canonical_html(text: str) -> str:
    """Plain text as one line of HTML: paragraphs, `<br>`, and the three entities browsers write."""
    paragraphs = [p.strip() for p in _PARAGRAPH.split(clean(text)) if p.strip()]
    return "".join(f"<p>{_lines(paragraph)}</p>" for paragraph in paragraphs)


def plain_text(html: str) -> str:
    """What a reader of a draft sees."""
    return clean(visible_text(html))


def fingerprint(html: str) -> str:
    """sha256 of a draft's HTML without comments (our marker), however white space and characters
    are written.
    """
    bare = unescape(_COMMENT.sub("", html)).replace("\N{NO-BREAK SPACE}", " ")
    return hashlib.sha256(_SPACE.sub(" ", bare).strip().encode("utf-8", "replace")).hexdigest()


def _lines(paragraph: str) -> str:
    return "<br>".join(escape(line, quote=False) for line in paragraph.split("\n"))

"""The FreeScout simulator's browser: what the editor makes of a draft by saving it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desk_builders import CANONICAL, MARKER
from simulators.freescout.browser import saved_by_browser


@pytest.mark.parametrize(
    "body",
    [
        CANONICAL,
        "<p>One</p><p>Two</p>",
        "<div><br></div>",
        '<span style="display:none">x</span>',
        'plain "text"',
        '<a href="http://x.example/?a=1&amp;b=2">x</a>',
        "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>",
        "a&nbsp;b",
        '<img src="cid:1" alt=""><hr><br>',
        "<style>a > b { c: d }</style>x",
    ],
)
def test_canonical_html_comes_back_unchanged(body: str) -> None:
    assert saved_by_browser(body) == body


@pytest.mark.parametrize(
    ("body", "saved"),
    [
        ("one\ntwo", "one\r\ntwo"),
        ("one\r\ntwo\rthree", "one\r\ntwo\r\nthree"),
        ("a & b", "a &amp; b"),
        ("a < b > c", "a &lt; b &gt; c"),
        ("<b>bold", "<b>bold</b>"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("caf&eacute; &hellip; &quot;&#39;", "café … \"'"),
        ("a\N{NO-BREAK SPACE}b", "a&nbsp;b"),
        ("<BR/><IMG SRC=x>", '<br><img src="x">'),
        ("<b><i>x</b>y", "<b><i>x</i></b>y"),
        ("x</b>", "x"),
        ("<p/>x", "<p>x</p>"),
        ("<script/>a < b", "<script></script>a &lt; b"),
        ('<a title="&lt;&quot;" title=z>', '<a title="<&quot;"></a>'),
        ("  <p>x</p>\n", "<p>x</p>"),
        ("<!doctype html><p>x</p>", "<p>x</p>"),
    ],
)
def test_everything_else_is_rewritten(body: str, saved: str) -> None:
    assert saved_by_browser(body) == saved


PIECES = ["<p>", "</p>", "<li>", "<b>", "</b>", "<br>", "<div>", "</div>", "&", "&eacute;", "&lt;"]


@given(st.lists(st.sampled_from([*PIECES, "<", ">", "\n", " ", "x", "\xa0", MARKER])).map("".join))
@example("<p><div></p>")
def test_what_was_saved_once_is_not_changed_again(body: str) -> None:
    saved = saved_by_browser(body)
    assert saved_by_browser(saved) == saved

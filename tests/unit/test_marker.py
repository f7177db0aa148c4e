"""The marker is found only at the end, names one effect, and vouches for its flags."""

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from csm.marker import Marker, append_marker, find_marker, identifies, make_marker, trusted_flags

KEY = b"k" * 32
keys = st.binary(min_size=1, max_size=64)
effect_ids = st.text(max_size=60)
flag_sets = st.text(alphabet=string.ascii_lowercase, max_size=8)
htmls = st.text(max_size=200)
base32 = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=16)


def test_the_format_is_frozen() -> None:
    """Markers live in FreeScout for ever: another spelling would write every mail again."""
    marker = make_marker(b"install key", "thread:support:18c0ffee", "bd")
    assert marker == "<!-- csm:1:3LOJCKBSDUDF6VO6:bd -->"


@given(keys, effect_ids, flag_sets, htmls)
def test_a_written_marker_is_found_again(key: bytes, effect_id: str, flags: str, html: str) -> None:
    marked = append_marker(html, make_marker(key, effect_id, flags))
    found = find_marker(marked)
    assert found is not None
    assert marked.endswith(str(found))
    assert identifies(key, effect_id, marked)
    assert trusted_flags(key, marked) == flags


@given(effect_ids, flag_sets, st.sampled_from(["", " ", "\n", "\r\n\t", "\u00a0"]))
def test_white_space_after_the_marker_does_not_hide_it(
    effect_id: str, flags: str, tail: str
) -> None:
    assert identifies(KEY, effect_id, make_marker(KEY, effect_id, flags) + tail)


@given(effect_ids, effect_ids, flag_sets)
def test_a_marker_names_only_its_own_effect(one: str, other: str, flags: str) -> None:
    assume(one != other)
    assert not identifies(KEY, other, make_marker(KEY, one, flags))


@given(keys, keys, effect_ids, flag_sets)
def test_another_installation_is_believed_nothing(
    ours: bytes, theirs: bytes, effect_id: str, flags: str
) -> None:
    # HMAC pads short keys with zero bytes.
    assume(ours.rstrip(b"\0") != theirs.rstrip(b"\0"))
    forged = make_marker(theirs, effect_id, flags)
    assert not identifies(ours, effect_id, forged)
    assert trusted_flags(ours, forged) is None


@given(effect_ids, base32, flag_sets)
def test_guessed_characters_are_refused(effect_id: str, guess: str, flags: str) -> None:
    forged = str(Marker(guess[:10], guess[10:], flags))
    genuine = make_marker(KEY, effect_id, flags)
    assume(guess[:10] != genuine[11:21])
    assert find_marker(forged) is not None
    assert not identifies(KEY, effect_id, forged)


@given(effect_ids, flag_sets, flag_sets)
def test_edited_flags_are_unknown_flags(effect_id: str, flags: str, edited: str) -> None:
    assume(flags != edited)
    marker = make_marker(KEY, effect_id, flags).replace(f":{flags} -->", f":{edited} -->")
    assert trusted_flags(KEY, marker) is None
    assert identifies(KEY, effect_id, marker)


@given(effect_ids, effect_ids, flag_sets, flag_sets)
def test_flags_of_one_marker_are_worth_nothing_on_another(
    one: str, other: str, flags: str, wished: str
) -> None:
    assume(one != other)
    mine = find_marker(make_marker(KEY, one, flags))
    lent = find_marker(make_marker(KEY, other, wished))
    assert mine is not None
    assert lent is not None
    assert trusted_flags(KEY, str(Marker(mine.mark_id, lent.check, wished))) is None


@given(htmls, effect_ids, st.text(alphabet=string.ascii_letters + "<>/", min_size=1, max_size=30))
def test_a_marker_in_the_middle_is_no_marker(html: str, effect_id: str, after: str) -> None:
    quoted = append_marker(html, make_marker(KEY, effect_id, "b")) + after
    assert find_marker(quoted) is None
    assert not identifies(KEY, effect_id, quoted)
    assert trusted_flags(KEY, quoted) is None


@given(htmls)
def test_any_text_without_marker_has_unknown_flags(html: str) -> None:
    assume(not re.search(r"csm:1:", html))
    assert find_marker(html) is None
    assert trusted_flags(KEY, html) is None


@pytest.mark.parametrize(
    "near",
    [
        "<!-- csm:1:ABCDEFGHIJKLMNO:b -->",
        "<!-- csm:2:ABCDEFGHIJKLMNOP:b -->",
        "<!-- csm:1:abcdefghijklmnop:b -->",
        "<!-- csm:1:ABCDEFGHIJKLMNOP:B -->",
        "<!-- csm:1:ABCDEFGHIJKLMNOP:b-->",
        "&lt;!-- csm:1:ABCDEFGHIJKLMNOP:b --&gt;",
        "<!-- csm:1:ABCDEFGHIJKLMNO\u0663:b -->",
    ],
)
def test_almost_a_marker_is_none(near: str) -> None:
    assert find_marker(near) is None


@pytest.mark.parametrize("flags", ["B", "b a", "b-->", "\u00e4", "b\n"])
def test_flags_that_could_break_the_comment_are_refused(flags: str) -> None:
    with pytest.raises(ValueError, match="flags"):
        make_marker(KEY, "effect", flags)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match="install key"):
        make_marker(b"", "effect", "")


def test_of_two_markers_the_last_counts() -> None:
    html = make_marker(KEY, "first", "a") + make_marker(KEY, "second", "b")
    assert identifies(KEY, "second", html)
    assert not identifies(KEY, "first", html)
    assert trusted_flags(KEY, html) == "b"


def test_a_long_text_is_searched_quickly() -> None:
    """17 MB pass through FreeScout intact; the search must not go quadratic on them."""
    html = "<!-- csm:1:ABCDEFGHIJKLMNOP:b --> " * 200_000 + " " * 1_000_000 + "x"
    assert find_marker(html) is None

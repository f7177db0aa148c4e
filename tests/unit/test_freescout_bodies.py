"""What the FreeScout simulator makes of the input it gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.freescout.bodies import (
    parse_moment,
    read_body,
    read_change,
    read_conversation,
    read_thread,
    stored_name,
    trimmed,
)
from simulators.freescout.people import sanitise_address
from simulators.freescout.records import ConversationChange, CrashedError, RefusedError


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ('"A B" <disp@x>', "abdisp@x"),
        ("ünï@x", "n@x"),
        ("Jo+Tag@X.Example", "jo+tag@x.example"),
        ("a" * 200 + "@x.example", "a" * 191),
    ],
)
def test_addresses_are_sanitised_crudely(sent: str, stored: str) -> None:
    assert sanitise_address(sent) == stored


@given(st.text())
def test_a_sanitised_address_is_stable(text: str) -> None:
    assert sanitise_address(sanitise_address(text)) == sanitise_address(text)


def test_input_is_trimmed_and_emptied_everywhere() -> None:
    sent = {"a": "  x\n", "b": "   ", "c": ["\t", {"d": "y\0"}], "e": 1}
    assert trimmed(sent) == {"a": "x", "b": None, "c": [None, {"d": "y"}], "e": 1}


def test_the_text_between_the_ends_is_kept_to_the_byte() -> None:
    text = "<p>a\r\n\tb</p>\n<!-- csm:1:ABCDEFGHIJKLMNOP: -->\0<i data-x='1'>👩‍💻</i>"
    assert read_thread({"type": "customer", "text": text}).text == text


@pytest.mark.parametrize("text", [None, "0", "", 5])
def test_a_thread_needs_text(text: object) -> None:
    with pytest.raises(RefusedError):
        read_thread({"type": "customer", "text": text, "attachments": [{"data": "YQ=="}]})


def test_a_message_needs_a_user() -> None:
    with pytest.raises(RefusedError) as refused:
        read_thread({"type": "message", "text": "x"})
    assert refused.value.path == "user"


def test_malformed_json_counts_as_an_empty_body() -> None:
    assert read_body(b"{") == {}
    assert read_body(b"[1]") == {}
    with pytest.raises(RefusedError) as refused:
        read_conversation(read_body(b"{"))
    assert refused.value.message == "`type` parameter is required"


def test_unknown_keys_are_ignored() -> None:
    assert read_change({"priority": "high"}) == ConversationChange()


def test_offsets_are_converted_and_fractions_dropped() -> None:
    assert parse_moment("2026-01-01T12:00:00.9+02:00") == parse_moment("2026-01-01T10:00:00Z")
    with pytest.raises(CrashedError):
        parse_moment("yesterday-ish")


def test_a_bad_date_without_imported_is_not_looked_at() -> None:
    assert read_thread({"type": "customer", "text": "x", "createdAt": "?"}).created_at is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("a b ü.txt", "a_b_ü.txt"), ("x.php", "x.php_"), ("../../etc", ".._.._etc")],
)
def test_file_names_are_made_safe(sent: str, stored: str) -> None:
    assert stored_name(sent) == stored


def test_bad_base64_is_skipped_or_stored_as_garbage_without_an_error() -> None:
    files = [{"fileName": "a", "data": ""}, {"fileName": "b", "data": "YW!J?j"}, {"data": "Y"}]
    thread = read_thread({"type": "customer", "text": "x", "attachments": files})
    assert [file.content for file in thread.attachments] == [b"abc", b""]


def test_half_a_surrogate_pair_makes_the_json_malformed() -> None:
    assert read_body(b'{"text": "\\ud83d\\ude00"}') == {"text": "\U0001f600"}
    assert read_body(b'{"text": "\\ud83d"}') == {}

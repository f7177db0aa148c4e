"""The decisions about a delivery: what is recorded, how it is answered, what a header may hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.bus import one_line, plain_headers
from csm.contracts import MessageReceived
from csm.delivery import Ack, Nak, Term, decode, location, settle
from csm.outcome import Done, Later, Rejected, Unavailable
from csm.timing import PROFILES

TIMING = PROFILES["production"]

deliveries = st.integers(min_value=1, max_value=1000)
retry_afters = st.none() | st.floats(min_value=0, max_value=1e6)


@given(deliveries)
def test_whatever_is_final_is_recorded_as_it_is(delivered: int) -> None:
    for outcome in (Done(), Later(5, "lease busy"), Later(60, "429", "freescout")):
        assert settle(outcome, delivered, TIMING) == (outcome, Ack())
    rejected = Rejected("refused")
    assert settle(rejected, delivered, TIMING) == (rejected, Term())


@pytest.mark.parametrize(("delivered", "delay"), [(1, 1), (2, 5), (3, 30)])
def test_unavailable_is_given_back_after_1_5_and_30_seconds(delivered: int, delay: float) -> None:
    outcome = Unavailable("503", "freescout")
    assert settle(outcome, delivered, TIMING) == (outcome, Nak(delay))


def test_after_the_last_pause_the_row_waits_for_the_dependency() -> None:
    recorded, answer = settle(Unavailable("503", "freescout"), 4, TIMING)
    assert recorded == Later(30, "503", "freescout")
    assert answer == Ack()


def test_a_short_retry_after_is_kept() -> None:
    outcome = Unavailable("429", retry_after=12)
    assert settle(outcome, 1, TIMING) == (outcome, Nak(12))


def test_a_long_retry_after_is_waited_for_in_the_row() -> None:
    recorded, answer = settle(Unavailable("429", "gmail:support", 90), 1, TIMING)
    assert (recorded, answer) == (Later(90, "429", "gmail:support"), Ack())


@given(deliveries, retry_afters)
def test_a_dependency_is_never_asked_again_at_once(
    delivered: int, retry_after: float | None
) -> None:
    recorded, answer = settle(Unavailable("x", retry_after=retry_after), delivered, TIMING)
    delay = answer.delay if isinstance(answer, Nak) else None
    if delay is None:
        assert isinstance(recorded, Later)
        delay = recorded.delay
    assert delay >= max(TIMING.nak_delays[0], retry_after or 0)


@given(st.binary())
def test_a_body_is_an_event_or_a_reason(body: bytes) -> None:
    assert isinstance(decode(MessageReceived, body), MessageReceived | str)


@given(st.text(min_size=1))
def test_the_reason_never_quotes_the_body(address: str) -> None:
    marked = f"<{address}@customer.example>"
    reason = decode(MessageReceived, json.dumps({"mailbox": marked}).encode())
    assert isinstance(reason, str)
    assert "customer.example" not in reason
    assert reason.startswith("not a message.received: mailbox: string_pattern_mismatch")


def test_a_newer_field_is_no_reason_to_reject() -> None:
    event = MessageReceived(mailbox="support", gmail_message_id="m", gmail_thread_id="t")
    newer = event.model_dump() | {"schema_version": 2, "later": True}
    assert isinstance(decode(MessageReceived, json.dumps(newer).encode()), MessageReceived)


@given(st.text())
def test_a_header_value_is_one_line(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(one_line(text)) == len(text)


def test_headers_of_the_server_are_left_behind_in_any_case() -> None:
    headers = {"Nats-Expected-Stream": "MAIL", "nats-msg-id": "1", "traceparent": "00-a-b-01"}
    assert plain_headers(headers) == {"traceparent": "00-a-b-01"}
    assert plain_headers(None) == {}


def test_a_location_names_lines_and_no_words() -> None:
    try:
        int("anna@customer.example")
    except ValueError as error:
        place = location(error)
    assert place.startswith("test_delivery.py:")
    assert "anna" not in place

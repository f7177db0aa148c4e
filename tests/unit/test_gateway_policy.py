"""What deserves a hint, and which time a sweep covers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.freescout_model import Conversation, Thread
from webhook_gateway.policy import (
    Swept,
    awaits_answer,
    narrow_start,
    newest_customer_thread,
    next_sweep,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
times = st.floats(1.7e9, 1.9e9)
past = st.none() | times


def thread(number: int, kind: str, state: str = "published") -> Thread:
    written = NOW + timedelta(minutes=number)
    return Thread(id=number, type=kind, state=state, created_at=written)


def conversation(*threads: Thread, **change: Any) -> Conversation:
    facts: dict[str, Any] = {"type": "email", "state": "published", "status": "active", **change}
    return Conversation(id=7, created_at=NOW, updated_at=NOW, threads=threads, **facts)


def test_the_newest_customer_message_is_named() -> None:
    found = newest_customer_thread(
        conversation(thread(1, "customer"), thread(3, "customer"), thread(2, "message"))
    )
    assert found is not None
    assert found.id == 3


@pytest.mark.parametrize(
    ("threads", "change"),
    [
        ((), {}),
        ((thread(1, "note"), thread(2, "message")), {}),
        ((thread(1, "customer", "hidden"),), {}),
        ((thread(1, "customer"),), {"state": "deleted"}),
        ((thread(1, "customer"),), {"state": "draft"}),
        ((thread(1, "customer"),), {"type": "chat"}),
    ],
)
def test_what_no_customer_wrote_by_mail_is_no_reason(
    threads: tuple[Thread, ...], change: dict[str, Any]
) -> None:
    assert newest_customer_thread(conversation(*threads, **change)) is None


@pytest.mark.parametrize("kind", ["note", "lineitem"])
def test_notes_and_line_items_do_not_count_as_an_answer(kind: str) -> None:
    assert awaits_answer(conversation(thread(1, "customer"), thread(2, kind)))


def test_a_draft_does_not_count_as_an_answer() -> None:
    assert awaits_answer(conversation(thread(1, "customer"), thread(2, "message", "draft")))


@pytest.mark.parametrize("status", ["closed", "spam"])
def test_a_conversation_that_is_not_open_awaits_nothing(status: str) -> None:
    assert not awaits_answer(conversation(thread(1, "customer"), status=status))


def test_an_answered_conversation_awaits_nothing() -> None:
    assert not awaits_answer(conversation(thread(1, "customer"), thread(2, "message")))


@given(times, past, past, st.floats(60, DAY))
def test_a_sweep_follows_the_last_one_without_a_gap(
    now: float, narrow: float | None, stream: float | None, every: float
) -> None:
    window = next_sweep(now, Swept(narrow, now - 60), stream, every)
    if window is None:
        assert narrow is not None
        assert now < narrow + every
    elif not window.is_wide:
        assert window.since <= now - 26 * HOUR
        assert narrow is None or window.since <= narrow - HOUR


@given(times, past)
def test_an_outage_of_any_length_is_looked_through(now: float, narrow: float | None) -> None:
    assert narrow_start(now, Swept(narrow)) <= (now if narrow is None else narrow) - HOUR


@given(times, st.floats(0, DAY - 1), st.floats(-DAY, DAY))
def test_a_younger_stream_makes_the_sweep_wide(now: float, ago: float, gap: float) -> None:
    wide = now - ago
    window = next_sweep(now, Swept(now, wide), wide + gap, HOUR)
    assert (window is not None and window.is_wide) == (wide + gap > wide)


@given(times, st.floats(DAY, 1e7))
def test_once_a_day_a_sweep_is_wide(now: float, ago: float) -> None:
    window = next_sweep(now, Swept(now, now - ago), None, HOUR)
    assert window is not None
    assert (window.is_wide, window.since) == (True, now - 14 * DAY)

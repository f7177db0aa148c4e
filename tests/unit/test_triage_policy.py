"""What is worth judging, and what a judgement comes to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import policy
from classifier.policy import (
    CLAMP,
    NEEDS_REVIEW,
    Burst,
    NotOurs,
    Opinion,
    Scope,
    Settled,
    VerdictState,
    worth,
)
from csm.freescout_model import Conversation, Thread
from csm.senders import is_excluded

NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
INSTALLED = NOW - timedelta(hours=1)
SCOPE = Scope(INSTALLED.timestamp())
DAY = timedelta(days=1)


def thread(number: int, kind: str = "customer", **changes: object) -> Thread:
    """A thread; a higher number is newer."""
    written = {
        "id": number, "type": kind, "state": "published",
        "created_at": INSTALLED + timedelta(minutes=number),
    }  # fmt: skip
    return Thread.model_validate(written | changes)


def conversation(*threads: Thread, **changes: object) -> Conversation:
    of_us = {
        "id": 1, "type": "email", "status": "active", "state": "published", "subject": "Order",
        "customer_email": "jo@client.example", "created_at": NOW, "updated_at": NOW,
        "threads": threads,
    }  # fmt: skip
    built = Conversation.model_validate({**of_us, "threads": []})
    return built.model_copy(
        update={k: v for k, v in {**of_us, **changes}.items() if k in Conversation.model_fields}
        | {"threads": tuple(sorted(threads, key=lambda t: (t.created_at, t.id)))}
    )


def looked_at(
    talk: Conversation,
    states: dict[int, VerdictState] | None = None,
    flags: dict[int, str | None] | None = None,
    scope: Scope = SCOPE,
) -> Burst | Settled | NotOurs:
    return worth(talk, states or {}, flags or {}, scope, NOW.timestamp())


def burst_of(found: object) -> list[int]:
    assert isinstance(found, Burst), found
    return [one.id for one in found.threads]


def test_a_new_message_is_judged() -> None:
    assert burst_of(looked_at(conversation(thread(1)))) == [1]


def test_everything_since_the_agents_last_message_is_one_burst() -> None:
    talk = conversation(thread(1), thread(2, "message"), thread(3), thread(4, "note"), thread(5))
    found = looked_at(talk)
    assert burst_of(found) == [3, 5]
    assert isinstance(found, Burst)
    assert [one.id for one in found.earlier] == [1, 2]


def test_what_has_a_verdict_is_context_only() -> None:
    found = looked_at(conversation(thread(1), thread(2)), {1: "final"})
    assert burst_of(found) == [2]
    found = looked_at(conversation(thread(1), thread(2)), {1: "provisional"})
    assert burst_of(found) == [1, 2], "a provisional verdict is none yet"


@pytest.mark.parametrize("state", sorted(policy.FINAL))
def test_a_final_verdict_ends_it(state: VerdictState) -> None:
    assert looked_at(conversation(thread(1), thread(2)), {2: state}) == Settled((1, 2))


def test_what_a_sweep_tells_again_begins_after_the_agents_answer() -> None:
    talk = conversation(thread(1), thread(2, "message"), thread(3), thread(4), thread(5, "message"))
    assert looked_at(talk, {1: "final", 3: "final", 4: "final"}) == Settled((3, 4))


def test_an_agents_answer_ends_it_but_drafts_and_notes_do_not() -> None:
    draft = thread(2, "message", state="draft")
    assert burst_of(looked_at(conversation(thread(1), draft, thread(3, "note")))) == [1]
    answered = conversation(thread(1), thread(2, "message"))
    assert looked_at(answered) == NotOurs("an agent has answered")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "phone"}, "not an email conversation"),
        ({"state": "deleted"}, "deleted, merged or a draft"),
        ({"state": "draft"}, "deleted, merged or a draft"),
        ({"status": "closed"}, "status closed"),
        ({"status": "spam"}, "status spam"),
        ({"subject": "[csm self-test] 1"}, "a self-test"),
        ({"customer_email": "Robot@Shop.example"}, "excluded sender"),
    ],
)
def test_what_is_no_case_says_why(changes: dict[str, object], reason: str) -> None:
    scope = Scope(INSTALLED.timestamp(), excluded_senders=("@shop.example",))
    assert looked_at(conversation(thread(1), **changes), scope=scope) == NotOurs(reason)


def test_a_conversation_without_a_customers_message_is_none() -> None:
    hidden = thread(1, state="hidden")
    for talk in (conversation(), conversation(thread(1, "note")), conversation(hidden)):
        assert looked_at(talk) == NotOurs("no message of a customer")


def test_pending_is_judged_too() -> None:
    assert burst_of(looked_at(conversation(thread(1), status="pending"))) == [1]


@pytest.mark.parametrize(
    ("age", "flags", "is_ours"),
    [
        (timedelta(0), None, True),
        (DAY, None, False),  # there before us
        (DAY, "", True),  # we wrote it: Gmail took it in before the watermark
        (DAY, "b", True),
        (DAY, "h", False),  # a backfill
        (13 * DAY, "", True),
        (15 * DAY, "", False),  # older than a stream remembers
        (timedelta(0), "h", False),  # a backfill whose date FreeScout ignored
    ],
)
def test_which_messages_are_ours(age: timedelta, flags: str | None, is_ours: bool) -> None:  # noqa: FBT001 - a table
    old = thread(1, created_at=NOW - age)
    found = looked_at(conversation(old), flags={1: flags})
    assert isinstance(found, Burst) == is_ours


def test_an_operator_may_take_the_past_in() -> None:
    old = conversation(thread(1, created_at=NOW - 30 * DAY))
    moved = Scope((NOW - 60 * DAY).timestamp(), is_moved=True)
    assert burst_of(looked_at(old, flags={1: "h"}, scope=moved)) == [1]


def test_a_message_of_the_watermarks_second_is_ours() -> None:
    """FreeScout cuts fractions off."""
    same = thread(1, created_at=INSTALLED)
    scope = Scope(INSTALLED.timestamp() + 0.9)
    assert burst_of(looked_at(conversation(same), scope=scope)) == [1]


@given(st.integers(1, 10), st.integers(1, 10))
def test_priority_grows_with_importance(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert policy.priority_of(high) <= policy.priority_of(low)  # P0 is the highest


def test_the_bounds_of_the_priorities() -> None:
    levels = [policy.priority_of(importance) for importance in range(1, 11)]
    assert levels == ["P3"] * 3 + ["P2"] * 3 + ["P1"] * 2 + ["P0"] * 2


@given(st.integers(1, 10), st.booleans())
def test_a_mail_does_not_make_itself_a_p0(importance: int, is_grave: bool) -> None:  # noqa: FBT001 - hypothesis
    opinion = Opinion("customer", importance, "en")
    clamped = policy.clamped(opinion, is_grave=is_grave)
    assert clamped.importance == (importance if is_grave else min(importance, CLAMP))
    assert (NEEDS_REVIEW in clamped.uncertainty) == (clamped != opinion)


KINDS = st.sampled_from(["customer", "message", "note", "lineitem"])
STATES = st.sampled_from(["published", "draft", "hidden"])
TALKS = st.lists(st.tuples(KINDS, STATES), max_size=8)
VERDICTS = st.dictionaries(
    st.integers(1, 8), st.sampled_from(["provisional", "final", "covered", "dry-run"])
)


@given(TALKS, VERDICTS)
def test_a_burst_is_what_nobody_answered_or_judged(
    talk: list[tuple[str, str]], states: dict[int, VerdictState]
) -> None:
    threads = [thread(n, kind, state=state) for n, (kind, state) in enumerate(talk, 1)]
    found = looked_at(conversation(*threads), states)
    spoken = [t for t in threads if t.state == "published" and t.type in ("customer", "message")]
    if isinstance(found, Burst):
        answered = [t.id for t in spoken if t.type == "message"]
        assert found.newest == spoken[-1]
        for one in found.threads:
            assert one.type == "customer"
            assert states.get(one.id) not in policy.FINAL
            assert one.id > max(answered, default=0)
        assert {*found.threads} | {*found.earlier} == {*spoken}
    elif isinstance(found, Settled):
        assert states[found.thread_ids[-1]] in policy.FINAL
    else:
        assert not spoken or spoken[-1].type == "message"


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=3))
def test_exclusion_takes_any_text(address: str, excluded: list[str]) -> None:
    assert is_excluded(address, [*excluded, address])

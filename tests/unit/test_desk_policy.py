"""What a verdict changes in FreeScout: tags, rank, assignee, repair."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.contracts import Category, ConversationClassified, Priority
from csm.freescout_model import Conversation, Thread
from draft_writer.policy import (
    CATEGORIES,
    FOLLOWUP_READY,
    HIGH_PRIORITY,
    NOT_CLASSIFIED,
    VOCABULARY,
    Rank,
    TagRecord,
    TakenOver,
    customer_thread,
    dropped_cc,
    may_assign,
    needs_repair,
    new_tags,
    rank_of,
    wanted_tags,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
foreign = st.frozensets(st.sampled_from(["vip", "Returns", "gmail", "p4", "leads"]))
owned = st.frozensets(st.sampled_from(sorted(VOCABULARY - {FOLLOWUP_READY})))


def verdict(**change: Any) -> ConversationClassified:
    facts: dict[str, Any] = {
        "conversation_id": 7, "customer_thread_id": 11, "verdict_seq": 2, "category": "customer",
        "importance": 9, "priority": "P0", "method": "model", "provisional": False,
    }  # fmt: skip
    return ConversationClassified(**{**facts, **change})


def thread(number: int, kind: str = "customer") -> Thread:
    return Thread(id=number, type=kind, created_at=NOW + timedelta(minutes=number))


def conversation(*threads: Thread, **change: Any) -> Conversation:
    return Conversation(id=7, created_at=NOW, updated_at=NOW, threads=threads, **change)


def test_a_model_says_category_priority_and_high_priority() -> None:
    assert wanted_tags(verdict(), 8) == {"customer", "p0", HIGH_PRIORITY}
    assert wanted_tags(verdict(importance=5, priority="P2"), 8) == {"customer", "p2"}


def test_a_provisional_verdict_says_no_category_and_that_no_model_judged() -> None:
    early = verdict(method="rules", provisional=True, importance=5, priority="P2")
    assert wanted_tags(early, 8) == {"p2", NOT_CLASSIFIED}


def test_rules_that_have_the_last_word_still_say_that_no_model_judged() -> None:
    last = verdict(method="rules", importance=5, priority="P2")
    assert wanted_tags(last, 8) == {"customer", "p2", NOT_CLASSIFIED}


@given(
    category=st.sampled_from(get_args(Category)), priority=st.sampled_from(get_args(Priority)),
    importance=st.integers(1, 10), early=st.booleans(),
    method=st.sampled_from(["model", "rules"]), limit=st.integers(1, 10),
)  # fmt: skip
def test_only_the_vocabulary_is_ever_wanted(
    category: Category, priority: Priority, importance: int, *, early: bool, method: str, limit: int
) -> None:
    tags = wanted_tags(
        verdict(
            category=category, priority=priority, importance=importance, provisional=early,
            method=method,
        ),
        limit,
    )  # fmt: skip
    assert tags <= VOCABULARY
    assert {priority.lower()} == tags & {"p0", "p1", "p2", "p3"}
    assert len(tags & set(CATEGORIES)) == (0 if early else 1)


@given(foreign, owned, owned)
def test_foreign_tags_stay_and_ours_are_replaced(
    others: frozenset[str], own: frozenset[str], wanted: frozenset[str]
) -> None:
    assert new_tags(others | own, TagRecord(own), wanted) == others | wanted


@given(foreign, owned, owned)
def test_writing_again_changes_nothing(
    others: frozenset[str], own: frozenset[str], wanted: frozenset[str]
) -> None:
    once = new_tags(others | own, TagRecord(own), wanted)
    assert isinstance(once, frozenset)
    assert new_tags(once, TagRecord(wanted), wanted) == once


@given(foreign, owned, owned, owned)
def test_what_a_person_changed_is_theirs(
    others: frozenset[str], own: frozenset[str], seen: frozenset[str], wanted: frozenset[str]
) -> None:
    is_changed = seen != own
    answer = new_tags(others | seen, TagRecord(own), wanted)
    assert isinstance(answer, TakenOver) == is_changed


@given(foreign, owned, owned)
def test_after_a_crash_around_the_write_either_set_is_ours(
    others: frozenset[str], own: frozenset[str], pending: frozenset[str]
) -> None:
    record = TagRecord(own, pending)
    for there in (own, pending):
        assert new_tags(others | there, record, pending) == others | pending


@given(foreign, owned)
def test_what_was_taken_over_stays_so(others: frozenset[str], own: frozenset[str]) -> None:
    taken = TagRecord(own, taken_over=True)
    assert isinstance(new_tags(others | own, taken, frozenset()), TakenOver)


def test_the_mark_of_a_followup_is_no_business_of_a_verdict() -> None:
    tags = new_tags(
        {FOLLOWUP_READY, "p1", "lead"}, TagRecord(frozenset({"p1", "lead"})), frozenset({"p0"})
    )
    assert tags == {FOLLOWUP_READY, "p0"}


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 3), st.integers(1, 3))
def test_the_later_message_ranks_higher_and_then_the_later_verdict(
    one: int, other: int, first: int, second: int
) -> None:
    higher = rank_of(thread(one), first) > rank_of(thread(other), second)
    assert higher == ((one, first) > (other, second))
    assert Rank(0.0, 0, 0) < rank_of(thread(one), first)


def test_only_a_customers_message_is_what_a_verdict_is_about() -> None:
    found = conversation(thread(1, "note"), thread(2))
    assert customer_thread(found, 1) is None
    assert customer_thread(found, 2) == thread(2)


@pytest.mark.parametrize(
    ("assignee", "was", "may"), [(None, False, True), (None, True, False), (3, False, False)]
)
def test_only_what_nobody_has_is_given_and_once(
    assignee: int | None, *, was: bool, may: bool
) -> None:
    assert may_assign(conversation(assignee_id=assignee), was_assigned=was) == may


def test_a_write_that_put_a_new_message_to_rest_is_repaired() -> None:
    before = conversation(thread(1), status="closed")
    assert needs_repair(before, conversation(thread(1), thread(2), status="closed"))
    assert not needs_repair(before, conversation(thread(1), thread(2), status="active"))
    assert not needs_repair(before, conversation(thread(1), thread(3, "note"), status="closed"))


def test_cc_of_a_mail_that_came_meanwhile_is_not_dropped_without_a_word() -> None:
    before = conversation(thread(1), cc=("boss@client.example",))
    mail = Thread(
        id=2, type="customer", created_at=NOW, cc=("boss@client.example", "buyer@client.example")
    )
    after = conversation(thread(1), mail, cc=("boss@client.example",))
    assert dropped_cc(before, after) == ("buyer@client.example",)
    assert dropped_cc(after, after) == ()


def test_whom_a_customer_took_out_of_cc_is_no_loss() -> None:
    before = conversation(thread(1), cc=("boss@client.example",))
    assert dropped_cc(before, conversation(thread(1), thread(2))) == ()

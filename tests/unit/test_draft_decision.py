"""What may become of a wanted draft: every answer, and that a person's word always wins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.freescout_model import Conversation, Thread
from draft_writer.canonical import canonical_html, fingerprint
from draft_writer.decision import DraftState, OwnRecord, Purpose, decide, is_untouched
from simulators.freescout.browser import saved_by_browser

NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
OURS = "<p>Hello</p>"
MADE = OwnRecord(1, "made", 2, is_read=True, drafts={2: fingerprint(OURS)})


def thread(number: int, kind: str = "customer", **changes: object) -> Thread:
    facts = {"id": number, "type": kind, "state": "published", "createdAt": NOW}
    return Thread.model_validate(facts | {"createdAt": NOW + timedelta(seconds=number)} | changes)


def draft(number: int, body: str = OURS) -> Thread:
    return thread(number, "message", state="draft", body=body)


def conversation(*threads: Thread, status: str = "active") -> Conversation:
    plain = {"id": 1, "status": status, "createdAt": NOW, "updatedAt": NOW}
    return Conversation.model_validate(plain).model_copy(update={"threads": threads})


@pytest.mark.parametrize(
    ("there", "record", "purpose", "answer"),
    [
        ((thread(1),), OwnRecord(1), "reply", "create"),
        ((thread(1),), OwnRecord(1), "followup", "create"),
        ((thread(1),), OwnRecord(1, "making"), "reply", "create"),
        ((thread(1), draft(2)), MADE, "followup", "nudge"),
        ((thread(1), draft(2, "<p>Mine</p>")), MADE, "followup", "tag_only"),
        ((thread(1), draft(2)), OwnRecord(1), "followup", "tag_only"),
        ((thread(1), draft(2), draft(3)), MADE, "followup", "tag_only"),
        ((thread(1),), MADE, "reply", "tag_only"),
        ((thread(1),), OwnRecord(1, "discarded", 2), "reply", "tag_only"),
        ((thread(1),), OwnRecord(1, "withheld"), "followup", "tag_only"),
        ((thread(1), draft(2)), MADE, "reply", "nothing"),
        ((thread(1), draft(2)), OwnRecord(1), "reply", "nothing"),
        ((thread(1), draft(2), thread(3)), OwnRecord(3), "reply", "suggest"),
        ((thread(1), thread(2)), OwnRecord(1), "reply", "nothing"),
        ((thread(1), thread(2, "message")), OwnRecord(1), "followup", "nothing"),
        ((thread(2),), OwnRecord(1), "reply", "nothing"),
    ],
)
def test_the_answer(
    there: tuple[Thread, ...], record: OwnRecord, purpose: Purpose, answer: str
) -> None:
    assert decide(conversation(*there), record, purpose).answer == answer


def test_only_an_untouched_draft_of_ours_is_ever_replaced() -> None:
    record = OwnRecord(3, drafts={2: fingerprint(OURS)})
    ours = conversation(thread(1), draft(2), thread(3))
    edited = conversation(thread(1), draft(2, "<p>Mine</p>"), thread(3))
    assert decide(ours, record, "reply", can_replace=True).answer == "replace"
    assert decide(edited, record, "reply", can_replace=True).answer == "suggest"
    assert decide(ours, record, "reply").answer == "suggest"


def test_our_draft_for_an_earlier_message_is_none_for_one_that_had_to_wait() -> None:
    """It was accepted before that draft was made, and written after it."""
    waited = thread(3, createdAt=NOW + timedelta(seconds=1))
    there = conversation(thread(1, createdAt=NOW), draft(2), waited)
    ours = OwnRecord(3, drafts={2: fingerprint(OURS)})
    assert decide(there, ours, "reply").answer == "suggest"
    assert decide(there, OwnRecord(3), "reply").answer == "nothing"


@pytest.mark.parametrize("status", ["closed", "spam"])
def test_nobody_waits_in_a_conversation_at_rest(status: str) -> None:
    assert decide(conversation(thread(1), status=status), OwnRecord(1), "reply").answer == "nothing"


_THREADS = st.lists(
    st.builds(
        lambda kind, state, body: (kind, state, body),
        st.sampled_from(["customer", "message", "note", "lineitem"]),
        st.sampled_from(["draft", "published"]),
        st.sampled_from([OURS, "<p>Mine</p>"]),
    ),
    max_size=7,
)
_STATES: list[DraftState | None] = [
    None, "making", "made", "unchanged", "edited", "discarded", "superseded", "withheld", "gone",
]  # fmt: skip


@given(
    _THREADS, st.sampled_from(_STATES), st.sampled_from([None, 2, 3]),
    st.sampled_from(["reply", "followup"]), st.booleans(),
)  # fmt: skip
def test_whatever_is_there_a_person_is_safe(
    kinds: list[tuple[str, str, str]],
    state: DraftState | None,
    thread_id: int | None,
    purpose: Purpose,
    can_replace: bool,  # noqa: FBT001 - hypothesis gives it by name
) -> None:
    there = [thread(n, kind, state=s, body=b) for n, (kind, s, b) in enumerate(kinds, start=1)]
    drafts = {thread_id: fingerprint(OURS)} if thread_id else {}
    record = OwnRecord(1, state, thread_id, is_read=True, drafts=drafts)
    found = decide(conversation(*there), record, purpose, can_replace=can_replace)
    open_ones = [t for t in there if t.type == "message" and t.state == "draft"]
    if found.answer == "create":
        assert not open_ones
        assert state in (None, "making")
        assert not any(t.type == "message" and t.state == "published" for t in there[1:])
    if found.answer in ("replace", "nudge"):
        assert found.draft is not None
        assert is_untouched(found.draft, record)
    if found.answer == "replace":
        assert can_replace
    if state in ("discarded", "withheld"):
        assert found.answer in ("tag_only", "nothing")


@given(st.text(max_size=300))
def test_the_editor_gives_our_html_back(text: str) -> None:
    html = canonical_html(text)
    assert "\n" not in html
    assert saved_by_browser(html) == html


@given(st.text(min_size=1, max_size=100))
def test_opening_is_not_editing_but_typing_is(text: str) -> None:
    html = canonical_html(f"x{text}")
    assert fingerprint(saved_by_browser(f"{html}<!-- csm -->")) == fingerprint(html)
    assert fingerprint(f"{html}<p>more</p>") != fingerprint(html)

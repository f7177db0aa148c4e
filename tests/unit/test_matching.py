"""Who may enter which conversation: headers are claims, taking part is proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest.matching import Append, Candidate, Create, claimed_threads, decide

PEOPLE = [f"{name}@customer.example" for name in ("ann", "bob", "cleo", "dan")]
groups = st.frozensets(st.sampled_from(PEOPLE))
candidates = st.lists(
    st.builds(Candidate, st.integers(1, 5), groups, st.integers(0, 9)), max_size=4
)


@given(candidates, groups)
def test_a_stranger_never_enters(named: list[Candidate], speakers: frozenset[str]) -> None:
    inside = frozenset().union(*(candidate.participants for candidate in named))
    decision = decide(named, speakers - inside, is_forged=False)
    assert isinstance(decision, Create)


@given(candidates, groups)
def test_a_forged_mail_never_enters(named: list[Candidate], speakers: frozenset[str]) -> None:
    assert isinstance(decide(named, speakers, is_forged=True), Create)


@given(candidates, groups)
def test_who_enters_takes_part_there(named: list[Candidate], speakers: frozenset[str]) -> None:
    decision = decide(named, speakers, is_forged=False)
    if isinstance(decision, Append):
        chosen = [c for c in named if c.conversation_id == decision.conversation_id]
        assert any(speakers & candidate.participants for candidate in chosen)


@given(candidates, groups)
def test_who_takes_part_somewhere_enters_the_first_such(
    named: list[Candidate], speakers: frozenset[str]
) -> None:
    mine = [c.conversation_id for c in named if speakers & c.participants]
    decision = decide(named, speakers, is_forged=False)
    assert isinstance(decision, Append) == bool(mine)
    if isinstance(decision, Append):
        assert decision.conversation_id == mine[0]


@given(candidates)
def test_nobody_enters_nowhere(named: list[Candidate]) -> None:
    assert isinstance(decide(named, frozenset(), is_forged=False), Create)


def test_without_a_candidate_nothing_is_claimed() -> None:
    assert decide([], frozenset(PEOPLE), is_forged=False) == Create(None)


def test_a_stranger_claims_the_first_conversation_by_the_number_people_see() -> None:
    named = [Candidate(7, frozenset({PEOPLE[0]}), 1007), Candidate(8, frozenset(), 1008)]
    assert decide(named, frozenset({PEOPLE[1]}), is_forged=False) == Create(1007)


def test_a_conversation_without_a_number_is_claimed_by_its_id() -> None:
    named = [Candidate(7, frozenset({PEOPLE[0]}))]
    assert decide(named, frozenset({PEOPLE[0]}), is_forged=True) == Create(7)


@pytest.mark.parametrize(
    ("reference", "thread_id"),
    [
        ("FS_reply-41-abc@desk.example", 41),
        ("<FS_reply-41-abc@desk.example>", 41),
        ("FS_autoreply-9-abc@desk.example", 9),
        ("FS_reply-999999999999999999-a@desk.example", 999999999999999999),
    ],
)
def test_the_thread_id_is_read_from_freescouts_message_ids(reference: str, thread_id: int) -> None:
    assert claimed_threads([reference]) == (thread_id,)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "FS_reply-",
        "FS_reply-41@desk.example",
        "FS_reply-0-abc@desk.example",
        "FS_reply--1-abc@desk.example",
        "FS_reply-1e9-abc@desk.example",
        "FS_reply-041-abc@desk.example",
        "FS_reply-9999999999999999999-abc@desk.example",
        "FS_reply-\u0664\u0661-abc@desk.example",
        "FS_notify-41-abc@desk.example",
        "fs_reply-41-abc@desk.example",
        "xFS_reply-41-abc@desk.example",
        " FS_reply-41-abc@desk.example",
        "<<FS_reply-41-abc@desk.example>",
        "ann@customer.example FS_reply-41-abc@desk.example",
        "ann@customer.example\nFS_reply-41-abc@desk.example",
    ],
)
def test_anything_else_claims_nothing(reference: str) -> None:
    assert claimed_threads([reference]) == ()


def test_claims_keep_the_order_of_the_references_and_count_once() -> None:
    references = [f"FS_reply-{n}-x@desk.example" for n in (3, 1, 3, 2, 1)]
    assert claimed_threads(references) == (3, 1, 2)


@given(st.lists(st.text(max_size=60) | st.from_regex(r"<?FS_(auto)?reply-.{0,25}-x"), max_size=10))
def test_hostile_references_give_storable_ids_or_nothing(references: list[str]) -> None:
    for thread_id in claimed_threads(references):
        assert 0 < thread_id < 2**63

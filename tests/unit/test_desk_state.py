"""The steps of draft_writer's verdicts: none waits for another one's minutes."""

from collections.abc import Iterator

import pytest

from csm import work
from csm.contracts import ConversationClassified
from csm.outcome import Later
from csm.work import WORK
from draft_writer import state
from draft_writer.state import TABLES
from memory_store import Store

AGAIN = 600.0


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(TABLES)
    yield store
    store.close()


def verdict(seq: int, *, provisional: bool = False) -> ConversationClassified:
    return ConversationClassified(
        conversation_id=7, customer_thread_id=3, verdict_seq=seq, category="customer",
        importance=5, priority="P2", method="rules", provisional=provisional,
    )  # fmt: skip


def test_a_final_verdict_is_not_behind_a_provisional_one_that_waits(store: Store) -> None:
    early, final = verdict(1, provisional=True), verdict(2)
    for one, delay in ((early, 480.0), (final, 1.0)):
        store.run(state.accept, one, "", AGAIN)
        store.run(work.record, one.key, Later(delay, "waits"))
    store.pass_time(1)
    assert [row.id for row in store.run(work.due)] == [final.key]


def test_with_the_final_note_nobody_waits_for_an_earlier_one(store: Store) -> None:
    early, final = verdict(1, provisional=True), verdict(2)
    for one in (early, final):
        store.run(state.accept, one, "", AGAIN)
    store.run(state.end_provisional, final)
    ends = {row["id"]: row["state"] for row in store.rows(WORK)}
    assert ends == {early.key: "done", final.key: "wanted"}

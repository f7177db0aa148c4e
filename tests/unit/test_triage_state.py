"""The classifier's steps: a verdict is stored once and told from the same transaction."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from classifier import state
from classifier.policy import VerdictState
from classifier.state import SEEN, TABLES, VERDICT, WATERMARK, NewVerdict
from csm import dependency, outbox, work
from csm.contracts import ConversationClassified, ConversationUpdated
from csm.outbox import OUTBOX
from csm.work import WORK
from memory_store import START, Store

AGAIN = 600.0


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(TABLES)
    store.run(state.begin, ["support"])
    yield store
    store.close()


def verdict(
    thread: int, kind: VerdictState, covers: tuple[int, ...] = (), importance: int = 5
) -> NewVerdict:
    told = ConversationClassified(
        conversation_id=7, customer_thread_id=thread, verdict_seq=1, category="customer",
        importance=importance, priority="P2", method="rules", provisional=kind == "provisional",
    )  # fmt: skip
    return NewVerdict("support", kind, told, covers)


def told(store: Store) -> list[tuple[int, int, bool]]:
    """Thread, number and provisional of what waits for the bus."""
    events = [out.event for out in store.run(outbox.unsent)]
    found = [event for event in events if isinstance(event, ConversationClassified)]
    return [(event.customer_thread_id, event.verdict_seq, event.provisional) for event in found]


def kept(store: Store) -> list[tuple[int, int, str]]:
    return [(row["thread_id"], row["seq"], row["state"]) for row in store.rows(VERDICT)]


def hint(thread: int = 1, cause: str = "webhook") -> ConversationUpdated:
    fields = {"conversation_id": 7, "customer_thread_id": thread, "cause": cause}
    return ConversationUpdated.model_validate(fields)


def test_a_final_verdict_follows_a_provisional_one(store: Store) -> None:
    assert store.run(state.conclude, verdict(1, "provisional"), "")
    assert store.run(state.conclude, verdict(1, "final"), "")
    assert told(store) == [(1, 1, True), (1, 2, False)]


@pytest.mark.parametrize("late", ["final", "provisional", "dry-run"])
def test_after_a_final_verdict_there_is_no_other(store: Store, late: VerdictState) -> None:
    store.run(state.conclude, verdict(1, "final"), "")
    assert not store.run(state.conclude, verdict(1, late), "")
    assert told(store) == [(1, 1, False)]
    assert kept(store) == [(1, 1, "final")]


def test_a_second_provisional_verdict_is_none(store: Store) -> None:
    assert store.run(state.conclude, verdict(1, "provisional"), "")
    assert not store.run(state.conclude, verdict(1, "provisional"), "")


def test_older_messages_are_covered_whatever_they_had(store: Store) -> None:
    store.run(state.conclude, verdict(1, "provisional"), "")
    store.run(state.conclude, verdict(3, "final", covers=(1, 2)), "")
    assert kept(store) == [
        (1, 1, "provisional"),
        (3, 1, "final"),
        (1, 2, "covered"),
        (2, 1, "covered"),
    ]
    assert not store.run(state.conclude, verdict(2, "final"), ""), "a late answer changes nothing"
    assert not store.run(state.conclude, verdict(1, "final"), "")


def test_a_provisional_verdict_covers_nothing(store: Store) -> None:
    store.run(state.conclude, verdict(2, "provisional", covers=(1,)), "")
    assert kept(store) == [(2, 1, "provisional")]


def test_a_dry_run_is_kept_and_told_to_nobody(store: Store) -> None:
    assert store.run(state.conclude, verdict(1, "dry-run"), "")
    assert told(store) == []
    assert not store.run(state.tell_again, [1], 7, "", "r1")


def test_a_verdict_is_told_again_where_its_conversation_is_now(store: Store) -> None:
    store.run(state.conclude, verdict(1, "provisional"), "")
    store.run(state.conclude, verdict(1, "final"), "")
    store.run(all_sent)
    assert store.run(state.tell_again, [1], 9, "", "r1")
    (out,) = store.run(outbox.unsent)
    assert (out.event.conversation_id, out.event.verdict_seq, out.bucket) == (9, 2, "r1")


def test_every_final_verdict_of_a_burst_is_told_again_in_order(store: Store) -> None:
    store.run(state.conclude, verdict(3, "provisional"), "")
    store.run(state.conclude, verdict(4, "final", covers=(3,)), "")
    for thread in (5, 2):
        store.run(state.conclude, verdict(thread, "final"), "")
    store.run(all_sent)
    assert store.run(state.tell_again, [2, 3, 4, 5], 7, "", "r1") == 3
    assert told(store) == [(2, 1, False), (4, 1, False), (5, 1, False)]


def all_sent(connection: Connection) -> None:
    connection.execute(OUTBOX.delete())


def test_the_first_start_decides_since_when_messages_are_ours(store: Store) -> None:
    store.pass_time(100)
    store.run(state.begin, ["support", "sales"])
    assert {row["mailbox"]: row["since"] for row in store.rows(WATERMARK)} == {
        "support": START, "sales": START + 100,
    }  # fmt: skip
    store.run(state.judge_since, ["support"], START - 5)
    known = store.run(state.known, "support", [])
    assert (known.watermark, known.is_moved, known.now) == (START - 5, True, START + 100)


def test_the_state_of_a_thread_is_that_of_its_newest_verdict(store: Store) -> None:
    store.run(state.conclude, verdict(1, "provisional"), "")
    store.run(state.conclude, verdict(1, "final"), "")
    assert store.run(state.known, "support", [1, 2]).states == {1: "final"}


def test_freescouts_answer_forgets_its_failures(store: Store) -> None:
    store.run(dependency.failed, "freescout", "503", at_once=True)
    store.run(state.known, "support", [])
    assert store.run(dependency.all_down) == []


def test_a_hint_in_hand_is_published_again_only_when_nothing_is_heard(store: Store) -> None:
    """With the id it came with the bus would drop it; its first publish was somebody else's."""
    store.run(state.attempt, hint(), "", AGAIN)
    assert store.run(work.due) == []
    store.pass_time(AGAIN + 1)
    (due,) = store.run(work.due)
    assert due.published == 1


def test_notices_of_one_message_share_a_row(store: Store) -> None:
    first = store.run(state.attempt, hint(), "", AGAIN)
    store.pass_time(60)
    second = store.run(state.attempt, hint(cause="sweep"), "", AGAIN)
    assert (first.starts, first.age) == (1, 0)
    assert (second.starts, second.age) == (2, 60)
    assert len(store.rows(WORK)) == 1


def test_a_row_that_ended_is_owed_again(store: Store) -> None:
    store.run(state.attempt, hint(), "", AGAIN)
    store.run(work.end, state.row_id(hint()), "done")
    store.run(state.want, hint(), "", AGAIN)
    assert store.row(WORK)["state"] == "wanted"


def test_the_reason_why_nobody_judges_is_kept_once(store: Store) -> None:
    store.run(state.not_ours, 7, "support", "status closed")
    store.pass_time(5)
    store.run(state.not_ours, 7, "support", "status closed")
    assert store.row(SEEN)["seen_at"] == START
    store.run(state.not_ours, 7, "support", "an agent has answered")
    assert store.row(SEEN)["reason"] == "an agent has answered"

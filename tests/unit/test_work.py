"""What a service owes: rows stay due until a recorded end."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from csm import work
from csm.outcome import Done, Later, Rejected, Unavailable
from csm.work import TERMINAL, WINDOW, WORK, Owed, State
from memory_store import START, Store, shared_store

AGAIN = 600.0


def owed(name: str, resource: str | None = None, lane: str = "") -> Owed:
    of = resource or f"thread of {name}"
    return Owed(name, of, "message.received", "{}", "", lane=lane)


def owe(store: Store, *names: str, resource: str | None = None, lane: str = "") -> int:
    return store.run(work.owe, [owed(name, resource, lane) for name in names])


def due(store: Store) -> list[str]:
    return [row.id for row in store.run(work.due)]


def publish(store: Store, *names: str) -> None:
    store.run(work.published, names, store.clock(), AGAIN)


def row(store: Store, name: str) -> dict[str, Any]:
    (found,) = [row for row in store.rows(WORK) if row["id"] == name]
    return found


def matched(connection: Connection, /, **terms: Any) -> list[str]:
    return list(connection.execute(select(WORK.c.id).where(work.matching(**terms))).scalars())


def test_a_new_row_is_due_at_once(store: Store) -> None:
    assert owe(store, "a") == 1
    assert due(store) == ["a"]


def test_a_row_that_is_known_is_not_owed_twice(store: Store) -> None:
    owe(store, "a")
    store.run(work.end, "a", "done")
    assert owe(store, "a", "b") == 1
    assert row(store, "a")["state"] == "done"


def test_a_row_named_twice_at_once_is_owed_once(store: Store) -> None:
    assert owe(store, "a", "a") == 1


def test_nothing_owed_is_nothing_new(store: Store) -> None:
    assert owe(store) == 0


def test_rows_are_due_in_the_order_in_which_they_were_owed(store: Store) -> None:
    owe(store, "c", "a")
    owe(store, "b")
    assert due(store) == ["c", "a", "b"]


def test_only_the_oldest_of_a_resource_is_due(store: Store) -> None:
    owe(store, "a", "b", resource="thread")
    owe(store, "c")
    assert due(store) == ["a", "c"]


def test_a_row_waits_while_the_oldest_of_its_resource_waits(store: Store) -> None:
    owe(store, "a", "b", resource="thread")
    store.run(work.record, "a", Later(60, "busy"))
    assert due(store) == []


@pytest.mark.parametrize("ended", TERMINAL)
def test_the_next_of_a_resource_is_due_when_the_oldest_has_ended(
    store: Store, ended: State
) -> None:
    owe(store, "a", "b", resource="thread")
    store.run(work.end, "a", ended)
    assert due(store) == ["b"]


def test_one_pass_takes_no_more_than_its_limit(store: Store) -> None:
    owe(store, *(f"{n:03}" for n in range(WINDOW + 5)))
    assert len(due(store)) == WINDOW
    assert [found.id for found in store.run(work.due, 2)] == ["000", "001"]


def test_no_more_than_the_window_is_on_the_bus(store: Store) -> None:
    owe(store, "a", "b", "c")
    publish(store, "a", "b")
    assert [found.id for found in store.run(work.due, 2)] == []
    store.run(work.end, "a", "done")
    assert [found.id for found in store.run(work.due, 2)] == ["c"]


def test_lanes_take_turns(store: Store) -> None:
    busy, quiet = [f"busy {n}" for n in range(6)], [f"quiet {n}" for n in range(2)]
    owe(store, *busy, lane="busy")
    owe(store, *quiet, lane="quiet")
    assert due(store) == [busy[0], quiet[0], busy[1], quiet[1], *busy[2:]]


def test_what_a_lane_has_on_the_bus_counts_as_its_turns(store: Store) -> None:
    """A mailbox whose quota is spent keeps what was published; the room goes to the others."""
    busy, quiet = [f"busy {n}" for n in range(6)], [f"quiet {n}" for n in range(4)]
    owe(store, *busy, lane="busy")
    publish(store, *busy[:3])
    owe(store, *quiet, lane="quiet")
    assert due(store) == [*quiet[:3], busy[3], quiet[3], *busy[4:]]


def test_a_live_mail_goes_before_every_lanes_backfill(store: Store) -> None:
    store.run(work.owe, [Owed("old", "old", "message.received", "{}", "", 1, "quiet")])
    owe(store, "a", "b", lane="busy")
    assert due(store) == ["a", "b", "old"]


def test_rows_go_out_when_a_quarter_of_the_window_has_room(store: Store) -> None:
    owe(store, *"abcdefghijkl")
    publish(store, *"abcdefgh")
    for name in "ab":
        assert [found.id for found in store.run(work.due, 8)] == []
        store.run(work.end, name, "done")
    assert [found.id for found in store.run(work.due, 8)] == ["i", "j"]


def test_a_row_that_waits_is_not_on_the_bus(store: Store) -> None:
    owe(store, "a", "b")
    publish(store, "a")
    store.run(work.record, "a", Later(50, "quarantine"))
    assert [found.id for found in store.run(work.due, 1)] == ["b"]


def test_a_published_row_is_due_again_after_a_silence(store: Store) -> None:
    owe(store, "a")
    publish(store, "a")
    assert due(store) == []
    store.pass_time(AGAIN - 1)
    assert due(store) == []
    store.pass_time(1)
    assert due(store) == ["a"]


def test_what_the_bus_lost_is_due_at_once(store: Store) -> None:
    """Rows that wait for something of their own, or have ended, are left as they are."""
    owe(store, "lost", "waiting", "done")
    publish(store, "lost", "waiting", "done")
    store.run(work.record, "waiting", Later(500, "in quarantine"))
    store.run(work.end, "done", "done")
    assert due(store) == []
    assert store.run(work.lost) == 1
    assert due(store) == ["lost"]


def test_due_says_how_often_a_row_was_published(store: Store) -> None:
    owe(store, "a")
    publish(store, "a")
    store.pass_time(AGAIN)
    (found,) = store.run(work.due)
    assert found.published == 1


def test_an_answer_that_came_before_the_publish_was_noted_keeps_its_time(store: Store) -> None:
    owe(store, "a")
    began = store.clock()
    store.pass_time(0.01)
    store.run(work.record, "a", Later(2, "busy"))
    store.run(work.published, ["a"], began, AGAIN)
    store.pass_time(2)
    assert due(store) == ["a"]
    assert row(store, "a")["published"] == 1


def test_later_sets_the_time_of_the_next_try(store: Store) -> None:
    owe(store, "a")
    store.run(work.record, "a", Later(30, "in quarantine"))
    store.pass_time(29)
    assert due(store) == []
    store.pass_time(1)
    assert due(store) == ["a"]
    assert row(store, "a")["reason"] == "in quarantine"


def test_waiting_uses_up_no_attempts(store: Store) -> None:
    owe(store, "a")
    for _ in range(100):
        store.run(work.record, "a", Later(30, "outage", "freescout"))
    assert row(store, "a")["attempts"] == 0


def test_unavailable_counts_an_attempt_and_leaves_the_next_try_to_the_bus(store: Store) -> None:
    owe(store, "a")
    publish(store, "a")
    store.run(work.record, "a", Unavailable("503"))
    found = row(store, "a")
    assert (found["attempts"], found["reason"], found["next_try"]) == (1, "503", START + AGAIN)


def test_rejected_parks_the_row_with_its_reason(store: Store) -> None:
    owe(store, "a")
    store.run(work.record, "a", Rejected("refused for good"))
    found = row(store, "a")
    assert (found["state"], found["reason"]) == ("parked", "refused for good")
    assert found["ended_at"] == START


def test_done_leaves_the_row_as_the_handler_left_it(store: Store) -> None:
    owe(store, "a")
    before = row(store, "a")
    store.run(work.record, "a", Done())
    assert row(store, "a") == before


@pytest.mark.parametrize("late", [Later(5, "late"), Unavailable("late"), Rejected("late")])
def test_an_outcome_that_comes_late_does_not_change_an_ended_row(
    store: Store, late: Later | Unavailable | Rejected
) -> None:
    owe(store, "a")
    store.run(work.end, "a", "done")
    before = row(store, "a")
    store.run(work.record, "a", late)
    assert row(store, "a") == before


def test_wake_makes_what_waits_for_a_dependency_due(store: Store) -> None:
    owe(store, "a", "b", "c")
    store.run(work.record, "a", Later(600, "outage", "freescout"))
    store.run(work.record, "b", Later(600, "outage", "gmail:support"))
    store.run(work.record, "c", Later(600, "quarantine"))
    assert store.run(work.wake, "freescout") == 1
    assert due(store) == ["a"]
    assert row(store, "a")["waiting_for"] is None


def test_wake_takes_the_oldest_first_when_it_may_wake_one(store: Store) -> None:
    owe(store, "b", "a")
    for name in ("a", "b"):
        store.run(work.record, name, Later(600, "outage", "freescout"))
    assert store.run(work.wake, "freescout", limit=1) == 1
    assert due(store) == ["b"]


def test_a_row_that_was_woken_is_not_woken_again(store: Store) -> None:
    owe(store, "a")
    store.run(work.record, "a", Later(600, "outage", "freescout"))
    store.run(work.wake, "freescout")
    assert store.run(work.wake, "freescout") == 0


def test_wake_leaves_ended_rows_alone(store: Store) -> None:
    owe(store, "a")
    store.run(work.record, "a", Later(600, "outage", "freescout"))
    store.run(work.end, "a", "gone")
    assert store.run(work.wake, "freescout") == 0


def test_every_start_without_an_outcome_is_counted(store: Store) -> None:
    owe(store, "a")
    assert [store.run(work.start, "a") for _ in range(3)] == [1, 2, 3]


def test_starts_survive_a_publish_again(store: Store) -> None:
    owe(store, "a")
    store.run(work.start, "a")
    publish(store, "a")
    store.pass_time(AGAIN)
    publish(store, "a")
    assert row(store, "a")["starts"] == 1


def test_later_clears_the_starts(store: Store) -> None:
    owe(store, "a")
    store.run(work.start, "a")
    store.run(work.record, "a", Later(1, "busy"))
    assert row(store, "a")["starts"] == 0


def test_an_end_clears_the_starts_and_what_it_waited_for(store: Store) -> None:
    owe(store, "a")
    store.run(work.record, "a", Later(600, "outage", "freescout"))
    store.run(work.start, "a")
    store.run(work.end, "a", "done")
    assert (row(store, "a")["starts"], row(store, "a")["waiting_for"]) == (0, None)


def test_a_clean_shutdown_clears_the_starts(store: Store) -> None:
    owe(store, "a")
    store.run(work.start, "a")
    store.run(work.unstart, "a")
    assert row(store, "a")["starts"] == 0


def test_a_row_keeps_its_first_end(store: Store) -> None:
    owe(store, "a")
    store.run(work.end, "a", "filtered", "spam label")
    store.pass_time(5)
    store.run(work.end, "a", "done")
    found = row(store, "a")
    assert (found["state"], found["reason"], found["ended_at"]) == ("filtered", "spam label", START)


def test_a_reopened_row_is_due_at_once_and_says_why(store: Store) -> None:
    owe(store, "a")
    store.run(work.end, "a", "parked", "kills the process")
    store.pass_time(5)
    assert store.run(work.reopen, "a", "replay: repaired")
    found = row(store, "a")
    assert due(store) == ["a"]
    assert (found["reason"], found["ended_at"], found["starts"]) == ("replay: repaired", None, 0)


def test_a_reopened_row_ends_again(store: Store) -> None:
    owe(store, "a")
    store.run(work.end, "a", "parked")
    store.run(work.reopen, "a", "replay")
    store.run(work.end, "a", "done")
    assert store.run(work.state_of, "a") == "done"


def test_an_open_row_cannot_be_reopened(store: Store) -> None:
    owe(store, "a")
    store.run(work.record, "a", Later(60, "quarantine"))
    assert not store.run(work.reopen, "a", "replay")
    assert due(store) == []


def test_an_unknown_row_has_no_state_and_cannot_be_reopened(store: Store) -> None:
    assert store.run(work.state_of, "a") is None
    assert not store.run(work.reopen, "a", "replay")


def test_counts_are_by_state(store: Store) -> None:
    owe(store, "a", "b", "c")
    store.run(work.end, "a", "done")
    store.run(work.end, "b", "done")
    assert store.run(work.counts) == {"done": 2, "wanted": 1}


def test_nothing_owed_counts_nothing(store: Store) -> None:
    assert store.run(work.counts) == {}
    assert store.run(work.oldest_open) is None


def test_the_oldest_open_row_is_told_by_its_age_in_seconds(store: Store) -> None:
    owe(store, "a")
    store.pass_time(60)
    owe(store, "b")
    store.pass_time(5)
    assert store.run(work.oldest_open) == 65
    store.run(work.end, "a", "done")
    assert store.run(work.oldest_open) == 5


def test_rows_are_named_by_state_time_and_suffix_of_their_id(store: Store) -> None:
    owe(store, "received:a:1")
    store.pass_time(10)
    owe(store, "received:a:11", "received:b:1")
    store.run(work.end, "received:b:1", "parked")
    assert store.run(matched, states=["parked"]) == ["received:b:1"]
    assert store.run(matched, since=START + 10) == ["received:a:11", "received:b:1"]
    assert store.run(matched, work_id="1") == ["received:a:1", "received:b:1"]
    assert store.run(matched, work_id="received:a:11") == ["received:a:11"]


@pytest.mark.parametrize("wildcard", ["%", "_", "%1", "a:_"])
def test_a_wildcard_names_no_row(store: Store, wildcard: str) -> None:
    owe(store, "received:a:1")
    assert store.run(matched, work_id=wildcard) == []


NAMES = ["a1", "a2", "b1", "b2"]
moves = st.tuples(
    st.sampled_from(["later", "end", "reopen", "pass", "wait"]), st.sampled_from(NAMES)
)


@settings(max_examples=40)
@given(st.lists(moves, max_size=20))
def test_every_open_row_is_published_in_the_end_and_a_resource_one_at_a_time(
    history: list[tuple[str, str]],
) -> None:
    store = shared_store().emptied()
    store.run(work.owe, [owed(name, name[0]) for name in NAMES])
    for move, name in history:
        if move == "later":
            store.run(work.record, name, Later(30, "busy"))
        elif move == "end":
            store.run(work.end, name, "done")
        elif move == "reopen":
            store.run(work.reopen, name, "replay")
        elif move == "pass":
            publish(store, *due(store))
        else:
            store.pass_time(40)
    wanted = [name for name in NAMES if store.run(work.state_of, name) == "wanted"]
    seen: list[str] = []
    while left := store.run(work.counts).get("wanted", 0):
        store.pass_time(AGAIN)
        now = due(store)
        assert len({name[0] for name in now}) == len(now) > 0, left
        for name in now:
            store.run(work.end, name, "done")
        seen += now
    assert sorted(seen) == wanted


def test_a_row_that_the_bus_brought_is_never_published_as_if_for_the_first_time(
    store: Store,
) -> None:
    """Its first publish was somebody else's: the same id again would be dropped as a duplicate."""
    assert store.run(work.accept, owed("a"), AGAIN) == "wanted"
    assert due(store) == [], "it is in hand"
    store.run(work.record, "a", Later(2, "another worker has it"))
    store.pass_time(2)
    assert [(row.id, row.published) for row in store.run(work.due)] == [("a", 1)]


def test_what_comes_again_changes_nothing_about_its_row(store: Store) -> None:
    store.run(work.accept, owed("a"), AGAIN)
    store.run(work.end, "a", "done")
    assert store.run(work.accept, owed("a"), AGAIN) == "done"
    assert row(store, "a")["published"] == 1

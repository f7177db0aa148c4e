"""The journal, the cursor and the map: nothing is lost, nothing is counted twice."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csm import lease as leases
from csm import work
from csm.effects import EFFECT
from csm.lease import Lease, LeaseLostError
from csm.outcome import Later
from csm.work import WORK
from gmail_ingest import precedence, reconcile, scopes, state
from gmail_ingest.state import MAILBOX, MESSAGE, Message, Notice, Scope
from memory_store import START, Store, shared_store

SLUG = "support"
DAY = 86_400.0
WEEK = 7 * DAY
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BIG = 100_000_000_000_000_000_000  # 21 digits, above 64 bits


def key(gmail_id: str) -> str:
    return f"message.received:{SLUG}:{gmail_id}"


def journal(store: Store, *gmail_ids: str, thread: str = "t1", **changes: Any) -> int:
    notices = [Notice(gmail_id, thread, TRACE) for gmail_id in gmail_ids]
    return store.run(state.journal, SLUG, notices, **changes)


def fetch(store: Store, gmail_id: str, milliseconds: int) -> None:
    store.run(state.fetched, key(gmail_id), milliseconds, frozenset({"INBOX"}), b"raw", None)


def begin(store: Store, backfill: float = 0.0) -> float:
    return store.run(state.begin_mailbox, SLUG, backfill)


def scope(store: Store, thread: str = "t1") -> Scope:
    return store.run(state.scope_of, SLUG, thread)


def taken(store: Store, of: Scope) -> Lease:
    lease = store.run(leases.acquire, of.resource, "one", 60)
    assert lease is not None
    return lease


def next_message(store: Store, thread: str = "t1") -> Message | None:
    of = scope(store, thread)
    lease = taken(store, of)
    found = store.run(scopes.next_message, of, lease)
    store.run(leases.release, lease)
    return found


def next_id(store: Store, thread: str = "t1") -> str | None:
    found = next_message(store, thread)
    return found.gmail_message_id if found else None


def map_to(store: Store, conversation_id: int, thread: str = "t1") -> None:
    store.run(state.map_thread, SLUG, thread, conversation_id)


def written(store: Store, gmail_id: str, conversation_id: int, thread_id: int) -> None:
    """An effect of ours, as the protocol records it."""
    values = {
        "id": f"customer-thread:{gmail_id}", "work_id": key(gmail_id), "resource": "r",
        "kind": "create", "state": "done", "attempt": 1, "sent_at": START, "quiet_at": START,
        "body_sha256": "", "attachments": "[]", "refusals": 0, "husks": "{}", "missing": "[]",
        "conversation_id": conversation_id, "thread_id": thread_id,
    }  # fmt: skip
    store.run(lambda connection: connection.execute(EFFECT.insert().values(values)))


# The journal


def test_a_noticed_message_is_journaled_and_owed(store: Store) -> None:
    assert journal(store, "m1") == 1
    assert store.row(MESSAGE)["gmail_thread_id"] == "t1"
    assert (store.row(WORK)["resource"], store.row(WORK)["traceparent"]) == (
        "gthread:support:t1",
        TRACE,
    )


def test_a_message_noticed_again_changes_nothing(store: Store) -> None:
    journal(store, "m1")
    fetch(store, "m1", 5)
    before = store.rows(MESSAGE), store.rows(WORK)
    assert journal(store, "m1") == 0
    assert (store.rows(MESSAGE), store.rows(WORK)) == before


def test_a_message_named_twice_on_a_page_is_one(store: Store) -> None:
    assert journal(store, "m1", "m1", "m2") == 2


def test_an_empty_page_is_nothing_new(store: Store) -> None:
    assert journal(store) == 0


def test_the_same_id_in_two_mailboxes_is_two_messages(store: Store) -> None:
    journal(store, "m1")
    assert store.run(state.journal, "sales", [Notice("m1", "t1")]) == 1


def test_a_message_that_has_ended_is_not_taken_again(store: Store) -> None:
    journal(store, "m1")
    store.run(work.end, key("m1"), "done")
    assert journal(store, "m1") == 0
    assert store.run(work.state_of, key("m1")) == "done"


def test_a_backfilled_message_says_so_and_goes_after_live_mail(store: Store) -> None:
    begin(store)
    journal(store, "old", thread="t0", backfill=True)
    store.run(state.begun, SLUG, 1)
    journal(store, "new", thread="t2")
    assert [row.id for row in store.run(work.due)] == [key("new"), key("old")]
    (old,) = store.run(scopes.undated, Scope(SLUG, "t0", None))
    assert old.backfill


def test_a_backfill_is_not_due_before_its_window_is_journaled(store: Store) -> None:
    begin(store, backfill=DAY)
    journal(store, "newest", backfill=True)
    store.pass_time(DAY)
    assert store.run(work.due) == []
    journal(store, "newest", "oldest", backfill=True)
    store.run(state.begun, SLUG, 5)
    # Of one Gmail thread the first to be noticed; its delivery takes the others in order.
    assert [row.id for row in store.run(work.due)] == [key("newest")]
    assert store.run(state.cursor, SLUG) == 5


def test_what_was_begun_stays_as_it_is_when_another_window_is_journaled(store: Store) -> None:
    begin(store)
    journal(store, "waits")
    store.run(work.record, key("waits"), Later(60, "later"))
    store.run(state.begun, SLUG, 1)
    assert store.run(work.due) == []


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=4), max_size=6))
def test_pages_may_overlap_as_they_like(pages: list[list[str]]) -> None:
    store = shared_store().emptied()
    new = sum(journal(store, *page) for page in pages)
    assert new == len({gmail_id for page in pages for gmail_id in page})
    assert len(store.rows(MESSAGE)) == len(store.rows(WORK)) == new


# The cursor


def test_before_the_first_look_there_is_no_cursor(store: Store) -> None:
    assert store.run(state.cursor, SLUG) is None
    begin(store)
    assert store.run(state.cursor, SLUG) is None


@settings(max_examples=25)
@given(st.lists(st.integers(1, BIG) | st.integers(BIG - 9, BIG + 9), min_size=1, max_size=6))
def test_the_cursor_is_the_greatest_number_ever_seen(ids: list[int]) -> None:
    store = shared_store().emptied()
    begin(store)
    for history_id in ids:
        store.run(state.advance, SLUG, history_id)
    assert store.run(state.cursor, SLUG) == max(ids)


def test_ids_are_compared_as_numbers_not_as_texts(store: Store) -> None:
    begin(store)
    store.run(state.advance, SLUG, BIG)
    store.run(state.advance, SLUG, 99)
    assert store.row(MAILBOX)["history_id"] == str(BIG)


def test_a_look_without_news_is_noted(store: Store) -> None:
    begin(store)
    store.run(state.advance, SLUG, 5)
    store.pass_time(60)
    store.run(state.advance, SLUG, 5)
    assert store.row(MAILBOX)["last_poll"] == START + 60


def test_a_mailbox_begins_once(store: Store) -> None:
    assert begin(store, backfill=DAY) == START - DAY
    store.pass_time(1000)
    assert begin(store) == START - DAY


# After a lost history id


def recovery(store: Store) -> float:
    return store.run(reconcile.recovery_start, SLUG, DAY, WEEK)


def test_a_recovery_looks_back_a_week(store: Store) -> None:
    begin(store, backfill=100 * DAY)
    assert recovery(store) == START - WEEK


def test_a_recovery_looks_back_to_a_day_before_the_newest_mail(store: Store) -> None:
    begin(store, backfill=100 * DAY)
    journal(store, "m1", "m2")
    for gmail_id, days in (("m1", 40), ("m2", 30)):
        fetch(store, gmail_id, int((START - days * DAY) * 1000))
    assert recovery(store) == START - 31 * DAY


def test_a_recovery_never_looks_before_the_beginning(store: Store) -> None:
    begin(store)
    store.pass_time(DAY)
    assert recovery(store) == START


@settings(max_examples=25)
@given(st.floats(0, 400 * DAY), st.lists(st.floats(0, 400 * DAY), max_size=3))
def test_a_recovery_is_between_the_beginning_and_a_week_ago(
    begun: float, ages: list[float]
) -> None:
    store = shared_store().emptied()
    accepted = begin(store, backfill=begun)
    for number, age in enumerate(ages):
        journal(store, str(number))
        fetch(store, str(number), int((START - age) * 1000))
    assert accepted <= recovery(store) <= max(accepted, START - WEEK)


# Mail rescued from spam


@pytest.mark.parametrize("reason", ["spam label", "trash label", "sent by the mailbox"])
def test_a_message_filtered_for_its_label_is_rescued_by_the_inbox(
    store: Store, reason: str
) -> None:
    journal(store, "m1")
    store.run(work.end, key("m1"), "filtered", reason)
    assert store.run(state.rescue, SLUG, "m1")
    assert [row.id for row in store.run(work.due)] == [key("m1")]


@pytest.mark.parametrize(
    ("ended", "reason"),
    [("filtered", "excluded sender"), ("filtered", "own mail"), ("done", None), ("parked", "x")],
)
def test_any_other_end_stays(store: Store, ended: work.State, reason: str | None) -> None:
    journal(store, "m1")
    store.run(work.end, key("m1"), ended, reason)
    assert not store.run(state.rescue, SLUG, "m1")
    assert store.run(work.state_of, key("m1")) == ended


def test_a_message_in_work_or_unknown_is_not_rescued(store: Store) -> None:
    journal(store, "m1")
    assert not store.run(state.rescue, SLUG, "m1")
    assert not store.run(state.rescue, SLUG, "m2")


# What is written next


def test_what_was_never_fetched_comes_first(store: Store) -> None:
    journal(store, "m1", "m2")
    fetch(store, "m1", 1)
    assert next_id(store) == "m2"


def test_mails_go_in_the_order_in_which_gmail_accepted_them(store: Store) -> None:
    journal(store, "m1", "m2", "m3")
    for gmail_id, milliseconds in (("m1", 30), ("m2", 10), ("m3", 20)):
        fetch(store, gmail_id, milliseconds)
    order = []
    while (found := next_id(store)) is not None:
        order.append(found)
        store.run(work.end, key(found), "done")
    assert order == ["m2", "m3", "m1"]


def test_in_the_same_millisecond_the_id_decides(store: Store) -> None:
    journal(store, "m2", "m1")
    for gmail_id in ("m1", "m2"):
        fetch(store, gmail_id, 10)
    assert next_id(store) == "m1"


def test_only_a_mail_that_is_about_to_be_read_counts_a_start(store: Store) -> None:
    journal(store, "m1")
    next_message(store)
    assert store.row(WORK)["starts"] == 0
    fetch(store, "m1", 1)
    next_message(store)
    next_message(store)
    assert store.row(WORK)["starts"] == 2


def test_a_fetched_mail_carries_what_gmail_said_of_it(store: Store) -> None:
    journal(store, "m1")
    fetch(store, "m1", 1)
    found = next_message(store)
    assert found is not None
    assert (found.internal_date, found.labels) == (1, frozenset({"INBOX"}))
    assert (store.row(MESSAGE)["size"], len(store.row(MESSAGE)["sha256"])) == (3, 64)


def test_the_next_of_one_thread_is_not_another_threads(store: Store) -> None:
    journal(store, "m1", thread="t1")
    assert next_id(store, "t2") is None


def test_who_lost_the_lease_gets_no_mail(store: Store) -> None:
    journal(store, "m1")
    of = scope(store)
    lost = taken(store, of)
    store.pass_time(61)
    taken(store, of)
    with pytest.raises(LeaseLostError):
        store.run(scopes.next_message, of, lost)


def test_a_mail_that_cannot_be_fetched_takes_its_place_by_when_it_was_noticed(
    store: Store,
) -> None:
    journal(store, "m1")
    store.run(state.unfetchable, key("m1"))
    assert store.row(MESSAGE)["internal_date"] == START * 1000


# Which conversation


def test_a_thread_without_a_conversation_is_its_own_scope(store: Store) -> None:
    assert scope(store).resource == "gthread:support:t1"


def test_a_mapped_thread_shares_the_scope_of_its_conversation(store: Store) -> None:
    map_to(store, 7, "t1")
    map_to(store, 7, "t2")
    assert scope(store, "t1").resource == scope(store, "t2").resource == "conv:7"


def test_a_conversation_takes_the_mails_of_all_its_threads_in_order(store: Store) -> None:
    journal(store, "m1", thread="t1")
    journal(store, "m2", thread="t2")
    fetch(store, "m1", 20)
    fetch(store, "m2", 10)
    map_to(store, 7, "t1")
    map_to(store, 7, "t2")
    assert next_id(store, "t1") == "m2"


def test_a_match_is_stored_only_under_the_lease(store: Store) -> None:
    journal(store, "m1")
    of = scope(store)
    message = next_message(store)
    assert message is not None
    lease = taken(store, of)
    assert store.run(state.commit_match, lease, message, 7)
    store.pass_time(61)
    taken(store, of)
    assert not store.run(state.commit_match, lease, message, 8)
    assert scope(store).conversation_id == 7


def test_a_merge_takes_threads_and_effects_along(store: Store) -> None:
    map_to(store, 7, "t1")
    map_to(store, 8, "t2")
    written(store, "m1", 7, 100)
    store.run(state.follow_merge, 7, 9)
    assert scope(store, "t1").conversation_id == 9
    assert scope(store, "t2").conversation_id == 8
    assert store.run(state.conversation_of_thread, 100) == 9
    assert store.run(state.threads_written, 9) == [100]
    assert store.run(state.threads_written, 7) == []


def test_two_merges_lead_to_the_last_target(store: Store) -> None:
    map_to(store, 7, "t1")
    store.run(state.follow_merge, 7, 9)
    store.run(state.follow_merge, 9, 11)
    assert scope(store, "t1").conversation_id == 11


def test_a_conversation_that_is_gone_is_forgotten(store: Store) -> None:
    map_to(store, 7, "t1")
    map_to(store, 8, "t2")
    store.run(state.forget_conversation, 7)
    assert scope(store, "t1").conversation_id is None
    assert scope(store, "t2").conversation_id == 8


def test_the_first_known_message_id_names_the_conversation(store: Store) -> None:
    for gmail_id, thread, conversation in (("m1", "t1", 7), ("m2", "t2", 8)):
        journal(store, gmail_id, thread=thread)
        map_to(store, conversation, thread)
        facts = (1, frozenset[str](), b"raw", f"{gmail_id}@customer.example")
        store.run(state.fetched, key(gmail_id), *facts)
    ids = ["unknown@customer.example", "m2@customer.example", "m1@customer.example"]
    assert store.run(state.conversation_of_message_id, SLUG, ids) == 8
    assert store.run(state.conversation_of_message_id, "sales", ids) is None
    assert store.run(state.conversation_of_message_id, SLUG, []) is None


# Ends


def test_an_end_without_a_write_needs_the_lease(store: Store) -> None:
    journal(store, "m1")
    of = scope(store)
    lost = taken(store, of)
    store.pass_time(61)
    current = taken(store, of)
    assert not store.run(state.end_fenced, lost, key("m1"), "filtered", "own mail")
    assert store.run(state.end_fenced, current, key("m1"), "filtered", "own mail")


def test_older_parked_mails_of_the_scope_are_counted_with_their_age(store: Store) -> None:
    journal(store, "m1", "m2", "m3")
    for gmail_id, milliseconds in (("m1", 10), ("m2", 20), ("m3", 30)):
        fetch(store, gmail_id, milliseconds)
    store.run(work.end, key("m1"), "parked")
    store.run(work.end, key("m3"), "parked")
    store.pass_time(60)
    message = next_message(store)
    assert message is not None
    assert message.gmail_message_id == "m2"
    assert store.run(precedence.parked_before, scope(store), message) == (60, 1)


def test_without_a_parked_mail_nothing_is_missing(store: Store) -> None:
    journal(store, "m1")
    fetch(store, "m1", 10)
    message = next_message(store)
    assert message is not None
    assert store.run(precedence.parked_before, scope(store), message) is None

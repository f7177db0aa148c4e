"""Which mail goes first: what names a conversation holds back what is younger and belongs to it."""

from collections.abc import Sequence

import pytest

from csm import lease as leases
from csm import work
from csm.effects import EFFECT
from csm.outcome import Later, Unavailable
from gmail_ingest import precedence, scopes, state
from gmail_ingest.matching import named_threads
from gmail_ingest.state import CLAIM, Message, Notice, Scope
from memory_store import Store

SLUG = "support"
CONVERSATION = 7
SCOPE = Scope(SLUG, "t1", CONVERSATION)
AGENTS_THREAD = 57
PATIENCE = 60.0


def key(gmail_id: str) -> str:
    return f"message.received:{SLUG}:{gmail_id}"


def notice(store: Store, gmail_id: str, thread: str, *, backfill: bool = False) -> None:
    store.run(state.journal, SLUG, [Notice(gmail_id, thread)], backfill=backfill)


def fetch(store: Store, gmail_id: str, date: int, named: Sequence[int] = ()) -> None:
    store.run(state.fetched, key(gmail_id), date, frozenset({"INBOX"}), b"raw", None)
    (message,) = store.run(scopes.these, [key(gmail_id)])
    store.run(precedence.claim, message, named)


def map_to(store: Store, conversation_id: int, thread: str) -> None:
    store.run(state.map_thread, SLUG, thread, conversation_id)


def next_of(store: Store, scope: Scope = SCOPE) -> Message:
    lease = store.run(leases.acquire, scope.resource, "one", 60)
    assert lease is not None
    found = store.run(scopes.next_message, scope, lease)
    store.run(leases.release, lease)
    assert found is not None
    return found


def elder(
    store: Store, message: Message, threads: Sequence[int] = (1, AGENTS_THREAD)
) -> str | None:
    return store.run(precedence.elder, message, CONVERSATION, threads)


def begin(store: Store, gmail_id: str, state_: str = "intent") -> None:
    """A create whose outcome is `state_`."""
    row = EFFECT.insert().values(
        id=f"customer-thread:{SLUG}:{gmail_id}", work_id=key(gmail_id), resource="gthread:t",
        kind="create", state=state_, attempt=1, sent_at=0.0, quiet_at=0.0, body_sha256="",
        attachments="[]",
    )  # fmt: skip
    store.run(lambda connection: connection.execute(row).rowcount)


@pytest.mark.parametrize(
    ("state_", "date", "found"),
    [("intent", 5, True), ("done", 5, False), ("withdrawn", 5, False), ("intent", 30, False)],
)
def test_an_older_create_of_unknown_outcome_may_have_begun_the_conversation(
    store: Store, state_: str, date: int, *, found: bool
) -> None:
    map_to(store, CONVERSATION, "t1")
    notice(store, "first", "t9")
    notice(store, "answer", "t1")
    fetch(store, "first", date)
    fetch(store, "answer", 10)
    begin(store, "first", state_)
    unsure = store.run(precedence.unsure, next_of(store))
    assert unsure == ([(f"customer-thread:{SLUG}:first", "t9")] if found else [])


@pytest.fixture
def waiting(store: Store) -> Store:
    """An answer in a new Gmail thread, and a later mail of the conversation it names."""
    map_to(store, CONVERSATION, "t1")
    notice(store, "answer", "t2")
    notice(store, "later", "t1")
    fetch(store, "answer", 10, [AGENTS_THREAD])
    fetch(store, "later", 20)
    return store


def test_a_later_mail_is_behind_an_older_answer_that_is_not_placed(waiting: Store) -> None:
    later = next_of(waiting)
    assert later.may_overtake
    assert elder(waiting, later) == "t2"


def test_it_is_still_behind_when_the_answer_was_mapped_a_moment_ago(waiting: Store) -> None:
    later = next_of(waiting)
    map_to(waiting, CONVERSATION, "t2")
    assert elder(waiting, later) == "t2"
    assert next_of(waiting).gmail_message_id == "answer"


def test_an_answer_that_went_to_another_conversation_holds_nobody(waiting: Store) -> None:
    map_to(waiting, 8, "t2")
    assert elder(waiting, next_of(waiting)) is None


def test_an_answer_to_another_conversation_holds_nobody(waiting: Store) -> None:
    assert elder(waiting, next_of(waiting), threads=[1, 2, 3]) is None


@pytest.mark.parametrize("ended", ["done", "filtered", "gone", "parked", "degraded", "dry-run"])
def test_an_answer_that_has_ended_holds_nobody(waiting: Store, ended: work.State) -> None:
    waiting.run(work.end, key("answer"), ended)
    later = next_of(waiting)
    assert not later.may_overtake
    assert elder(waiting, later) is None


def test_the_oldest_answer_goes_first(waiting: Store) -> None:
    notice(waiting, "oldest", "t3")
    fetch(waiting, "oldest", 5, [AGENTS_THREAD])
    assert elder(waiting, next_of(waiting)) == "t3"


def test_a_younger_answer_holds_nobody(waiting: Store) -> None:
    fetch(waiting, "answer", 30)
    later = next_of(waiting)
    assert not later.may_overtake
    assert elder(waiting, later) is None


def test_of_one_millisecond_the_lower_id_goes_first(waiting: Store) -> None:
    fetch(waiting, "later", 10)
    later = next_of(waiting)
    assert later.may_overtake
    assert elder(waiting, later) == "t2"


def test_another_mailbox_holds_nobody(waiting: Store) -> None:
    waiting.run(state.journal, "sales", [Notice("m1", "t9")])
    (foreign,) = waiting.run(scopes.these, ["message.received:sales:m1"])
    waiting.run(state.fetched, foreign.work_id, 1, frozenset({"INBOX"}), b"raw", None)
    waiting.run(precedence.claim, foreign, [AGENTS_THREAD])
    waiting.run(work.end, key("answer"), "done")
    later = next_of(waiting)
    assert not later.may_overtake
    assert elder(waiting, later) is None


def test_a_mail_of_a_mapped_gmail_thread_needs_no_claim(store: Store) -> None:
    map_to(store, CONVERSATION, "t1")
    notice(store, "m1", "t1")
    fetch(store, "m1", 10, [AGENTS_THREAD])
    assert store.rows(CLAIM) == []


def test_a_mail_fetched_again_claims_the_same(waiting: Store) -> None:
    fetch(waiting, "answer", 10, [AGENTS_THREAD])
    assert len(waiting.rows(CLAIM)) == 1


def test_claims_of_ended_mails_are_forgotten(waiting: Store) -> None:
    notice(waiting, "open", "t3")
    fetch(waiting, "open", 5, [3])
    waiting.run(work.end, key("answer"), "done")
    waiting.run(precedence.forget_claims)
    assert [row["work_id"] for row in waiting.rows(CLAIM)] == [key("open")]


# What was never fetched


def unfetched(store: Store, scope: Scope = SCOPE) -> list[str]:
    found = store.run(precedence.unfetched_before, scope, PATIENCE)
    return [message.gmail_message_id for message in found]


@pytest.fixture
def unread(store: Store) -> Store:
    """A mail nobody has fetched, and a later one of a conversation."""
    map_to(store, CONVERSATION, "t1")
    notice(store, "unread", "t2")
    notice(store, "later", "t1")
    fetch(store, "later", 20)
    return store


def test_what_was_noticed_before_and_never_fetched_may_belong_here(unread: Store) -> None:
    assert unfetched(unread) == ["unread"]


def test_what_was_noticed_later_is_younger(unread: Store) -> None:
    notice(unread, "younger", "t3")
    assert unfetched(unread) == ["unread"]


def test_a_gmail_thread_without_a_conversation_waits_for_nobody(unread: Store) -> None:
    notice(unread, "other", "t9")
    assert unfetched(unread, Scope(SLUG, "t9", None)) == []


def test_a_gmail_thread_of_another_conversation_is_not_waited_for(unread: Store) -> None:
    map_to(unread, 8, "t2")
    assert unfetched(unread) == []


def test_a_backfill_is_not_waited_for(store: Store) -> None:
    map_to(store, CONVERSATION, "t1")
    notice(store, "old", "t2", backfill=True)
    notice(store, "later", "t1")
    assert unfetched(store) == []


def test_what_has_ended_is_not_waited_for(unread: Store) -> None:
    unread.run(work.end, key("unread"), "gone")
    assert unfetched(unread) == []


def test_what_gmail_does_not_give_out_is_waited_for_a_minute(unread: Store) -> None:
    for _ in range(4):
        unread.run(work.record, key("unread"), Unavailable("Gmail answered 500"))
    assert unfetched(unread) == ["unread"]
    unread.pass_time(PATIENCE)
    assert unfetched(unread) == []


def test_what_waited_out_an_outage_of_gmail_is_waited_for(unread: Store) -> None:
    unread.run(work.record, key("unread"), Later(5, "Gmail is down", f"gmail:{SLUG}"))
    unread.pass_time(10 * PATIENCE)
    assert unfetched(unread) == ["unread"]


def test_what_nobody_has_tried_is_waited_for_however_old_it_is(unread: Store) -> None:
    unread.pass_time(100 * PATIENCE)
    assert unfetched(unread) == ["unread"]


# What a mail names


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"In-Reply-To: <FS_reply-57-0a1b@desk.example>\n\n", (57,)),
        (b"References: <a@b>\n <FS_autoreply-9-x@d> <FS_reply-57-y@d>\n <FS_reply-9-z@d>", (9, 57)),
        (b"Subject: x\n\n--b\nMessage-ID: <FS_reply-57-y@d>\n", (57,)),
        (b"References: <FS_notify-57-y@d> <FS_reply-0-y@d> <FS_reply-@d>\n\n", ()),
        (b"x" * 300_000 + b"FS_reply-57-", ()),
        (b"", ()),
    ],
)
def test_a_mail_names_freescout_threads(raw: bytes, named: tuple[int, ...]) -> None:
    assert named_threads(raw) == named


def test_a_hostile_mail_names_at_most_two_hundred() -> None:
    assert len(named_threads(b" ".join(b"FS_reply-%d-" % n for n in range(1, 5000)))) == 200

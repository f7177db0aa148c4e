"""The FreeScout simulator's drafts from their sending on: sent, undone, and what is forbidden."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_builders import (
    AGENT,
    BEN,
    CANONICAL,
    CC,
    MARKER,
    START,
    Clock,
    bot_draft,
    customer_mail,
    events,
    later,
    message,
    opened,
    untouched,
)
from simulators.freescout import drafting, staff
from simulators.freescout.desk import Desk
from simulators.freescout.records import (
    Author,
    Conversation,
    ConversationChange,
    RefusedError,
    Thread,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(clock, random.Random(7))


def test_sending_publishes_the_same_thread_as_the_senders(desk: Desk, clock: Clock) -> None:
    thread = bot_draft(desk)
    conversation = desk.conversation(1)
    count = conversation.threads_count
    later(desk, 100)
    sent = drafting.send(desk, thread.id, AGENT)
    assert sent is thread
    assert (thread.state, thread.status, thread.source_type) == ("published", "pending", "api")
    assert (thread.created_by, thread.created_at) == (Author("user", AGENT), int(clock.seconds))
    assert thread.body == CANONICAL
    assert conversation.threads_count == count + 1
    assert (conversation.status, conversation.assignee) == ("pending", AGENT)
    assert conversation.updated_at == conversation.waiting_since == int(clock.seconds)
    assert (conversation.latest_reply_from, conversation.cc) == ("user", CC)
    assert conversation.preview == "Dear Jo, a < b & é"


def test_status_and_assignee_are_told_at_once_and_the_reply_with_its_mail(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT)
    assert events(desk) == ["convo.status", "convo.assigned"]
    later(desk, 14)
    assert [mail.state for mail in desk.mailroom.mails] == ["queued"]
    assert len(events(desk)) == 2
    later(desk, 1)
    assert events(desk)[2:] == ["convo.agent.reply.created"]
    (mail,) = desk.mailroom.mails
    assert (mail.state, mail.sent_at, mail.cc) == ("sent", START + 75, CC)
    assert mail.message_id.startswith(f"<FS_reply-{thread.id}-")


@pytest.mark.parametrize("status", ["active", "closed"])
def test_the_sender_chooses_the_status(desk: Desk, status: str) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT, "Mine", status)
    conversation = desk.conversation(1)
    assert (thread.status, conversation.status, thread.body) == (status, status, "Mine")
    assert ("convo.status" in events(desk)) is (status == "closed")
    assert conversation.closed_by == (AGENT if status == "closed" else None)


def test_somebody_elses_conversation_stays_theirs(desk: Desk) -> None:
    thread = bot_draft(desk)
    desk.update_conversation(1, ConversationChange(by_user=BEN, assign_to=BEN))
    desk.events.fired.clear()
    drafting.send(desk, thread.id, AGENT)
    assert desk.conversation(1).assignee == BEN
    assert events(desk) == ["convo.status"]


def test_a_draft_sent_within_fifteen_seconds_of_its_creation_fires_twice(desk: Desk) -> None:
    opened(desk)
    thread = desk.append_thread(1, message(state="draft"))
    later(desk, 10)
    desk.events.fired.clear()
    drafting.send(desk, thread.id, AGENT)
    later(desk, 15)
    assert events(desk).count("convo.agent.reply.created") == 2
    assert [mail.state for mail in desk.mailroom.mails] == ["sent"]


def test_the_mail_holds_what_was_sent_and_no_comment(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT, f"Mine{MARKER}")
    assert desk.mailroom.mails[0].html == f"Mine{MARKER}"


# --- undone


def test_undo_makes_it_a_draft_again_that_stays_the_persons(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT)
    sent_at = thread.created_at
    count = desk.conversation(1).threads_count
    later(desk, 14.9)
    assert untouched(desk, lambda: drafting.undo(desk, thread.id))
    assert thread.state == "draft"
    assert (thread.created_by, thread.created_at) == (Author("user", AGENT), sent_at)
    assert desk.conversation(1).status == "pending"
    assert desk.conversation(1).threads_count == count
    later(desk, 60)
    assert [mail.state for mail in desk.mailroom.mails] == ["cancelled"]
    assert "convo.agent.reply.created" not in events(desk)


def test_undo_is_silent_also_where_api_drafts_fire(desk: Desk) -> None:
    thread = bot_draft(desk)
    desk.switches.draft_events = True
    drafting.send(desk, thread.id, AGENT)
    drafting.undo(desk, thread.id)
    later(desk, 60)
    assert "convo.agent.reply.created" not in events(desk)


def test_what_was_undone_can_be_sent_again_once(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT)
    drafting.undo(desk, thread.id)
    later(desk, 1)
    drafting.send(desk, thread.id, BEN, "Better")
    later(desk, 20)
    assert [mail.state for mail in desk.mailroom.mails] == ["cancelled", "sent"]
    assert events(desk).count("convo.agent.reply.created") == 1
    # Counted at both sendings: the counter says more than there is.
    assert desk.conversation(1).threads_count == 3


def test_after_fifteen_seconds_nothing_can_be_undone(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT)
    later(desk, 15)
    with pytest.raises(RefusedError, match="cannot be undone"):
        drafting.undo(desk, thread.id)
    assert thread.state == "published"


# --- what is forbidden


FORBIDDEN: dict[str, Callable[[Desk, int], object]] = {
    "send": lambda desk, thread: drafting.send(desk, thread, AGENT),
    "discard": drafting.discard,
    "save": lambda desk, thread: drafting.save(desk, thread, "x"),
    "open": lambda desk, thread: drafting.open_editor(desk, thread, AGENT),
    "leave": drafting.open_and_leave,
}


@pytest.mark.parametrize("deed", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_was_sent_is_no_draft_any_more(
    desk: Desk, deed: Callable[[Desk, int], object]
) -> None:
    thread = bot_draft(desk)
    drafting.send(desk, thread.id, AGENT)
    with pytest.raises(RefusedError, match="already been sent"):
        deed(desk, thread.id)
    assert (thread.state, thread.body) == ("published", CANONICAL)


@pytest.mark.parametrize("deed", [*FORBIDDEN.values(), drafting.undo])
def test_what_is_gone_is_404(desk: Desk, deed: Callable[[Desk, int], object]) -> None:
    thread = bot_draft(desk)
    drafting.discard(desk, thread.id)
    with pytest.raises(RefusedError) as refused:
        deed(desk, thread.id)
    assert refused.value.status == 404


@pytest.mark.parametrize("kind", ["customer", "note", "draft"])
def test_only_what_a_person_sent_can_be_undone(desk: Desk, kind: str) -> None:
    thread = bot_draft(desk)
    mail = desk.conversation(1).threads[0]
    others = {"customer": mail, "note": staff.note(desk, 1, "x", AGENT), "draft": thread}
    with pytest.raises(RefusedError, match="cannot be undone"):
        drafting.undo(desk, others[kind].id)


@pytest.mark.parametrize("text", ["", "  ", "<p><br></p>"])
def test_an_empty_message_is_not_sent(desk: Desk, text: str) -> None:
    thread = bot_draft(desk)
    with pytest.raises(RefusedError):
        drafting.send(desk, thread.id, AGENT, text)
    with pytest.raises(RefusedError):
        staff.reply(desk, 1, text, AGENT)
    assert [each.state for each in desk.threads()] == ["published", "draft"]
    assert thread.body == CANONICAL


def test_nobody_unknown_does_anything(desk: Desk) -> None:
    thread = bot_draft(desk)
    for deed in (drafting.send, drafting.open_editor):
        with pytest.raises(RefusedError, match="User not found"):
            deed(desk, thread.id, 99)
    with pytest.raises(RefusedError, match="User not found"):
        drafting.start(desk, 1, "Mine", 99)


DEEDS = ["save", "leave", "send", "undo", "discard", "start", "customer", "wait"]


@given(st.lists(st.sampled_from(DEEDS), max_size=14))
def test_in_any_order_a_draft_is_mailed_at_most_as_often_as_it_was_sent(deeds: list[str]) -> None:
    desk = Desk(Clock(), random.Random(1))
    thread = bot_draft(desk)
    sent = sum(done(desk, thread, deed) for deed in deeds)
    later(desk, 60)
    mails = [mail for mail in desk.mailroom.mails if mail.thread_id == thread.id]
    assert len(mails) == sent
    assert sum(mail.state == "sent" for mail in mails) <= 1
    assert_published_thread_was_mailed(desk, thread, desk.conversation(1))


def done(desk: Desk, thread: Thread, deed: str) -> bool:
    """Try one deed; whether it sent the draft."""
    acts: dict[str, Callable[[], object]] = {
        "save": lambda: drafting.save(desk, thread.id, "Mine"),
        "leave": lambda: drafting.open_and_leave(desk, thread.id),
        "send": lambda: drafting.send(desk, thread.id, AGENT),
        "undo": lambda: drafting.undo(desk, thread.id),
        "discard": lambda: drafting.discard(desk, thread.id),
        "start": lambda: drafting.start(desk, 1, "Own", BEN),
        "customer": lambda: desk.append_thread(1, customer_mail()),
        "wait": lambda: later(desk, 8),
    }
    try:
        acts[deed]()
    except RefusedError:
        return False
    return deed == "send"


def assert_published_thread_was_mailed(desk: Desk, thread: Thread, row: Conversation) -> None:
    mailed = any(
        mail.thread_id == thread.id and mail.state == "sent" for mail in desk.mailroom.mails
    )
    assert mailed is (thread in row.threads and thread.state == "published")

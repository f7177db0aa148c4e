"""The FreeScout simulator's drafts until they are sent: made, edited, discarded, and when."""

import random

import pytest

from desk_builders import (
    AGENT,
    BEN,
    BOT,
    CANONICAL,
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
from simulators.freescout.hours import next_due
from simulators.freescout.records import (
    Author,
    ConversationChange,
    RefusedError,
    Thread,
)
from simulators.freescout.search import in_drafts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(clock, random.Random(7))


def test_a_draft_of_the_api_is_the_bots_and_mails_nobody(desk: Desk) -> None:
    thread = bot_draft(desk)
    assert (thread.state, thread.source_type) == ("draft", "api")
    assert thread.created_by == Author("user", BOT)
    assert desk.mailroom.mails == []
    assert events(desk) == []


def test_a_draft_without_status_reopens_a_closed_conversation(desk: Desk) -> None:
    conversation = opened(desk)
    desk.update_conversation(1, ConversationChange(by_user=AGENT, status="closed"))
    desk.append_thread(1, message(state="draft"))
    assert (conversation.status, conversation.cc) == ("pending", ())


@pytest.mark.parametrize(
    ("switched", "fired"), [(False, []), (True, ["convo.agent.reply.created"])]
)
def test_an_api_draft_fires_an_event_only_in_some_versions(
    desk: Desk, *, switched: bool, fired: list[str]
) -> None:
    desk.switches.draft_events = switched
    opened(desk)
    desk.events.fired.clear()
    desk.append_thread(1, message(state="draft"))
    later(desk, 14)
    assert events(desk) == []
    later(desk, 1)
    assert events(desk) == fired


@pytest.mark.parametrize("since", [True, False])
def test_the_drafts_folder_shows_api_drafts_since_a_version_and_edited_ones_always(
    desk: Desk, *, since: bool
) -> None:
    desk.switches.drafts_folder = since
    thread = bot_draft(desk)
    conversation = desk.conversation(1)
    assert in_drafts(conversation) is since
    drafting.open_and_leave(desk, thread.id)
    assert in_drafts(conversation)
    drafting.discard(desk, thread.id)
    assert not in_drafts(conversation)


# --- edited


def test_opening_a_draft_changes_nothing(desk: Desk) -> None:
    thread = bot_draft(desk, "a & b")
    assert untouched(desk, lambda: drafting.open_editor(desk, thread.id, AGENT))
    later(desk, 60)
    assert thread.body == "a & b"


def test_leaving_the_field_saves_within_a_second_and_a_half_though_nothing_was_typed(
    desk: Desk,
) -> None:
    thread = bot_draft(desk, "a & b")
    drafting.open_editor(desk, thread.id, AGENT)
    drafting.click_elsewhere(desk, thread.id, AGENT)
    later(desk, 1.4)
    assert thread.body == "a & b"
    assert untouched(desk, lambda: later(desk, 0.1))
    assert thread.body == "a &amp; b"


def test_opening_and_leaving_keeps_canonical_html(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.open_and_leave(desk, thread.id)
    assert thread.body == CANONICAL


@pytest.mark.parametrize(("typed_after", "saved_after"), [(0, 12), (5, 12), (11.5, 12), (12, 24)])
def test_typing_is_saved_by_the_timer_of_twelve_seconds(
    desk: Desk, typed_after: float, saved_after: float
) -> None:
    thread = bot_draft(desk)
    drafting.open_editor(desk, thread.id, AGENT)
    later(desk, typed_after)
    drafting.type_text(desk, thread.id, AGENT, "Mine")
    later(desk, saved_after - typed_after - 0.1)
    assert thread.body == CANONICAL
    later(desk, 0.1)
    assert thread.body == "Mine"


def test_more_typing_is_saved_with_the_next_tick(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.open_editor(desk, thread.id, AGENT)
    drafting.type_text(desk, thread.id, AGENT, "Mi")
    drafting.type_text(desk, thread.id, AGENT, "Mine")
    later(desk, 12)
    drafting.type_text(desk, thread.id, AGENT, "Mine too")
    assert thread.body == "Mine"
    later(desk, 12)
    assert thread.body == "Mine too"
    assert next_due(desk) is None


def test_an_edit_changes_the_body_and_nothing_else(desk: Desk) -> None:
    thread = bot_draft(desk)
    before = (thread.id, thread.created_by, thread.created_at, thread.state, thread.source_type)
    later(desk, 10)
    assert untouched(desk, lambda: drafting.save(desk, thread.id, "Mine"))
    assert thread.body == "Mine"
    after = (thread.id, thread.created_by, thread.created_at, thread.state, thread.source_type)
    assert after == before


def test_of_two_people_in_one_draft_the_last_save_wins(desk: Desk) -> None:
    thread = bot_draft(desk)
    for user, text in ((AGENT, "Ada's"), (BEN, "Ben's")):
        drafting.open_editor(desk, thread.id, user)
        drafting.type_text(desk, thread.id, user, text)
        drafting.click_elsewhere(desk, thread.id, user)
    later(desk, 2)
    assert thread.body == "Ben's"


# --- discarded


def test_a_discarded_draft_leaves_no_trace(desk: Desk) -> None:
    thread = bot_draft(desk)
    count = desk.conversation(1).threads_count
    later(desk, 10)
    assert untouched(desk, lambda: drafting.discard(desk, thread.id))
    assert thread not in desk.conversation(1).threads
    assert list(desk.threads()) == desk.conversation(1).threads
    assert desk.conversation(1).threads_count == count


def test_an_open_editor_of_a_discarded_draft_saves_no_more(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.open_editor(desk, thread.id, BEN)
    drafting.type_text(desk, thread.id, BEN, "Too late")
    drafting.discard(desk, thread.id)
    later(desk, 60)
    assert [each.type for each in desk.threads()] == ["customer"]
    with pytest.raises(RefusedError, match="not open"):
        drafting.type_text(desk, thread.id, BEN, "Still")


def test_the_editor_of_a_draft_that_is_gone_is_closed(desk: Desk) -> None:
    thread = bot_draft(desk)
    drafting.open_editor(desk, thread.id, BEN)
    drafting.type_text(desk, thread.id, BEN, "Too late")
    desk.delete_forever(1)
    later(desk, 60)
    assert desk.editors == {}


# --- a person's own reply


def test_an_own_reply_stands_beside_the_bots_draft(desk: Desk) -> None:
    thread = bot_draft(desk)
    reply = staff.reply(desk, 1, "Mine", AGENT)
    assert (reply.state, reply.source_type) == ("published", "web")
    assert (thread.state, thread.body) == ("draft", CANONICAL)
    assert in_drafts(desk.conversation(1))


def test_several_drafts_live_side_by_side_and_survive_a_close(desk: Desk) -> None:
    thread = bot_draft(desk)
    later(desk, 10)
    own: list[Thread] = []
    assert untouched(desk, lambda: own.append(drafting.start(desk, 1, "Mine", AGENT)))
    assert (own[0].state, own[0].source_type, own[0].created_by.id) == ("draft", "web", AGENT)
    desk.update_conversation(1, ConversationChange(by_user=AGENT, status="closed"))
    later(desk, 60)
    drafts = [each for each in desk.conversation(1).threads if each.state == "draft"]
    assert drafts == [thread, own[0]]
    assert events(desk) == ["convo.status"]


def test_a_draft_of_the_ui_is_kept_also_where_the_module_publishes_drafts(desk: Desk) -> None:
    opened(desk)
    desk.switches.drafts = "published"
    assert drafting.start(desk, 1, "Mine", AGENT).state == "draft"


def test_a_draft_moves_with_a_merge_and_can_be_sent_there(desk: Desk) -> None:
    thread = bot_draft(desk)
    target = opened(desk)
    staff.merge(desk, 1, target.id, AGENT)
    drafting.send(desk, thread.id, AGENT)
    assert (thread.conversation_id, target.status) == (target.id, "pending")


def test_a_customers_mail_leaves_the_draft_alone(desk: Desk) -> None:
    thread = bot_draft(desk)
    desk.append_thread(1, customer_mail("More"))
    assert (thread.state, thread.body) == ("draft", CANONICAL)

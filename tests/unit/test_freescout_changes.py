"""The FreeScout simulator's desk: changes, deletes, merges, people, and finding rows again."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_builders import AGENT, BOT, CC, MAILED, START, Clock, customer_mail, message, note, opened
from simulators.freescout import staff
from simulators.freescout.bodies import parse_moment
from simulators.freescout.desk import Desk
from simulators.freescout.records import (
    ConversationChange,
    CustomerRef,
    RefusedError,
    Thread,
)
from simulators.freescout.search import find_conversations
from simulators.freescout.wire import Wire


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(clock, random.Random(7))


def test_a_change_adds_one_line_item_and_the_same_again_none(desk: Desk, clock: Clock) -> None:
    conversation = opened(desk)
    change = ConversationChange(by_user=BOT, status="closed", assign_to=AGENT)
    desk.update_conversation(1, change)
    clock.seconds += 10
    desk.update_conversation(1, change)
    lines = [thread.action_type for thread in conversation.threads if thread.type == "lineitem"]
    assert lines == ["changed-ticket-status", "changed-ticket-assignee"]
    assert conversation.updated_at == START
    assert (conversation.closed_at, conversation.closed_by) == (START, BOT)


def test_assigning_to_zero_unassigns(desk: Desk) -> None:
    conversation = opened(desk, assign_to=AGENT)
    desk.update_conversation(1, ConversationChange(by_user=BOT, assign_to=0))
    assert conversation.assignee is None


def test_a_status_change_without_a_user_is_refused(desk: Desk) -> None:
    opened(desk)
    with pytest.raises(RefusedError) as refused:
        desk.update_conversation(1, ConversationChange(status="closed"))
    assert refused.value.path == "byUser"


def test_tags_are_replaced_as_a_whole_and_leave_updated_at_alone(desk: Desk, clock: Clock) -> None:
    conversation = opened(desk)
    clock.seconds += 10
    desk.set_tags(1, ("lead", "p1", "lead"))
    desk.set_tags(1, ("p2",))
    assert conversation.tags == ("p2",)
    assert conversation.updated_at == START


def test_tags_and_fields_need_their_modules(desk: Desk) -> None:
    opened(desk)
    desk.switches.tags_module = False
    desk.switches.custom_fields_module = False
    with pytest.raises(RefusedError, match="Tags module is not installed"):
        desk.set_tags(1, ("lead",))
    with pytest.raises(RefusedError, match="Custom Fields module is not installed"):
        desk.set_custom_fields(1, {1: "x"})


def test_only_given_custom_fields_change(desk: Desk) -> None:
    conversation = opened(desk, custom_fields={1: "a"})
    desk.set_custom_fields(1, {})
    assert conversation.custom_fields == {1: "a"}
    with pytest.raises(RefusedError):
        desk.set_custom_fields(1, {9: "x"})


def test_a_deleted_conversation_is_revived_by_the_customer_and_not_by_a_note(desk: Desk) -> None:
    conversation = opened(desk)
    staff.delete(desk, 1, AGENT)
    desk.append_thread(1, note())
    assert conversation.state == "deleted"
    desk.append_thread(1, customer_mail())
    assert (conversation.state, conversation.status) == ("published", "active")


def test_what_is_deleted_for_ever_is_404(desk: Desk) -> None:
    opened(desk)
    desk.delete_forever(1)
    with pytest.raises(RefusedError) as refused:
        desk.append_thread(1, customer_mail())
    assert refused.value.status == 404


def test_merged_threads_keep_their_ids_and_leave_a_deleted_shell(desk: Desk) -> None:
    source, target = opened(desk), opened(desk)
    staff.merge(desk, source.id, target.id, AGENT)
    moved = [thread for thread in target.threads if thread.type == "customer"]
    assert [thread.id for thread in moved] == [2, 1]
    assert {thread.conversation_id for thread in moved} == {target.id}
    assert [thread.action_type for thread in source.threads] == ["merged", "deleted-ticket"]
    assert source.threads[0].linked == {"conversation": target.id}
    assert (source.state, target.threads_count) == ("deleted", 2)
    desk.append_thread(source.id, customer_mail())
    assert source.state == "published"


def test_a_conversation_is_not_merged_with_itself(desk: Desk) -> None:
    opened(desk)
    with pytest.raises(RefusedError):
        staff.merge(desk, 1, 1, AGENT)


def test_a_persons_reply_is_published_assigned_and_mailed(desk: Desk) -> None:
    conversation = opened(desk)
    thread = staff.reply(desk, 1, "On its way", AGENT)
    assert (thread.state, thread.source_type) == ("published", "web")
    assert (conversation.status, conversation.assignee) == ("pending", AGENT)
    assert conversation.cc == CC
    assert [mail.cc for mail in desk.mailroom.mails] == [CC]


def test_a_persons_note_stays_inside_and_notifies_no_one_else(desk: Desk) -> None:
    conversation = opened(desk)
    staff.note(desk, 1, "Call her", AGENT)
    assert conversation.preview == "Call her"
    assert desk.mailroom.mails == []
    with pytest.raises(RefusedError):
        staff.note(desk, 1, "  ", AGENT)


def test_the_customer_of_a_conversation_can_be_changed(desk: Desk) -> None:
    conversation = opened(desk)
    customer = staff.change_customer(desk, 1, CustomerRef(email="eve@other.example"))
    assert conversation.customer_id == customer.id


def test_customers_are_found_whatever_the_case_and_only_empty_names_are_filled(
    desk: Desk,
) -> None:
    opened(desk, customer=CustomerRef(email="Jo@Client.example", last_name="Miller"))
    opened(desk, customer=CustomerRef(email="jo@client.example", first_name="Jo", last_name="X"))
    assert len(desk.customers.rows) == 1
    assert desk.customers.get(1).name == "Jo Miller"


def test_the_subject_is_cut(desk: Desk) -> None:
    assert len(opened(desk, subject="s" * 2000).subject) == 998


def test_created_since_misses_imported_mail_and_updated_since_finds_it(desk: Desk) -> None:
    opened(desk, created_at=MAILED)
    since = "2027-01-15T08:00:00Z"
    assert parse_moment(since) == START
    assert find_conversations(desk, {"createdSince": since}).total == 0
    assert find_conversations(desk, {"updatedSince": since}).total == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [3, 2, 1]),
        ({"sortOrder": "asc"}, [1, 2, 3]),
        ({"sortField": "subject", "sortOrder": "asc"}, [2, 3, 1]),
        ({"sortField": "updatedAt"}, [1, 3, 2]),
        ({"customerEmail": "JO@client.example"}, [3, 1]),
        ({"subject": "RET"}, [3]),
        ({"tag": "lead"}, [2]),
        ({"status": "closed,spam"}, [1]),
        ({"state": "deleted"}, [3]),
        ({"number": "2"}, [2]),
        ({"mailboxId": "1,7"}, [3, 2, 1]),
        ({"mailboxId": "7"}, []),
        ({"type": "phone"}, []),
        ({"customerId": "2"}, [2]),
        ({"assignedTo": "2"}, [2]),
        ({"createdByCustomerId": "2"}, [2]),
        ({"createdByUserId": "2"}, []),
        ({"nonsense": "x"}, [3, 2, 1]),
        ({"page": "2", "pageSize": "2"}, [1]),
        ({"page": "9"}, []),
    ],
)
def test_the_list_is_filtered_sorted_and_paged(
    desk: Desk, clock: Clock, query: dict[str, str], found: list[int]
) -> None:
    opened(desk, subject="Order")
    clock.seconds += 1
    opened(desk, subject="Invoice", customer=CustomerRef(email="eve@other.example"))
    clock.seconds += 1
    opened(desk, subject="My return")
    desk.set_tags(2, ("lead",))
    desk.conversation(2).assignee = AGENT
    staff.delete(desk, 3, AGENT)
    clock.seconds += 1
    desk.update_conversation(1, ConversationChange(by_user=AGENT, status="closed"))
    assert [row.id for row in find_conversations(desk, query).rows] == found


def test_threads_come_newest_first_by_date(desk: Desk) -> None:
    opened(desk)
    desk.append_thread(1, customer_mail("Old", created_at=MAILED))
    wire = Wire(desk, "http://desk.example").conversation(desk.conversation(1), {"threads"})
    assert [thread["body"] for thread in wire["_embedded"]["threads"]] == ["Hello", "Old"]
    assert wire["preview"] == "Old"


def all_threads(desk: Desk) -> list[Thread]:
    return list(desk.threads())


@given(st.lists(st.sampled_from(["customer", "note", "message", "draft"]), max_size=12))
def test_thread_ids_rise_with_each_write_whatever_is_written(kinds: list[str]) -> None:
    desk = Desk(Clock(), random.Random(1))
    opened(desk)
    new = {
        "customer": customer_mail(),
        "note": note(),
        "message": message(),
        "draft": message(state="draft"),
    }
    for kind in kinds:
        desk.append_thread(1, new[kind])
    ids = [thread.id for thread in all_threads(desk)]
    assert ids == sorted(set(ids))
    counted = sum(kind in ("customer", "message") for kind in kinds)
    assert desk.conversation(1).threads_count == 1 + counted

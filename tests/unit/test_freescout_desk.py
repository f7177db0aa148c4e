"""The FreeScout simulator's desk: every side effect of a create and an append."""

import random
from dataclasses import dataclass

import pytest

from desk_builders import AGENT, CC, MAILED, START, Clock, customer_mail, message, note, opened
from simulators.freescout import staff
from simulators.freescout.desk import Desk
from simulators.freescout.outbox import raw_mail
from simulators.freescout.records import (
    ConversationChange,
    CrashedError,
    CustomerRef,
    Cut,
    NewAttachment,
    NewConversation,
    NewThread,
    RefusedError,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(clock, random.Random(7))


@dataclass(frozen=True)
class Effect:
    """What one row of the table says about a conversation that was closed an hour ago."""

    new: NewThread
    counted: int
    status: str
    waits: tuple[int, str]
    user_updated_at: int | None
    preview: str
    cc: tuple[str, ...]


BEFORE = (START, "customer")


LATER = START + 3600


TABLE = {
    "customer": Effect(customer_mail("More"), 1, "active", (LATER, "customer"), None, "More", CC),
    "customer with an empty cc": Effect(
        customer_mail("More", cc=()), 1, "active", (LATER, "customer"), None, "More", ()
    ),
    "note": Effect(note(), 0, "closed", BEFORE, LATER, "A note", ()),
    "note with cc": Effect(note(cc=CC), 0, "closed", BEFORE, LATER, "A note", CC),
    "published message": Effect(message(), 1, "pending", (LATER, "user"), LATER, "An answer", CC),
    "draft": Effect(message(state="draft"), 0, "pending", (LATER, "user"), LATER, "Hello", ()),
    "draft with status and cc": Effect(
        message(state="draft", status="closed", cc=CC),
        0,
        "closed",
        (LATER, "user"),
        LATER,
        "Hello",
        CC,
    ),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_a_thread_changes_its_conversation_as_the_table_says(
    desk: Desk, clock: Clock, row: Effect
) -> None:
    conversation = opened(desk)
    desk.update_conversation(1, ConversationChange(by_user=AGENT, status="closed"))
    clock.seconds = LATER
    desk.append_thread(1, row.new)
    assert conversation.threads_count == 1 + row.counted
    assert conversation.status == row.status
    assert (conversation.waiting_since, conversation.latest_reply_from) == row.waits
    assert conversation.user_updated_at == row.user_updated_at
    assert conversation.preview == row.preview
    assert conversation.cc == row.cc
    assert conversation.updated_at == LATER


MAILS = {
    "imported customer mail": (customer_mail(), []),
    "customer mail": (customer_mail(imported=False), ["notification"]),
    "imported note": (note(), []),
    "note": (note(imported=False), ["notification"]),
    "published message": (message(), ["reply"]),
    "imported message": (message(imported=True), []),
    "message in a state nobody knows": (message(state="drafft"), ["reply"]),
    "draft": (message(state="draft"), []),
}


@pytest.mark.parametrize(("new", "kinds"), MAILS.values(), ids=MAILS.keys())
def test_a_thread_causes_exactly_the_mail_the_table_says(
    desk: Desk, new: NewThread, kinds: list[str]
) -> None:
    opened(desk)
    desk.append_thread(1, new)
    assert [mail.kind for mail in desk.mailroom.mails] == kinds


@pytest.mark.parametrize("status", ["closed", "spam", "pending"])
def test_customer_mail_reopens_whatever_the_status(desk: Desk, status: str) -> None:
    conversation = opened(desk)
    desk.update_conversation(1, ConversationChange(by_user=AGENT, status=status))
    desk.append_thread(1, customer_mail())
    assert conversation.status == "active"
    assert conversation.closed_at is None


def test_a_reply_leaves_after_fifteen_seconds_and_not_before(desk: Desk, clock: Clock) -> None:
    opened(desk)
    desk.append_thread(1, message())
    clock.seconds += 14
    assert desk.send_due() == []
    clock.seconds += 1
    assert [mail.recipient for mail in desk.send_due()] == ["jo@client.example"]
    assert desk.send_due() == []


def test_a_reply_whose_thread_is_gone_is_never_mailed(desk: Desk, clock: Clock) -> None:
    opened(desk)
    thread = desk.append_thread(1, message())
    desk.drop_thread(thread.id)
    clock.seconds += 60
    assert desk.send_due() == []
    assert [mail.state for mail in desk.mailroom.mails] == ["cancelled"]


def test_the_mailed_reply_hides_the_marker_and_names_its_thread(desk: Desk) -> None:
    opened(desk, subject="Order\r\n 1")
    marked = "Sent <!-- csm:1:ABCDEFGHIJKLMNOP: --><i data-x='1'>soon</i>"
    thread = staff.reply(desk, 1, marked, AGENT)
    raw = raw_mail(desk.mailroom.mails[0]).decode()
    assert f"Message-ID: <FS_reply-{thread.id}-" in raw
    assert "@desk.example>" in raw
    assert "csm:1" not in raw
    assert "data-x" not in raw
    assert "In-Reply-To" not in raw
    assert "References" not in raw
    assert "Subject: Re: Order 1\n" in raw


def test_drafts_are_published_and_mailed_when_the_module_does_not_keep_them(desk: Desk) -> None:
    opened(desk)
    desk.switches.drafts = "published"
    thread = desk.append_thread(1, message(state="draft"))
    assert thread.state == "published"
    assert [mail.kind for mail in desk.mailroom.mails] == ["reply"]


def test_a_note_with_status_changes_it_with_a_line_item(desk: Desk) -> None:
    conversation = opened(desk)
    desk.append_thread(1, note(status="pending"))
    assert conversation.status == "pending"
    assert [thread.action_type for thread in conversation.threads][-1] == "changed-ticket-status"


def test_mail_from_another_address_changes_the_customer(desk: Desk) -> None:
    conversation = opened(desk)
    desk.append_thread(1, customer_mail(customer=CustomerRef(email="eve@other.example")))
    assert desk.customers.get(conversation.customer_id).email == "eve@other.example"


def test_mail_without_a_customer_is_the_present_customers(desk: Desk) -> None:
    conversation = opened(desk)
    thread = desk.append_thread(1, customer_mail())
    assert thread.customer_id == conversation.customer_id


def test_a_create_without_imported_sends_auto_reply_and_notification(desk: Desk) -> None:
    opened(desk, imported=False, threads=(customer_mail(imported=False),))
    kinds = sorted(mail.kind for mail in desk.mailroom.mails)
    assert kinds == ["auto_reply", "notification"]


def test_an_imported_create_mails_nobody(desk: Desk) -> None:
    opened(desk)
    assert desk.mailroom.mails == []


def test_threads_of_a_create_are_sent_newest_first(desk: Desk) -> None:
    conversation = opened(desk, threads=(message(imported=True), customer_mail("First")))
    assert [thread.type for thread in conversation.threads] == ["customer", "message"]
    assert conversation.status == "pending"
    assert conversation.source_via == "user"
    assert conversation.created_by.kind == "user"


def test_a_given_status_wins_over_the_last_thread(desk: Desk) -> None:
    assert opened(desk, status="closed").status == "closed"


def test_imported_dates_are_kept_while_the_rest_says_now(desk: Desk) -> None:
    conversation = opened(desk, created_at=MAILED, threads=(customer_mail(created_at=MAILED),))
    assert conversation.created_at == MAILED
    assert conversation.threads[0].created_at == MAILED
    assert conversation.updated_at == START
    assert conversation.waiting_since == START


def test_dates_without_imported_are_ignored(desk: Desk) -> None:
    conversation = opened(
        desk,
        imported=False,
        created_at=MAILED,
        threads=(customer_mail(imported=False, created_at=MAILED),),
    )
    assert conversation.created_at == START
    assert conversation.threads[0].created_at == START


def test_dates_are_ignored_when_switched_so(desk: Desk) -> None:
    desk.switches.created_at = "ignored"
    desk.switches.conversation_created_at = "ignored"
    conversation = opened(desk, created_at=MAILED, threads=(customer_mail(created_at=MAILED),))
    assert conversation.created_at == START
    assert conversation.threads[0].created_at == START


def test_the_core_bug_answers_500_and_leaves_a_husk(desk: Desk) -> None:
    desk.switches.created_at = "throws"
    with pytest.raises(CrashedError):
        opened(desk, threads=(customer_mail(created_at=MAILED),))
    assert [len(row.threads) for row in desk.conversations.values()] == [0]


def test_an_append_to_a_husk_counts_as_its_first_thread(desk: Desk) -> None:
    new = NewConversation(1, "Order", CustomerRef(email="jo@client.example"), (customer_mail(),))
    with pytest.raises(CrashedError):
        desk.create_conversation(new, Cut.THREADS)
    desk.append_thread(1, customer_mail(imported=False))
    assert desk.conversation(1).threads_count == 1
    assert "auto_reply" in [mail.kind for mail in desk.mailroom.mails]


def test_attachments_can_be_lost_while_the_thread_is_saved(desk: Desk) -> None:
    opened(desk)
    file = NewAttachment("a.txt", "text/plain", b"abc")
    whole = desk.append_thread(1, customer_mail(attachments=(file,)))
    cut = desk.append_thread(1, customer_mail(attachments=(file,)), Cut.ATTACHMENTS)
    assert [len(whole.attachments), len(cut.attachments)] == [1, 0]


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (message(user=99), "user"),
        (note(user=None), "user"),
        (customer_mail(customer=CustomerRef(id=99)), "customer.id"),
        (customer_mail(customer=CustomerRef(email="nobody")), "customer.email"),
    ],
)
def test_an_append_naming_somebody_unknown_is_refused(
    desk: Desk, new: NewThread, path: str
) -> None:
    opened(desk)
    with pytest.raises(RefusedError) as refused:
        desk.append_thread(1, new)
    assert (refused.value.path, refused.value.status) == (path, 400)
    assert len(desk.conversation(1).threads) == 1


def test_an_unknown_mailbox_is_refused_before_anything_is_saved(desk: Desk) -> None:
    with pytest.raises(RefusedError):
        opened(desk, mailbox_id=9)
    assert desk.conversations == {}
    assert desk.customers.rows == {}


def test_the_counter_of_threads_may_lose_some(desk: Desk) -> None:
    conversation = opened(desk)
    desk.switches.threads_count_loss = 1.0
    desk.append_thread(1, customer_mail())
    assert (conversation.threads_count, len(conversation.threads)) == (1, 2)

"""How a mail becomes a customer thread: whose it is, what it says, what it must not give away."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.marker import find_marker, identifies, trusted_flags
from gmail_ingest.job import (
    Behaviour,
    Job,
    Shape,
    customer_thread,
    effect_id,
    sent_attachments,
    unwritten,
)
from gmail_ingest.mime import Address, Attachment, Mail
from gmail_ingest.reports import DeliveryReport
from mails import ALIAS, ANN, BOB, DESK, MAIL, MESSAGE, job, mail, mailbox

KEY = b"an install key of the tests"
PLAIN = Shape()
BOUNCE = DeliveryReport(("bob@elsewhere.example",), ("FS_reply-9-x@desk.example",))
PDF = Attachment("offer.pdf", "application/pdf", b"%PDF", None)
addresses = st.sampled_from([ANN, BOB, DESK, ALIAS, Address("", "cleo@customer.example")])
mails = st.builds(
    replace,
    st.just(MAIL),
    sender=addresses,
    reply_to=st.none() | addresses,
    to=st.lists(addresses, max_size=5).map(tuple),
    cc=st.lists(addresses, max_size=5).map(tuple),
    html=st.sampled_from(["<p>Hi</p>", "", "<p>open", "<!-- csm:1:AAAAAAAAAAAAAAAA: -->"]),
)
shapes = st.builds(
    Shape,
    is_foreign=st.booleans(),
    claims=st.none() | st.integers(1, 9),
)
behaviours = st.builds(Behaviour, st.just(1), created_at_honoured=st.booleans())
IGNORED = Behaviour(1, created_at_honoured=False)


def text_of(work: Job, shape: Shape = PLAIN) -> str:
    return customer_thread(work, shape, KEY).text


@given(mails, shapes, st.integers(0, 2), behaviours)
def test_the_marker_is_last_and_ours_whatever_the_mail_says(
    the_mail: Mail, shape: Shape, gap: int, behaviour: Behaviour
) -> None:
    work = job(the_mail, gap=gap, behaviour=behaviour)
    html = text_of(work, shape)
    marker = find_marker(html)
    assert marker is not None
    assert html.endswith(str(marker))
    assert identifies(KEY, work.effect_id, html)
    assert trusted_flags(KEY, html) == work.flags(is_foreign=shape.is_foreign)


@given(mails)
def test_cc_holds_neither_our_addresses_nor_the_sender_nor_anybody_twice(the_mail: Mail) -> None:
    work = job(the_mail)
    hidden = {DESK.email, ALIAS.email, work.customer.email}
    assert not hidden & set(work.copied)
    assert len(set(work.copied)) == len(work.copied)


@given(mails)
def test_everybody_else_the_mail_went_to_is_in_cc_in_the_order_of_the_headers(
    the_mail: Mail,
) -> None:
    work = job(the_mail)
    hidden = {DESK.email, ALIAS.email, work.customer.email}
    others = [a.email for a in (*the_mail.to, *the_mail.cc) if a.email not in hidden]
    assert list(work.copied) == list(dict.fromkeys(others))


@given(mails, shapes)
def test_no_address_of_ours_leaks_into_the_thread(the_mail: Mail, shape: Shape) -> None:
    if the_mail.sender.email in (DESK.email, ALIAS.email):
        return  # our own mail becomes no thread
    thread = customer_thread(job(the_mail), replace(shape, cc=job(the_mail).copied), KEY)
    assert DESK.email not in thread.text
    assert ALIAS.email not in thread.text
    assert not {DESK.email, ALIAS.email} & set(thread.cc)


def test_a_thread_never_names_a_customer() -> None:
    thread = customer_thread(job(), Shape(is_foreign=True), KEY)
    assert thread.customer_email is None, "another address would change the conversation's customer"


def test_a_plain_thread_is_the_mail_and_the_marker() -> None:
    assert text_of(job()).startswith("<p>Hello</p><!-- csm:1:")


def test_lines_stand_before_the_mail_in_one_order() -> None:
    shape = Shape(is_foreign=True, claims=4711)
    html = text_of(job(gap=2, behaviour=IGNORED), shape)
    lines = [
        "claims to answer conversation",
        "From: Ann",
        "2 earlier",
        "Received: 2027-01-15",
    ]
    places = [html.index(line) for line in [*lines, "<p>Hello</p>"]]
    assert places == sorted(places)


def test_where_freescout_ignores_the_date_a_line_says_when_gmail_accepted_it() -> None:
    assert "Received: 2027-01-15 08:00 UTC" in text_of(job(behaviour=IGNORED))
    assert "Received:" not in text_of(job())


def test_a_hostile_name_of_a_foreign_sender_is_escaped() -> None:
    work = job(mail(sender=Address("<script>alert(1)</script>-->", "eve@evil.example")))
    html = text_of(work, Shape(is_foreign=True))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_degraded_mail_is_a_stub_with_the_original() -> None:
    work = job(mail(degraded="too many <parts>", attachments=(PDF,)))
    thread = customer_thread(work, PLAIN, KEY)
    assert thread.text.startswith("<p>This mail could not be shown here: too many &lt;parts&gt;.")
    assert "https://mail.google.com/mail/" in thread.text
    assert [file.file_name for file in thread.attachments] == ["original.eml"]
    assert work.ended == ("degraded", "too many <parts>")


def test_a_whole_mail_is_done() -> None:
    assert job().ended == ("done", None)


def test_attachments_are_sent_as_they_are_and_empty_ones_left_out() -> None:
    empty = Attachment("empty.txt", "text/plain", b"", None)
    thread = customer_thread(job(mail(attachments=(PDF, empty))), PLAIN, KEY)
    assert [(sent.name, sent.size) for sent in sent_attachments(thread)] == [("offer.pdf", 4)]


def test_a_bounce_speaks_for_whom_it_did_not_reach() -> None:
    work = job(mail(report=BOUNCE, references=("m0@customer.example",)))
    assert work.speakers == {"bob@elsewhere.example"}
    assert work.references == ("FS_reply-9-x@desk.example", "m0@customer.example")


def test_a_plain_mail_speaks_for_its_sender() -> None:
    assert job().speakers == {ANN.email}


def test_a_contact_form_that_sends_as_the_mailbox_speaks_for_its_reply_to() -> None:
    work = job(mail(sender=DESK, reply_to=BOB))
    assert (work.customer, work.speakers) == (BOB, frozenset({BOB.email}))


def test_its_place_in_time_is_when_gmail_accepted_it() -> None:
    assert job().accepted_at == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert customer_thread(job(), PLAIN, KEY).created_at == job().accepted_at


@pytest.mark.parametrize(
    ("notify", "imported"), [("none", True), ("note", True), ("native", False)]
)
def test_only_native_notifications_make_a_thread_not_imported(notify: str, imported: bool) -> None:  # noqa: FBT001 - a table column
    work = job(settings=mailbox(notify=notify))
    assert customer_thread(work, PLAIN, KEY).imported is imported


def test_a_mail_that_fails_dmarc_is_forged() -> None:
    failed = {"authentication-results": ("mx.google.com; dmarc=fail",)}
    assert job(mail(headers=failed)).is_forged
    assert not job().is_forged


def test_flags_tell_foreign_and_backfill() -> None:
    work = job(message=replace(MESSAGE, backfill=True))
    assert work.flags(is_foreign=True) == "fh"


def test_the_effect_of_a_message_is_named_by_mailbox_and_id() -> None:
    assert effect_id(MESSAGE) == "customer-thread:support:18f"
    assert effect_id(MESSAGE) != effect_id(replace(MESSAGE, mailbox="sales"))


def test_a_mailbox_that_is_off_writes_nothing() -> None:
    assert unwritten(job(settings=mailbox(write="off"))) == ("dry-run", "write = off")


def test_a_filtered_mail_is_filtered_even_in_a_dry_run() -> None:
    spam = replace(MESSAGE, labels=frozenset({"SPAM"}))
    work = job(message=spam, settings=mailbox(write="off"))
    assert unwritten(work) == ("filtered", "spam label")


def test_a_customers_mail_is_written() -> None:
    assert unwritten(job()) is None


@pytest.mark.parametrize("own", [DESK, ALIAS])
def test_our_own_address_takes_part_in_no_conversation(own: Address) -> None:
    """It stands in the cc and to of everybody's mail: a bounce of it would fit anywhere."""
    bounce = DeliveryReport((own.email, BOB.email), ())
    assert job(mail(report=bounce)).speakers == {BOB.email}
    assert job(mail(report=DeliveryReport((own.email,), ()))).speakers == frozenset()

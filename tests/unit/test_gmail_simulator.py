"""The Gmail simulator's own rules: it must behave as Gmail does, or every proof on it lies."""

from email.message import EmailMessage
from typing import Any

import pytest

from simulators.gmail.faults import Faults
from simulators.gmail.mail import attachment_count, base_subject, envelope, plain_text
from simulators.gmail.mailbox import (
    Change,
    Delivery,
    HistoryExpiredError,
    Mailbox,
    MessageGoneError,
)
from simulators.gmail.query import QueryError, parse
from simulators.gmail.quota import Quota
from simulators.gmail.tokens import Tokens

NOW = 1_790_000_000


def mail(subject: str = "Question", message_id: str = "", reply_to: str = "") -> bytes:
    lines = ["From: Ada <ada@customer.example>", f"Subject: {subject}"]
    lines += [f"Message-ID: <{message_id}>"] if message_id else []
    lines += [f"In-Reply-To: <{reply_to}>"] if reply_to else []
    return "\r\n".join([*lines, "", "The text."]).encode()


def mailbox(**options: Any) -> Mailbox:
    return Mailbox("support@desk.example", lambda: float(NOW), **options)


def deliver(box: Mailbox, raw: bytes, *labels: str) -> str:
    return box.deliver(Delivery(raw, labels=labels or ("INBOX", "UNREAD"))).id


def test_accept_seconds_are_unique_and_grow() -> None:
    box = mailbox()
    seconds = [box.deliver(Delivery(mail())).internal_date_s for _ in range(5)]
    assert seconds == [NOW + n for n in range(5)]


def test_an_old_accept_time_can_be_asked_for_and_stays_unique() -> None:
    box = mailbox()
    old = [box.deliver(Delivery(mail(), at_s=NOW - 1000)).internal_date_s for _ in range(2)]
    assert old == [NOW - 1000, NOW - 999]
    assert box.deliver(Delivery(mail())).internal_date_s == NOW


def test_a_reply_joins_the_thread_of_its_parent_under_the_same_subject() -> None:
    box = mailbox()
    parent = box.deliver(Delivery(mail("Invoice 7", "a@c")))
    reply = box.deliver(Delivery(mail("RE: AW: invoice 7", "b@c", "a@c")))
    assert reply.thread_id == parent.thread_id == parent.id


@pytest.mark.parametrize(
    ("subject", "reply_to"), [("Something else", "a@c"), ("Re: Invoice 7", "unknown@c")]
)
def test_another_subject_or_an_unknown_parent_makes_a_new_thread(
    subject: str, reply_to: str
) -> None:
    box = mailbox()
    parent = box.deliver(Delivery(mail("Invoice 7", "a@c")))
    other = box.deliver(Delivery(mail(subject, "b@c", reply_to)))
    assert other.thread_id == other.id != parent.thread_id


def test_a_parent_that_arrives_late_does_not_join_its_reply() -> None:
    box = mailbox()
    reply = box.deliver(Delivery(mail("Re: Invoice", "b@c", "a@c")))
    parent = box.deliver(Delivery(mail("Invoice", "a@c")))
    assert reply.thread_id != parent.thread_id


def test_history_records_changes_once_in_order_with_gaps() -> None:
    box = mailbox()
    start = box.history_id
    message_id = deliver(box, mail())
    box.relabel(message_id, ["STARRED"], ["UNREAD", "SPAM"])
    box.relabel(message_id, ["STARRED"], [])
    box.delete(message_id)
    records = box.history_since(start)
    assert [record.change for record in records] == [
        Change.MESSAGE_ADDED,
        Change.LABEL_ADDED,
        Change.LABEL_REMOVED,
        Change.MESSAGE_DELETED,
    ]
    assert records[2].changed_labels == ("UNREAD",)
    ids = [start, *(record.id for record in records)]
    assert ids == sorted(set(ids))
    assert ids[-1] - ids[0] > len(records)
    with pytest.raises(MessageGoneError):
        box.get(message_id)


def test_history_ids_have_the_length_asked_for() -> None:
    assert len(str(mailbox(history_digits=21).history_id)) == 21


def test_expired_unknown_and_future_history_ids_are_refused() -> None:
    box = mailbox()
    start = box.history_id
    deliver(box, mail())
    box.expire_history()
    for bad in (start, 1, box.history_id + 1):
        with pytest.raises(HistoryExpiredError):
            box.history_since(bad)
    assert box.history_since(box.history_id) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"inbox", "sent"}),
        ("in:inbox", {"inbox"}),
        ("-in:inbox", {"sent"}),
        ("in:spam", {"spam"}),
        ("in:anywhere", {"inbox", "sent", "spam", "trash"}),
        ("in:anywhere -in:spam -in:trash", {"inbox", "sent"}),
        ("label:inbox is:unread", {"inbox"}),
        ("-label:unread", {"sent"}),
        ("is:read", {"sent"}),
        ("label:vip-customers", {"inbox"}),
        ("from:ada@customer.example in:anywhere", {"inbox", "spam"}),
        ('subject:"order 12"', {"inbox"}),
        ("subject:order subject:13", {"sent"}),
        ("rfc822msgid:inbox@c", {"inbox"}),
        ("rfc822msgid:<inbox@c> in:sent", set()),
        ("rfc822msgid:spam@c", set()),
        (f"after:{NOW + 1}", {"sent"}),
        (f"before:{NOW + 1}", {"inbox"}),
        ("after:2020/01/31", {"inbox", "sent"}),
        ("before:2020/01/31", set()),
        ("newer_than:1d", {"inbox", "sent"}),
        ("older_than:1d", set()),
        ("larger:1K", {"sent"}),
        ("smaller:1K", {"inbox"}),
        ("has:attachment", set()),
        ("category:promotions", {"sent"}),
        ("hello", {"inbox"}),
        ("HELLO -order", set()),
    ],
)
def test_a_search_finds_what_gmail_would_find(query: str, found: set[str]) -> None:
    box = mailbox()
    vip = box.create_label("VIP/customers")
    label_sets = {
        "inbox": ("INBOX", "UNREAD", vip),
        "sent": ("SENT", "CATEGORY_PROMOTIONS"),
        "spam": ("SPAM",),
        "trash": ("TRASH",),
    }
    subjects = {"inbox": "Order 12", "sent": "Order 13", "spam": "x", "trash": "y"}
    names = {}
    for name, labels in label_sets.items():
        sender = "ada@customer.example" if name in {"inbox", "spam"} else "bob@customer.example"
        text = "hello there" if name == "inbox" else "z" * 2000
        raw = f"From: {sender}\r\nSubject: {subjects[name]}\r\nMessage-ID: <{name}@c>\r\n\r\n{text}"
        names[deliver(box, raw.encode(), *labels)] = name
    asked = parse(query, NOW + 5, box.user_labels)
    assert {names[message.id] for message in box.search(asked)} == found


@pytest.mark.parametrize("query", ["list:x", "a OR b", "(a b)", "after:soon", "larger:big"])
def test_a_search_the_simulator_cannot_do_is_refused_not_ignored(query: str) -> None:
    with pytest.raises(QueryError):
        parse(query, NOW)


@pytest.mark.parametrize(
    ("subject", "base"),
    [("Re: Hello", "hello"), ("AW: Fwd:  re[2]: Hello  you", "hello you"), ("Reply", "reply")],
)
def test_base_subject_drops_prefixes(subject: str, base: str) -> None:
    assert base_subject(subject) == base


def test_attachments_count_as_a_help_desk_shows_them() -> None:
    message = EmailMessage()
    message.set_content("see the files")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment(b"x" * 2000, maintype="image", subtype="png", filename="photo.png")
    message.add_attachment(b"x" * 40, maintype="image", subtype="gif", filename="pixel.gif")
    inner = EmailMessage()
    inner.set_content("forwarded")
    inner.add_attachment(b"y", maintype="application", subtype="zip", filename="inner.zip")
    message.add_attachment(inner)
    assert attachment_count(message.as_bytes()) == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 500,
        b"From: " + b"(" * 100_000,
        b"Subject: =?rot13?Q?x?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 1500,
        b"Content-Type: text/plain; charset=base64\r\n\r\nx",
        'From: "\ud800\udfff" <x@y.example>\r\n\r\n'.encode("utf-8", "surrogatepass"),
    ],
)
def test_hostile_mail_ends_in_plain_values(raw: bytes) -> None:
    read = envelope(raw)
    for text in (read.sender, read.from_header, read.subject, plain_text(raw)):
        assert "\0" not in text.encode().decode()
    assert attachment_count(raw) >= 0


def test_the_sender_is_the_last_angle_address() -> None:
    assert envelope(b"From: a@b.example <d@e.example>\r\n\r\n").sender == "d@e.example"


def test_faults_hit_every_nth_call_and_stop_at_their_limit() -> None:
    faults = Faults()
    faults.replace([{"kind": "503", "every": 3, "limit": 2, "on": "messages.get"}], down=False)
    drawn = [faults.draw("messages.get") is not None for _ in range(12)]
    assert [n for n, hit in enumerate(drawn, 1) if hit] == [3, 6]
    assert faults.draw("history.list") is None
    assert faults.served == {"503": 2}


def test_a_fault_rate_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.replace([{"kind": "reset", "rate": 0.3}], down=False)
        return [faults.draw("messages.get") is not None for _ in range(1000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 250 < sum(drawn(1)) < 350


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Faults().replace([{"kind": "teapot"}], down=False)


def test_quota_counts_a_sliding_minute_and_refuses_above_it() -> None:
    quota = Quota(per_minute=100)
    assert all(quota.charge("messages.get", 0.0) for _ in range(5))
    assert not quota.charge("getProfile", 59.0)
    assert quota.free_in(59.0) == 1.0
    assert quota.charge("messages.get", 60.0)
    assert (quota.units, quota.most_in_a_minute, quota.refused) == (120, 100, 1)


def test_the_token_decides_the_mailbox_and_expired_tokens_are_refused() -> None:
    tokens = Tokens(default="support@desk.example")
    assert tokens.mailbox_of("anything") == "support@desk.example"
    assert tokens.mailbox_of("x:sales@desk.example") == "sales@desk.example"
    tokens.expire()
    assert tokens.mailbox_of("anything") is None
    renewed = tokens.refresh("refresh:sales@desk.example")
    assert renewed is not None
    assert tokens.mailbox_of(renewed) == "sales@desk.example"
    tokens.revoked = True
    assert tokens.mailbox_of(renewed) is None
    assert tokens.refresh("refresh:sales@desk.example") is None

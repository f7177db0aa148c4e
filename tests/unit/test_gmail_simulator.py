"""The Gmail simulator's own rules: it must behave as Gmail does, or every proof on it lies."""

import base64
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from simulators.gmail.app import build
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


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(clock=lambda: float(NOW), empty_page_every=0))
    headers = {"Authorization": "Bearer token"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gmail", headers=headers
    ) as opened:
        yield opened


async def give(http: httpx.AsyncClient, raw: bytes, **options: Any) -> dict[str, Any]:
    body = {"raw": base64.b64encode(raw).decode(), **options}
    answer = await http.post("/control/deliver", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counters(http: httpx.AsyncClient) -> dict[str, Any]:
    return (await http.get("/control/counters")).json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gmail/v1/users/me/messages/send"),
        ("POST", "/upload/gmail/v1/users/me/messages/send"),
        ("POST", "/gmail/v1/users/me/messages"),
        ("POST", "/gmail/v1/users/me/messages/import"),
        ("DELETE", "/gmail/v1/users/me/messages/1"),
        ("POST", "/gmail/v1/users/me/messages/batchDelete"),
        ("DELETE", "/gmail/v1/users/me/threads/1"),
        ("GET", "/gmail/v1/users/me/drafts"),
        ("POST", "/gmail/v1/users/me/drafts"),
        ("POST", "/gmail/v1/users/me/drafts/send"),
        ("PUT", "/gmail/v1/users/me/settings/vacation"),
        ("POST", "/batch/gmail/v1"),
    ],
)
async def test_whatever_could_write_mail_is_a_violation(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await http.request(method, path)).status_code == 403
    counted = await counters(http)
    assert counted["violations"] == 1
    assert counted["violating_calls"] == [f"{method} {path}"]


async def test_unknown_reads_are_not_found_and_no_violation(http: httpx.AsyncClient) -> None:
    assert (await http.get("/gmail/v1/users/me/threads")).status_code == 404
    assert (await counters(http))["violations"] == 0


@pytest.mark.parametrize("form", ["raw", "full", "metadata", "minimal"])
async def test_get_answers_every_format(http: httpx.AsyncClient, form: str) -> None:
    given = await give(http, mail("Über"))
    answer = (await http.get(f"/gmail/v1/users/me/messages/{given['id']}?format={form}")).json()
    assert answer["id"] == given["id"]
    assert answer["internalDate"] == str(NOW * 1000)
    assert ("raw" in answer) == (form == "raw")
    assert ("payload" in answer) == (form in {"full", "metadata"})


async def test_attachments_are_fetched_on_their_own_in_full_format(
    http: httpx.AsyncClient,
) -> None:
    message = EmailMessage()
    message.set_content("x")
    message.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="a.pdf")
    given = await give(http, message.as_bytes())
    path = f"/gmail/v1/users/me/messages/{given['id']}"
    parts = (await http.get(path)).json()["payload"]["parts"]
    (body,) = [part["body"] for part in parts if part["filename"] == "a.pdf"]
    answer = (await http.get(f"{path}/attachments/{body['attachmentId']}")).json()
    assert base64.urlsafe_b64decode(answer["data"]) == b"%PDF-1"


async def test_lists_leave_out_their_key_when_nothing_is_found(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/gmail/v1/users/me/messages")).json()
    assert answer == {"resultSizeEstimate": 0}


async def test_an_empty_history_page_has_a_token_and_no_history_key(
    http: httpx.AsyncClient,
) -> None:
    await give(http, mail())
    rule = {"kind": "empty_page", "every": 1, "limit": 1}
    await http.post("/control/faults", json={"rules": [rule]})
    path = "/gmail/v1/users/me/history?startHistoryId=1000337"
    empty = (await http.get(path)).json()
    assert "history" not in empty
    full = (await http.get(f"{path}&pageToken={empty['nextPageToken']}")).json()
    assert len(full["history"]) == 1
    assert "nextPageToken" not in full


@pytest.mark.parametrize("user", ["me", "support@desk.example"])
async def test_the_user_is_me_or_the_address(http: httpx.AsyncClient, user: str) -> None:
    assert (await http.get(f"/gmail/v1/users/{user}/profile")).status_code == 200


async def test_another_mailbox_needs_its_own_token(http: httpx.AsyncClient) -> None:
    await give(http, mail(), mailbox="sales@desk.example")
    path = "/gmail/v1/users/sales@desk.example/profile"
    assert (await http.get(path)).status_code == 403
    own = {"Authorization": "Bearer t:sales@desk.example"}
    assert (await http.get(path, headers=own)).json()["messagesTotal"] == 1


async def test_no_token_is_401(http: httpx.AsyncClient) -> None:
    answer = await http.get("/gmail/v1/users/me/profile", headers={"Authorization": ""})
    assert answer.status_code == 401
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"


async def test_enforced_quota_answers_429_with_the_time_to_come_back(
    http: httpx.AsyncClient,
) -> None:
    await http.post("/control/quota", json={"per_minute": 1})
    assert (await http.get("/gmail/v1/users/me/profile")).status_code == 200
    answer = await http.get("/gmail/v1/users/me/profile")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "Retry after 2026-09-21T14:14:20.000Z" in answer.json()["error"]["message"]
    counted = await counters(http)
    assert (counted["most_units_in_a_minute"], counted["quota_refused"]) == (1, 1)


async def test_labels_can_be_made_and_set(http: httpx.AsyncClient) -> None:
    given = await give(http, mail())
    users = "/gmail/v1/users/me"
    label = (await http.post(f"{users}/labels", json={"name": "in the desk"})).json()["id"]
    change = {"addLabelIds": [label], "removeLabelIds": ["UNREAD"]}
    answer = await http.post(f"{users}/threads/{given['thread_id']}/modify", json=change)
    assert answer.json()["messages"][0]["labelIds"] == sorted(["INBOX", label])
    found = (await http.get(f"{users}/messages", params={"q": "label:in-the-desk"})).json()
    assert [message["id"] for message in found["messages"]] == [given["id"]]
    names = {row["name"] for row in (await http.get(f"{users}/labels")).json()["labels"]}
    assert {"INBOX", "in the desk"} <= names
    assert (await counters(http))["violations"] == 0


async def test_control_tells_what_a_proof_joins_on(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/control/deliver-many",
        json={
            "messages": [
                {"raw": base64.b64encode(mail()).decode(), "group": "a", "expect": "ticket"},
                {"raw": base64.b64encode(mail("Spam")).decode(), "labels": ["SPAM"]},
            ]
        },
    )
    newer, older = (await http.get("/control/messages")).json()
    assert [row["id"] for row in answer.json()["messages"]] == [older["id"], newer["id"]]
    assert older["sender"] == "ada@customer.example"
    assert (older["group"], older["expect"], older["attachment_count"]) == ("a", "ticket", 0)
    assert (newer["labels"], newer["expect"]) == (["SPAM"], "any")
    assert newer["internal_date_s"] == older["internal_date_s"] + 1


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("deliver", {}, 400),
        ("deliver", {"raw": "no base64!"}, 400),
        ("delete", {"id": "nothing"}, 404),
        ("relabel", {"id": "nothing"}, 404),
        ("faults", {"rules": [{"kind": "teapot"}]}, 400),
    ],
)
async def test_a_wrong_control_call_is_told(
    http: httpx.AsyncClient, name: str, body: dict[str, Any], status: int
) -> None:
    assert (await http.post(f"/control/{name}", json=body)).status_code == status


async def test_reset_makes_it_as_new(http: httpx.AsyncClient) -> None:
    await give(http, mail())
    await http.post("/control/revoke")
    await http.post("/control/reset")
    profile = (await http.get("/gmail/v1/users/me/profile")).json()
    assert profile["messagesTotal"] == 0
    assert (await http.get("/control/handshake")).json() == {"simulator": "gmail", "version": 1}


async def test_the_page_lists_mail_and_delivers_what_a_customer_writes(
    http: httpx.AsyncClient,
) -> None:
    form = {"sender": "Eve <eve@customer.example>", "subject": "<b>Help</b>", "text": "Hi & bye"}
    answer = await http.post("/write", data=form)
    assert answer.status_code == 303
    message = await http.get(answer.headers["Location"])
    assert "Hi &amp; bye" in message.text
    (row,) = (await http.get("/control/messages")).json()
    form = {**form, "subject": "Re: <b>Help</b>", "in_reply_to": row["message_id"]}
    await http.post("/write", data=form)
    page = (await http.get("/")).text
    assert page.count("&lt;b&gt;Help&lt;/b&gt;") == 2
    assert page.count("2 in thread") == 2
    assert "<script" not in page


async def test_a_form_that_is_no_mail_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/write", data={"sender": "a\nBcc: b@c.example", "subject": "x"})
    assert answer.status_code == 400

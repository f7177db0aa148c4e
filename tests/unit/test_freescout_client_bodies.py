"""No request body that FreeScout would mail, mangle or refuse can be built."""

import base64
import json
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.freescout import (
    NO_SUBJECT,
    CustomerThread,
    Draft,
    NewConversation,
    Note,
    OutgoingAttachment,
    Status,
    ThreadBody,
    encode,
    is_bare_address,
    iso_time,
)
from csm.freescout_call import is_allowed

NOON = datetime(2026, 11, 3, 12, 0, 0, 987_654, tzinfo=UTC)
PHP_WHITE = " \t\n\r\0\x0b"

texts = st.text(min_size=1, max_size=80).map(lambda text: f"<p>{text}</p>")
statuses = st.sampled_from(get_args(Status))
names = st.from_regex(r"[a-z0-9._+-]{1,20}", fullmatch=True)
addresses = st.builds("{}@{}.example".format, names, st.sampled_from(["ada", "bob-co", "x1"]))
address_lists = st.lists(addresses, max_size=3).map(tuple)
zones = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2037, 1, 1), timezones=zones)  # noqa: DTZ001
attachments = st.builds(
    OutgoingAttachment,
    file_name=st.from_regex(r"[\w ]*\w[\w ]*\.pdf", fullmatch=True),
    mime_type=st.just("application/pdf"),
    content=st.binary(min_size=1, max_size=100),
)
customer_threads = st.builds(
    CustomerThread,
    text=texts,
    customer_email=st.none(),
    cc=address_lists,
    created_at=st.none() | moments,
    imported=st.just(value=True),
    attachments=st.lists(attachments, max_size=2).map(tuple),
    status=st.none() | statuses,
)
users = st.integers(1, 10_000)
notes = st.builds(
    Note, text=texts, user_id=users, status=statuses, cc=address_lists, imported=st.booleans()
)
drafts = st.builds(Draft, text=texts, user_id=users, status=statuses, cc=address_lists)
new_conversations = st.builds(
    NewConversation,
    mailbox_id=st.integers(1, 99),
    subject=st.text(max_size=1200),
    customer_email=addresses,
    thread=customer_threads,
    imported=st.just(value=True),
    created_at=st.none() | moments,
    status=st.none() | statuses,
    customer_first_name=st.text(max_size=20),
    customer_last_name=st.text(max_size=20),
)
bodies = st.one_of(customer_threads, notes, drafts, new_conversations)


def customer_thread(**changes: Any) -> CustomerThread:
    usual: dict[str, Any] = {
        "text": "<p>Hello</p>",
        "customer_email": "ada@ada.example",
        "cc": (),
        "created_at": NOON,
        "imported": True,
    }
    return CustomerThread(**usual | changes)


def new_conversation(**changes: Any) -> NewConversation:
    usual: dict[str, Any] = {
        "mailbox_id": 1,
        "subject": "Where is my order?",
        "customer_email": "ada@ada.example",
        "thread": customer_thread(),
        "imported": True,
        "created_at": NOON,
    }
    return NewConversation(**usual | changes)


def path_of(body: NewConversation | ThreadBody) -> str:
    return "/conversations" if isinstance(body, NewConversation) else "/conversations/7/threads"


def threads_in(sent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from sent.get("threads", [sent])


@given(bodies)
def test_no_body_publishes_a_message(body: NewConversation | ThreadBody) -> None:
    for thread in threads_in(json.loads(encode(body))):
        assert thread["type"] in {"customer", "note", "message"}
        assert thread["type"] != "message" or thread["state"] == "draft"


@given(bodies)
def test_every_body_passes_the_guard_before_the_wire(body: NewConversation | ThreadBody) -> None:
    assert is_allowed("POST", path_of(body), body.to_json(), ())


@given(bodies, st.sampled_from(["published", "Draft", "draft ", "", None, "hidden"]))
def test_the_guard_stops_a_message_in_any_other_state(
    body: NewConversation | ThreadBody, state: str | None
) -> None:
    sent = body.to_json()
    for thread in threads_in(sent):
        thread |= {"type": "message", "state": state}
    assert not is_allowed("POST", path_of(body), sent, ())


@given(notes | drafts)
def test_notes_and_drafts_always_carry_status_and_cc(body: Note | Draft) -> None:
    sent = body.to_json()
    assert sent["status"] == body.status
    assert sent["cc"] == list(body.cc)
    assert sent["user"] == body.user_id


@given(new_conversations)
def test_a_conversation_starts_with_exactly_one_thread_of_its_customer(
    body: NewConversation,
) -> None:
    sent = body.to_json()
    (thread,) = sent["threads"]
    assert thread["type"] == "customer"
    assert thread["customer"]["email"] == sent["customer"]["email"] == body.customer_email


@given(new_conversations)
def test_one_line_fields_are_as_freescout_keeps_them(body: NewConversation) -> None:
    sent = body.to_json()
    for value in (sent["subject"], *sent["customer"].values()):
        assert value
        assert value == value.strip() == value.strip(PHP_WHITE)
        assert not set("\r\n\0\x0b") & set(value)
    assert len(sent["subject"]) <= 998


@pytest.mark.parametrize("subject", ["", "  ", "\r\n", "\0\0", "\u2028"])
def test_a_missing_subject_gets_a_name(subject: str) -> None:
    assert new_conversation(subject=subject).to_json()["subject"] == NO_SUBJECT


@given(st.text(alphabet=PHP_WHITE + "\u00a0\u2003", max_size=10))
def test_a_blank_text_is_refused(blank: str) -> None:
    with pytest.raises(ValueError, match="without text"):
        customer_thread(text=blank)
    with pytest.raises(ValueError, match="without text"):
        Note(text=blank, user_id=1, status="active", cc=(), imported=True)
    with pytest.raises(ValueError, match="without text"):
        Draft(text=blank, user_id=1, status="active", cc=())


def test_a_zero_is_no_text_for_php() -> None:
    with pytest.raises(ValueError, match="without text"):
        customer_thread(text=" 0 ")


@given(customer_threads)
def test_text_travels_unchanged(thread: CustomerThread) -> None:
    assert json.loads(encode(thread))["text"] == thread.text


@given(moments)
def test_times_are_whole_seconds_in_utc(moment: datetime) -> None:
    sent = iso_time(moment)
    assert sent.endswith("Z")
    assert len(sent) == len("2026-11-03T12:00:00Z")
    assert datetime.fromisoformat(sent) == moment.replace(microsecond=0)


def test_a_fraction_of_a_second_is_cut() -> None:
    sent = new_conversation().to_json()
    assert sent["createdAt"] == sent["threads"][0]["createdAt"] == "2026-11-03T12:00:00Z"


@pytest.mark.parametrize("build", [customer_thread, new_conversation])
def test_a_time_without_zone_is_refused(build: Any) -> None:
    with pytest.raises(ValueError, match="zone"):
        build(created_at=datetime(2026, 11, 3))  # noqa: DTZ001


def test_a_time_of_its_own_is_only_sent_when_imported() -> None:
    """FreeScout ignores it otherwise; sending it would only look as if it counted."""
    thread = customer_thread(imported=False)
    body = new_conversation(imported=False, thread=thread).to_json()
    assert "createdAt" not in body
    assert "createdAt" not in body["threads"][0]


@pytest.mark.parametrize(
    "address",
    [
        "Ada <ada@ada.example>",
        '"A B" <disp@x.example>',
        "\u00fcn\u00ef@x.example",
        "ada@\u00fcmlaut.example",
        "ada",
        "ada@",
        "a b@x.example",
        "ada@x.example\r\nbcc: all@x.example",
        f"{'a' * 190}@x.example",
        "ada@x.example,bob@x.example",
        "c=de/s=ada@gateway.example",
        "ada@x.example.",
    ],
)
def test_an_address_freescout_would_mangle_is_refused(address: str) -> None:
    assert not is_bare_address(address)
    for build in (
        lambda: customer_thread(customer_email=address),
        lambda: customer_thread(cc=(address,)),
        lambda: new_conversation(customer_email=address),
    ):
        with pytest.raises(ValueError, match="bare ASCII") as refused:
            build()
        assert address not in str(refused.value)


def test_a_note_or_draft_gives_back_whatever_cc_a_person_entered() -> None:
    entered = ("Bob <bob@bob.example>", "\u00fcn\u00ef@x.example")
    note = Note(text="n", user_id=1, status="active", cc=entered, imported=True)
    draft = Draft(text="d", user_id=1, status="active", cc=entered)
    assert note.to_json()["cc"] == draft.to_json()["cc"] == list(entered)


@given(addresses)
def test_ordinary_addresses_are_accepted(address: str) -> None:
    assert is_bare_address(address)


@pytest.mark.parametrize(
    "address",
    ["o'hara+shop@x.example", "a_b@my_host.example", "root@[192.0.2.1]", "a@b", "A.B@X.example"],
)
def test_odd_addresses_that_freescout_keeps_are_accepted(address: str) -> None:
    assert is_bare_address(address)


def test_conversation_and_thread_must_tell_the_same_story() -> None:
    with pytest.raises(ValueError, match="agree on imported"):
        new_conversation(imported=False)
    with pytest.raises(ValueError, match="agree on the customer"):
        new_conversation(customer_email="bob@bob.example")
    new_conversation(customer_email="Ada@ADA.example")


@pytest.mark.parametrize("user_id", [0, -1])
def test_a_note_or_draft_needs_the_bot(user_id: int) -> None:
    with pytest.raises(ValueError, match="user id"):
        Note(text="n", user_id=user_id, status="active", cc=(), imported=True)
    with pytest.raises(ValueError, match="user id"):
        Draft(text="d", user_id=user_id, status="active", cc=())


@pytest.mark.parametrize("status", ["nochange", "Active", "", "open"])
def test_an_unknown_status_is_refused(status: Any) -> None:
    with pytest.raises(ValueError, match="unknown status"):
        customer_thread(status=status)
    with pytest.raises(ValueError, match="unknown status"):
        Draft(text="d", user_id=1, status=status, cc=())
    with pytest.raises(ValueError, match="unknown status"):
        new_conversation(status=status)


@given(st.binary(min_size=1, max_size=500))
def test_attachments_travel_as_base64(content: bytes) -> None:
    file = OutgoingAttachment("scan.pdf", "application/pdf", content)
    sent = customer_thread(attachments=(file,)).to_json()["attachments"]
    assert base64.b64decode(sent[0]["data"], validate=True) == content
    assert set(sent[0]) == {"fileName", "mimeType", "data"}


@pytest.mark.parametrize(("name", "content"), [("a.txt", b""), ("", b"x"), ("\r\n", b"x")])
def test_an_attachment_freescout_would_drop_silently_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match="attachment"):
        OutgoingAttachment(name, "text/plain", content)


def test_half_a_character_does_not_stop_the_mail() -> None:
    """Broken mail headers decode to lone surrogates; UTF-8 has none."""
    sent = json.loads(encode(customer_thread(text="<p>a\ud83db</p>")))
    assert sent["text"] == "<p>a?b</p>"


def test_bodies_cannot_be_changed_afterwards() -> None:
    draft = Draft(text="d", user_id=1, status="active", cc=())
    with pytest.raises(FrozenInstanceError):
        draft.text = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/conversations/1", None),
        ("PATCH", "/conversations/1", {}),
        ("POST", "/customers", {"email": "ada@ada.example"}),
        ("POST", "/webhooks", {}),
        ("POST", "/users", {}),
        ("POST", "/conversations/1", {"type": "note"}),
        ("POST", "/conversations/1/threads/", {"type": "note"}),
        ("POST", "/conversations/1/threads", None),
        ("POST", "/conversations", {"threads": []}),
        ("POST", "/conversations", {"type": "note"}),
        ("POST", "/conversations/1/threads", {"type": "forward", "state": "draft"}),
        ("GET", "/conversations/../users", None),
        ("GET", "/customers", None),
        ("GET", "/conversations/1?api_key=x", None),
        ("GET", "/conversations/\u0661", None),
        ("GET", "conversations", None),
        ("GET", "/conversations/1\n", None),
        ("PUT", "/conversations/1", None),
        ("PUT", "/conversations/1", {"byUser": 1, "status": "closed"}),
        ("PUT", "/conversations/2", {"byUser": 1, "status": "closed"}),
        ("PUT", "/conversations/1", {"byUser": 1, "status": "spam"}),
        ("PUT", "/conversations/1", {"byUser": 1, "status": "active", "subject": "x"}),
        ("PUT", "/conversations/1", {"byUser": 1, "assignTo": 0}),
        ("PUT", "/conversations/1", {"byUser": 1, "assignTo": 2, "status": "active"}),
        ("PUT", "/conversations/1/threads", {}),
        ("put", "/conversations/1/tags", {}),
        ("DELETE", "/webhooks", None),
        ("POST", "/webhooks", {"url": "https://csm.example", "threads": []}),
        ("POST", "/webhooks/1", {}),
    ],
)
def test_calls_that_nobody_may_make(method: str, path: str, body: dict[str, Any] | None) -> None:
    assert not is_allowed(method, path, body, {9})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/conversations", None),
        ("GET", "/conversations/9", None),
        ("GET", "/mailboxes", None),
        ("GET", "/mailboxes/3/custom_fields", None),
        ("GET", "/users", None),
        ("GET", "/tags", None),
        ("GET", "/webhooks", None),
        ("POST", "/webhooks", {"url": "https://csm.example/freescout", "events": []}),
        ("DELETE", "/webhooks/7", None),
        ("PUT", "/conversations/1/tags", {"tags": []}),
        ("PUT", "/conversations/1/custom_fields", {"customFields": []}),
        ("PUT", "/conversations/1", {"byUser": 1, "status": "active"}),
        ("PUT", "/conversations/9", {"byUser": 1, "status": "closed"}),
        ("PUT", "/conversations/1", {"byUser": 1, "assignTo": 2}),
    ],
)
def test_calls_the_project_needs(method: str, path: str, body: dict[str, Any] | None) -> None:
    assert is_allowed(method, path, body, {9})

"""What the client relies on, against the simulator or a real FreeScout.

With CSM_TEST_FREESCOUT_URL, CSM_TEST_FREESCOUT_KEY and CSM_TEST_FREESCOUT_MAILBOX (an id) the same
tests write to that installation: imported conversations of invented customers, nothing is mailed.
"""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from csm.freescout import (
    SELF_TEST_PREFIX,
    CustomerThread,
    Draft,
    FreeScout,
    FreeScoutCallForbiddenError,
    FreeScoutGoneError,
    FreeScoutMisconfiguredError,
    FreeScoutRejectedError,
    NewConversation,
    Note,
    OutgoingAttachment,
)
from csm.marker import append_marker, identifies, make_marker, trusted_flags
from csm.timing import PROFILES
from simulators.freescout.app import build
from simulators.freescout.installation import API_KEY
from simulators.serve import running

INSTALL_KEY = b"an install key of the tests"
PRODUCTION = PROFILES["production"]
NO_SUCH_ID = 999_999_999
REAL_URL = os.environ.get("CSM_TEST_FREESCOUT_URL", "")

# Only the named installation may be reached, and only when there is one.
pytestmark = [pytest.mark.allow_hosts([httpx.URL(REAL_URL).host])] if REAL_URL else []


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the suite runs."""

    url: str
    key: str
    mailbox_id: int


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """The real FreeScout of the environment, else a simulator over real HTTP."""
    if REAL_URL:
        key, mailbox = (os.environ[f"CSM_TEST_FREESCOUT_{name}"] for name in ("KEY", "MAILBOX"))
        yield Installation(REAL_URL, key, int(mailbox))
        return
    with running(build()) as url:
        yield Installation(url, API_KEY, 1)


@pytest.fixture
async def client(installation: Installation) -> AsyncIterator[FreeScout]:
    """A client with the right key."""
    async with FreeScout(installation.url, installation.key, PRODUCTION) as client:
        yield client


@pytest.fixture
async def bot(client: FreeScout) -> int:
    """The id of some user of the help desk."""
    return (await client.users())[0].id


@pytest.fixture
def customer() -> str:
    """The address of a customer nobody else writes to."""
    return f"csm-test-{secrets.token_hex(6)}@customer.example"


def thread_of(customer: str | None, text: str = "<p>Hello</p>", **changes: Any) -> CustomerThread:
    usual: dict[str, Any] = {"cc": (), "created_at": None, "imported": True}
    return CustomerThread(text=text, customer_email=customer, **usual | changes)


def conversation_of(
    installation: Installation, thread: CustomerThread, customer: str, **changes: Any
) -> NewConversation:
    usual: dict[str, Any] = {
        "mailbox_id": installation.mailbox_id,
        "subject": "[csm test] question",
        "customer_email": customer,
        "thread": thread,
        "imported": True,
        "created_at": thread.created_at,
    }
    return NewConversation(**usual | changes)


async def create(client: FreeScout, installation: Installation, customer: str) -> int:
    """A plain conversation; its id."""
    body = conversation_of(installation, thread_of(customer), customer)
    return (await client.create_conversation(body)).conversation_id


async def test_a_mail_is_read_back_as_it_was_written(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    written_at = datetime(2026, 3, 1, 8, 30, 15, tzinfo=UTC)
    text = '<p>Gr\u00fc\u00dfe \U0001f600 &amp; "quotes"</p><div>second line<br>third</div>'
    marked = append_marker(text, make_marker(INSTALL_KEY, "mail-1", "bd"))
    file = OutgoingAttachment("scan.pdf", "application/pdf", b"%PDF-1.7" + bytes(300))
    cc = ("cc-one@customer.example", "cc-two@customer.example")
    thread = thread_of(customer, marked, cc=cc, attachments=(file,), created_at=written_at)
    body = conversation_of(
        installation, thread, customer, customer_first_name="Ada", customer_last_name="Example"
    )

    created = await client.create_conversation(body)
    found = await client.conversation(created.conversation_id)

    (mail,) = found.threads
    assert created.thread_id in {mail.id, None}
    assert (found.subject, found.customer_email) == ("[csm test] question", customer)
    assert (found.mailbox_id, found.type, found.state) == (
        installation.mailbox_id,
        "email",
        "published",
    )
    assert found.cc == cc
    assert (mail.type, mail.state, mail.customer_email) == ("customer", "published", customer)
    assert mail.created_at == written_at
    assert identifies(INSTALL_KEY, "mail-1", mail.body)
    assert trusted_flags(INSTALL_KEY, mail.body) == "bd"
    assert mail.body == marked
    assert [(a.file_name, a.mime_type, a.size) for a in mail.attachments] == [
        ("scan.pdf", "application/pdf", 308)
    ]


async def test_note_and_draft_leave_status_and_cc_alone(
    client: FreeScout, installation: Installation, customer: str, bot: int
) -> None:
    cc = ("colleague@customer.example",)
    thread = thread_of(customer, cc=cc)
    created = await client.create_conversation(conversation_of(installation, thread, customer))
    before = await client.conversation(created.conversation_id)

    note = Note(text="<p>why</p>", user_id=bot, status="active", cc=before.cc, imported=True)
    note_id = await client.append_thread(before.id, note)
    draft = Draft(text="<p>Dear Ada</p>", user_id=bot, status="active", cc=before.cc)
    draft_id = await client.append_thread(before.id, draft)
    after = await client.conversation(before.id)

    kinds = {thread.id: (thread.type, thread.state) for thread in after.threads}
    assert kinds[note_id] == ("note", "published")
    assert kinds[draft_id] == ("message", "draft")
    assert (after.status, after.cc) == ("active", cc)


async def test_threads_come_in_the_order_in_which_they_were_written(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    first = thread_of(customer, "<p>second</p>", created_at=noon)
    created = await client.create_conversation(conversation_of(installation, first, customer))
    for text, moment in (("<p>third</p>", noon), ("<p>first</p>", noon - timedelta(hours=1))):
        await client.append_thread(
            created.conversation_id, thread_of(None, text, created_at=moment)
        )
    found = await client.conversation(created.conversation_id)
    assert [thread.body for thread in found.threads] == [
        "<p>first</p>",
        "<p>second</p>",
        "<p>third</p>",
    ]


async def test_an_appended_thread_without_customer_keeps_the_customer(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    conversation_id = await create(client, installation, customer)
    thread_id = await client.append_thread(conversation_id, thread_of(None, "<p>again</p>"))
    found = await client.conversation(conversation_id)
    assert found.customer_email == customer
    assert found.threads[-1].id == thread_id


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_a_list_is_read_to_its_end_each_conversation_once(
    client: FreeScout, installation: Installation, customer: str, order: Any
) -> None:
    made = [await create(client, installation, customer) for _ in range(7)]
    since = datetime.now(UTC) - timedelta(minutes=10)
    listed = client.conversations(
        customer_email=customer, updated_since=since, sort_order=order, page_size=3
    )
    found = [conversation async for conversation in listed]
    assert sorted(conversation.id for conversation in found) == made
    times = [conversation.updated_at for conversation in found]
    assert times == sorted(times, reverse=order == "desc")
    assert not any(conversation.threads for conversation in found)


async def test_a_list_brings_the_threads_when_asked(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    made = [await create(client, installation, customer) for _ in range(3)]
    listed = client.conversations(customer_email=customer, embed_threads=True, page_size=2)
    found = {conversation.id: conversation async for conversation in listed}
    assert sorted(found) == made
    assert all(found[key].threads[0].body == "<p>Hello</p>" for key in made)


async def test_a_list_stops_after_the_pages_it_may_read(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    made = [await create(client, installation, customer) for _ in range(5)]
    listed = client.conversations(customer_email=customer, page_size=2, max_pages=2)
    found = [conversation.id async for conversation in listed]
    assert len(found) == 4
    assert set(found) < set(made)


async def test_filters_leave_out_the_rest(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    await create(client, installation, customer)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for nothing in (
        client.conversations(customer_email=customer, updated_since=tomorrow),
        client.conversations(customer_email=customer, subject="another subject"),
        client.conversations(customer_email=f"x{customer}"),
        client.conversations(customer_email=customer, mailbox_id=NO_SUCH_ID),
    ):
        assert [conversation async for conversation in nothing] == []


async def test_mailboxes_and_users_are_listed(
    client: FreeScout, installation: Installation
) -> None:
    mailboxes = {mailbox.id: mailbox for mailbox in await client.mailboxes()}
    assert "@" in mailboxes[installation.mailbox_id].email
    assert all("@" in user.email for user in await client.users())


async def test_tags_are_replaced_as_a_set(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    if not await client.tags_present():
        pytest.skip("this FreeScout has no Tags module")
    conversation_id = await create(client, installation, customer)
    for tags in ({"csm-test-a", "csm-test-b"}, {"csm-test-b"}, set[str]()):
        await client.set_tags(conversation_id, tags)
        assert set((await client.conversation(conversation_id)).tags) == tags


async def test_a_closed_self_test_can_be_made_active_again(
    client: FreeScout, installation: Installation, customer: str, bot: int
) -> None:
    subject = f"{SELF_TEST_PREFIX} status"
    body = conversation_of(installation, thread_of(customer), customer, subject=subject)
    conversation_id = (await client.create_conversation(body)).conversation_id
    await client.close_self_test(conversation_id, bot)
    assert (await client.conversation(conversation_id)).status == "closed"
    await client.repair_active(conversation_id, bot)
    assert (await client.conversation(conversation_id)).status == "active"


async def test_only_a_self_test_of_this_very_client_may_be_closed(
    client: FreeScout, installation: Installation, customer: str, bot: int
) -> None:
    ordinary = await create(client, installation, customer)
    subject = f"{SELF_TEST_PREFIX} of another run"
    body = conversation_of(installation, thread_of(customer), customer, subject=subject)
    async with FreeScout(installation.url, installation.key, PRODUCTION) as other:
        foreign = (await other.create_conversation(body)).conversation_id
    for conversation_id in (ordinary, foreign):
        with pytest.raises(FreeScoutCallForbiddenError):
            await client.close_self_test(conversation_id, bot)
        assert (await client.conversation(conversation_id)).status == "active"


async def test_a_conversation_that_is_not_there_is_gone(client: FreeScout) -> None:
    with pytest.raises(FreeScoutGoneError):
        await client.conversation(NO_SUCH_ID)
    with pytest.raises(FreeScoutGoneError):
        await client.append_thread(NO_SUCH_ID, thread_of(None))
    with pytest.raises(FreeScoutGoneError):
        await client.repair_active(NO_SUCH_ID, 1)


async def test_a_wrong_base_path_is_configuration_and_not_a_gone_conversation(
    installation: Installation,
) -> None:
    async with FreeScout(f"{installation.url}/wrong", installation.key, PRODUCTION) as client:
        for call in (
            client.conversation(1),
            client.append_thread(1, thread_of(None)),
            client.mailboxes(),
        ):
            with pytest.raises(FreeScoutMisconfiguredError, match=r"freescout\.url") as wrong:
                await call
            assert wrong.value.status == 404


async def test_a_wrong_key_is_configuration_and_surely_wrote_nothing(
    installation: Installation, customer: str
) -> None:
    wrong_key = "not-the-key-4711"
    async with FreeScout(installation.url, wrong_key, PRODUCTION) as client:
        with pytest.raises(FreeScoutMisconfiguredError, match="API key") as wrong:
            await create(client, installation, customer)
    assert (wrong.value.status, wrong.value.certain) == (401, True)
    assert wrong_key not in str(wrong.value)
    assert customer not in str(wrong.value)


async def test_a_refused_body_names_the_field(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    body = conversation_of(installation, thread_of(customer), customer, mailbox_id=NO_SUCH_ID)
    with pytest.raises(FreeScoutRejectedError) as refused:
        await client.create_conversation(body)
    assert refused.value.status == 400
    assert refused.value.errors[0].startswith("mailboxId: ")


async def test_a_note_of_nobody_is_refused(
    client: FreeScout, installation: Installation, customer: str
) -> None:
    conversation_id = await create(client, installation, customer)
    note = Note(text="n", user_id=NO_SUCH_ID, status="active", cc=(), imported=True)
    with pytest.raises(FreeScoutRejectedError) as refused:
        await client.append_thread(conversation_id, note)
    assert refused.value.status == 400


async def test_the_clock_of_freescout_is_known_after_a_call(client: FreeScout) -> None:
    await client.mailboxes()
    told = client.server_time
    assert told is not None
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=5)

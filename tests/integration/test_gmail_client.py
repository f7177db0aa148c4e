"""The Gmail client against the Gmail simulator over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmail_ingest.gmail import (
    GmailAccount,
    GmailCallForbiddenError,
    GmailClient,
    GmailCredentialsError,
    GmailGoneError,
    GmailHistoryExpiredError,
    GmailRejectedError,
    GmailScopeError,
    GmailUnavailableError,
    HistoryPage,
    TokenBucket,
)
from integration.gmail_server import GmailServer, gmail_server, token_file
from simulators.gmail.tokens import READONLY

Opener = Callable[..., GmailClient]

MODIFY = "https://www.googleapis.com/auth/gmail.modify"


def mail(number: int, text: str = "") -> bytes:
    return (
        f"From: Ada <ada{number}@customer.example>\r\nTo: support@desk.example\r\n"
        f"Subject: Question {number}\r\nMessage-ID: <question-{number}@customer.example>\r\n\r\n"
        f"Text of mail {number} {text}\r\n"
    ).encode()


@pytest.fixture
def gmail() -> Iterator[GmailServer]:
    with gmail_server(empty_page_every=0) as server:
        yield server


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    clients: list[GmailClient] = []

    def open_client(gmail: GmailServer, file: Path, **options: Any) -> GmailClient:
        account = GmailAccount("support", file, gmail.root)
        clients.append(GmailClient(account, TokenBucket(1_000_000), **options))
        return clients[-1]

    yield open_client
    for client in clients:
        await client.close()


@pytest.fixture
async def client(gmail: GmailServer, tmp_path: Path, opened: Opener) -> GmailClient:
    return opened(gmail, token_file(tmp_path, gmail))


async def history_of(client: GmailClient, start: int) -> list[HistoryPage]:
    return [page async for page in client.history(start)]


async def test_profile_names_the_account_and_the_newest_history_id(
    gmail: GmailServer, client: GmailClient
) -> None:
    before = await client.profile()
    gmail.deliver(mail(1))
    after = await client.profile()
    assert before.email == "support@desk.example"
    assert after.history_id > before.history_id


async def test_history_gives_every_message_over_several_pages(
    tmp_path: Path, opened: Opener
) -> None:
    with gmail_server(max_page=4, empty_page_every=3) as gmail:
        client = opened(gmail, token_file(tmp_path, gmail))
        start = (await client.profile()).history_id
        delivered = [gmail.deliver(mail(n))["id"] for n in range(15)]
        pages = await history_of(client, start)
    assert [ref.id for page in pages for ref in page.added] == delivered
    assert any(page.next_page and not page.added for page in pages), "no empty page was seen"
    assert [page.next_page for page in pages] == [True] * (len(pages) - 1) + [False]
    assert pages[-1].history_id > start


async def test_history_reads_on_behind_an_empty_first_page(
    gmail: GmailServer, client: GmailClient
) -> None:
    start = (await client.profile()).history_id
    delivered = gmail.deliver(mail(1))
    gmail.fault("empty_page", limit=2)
    pages = await history_of(client, start)
    assert [len(page.added) for page in pages] == [0, 0, 1]
    assert pages[-1].added[0].id == delivered["id"]
    assert pages[-1].added[0].thread_id == delivered["thread_id"]


async def test_only_the_inbox_label_counts_as_arrival(
    gmail: GmailServer, client: GmailClient
) -> None:
    rescued = gmail.deliver(mail(1), labels=["SPAM"])["id"]
    starred = gmail.deliver(mail(2))["id"]
    start = (await client.profile()).history_id
    gmail.post("relabel", id=starred, add=["STARRED"], remove=["UNREAD"])
    gmail.post("relabel", id=rescued, add=["INBOX"], remove=["SPAM"])
    (page,) = await history_of(client, start)
    assert page.added == ()
    assert [ref.id for ref in page.inbox_label_added] == [rescued]


async def test_history_ids_beyond_64_bits_survive(tmp_path: Path, opened: Opener) -> None:
    with gmail_server(history_digits=21) as gmail:
        client = opened(gmail, token_file(tmp_path, gmail))
        start = (await client.profile()).history_id
        delivered = gmail.deliver(mail(1))["id"]
        pages = await history_of(client, start)
    assert start > 2**64
    assert pages[-1].history_id > start
    assert [ref.id for page in pages for ref in page.added] == [delivered]


async def test_an_old_history_id_has_expired(gmail: GmailServer, client: GmailClient) -> None:
    start = (await client.profile()).history_id
    gmail.deliver(mail(1))
    gmail.post("expire-history")
    with pytest.raises(GmailHistoryExpiredError):
        await history_of(client, start)
    fresh = (await client.profile()).history_id
    assert [page.added for page in await history_of(client, fresh)] == [()]


async def test_an_invalid_history_id_has_expired_too(client: GmailClient) -> None:
    with pytest.raises(GmailHistoryExpiredError):
        await history_of(client, -5)


async def test_a_search_lists_every_page(tmp_path: Path, opened: Opener) -> None:
    with gmail_server(max_page=3) as gmail:
        client = opened(gmail, token_file(tmp_path, gmail))
        delivered = [gmail.deliver(mail(n)) for n in range(8)]
        since = delivered[2]["internal_date_s"]
        pages = [page async for page in client.messages(f"in:inbox after:{since}")]
    assert [len(page) for page in pages] == [3, 3]
    found = {ref.id for page in pages for ref in page}
    assert found == {message["id"] for message in delivered[2:]}


async def test_a_search_without_result_is_one_empty_page(client: GmailClient) -> None:
    assert [page async for page in client.messages("subject:nothing")] == [[]]


async def test_raw_returns_the_exact_bytes(gmail: GmailServer, client: GmailClient) -> None:
    bytes_sent = b"From: x@customer.example\r\nSubject: \xff\xfe\r\n\r\n" + bytes(range(256))
    delivered = gmail.deliver(bytes_sent, labels=["INBOX", "IMPORTANT"])
    message = await client.raw(delivered["id"])
    assert message.raw == bytes_sent
    assert message.size == len(bytes_sent)
    assert message.labels == {"INBOX", "IMPORTANT"}
    assert message.thread_id == delivered["thread_id"]
    assert message.internal_date_ms == delivered["internal_date_s"] * 1000


async def test_a_deleted_message_is_gone(gmail: GmailServer, client: GmailClient) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    gmail.post("delete", id=message_id)
    with pytest.raises(GmailGoneError):
        await client.raw(message_id)


async def test_a_404_that_is_not_gmails_is_no_deleted_message(
    gmail: GmailServer, client: GmailClient
) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    gmail.fault("html")
    with pytest.raises(GmailUnavailableError):
        await client.raw(message_id)
    with pytest.raises(GmailUnavailableError):
        await history_of(client, 1_000_337)


async def test_another_messages_answer_is_refused(gmail: GmailServer, client: GmailClient) -> None:
    ids = [gmail.deliver(mail(n))["id"] for n in range(2)]
    gmail.fault("wrong_id")
    with pytest.raises(GmailUnavailableError, match="answered another message"):
        await client.raw(ids[0])
    gmail.heal()
    assert (await client.raw(ids[0])).id == ids[0]


async def test_parallel_gets_never_mix_up_messages(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    client = opened(gmail, token_file(tmp_path, gmail), threads=8)
    mails = {gmail.deliver(mail(n, "x" * n * 50))["id"]: n for n in range(200)}
    messages = await asyncio.gather(*(client.raw(message_id) for message_id in mails))
    for message in messages:
        assert f"Text of mail {mails[message.id]} ".encode() in message.raw
    assert gmail.get("counters")["most_in_flight"] <= 8


async def test_matches_asks_gmail_for_this_very_message(
    gmail: GmailServer, client: GmailClient
) -> None:
    first, second = (gmail.deliver(mail(7), labels=labels)["id"] for labels in (["INBOX"], ["X"]))
    rfc_id = "<question-7@customer.example>"
    assert await client.matches(first, "in:inbox", rfc_id)
    assert not await client.matches(second, "in:inbox", rfc_id)
    assert await client.matches(second, "subject:question", rfc_id)
    assert not await client.matches(first, "subject:other", rfc_id)


@pytest.mark.parametrize("rfc_id", ["", "<a b@c>", '<"a"@c>', "<(a)@c>", f"<{'a' * 3000}@c>"])
async def test_a_message_id_that_no_search_can_express_counts_as_found(
    gmail: GmailServer, client: GmailClient, rfc_id: str
) -> None:
    assert await client.matches("any", "in:inbox", rfc_id)
    assert gmail.get("counters")["calls"] == {}


@pytest.mark.parametrize("iso_text", [False, True])
async def test_429_says_when_to_come_back(
    gmail: GmailServer, client: GmailClient, *, iso_text: bool
) -> None:
    gmail.fault("429", retry_after_s=7, iso_text=iso_text, limit=1)
    with pytest.raises(GmailUnavailableError) as caught:
        await client.profile()
    assert caught.value.retry_after is not None
    assert 6 < caught.value.retry_after <= 7


async def test_nothing_is_sent_while_gmail_asked_to_wait(
    gmail: GmailServer, client: GmailClient
) -> None:
    gmail.fault("429", retry_after_s=30, limit=1)
    with pytest.raises(GmailUnavailableError):
        await client.profile()
    with pytest.raises(GmailUnavailableError, match="asked to wait") as caught:
        await client.profile()
    assert 28 < (caught.value.retry_after or 0) <= 30
    assert gmail.get("counters")["calls"] == {"getProfile": 1}


@pytest.mark.parametrize("kind", ["403_rate", "403_quota", "500", "503", "reset", "html"])
async def test_faults_that_pass_are_unavailable(
    gmail: GmailServer, client: GmailClient, kind: str
) -> None:
    gmail.fault(kind)
    with pytest.raises(GmailUnavailableError) as caught:
        await client.profile()
    assert caught.value.retry_after is None
    gmail.heal()
    assert (await client.profile()).email == "support@desk.example"


async def test_an_answer_that_never_comes_is_unavailable(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    client = opened(gmail, token_file(tmp_path, gmail), timeout=0.3)
    gmail.fault("hang")
    with pytest.raises(GmailUnavailableError):
        await client.profile()


async def test_an_outage_of_everything_is_unavailable(
    gmail: GmailServer, client: GmailClient
) -> None:
    gmail.post("faults", down=True)
    with pytest.raises(GmailUnavailableError):
        await client.profile()


async def test_no_server_at_all_is_unavailable(tmp_path: Path, opened: Opener) -> None:
    with gmail_server() as gmail:
        client = opened(gmail, token_file(tmp_path, gmail))
    with pytest.raises(GmailUnavailableError):
        await client.profile()


async def test_a_bad_search_is_rejected(client: GmailClient) -> None:
    with pytest.raises(GmailRejectedError) as caught:
        await anext(client.messages("nosuchoperator:1"))
    assert caught.value.status == 400


async def test_an_expired_token_is_renewed_once_for_parallel_calls(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    file = token_file(tmp_path, gmail, age_s=7200)
    client = opened(gmail, file, threads=8)
    await asyncio.gather(*(client.profile() for _ in range(8)))
    stored = json.loads(file.read_text())
    assert gmail.get("counters")["token_calls"] == 1
    assert stored["token"].startswith("access-1")
    assert stored.keys() >= {"refresh_token", "client_secret", "scopes", "expiry"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".token*"))


async def test_a_refused_token_is_renewed_once_for_parallel_calls(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    client = opened(gmail, token_file(tmp_path, gmail), threads=8)
    gmail.post("expire-tokens")
    await asyncio.gather(*(client.profile() for _ in range(8)))
    assert gmail.get("counters")["token_calls"] == 1


async def test_a_renewed_token_is_taken_from_the_file_when_another_process_wrote_it(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    clients = [opened(gmail, token_file(tmp_path, gmail, age_s=7200)) for _ in range(2)]
    for client in clients:
        await client.profile()
    assert gmail.get("counters")["token_calls"] == 1


async def test_401_after_one_renewal_needs_an_operator(
    gmail: GmailServer, client: GmailClient
) -> None:
    gmail.fault("401")
    with pytest.raises(GmailCredentialsError, match=r"mailbox\.support\.gmail\.token_file"):
        await client.profile()
    assert gmail.get("counters")["calls"] == {"getProfile": 2, "token": 1}


async def test_a_revoked_token_needs_an_operator_and_works_again_with_a_new_file(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    client = opened(gmail, token_file(tmp_path, gmail, age_s=7200))
    gmail.post("revoke")
    with pytest.raises(GmailCredentialsError, match=r"invalid_grant.*csm gmail auth support"):
        await client.profile()
    gmail.post("revoke", revoked=False)
    token_file(tmp_path, gmail)
    assert (await client.profile()).email == "support@desk.example"


async def test_an_insufficient_scope_needs_an_operator(
    gmail: GmailServer, client: GmailClient
) -> None:
    gmail.fault("403_scope")
    with pytest.raises(GmailCredentialsError, match="insufficientPermissions"):
        await client.profile()


async def test_a_sick_token_endpoint_is_unavailable(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    client = opened(gmail, token_file(tmp_path, gmail, age_s=7200))
    gmail.fault("500", on="token")
    with pytest.raises(GmailUnavailableError):
        await client.profile()
    gmail.heal()
    assert (await client.profile()).email == "support@desk.example"


@pytest.mark.parametrize(
    "scope",
    [
        "https://mail.google.com/",
        "https://www.googleapis.com/auth/gmail.send",
        "https://www.googleapis.com/auth/gmail.compose",
        "https://www.googleapis.com/auth/gmail.insert",
        "https://www.googleapis.com/auth/gmail.settings.sharing",
    ],
)
def test_a_token_that_could_send_is_refused(
    gmail: GmailServer, tmp_path: Path, opened: Opener, scope: str
) -> None:
    file = token_file(tmp_path, gmail, scopes=(READONLY, scope))
    with pytest.raises(GmailScopeError) as caught:
        opened(gmail, file)
    assert isinstance(caught.value, ValueError)
    assert scope in str(caught.value)


def test_a_token_that_cannot_read_is_refused(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    file = token_file(tmp_path, gmail, scopes=("https://www.googleapis.com/auth/gmail.metadata",))
    with pytest.raises(GmailScopeError, match=r"lacks scope .*gmail\.readonly"):
        opened(gmail, file)


async def test_modify_is_fine_and_told(gmail: GmailServer, tmp_path: Path, opened: Opener) -> None:
    client = opened(gmail, token_file(tmp_path, gmail, scopes=(READONLY, MODIFY)))
    assert client.granted_scopes == {READONLY, MODIFY}


async def test_a_renewed_token_that_could_send_is_refused(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    file = token_file(tmp_path, gmail, age_s=7200)
    client = opened(gmail, file)
    gmail.post("scope", scope=f"{READONLY} https://www.googleapis.com/auth/gmail.send")
    with pytest.raises(GmailScopeError, match=r"gmail\.send"):
        await client.profile()
    assert gmail.get("counters")["calls"] == {"token": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("not json", "is not JSON"),
        ("[]", "not a JSON object"),
        ('{"client_id": "a", "client_secret": "b"}', "has no refresh_token"),
        (
            '{"client_id":"a","client_secret":"b","refresh_token":"c","scopes":"'
            + READONLY
            + '","expiry":"x"}',
            "no time",
        ),
    ],
)
def test_a_broken_token_file_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "token.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(GmailCredentialsError, match=words) as caught:
        GmailClient(GmailAccount("support", file), TokenBucket(6000))
    assert "mailbox.support.gmail.token_file" in str(caught.value)


async def test_the_guard_refuses_every_writing_call_before_it_is_sent(
    gmail: GmailServer, client: GmailClient
) -> None:
    users, body = client._users, {"raw": "eA"}
    forbidden = [
        users.messages().send(userId="me", body=body),
        users.messages().insert(userId="me", body=body),
        users.messages().import_(userId="me", body=body),
        users.messages().trash(userId="me", id="x"),
        users.messages().delete(userId="me", id="x"),
        users.messages().modify(userId="me", id="x", body={}),
        users.drafts().create(userId="me", body={}),
        users.drafts().send(userId="me", body={}),
        users.drafts().list(userId="me"),
        users.threads().list(userId="me"),
        users.settings().getAutoForwarding(userId="me"),
        users.watch(userId="me", body={}),
    ]
    for request in forbidden:
        with pytest.raises(GmailCallForbiddenError):
            await asyncio.to_thread(client._answer, "any", request, dict)
    with pytest.raises(GmailCallForbiddenError):
        users.getProfile(userId="me").execute()
    counters = gmail.get("counters")
    assert counters["calls"] == {}
    assert counters["violations"] == 0


async def test_units_are_taken_before_each_call(gmail: GmailServer, client: GmailClient) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    profile = await client.profile()
    await history_of(client, profile.history_id)
    await client.raw(message_id)
    assert [page async for page in client.messages("in:inbox")]
    assert gmail.get("counters")["units"] == 1 + 2 + 20 + 5


async def test_nothing_secret_or_personal_is_in_errors(
    gmail: GmailServer, tmp_path: Path, opened: Opener
) -> None:
    client = opened(gmail, token_file(tmp_path, gmail, age_s=7200))
    gmail.post("revoke")
    with pytest.raises(GmailCredentialsError) as caught:
        await client.profile()
    for secret in ("first-access-token", "refresh-token", "client-secret", "@"):
        assert secret not in str(caught.value)

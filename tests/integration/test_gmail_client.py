"""The Gmail client reads a mailbox of the simulator over HTTP."""

import asyncio
from pathlib import Path

import pytest

from gmail_ingest.gmail import (
    GmailClient,
    GmailGoneError,
    GmailHistoryExpiredError,
    HistoryPage,
)
from integration.gmail_server import GmailServer, OpenGmail, gmail_server, mail, token_file

pytest_plugins = ("integration.gmail_fixtures",)


async def history_of(client: GmailClient, start: int) -> list[HistoryPage]:
    return [page async for page in client.history(start)]


async def test_profile_names_the_account_and_the_newest_history_id(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    before = await gmail_client.profile()
    gmail.deliver(mail(1))
    after = await gmail_client.profile()
    assert before.email == "support@desk.example"
    assert after.history_id > before.history_id


async def test_history_gives_every_message_over_several_pages(
    tmp_path: Path, open_gmail: OpenGmail
) -> None:
    with gmail_server(max_page=4, empty_page_every=3) as gmail:
        client = open_gmail(gmail, token_file(tmp_path, gmail))
        start = (await client.profile()).history_id
        delivered = [gmail.deliver(mail(n))["id"] for n in range(15)]
        pages = await history_of(client, start)
    assert [ref.id for page in pages for ref in page.added] == delivered
    assert any(page.next_page and not page.added for page in pages), "no empty page was seen"
    assert [page.next_page for page in pages] == [True] * (len(pages) - 1) + [False]
    assert pages[-1].history_id > start


async def test_history_reads_on_behind_an_empty_first_page(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    start = (await gmail_client.profile()).history_id
    delivered = gmail.deliver(mail(1))
    gmail.fault("empty_page", limit=2)
    pages = await history_of(gmail_client, start)
    assert [len(page.added) for page in pages] == [0, 0, 1]
    assert pages[-1].added[0].id == delivered["id"]
    assert pages[-1].added[0].thread_id == delivered["thread_id"]


async def test_only_the_inbox_label_counts_as_arrival(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    rescued = gmail.deliver(mail(1), labels=["SPAM"])["id"]
    starred = gmail.deliver(mail(2))["id"]
    start = (await gmail_client.profile()).history_id
    gmail.post("relabel", id=starred, add=["STARRED"], remove=["UNREAD"])
    gmail.post("relabel", id=rescued, add=["INBOX"], remove=["SPAM"])
    (page,) = await history_of(gmail_client, start)
    assert page.added == ()
    assert [ref.id for ref in page.inbox_label_added] == [rescued]


async def test_history_ids_beyond_64_bits_survive(tmp_path: Path, open_gmail: OpenGmail) -> None:
    with gmail_server(history_digits=21) as gmail:
        client = open_gmail(gmail, token_file(tmp_path, gmail))
        start = (await client.profile()).history_id
        delivered = gmail.deliver(mail(1))["id"]
        pages = await history_of(client, start)
    assert start > 2**64
    assert pages[-1].history_id > start
    assert [ref.id for page in pages for ref in page.added] == [delivered]


async def test_an_old_history_id_has_expired(gmail: GmailServer, gmail_client: GmailClient) -> None:
    start = (await gmail_client.profile()).history_id
    gmail.deliver(mail(1))
    gmail.post("expire-history")
    with pytest.raises(GmailHistoryExpiredError):
        await history_of(gmail_client, start)
    fresh = (await gmail_client.profile()).history_id
    assert [page.added for page in await history_of(gmail_client, fresh)] == [()]


async def test_an_invalid_history_id_has_expired_too(gmail_client: GmailClient) -> None:
    with pytest.raises(GmailHistoryExpiredError):
        await history_of(gmail_client, -5)


async def test_a_search_lists_every_page(tmp_path: Path, open_gmail: OpenGmail) -> None:
    with gmail_server(max_page=3) as gmail:
        client = open_gmail(gmail, token_file(tmp_path, gmail))
        delivered = [gmail.deliver(mail(n)) for n in range(8)]
        since = delivered[2]["internal_date_s"]
        pages = [page async for page in client.messages(f"in:inbox after:{since}")]
    assert [len(page) for page in pages] == [3, 3]
    found = {ref.id for page in pages for ref in page}
    assert found == {message["id"] for message in delivered[2:]}


async def test_a_search_without_result_is_one_empty_page(gmail_client: GmailClient) -> None:
    assert [page async for page in gmail_client.messages("subject:nothing")] == [[]]


async def test_raw_returns_the_exact_bytes(gmail: GmailServer, gmail_client: GmailClient) -> None:
    bytes_sent = b"From: x@customer.example\r\nSubject: \xff\xfe\r\n\r\n" + bytes(range(256))
    delivered = gmail.deliver(bytes_sent, labels=["INBOX", "IMPORTANT"])
    message = await gmail_client.raw(delivered["id"])
    assert message.raw == bytes_sent
    assert message.size == len(bytes_sent)
    assert message.labels == {"INBOX", "IMPORTANT"}
    assert message.thread_id == delivered["thread_id"]
    assert message.internal_date_ms == delivered["internal_date_s"] * 1000


async def test_a_deleted_message_is_gone(gmail: GmailServer, gmail_client: GmailClient) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    gmail.post("delete", id=message_id)
    with pytest.raises(GmailGoneError):
        await gmail_client.raw(message_id)


async def test_parallel_gets_never_mix_up_messages(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail), threads=8)
    mails = {gmail.deliver(mail(n, "x" * n * 50))["id"]: n for n in range(200)}
    messages = await asyncio.gather(*(client.raw(message_id) for message_id in mails))
    for message in messages:
        assert f"Text of mail {mails[message.id]} ".encode() in message.raw
    assert gmail.get("counters")["most_in_flight"] <= 8


async def test_matches_asks_gmail_for_this_very_message(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    first, second = (gmail.deliver(mail(7), labels=labels)["id"] for labels in (["INBOX"], ["X"]))
    rfc_id = "<question-7@customer.example>"
    assert await gmail_client.matches(first, "in:inbox", rfc_id)
    assert not await gmail_client.matches(second, "in:inbox", rfc_id)
    assert await gmail_client.matches(second, "subject:question", rfc_id)
    assert not await gmail_client.matches(first, "subject:other", rfc_id)


@pytest.mark.parametrize("rfc_id", ["", "<a b@c>", '<"a"@c>', "<(a)@c>", f"<{'a' * 3000}@c>"])
async def test_a_message_id_that_no_search_can_express_counts_as_found(
    gmail: GmailServer, gmail_client: GmailClient, rfc_id: str
) -> None:
    assert await gmail_client.matches("any", "in:inbox", rfc_id)
    assert gmail.get("counters")["calls"] == {}


async def test_units_are_taken_before_each_call(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    profile = await gmail_client.profile()
    await history_of(gmail_client, profile.history_id)
    await gmail_client.raw(message_id)
    assert [page async for page in gmail_client.messages("in:inbox")]
    assert gmail.get("counters")["units"] == 1 + 2 + 20 + 5

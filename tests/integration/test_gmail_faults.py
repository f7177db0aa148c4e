"""What the Gmail client makes of wrong, late and missing answers."""

from pathlib import Path

import pytest

from gmail_ingest.gmail import (
    GmailClient,
    GmailRejectedError,
    GmailUnavailableError,
    HistoryPage,
)
from integration.gmail_server import GmailServer, OpenGmail, gmail_server, mail, token_file

pytest_plugins = ("integration.gmail_fixtures",)


async def history_of(client: GmailClient, start: int) -> list[HistoryPage]:
    return [page async for page in client.history(start)]


async def test_a_404_that_is_not_gmails_is_no_deleted_message(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    gmail.fault("html")
    with pytest.raises(GmailUnavailableError):
        await gmail_client.raw(message_id)
    with pytest.raises(GmailUnavailableError):
        await history_of(gmail_client, 1_000_337)


async def test_another_messages_answer_is_refused(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    ids = [gmail.deliver(mail(n))["id"] for n in range(2)]
    gmail.fault("wrong_id")
    with pytest.raises(GmailUnavailableError, match="answered another message"):
        await gmail_client.raw(ids[0])
    gmail.heal()
    assert (await gmail_client.raw(ids[0])).id == ids[0]


@pytest.mark.parametrize("iso_text", [False, True])
async def test_429_says_when_to_come_back(
    gmail: GmailServer, gmail_client: GmailClient, *, iso_text: bool
) -> None:
    gmail.fault("429", retry_after_s=7, iso_text=iso_text, limit=1)
    with pytest.raises(GmailUnavailableError) as caught:
        await gmail_client.profile()
    assert caught.value.retry_after is not None
    assert 6 < caught.value.retry_after <= 7


async def test_nothing_is_sent_while_gmail_asked_to_wait(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    gmail.fault("429", retry_after_s=30, limit=1)
    with pytest.raises(GmailUnavailableError):
        await gmail_client.profile()
    with pytest.raises(GmailUnavailableError, match="asked to wait") as caught:
        await gmail_client.profile()
    assert 28 < (caught.value.retry_after or 0) <= 30
    assert gmail.get("counters")["calls"] == {"getProfile": 1}


@pytest.mark.parametrize("kind", ["403_rate", "403_quota", "500", "503", "reset", "html"])
async def test_faults_that_pass_are_unavailable(
    gmail: GmailServer, gmail_client: GmailClient, kind: str
) -> None:
    gmail.fault(kind)
    with pytest.raises(GmailUnavailableError) as caught:
        await gmail_client.profile()
    assert caught.value.retry_after is None
    gmail.heal()
    assert (await gmail_client.profile()).email == "support@desk.example"


async def test_an_answer_that_never_comes_is_unavailable(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail), timeout=0.3)
    gmail.fault("hang")
    with pytest.raises(GmailUnavailableError):
        await client.profile()


async def test_an_outage_of_everything_is_unavailable(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    gmail.post("faults", down=True)
    with pytest.raises(GmailUnavailableError):
        await gmail_client.profile()


async def test_no_server_at_all_is_unavailable(tmp_path: Path, open_gmail: OpenGmail) -> None:
    with gmail_server() as gmail:
        client = open_gmail(gmail, token_file(tmp_path, gmail))
    with pytest.raises(GmailUnavailableError):
        await client.profile()


async def test_a_bad_search_is_rejected(gmail_client: GmailClient) -> None:
    with pytest.raises(GmailRejectedError) as caught:
        await anext(gmail_client.messages("nosuchoperator:1"))
    assert caught.value.status == 400

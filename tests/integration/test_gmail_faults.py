"""What the Gmail client makes of wrong, late and missing answers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest.gmail import (
    GmailClient,
    GmailRejectedError,
    GmailUnavailableError,
    HistoryPage,
)
from gmail_ingest.gmail_errors import retry_after
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


NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "message", "seconds"),
    [
        (None, "Rate Limit Exceeded", None),
        ("7", "", 7),
        ("Tue, 24 Nov 2026 12:01:00 GMT", "", 60),
        ("Tue, 24 Nov 2026 11:00:00 GMT", "", 0),
        (None, "User-rate limit exceeded.  Retry after 2026-11-24T12:00:30.500Z", 30.5),
        (None, "Retry after 2026-11-24T13:00:30+01:00 (Mail sending)", 30),
        ("7", "Retry after 2026-11-24T12:00:30Z", 30),
        ("90", "Retry after 2026-11-24T12:00:30Z", 90),
        ("86400", "", 3600),
        ("soon", "Retry after 2026-99-24T12:00:30Z", None),
        ("-5", "", None),
    ],
)
def test_the_time_to_come_back_is_read_from_header_and_text(
    header: str | None, message: str, seconds: float | None
) -> None:
    assert retry_after(header, message, NOW) == seconds


@given(st.text(), st.text())
def test_no_header_or_text_breaks_the_reading(header: str, message: str) -> None:
    for text in (message, f"Retry after 2026-11-24T{message}Z"):
        seconds = retry_after(header, text, NOW)
        assert seconds is None or 0 <= seconds <= 3600

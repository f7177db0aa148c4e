"""What each answer means, how many requests run at once, and who waits for a place."""

import asyncio
from typing import Any

import pytest

from csm.freescout import (
    CustomerThread,
    FreeScout,
    FreeScoutCallForbiddenError,
    FreeScoutMisconfiguredError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.freescout_call import Wire
from csm.timing import PROFILES, Timing
from scripted_http import Request, always, answer, scripted
from waiting import until

FAST = PROFILES["fast"]
PRODUCTION = PROFILES["production"]
ADA = "ada@ada.example"
EMPTY_PAGE = '{"_embedded":{"conversations":[]},"page":{"totalPages":0}}'
NO_MAILBOXES = '{"_embedded":{"mailboxes":[]},"page":{"totalPages":0}}'


def thread(text: str = "<p>Hello</p>") -> CustomerThread:
    return CustomerThread(text=text, customer_email=None, cc=(), created_at=None, imported=True)


async def listed(client: FreeScout, **filters: Any) -> list[int]:
    return [row.id async for row in client.conversations(customer_email=ADA, **filters)]


async def test_a_forbidden_call_opens_no_connection() -> None:
    async with always(answer(200, "{}")) as server, FreeScout(server.url, "key", FAST) as client:
        for method, path in (
            ("DELETE", "/conversations/1"),
            ("GET", "/customers"),
            ("POST", "/conversations/1/threads"),
            ("PUT", "/conversations/1"),
        ):
            with pytest.raises(FreeScoutCallForbiddenError):
                await client.request(method, path)
        with pytest.raises(FreeScoutCallForbiddenError):
            await client.close_self_test(1, 1)
    assert server.requests == []


@pytest.mark.parametrize("in_flight", [1, 4])
async def test_no_more_requests_at_once_than_allowed(in_flight: int) -> None:
    release = asyncio.Event()

    async def respond(_request: Request) -> bytes:
        await release.wait()
        return answer(200, EMPTY_PAGE)

    async with (
        scripted(respond) as server,
        FreeScout(server.url, "key", PRODUCTION, in_flight=in_flight) as client,
    ):
        reads = [asyncio.create_task(listed(client)) for _ in range(10)]
        await until(lambda: server.at_once == in_flight)
        release.set()
        await asyncio.gather(*reads)
    assert server.most_at_once == in_flight
    assert len(server.requests) == 10


async def _slow_empty_page(_request: Request) -> bytes:
    await asyncio.sleep(0.02)  # long enough for a second request to show itself
    return answer(200, EMPTY_PAGE)


async def test_calls_inside_a_slot_use_that_one_place_one_after_the_other() -> None:
    async with (
        scripted(_slow_empty_page) as server,
        FreeScout(server.url, "key", PRODUCTION, in_flight=1) as client,
        client.slot(),
        asyncio.timeout(5),
    ):
        await listed(client)
        await asyncio.wait_for(listed(client), 5)
        async with client.slot():
            await asyncio.gather(*(listed(client) for _ in range(3)))
    assert server.most_at_once == 1
    assert len(server.requests) == 5


async def test_a_task_that_outlives_the_slot_takes_a_place_of_its_own() -> None:
    async with (
        scripted(_slow_empty_page) as server,
        FreeScout(server.url, "key", PRODUCTION, in_flight=1) as client,
        asyncio.timeout(5),
    ):
        leave = asyncio.Event()

        async def later() -> list[int]:
            await leave.wait()
            return await listed(client)

        async with client.slot():
            task = asyncio.create_task(later())
        leave.set()
        async with client.slot():
            await listed(client)
        assert await task == []
    assert server.most_at_once == 1


async def test_a_cancelled_call_gives_its_place_back() -> None:
    async with (
        scripted(_never) as server,
        FreeScout(server.url, "key", PRODUCTION, in_flight=1) as client,
        asyncio.timeout(5),
    ):
        for sent in range(2):
            task = asyncio.create_task(client.mailboxes())
            await until(lambda: len(server.requests) > sent)  # noqa: B023 - awaited here
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def _never(_request: Request) -> bytes:
    await asyncio.Event().wait()
    return b""


async def test_a_large_body_gets_more_time() -> None:
    """1 s per 250 KB: the answer comes after the plain deadline, before the computed one."""
    timing = Timing(deadline=0.3, send_by=0.1, server_life=0.5, margin=0.1)

    async def respond(_request: Request) -> bytes:
        await asyncio.sleep(0.5)  # longer than the deadline of a small request
        return answer(201, '{"id": 5}')

    body = thread("<p>" + "x" * 25_000_000 + "</p>")
    async with scripted(respond) as server, FreeScout(server.url, "key", timing) as client:
        assert await client.append_thread(1, body) == 5
        with pytest.raises(FreeScoutUnavailableError, match=r"within 0\.3"):
            await client.append_thread(1, thread())


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("Retry-After: 7", 7, 7),
        ("Retry-After: 99999999", 3600, 3600),
        ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Retry-After: Fri, 21 Oct 2095 07:28:00 GMT", 3600, 3600),
        ("Retry-After: soon", None, None),
        ("Retry-After: -3", None, None),
        ("X-Other: 1", None, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_read(
    status: int, header: str, least: float | None, most: float | None
) -> None:
    async with (
        always(answer(status, "{}", (header,))) as server,
        FreeScout(server.url, "key", FAST) as client,
    ):
        with pytest.raises(FreeScoutUnavailableError) as failed:
            await client.append_thread(1, thread())
    assert (failed.value.status, failed.value.certain) == (status, False)
    wished = failed.value.retry_after
    assert wished == least == most
    assert len(server.requests) == 1


HTML = ("Content-Type: text/html",)
REFUSAL = (
    '{"message":"Error occurred","_embedded":{"errors":[{"path":"text","rejectedValue":"secret",'
    '"message":"ada@ada.example is not welcome","source":"JSON"}]}}'
)


@pytest.mark.parametrize(
    ("given", "error", "certain", "words"),
    [
        (answer(301, "", ("Location: /login",)), FreeScoutMisconfiguredError, False, "redirect"),
        (answer(302, "", ("Location: /login",)), FreeScoutMisconfiguredError, False, "redirect"),
        (answer(400, "<html>plain HTTP", HTML), FreeScoutMisconfiguredError, False, "web page"),
        (answer(401, "{}"), FreeScoutMisconfiguredError, True, "API key"),
        (answer(403, "<html>", HTML), FreeScoutMisconfiguredError, True, "denied"),
        (answer(404, "<html>", HTML), FreeScoutMisconfiguredError, False, "no API there"),
        (answer(404, "404 page not found"), FreeScoutMisconfiguredError, False, "no API there"),
        (answer(405, '{"message":""}'), FreeScoutMisconfiguredError, False, "update"),
        (answer(406, "{}"), FreeScoutMisconfiguredError, False, "unexpected"),
        (answer(409, "{}"), FreeScoutUnavailableError, False, "409"),
        (answer(419, "{}"), FreeScoutUnavailableError, False, "419"),
        (answer(425, "{}"), FreeScoutUnavailableError, False, "425"),
        (answer(500, "<html>", HTML), FreeScoutUnavailableError, False, "500"),
        (answer(504, ""), FreeScoutUnavailableError, False, "504"),
        (answer(201, '{"id": 5'), FreeScoutUnavailableError, False, "no complete JSON"),
        (answer(201, "[5]"), FreeScoutUnavailableError, False, "no complete JSON"),
        (answer(201, "{}"), FreeScoutUnavailableError, False, "names no id"),
        (b"nonsense\r\n\r\n", FreeScoutUnavailableError, False, "RemoteProtocolError"),
        (b"", FreeScoutUnavailableError, False, "RemoteProtocolError"),
    ],
)
async def test_what_an_answer_to_a_write_means(
    given: bytes, error: type[FreeScoutUnavailableError], *, certain: bool, words: str
) -> None:
    async with always(given) as server, FreeScout(server.url, "key", FAST) as client:
        with pytest.raises(error, match=words) as failed:
            await client.append_thread(1, thread())
    assert type(failed.value) is error
    assert failed.value.certain is certain
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_refused_body_is_refused_for_good(status: int) -> None:
    async with (
        always(answer(status, REFUSAL)) as server,
        FreeScout(server.url, "key", FAST) as client,
    ):
        with pytest.raises(FreeScoutRejectedError) as refused:
            await client.append_thread(1, thread())
    assert refused.value.status == status
    assert refused.value.errors == ("text: (address) is not welcome",)
    assert "secret" not in str(refused.value)


async def test_a_body_too_large_for_the_proxy_is_refused_for_good() -> None:
    async with (
        always(answer(413, "<html>Request Entity Too Large", HTML)) as server,
        FreeScout(server.url, "key", FAST) as client,
    ):
        with pytest.raises(FreeScoutRejectedError, match="413"):
            await client.append_thread(1, thread())


async def test_the_id_comes_from_the_header_first() -> None:
    headers = ("Content-Type: application/json", "Resource-ID: 41")
    async with (
        always(answer(201, '{"id": 5}', headers), answer(201, '{"id": 6}')) as server,
        FreeScout(server.url, "key", FAST) as client,
    ):
        assert await client.append_thread(1, thread()) == 41
        assert await client.append_thread(1, thread()) == 6


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{}", "lists no conversations"),
        ('{"_embedded":[]}', "lists no conversations"),
        ('{"_embedded":{"conversations":{}},"page":{}}', "lists no conversations"),
        ('{"_embedded":{"conversations":[{"id":"x"}]},"page":{}}', "createdAt, id, updatedAt"),
        ('{"_embedded":{"conversations":[{}]}}', "no paging"),
    ],
)
async def test_an_answer_of_another_program_is_configuration(body: str, words: str) -> None:
    async with (
        always(answer(200, body)) as server,
        FreeScout(server.url, "key", FAST) as client,
    ):
        with pytest.raises(FreeScoutMisconfiguredError, match=words):
            await listed(client, page_size=1)


async def test_missing_threads_are_not_taken_for_none() -> None:
    """An empty list would prove that our marker is absent, and the mail would be written again."""
    row = '{"id":1,"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"'
    page = f'{{"_embedded":{{"conversations":[{row}}}]}},"page":{{"totalPages":1}}}}'
    async with (
        always(answer(200, row + "}"), answer(200, page)) as server,
        FreeScout(server.url, "key", FAST) as client,
    ):
        with pytest.raises(FreeScoutMisconfiguredError, match="embeds no threads"):
            await client.conversation(1)
        with pytest.raises(FreeScoutMisconfiguredError, match="embeds no threads"):
            await listed(client, embed_threads=True)
        assert await listed(client) == [1]


async def test_requests_say_who_we_are_and_keep_no_cookies() -> None:
    cookie = ("Content-Type: application/json", "Set-Cookie: laravel_session=1; path=/")
    async with (
        always(answer(200, NO_MAILBOXES, cookie)) as server,
        FreeScout(f"{server.url}/help/api/", "the-key", FAST) as client,
    ):
        await client.mailboxes()
        await client.mailboxes()
    for request in server.requests:
        assert request.target.startswith("/help/api/mailboxes?")
        assert request.headers["accept"] == "application/json"
        assert request.headers["x-freescout-api-key"] == "the-key"
        assert "cookie" not in request.headers


@pytest.mark.parametrize(
    "url", ["desk.example", "ftp://desk.example", "https://", "https://u:p@desk.example", "/api"]
)
def test_an_unusable_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        FreeScout(url, "key", FAST)


async def test_a_process_that_froze_while_connecting_sends_nothing() -> None:
    """After the quarantine another worker may have written the mail."""
    wire = Wire()
    wire.begin(deadline=-1)
    with pytest.raises(FreeScoutUnavailableError, match="not sent") as failed:
        await wire.trace("http11.send_request_headers.started", {})
    assert failed.value.certain is True
    assert not wire.may_have_left

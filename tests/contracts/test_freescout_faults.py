"""Faults between us and FreeScout: what is known afterwards, and that nothing is sent twice."""

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from csm.crash import reached
from csm.freescout import (
    CustomerThread,
    FreeScout,
    FreeScoutMisconfiguredError,
    FreeScoutUnavailableError,
    NewConversation,
)
from csm.freescout_call import Wire
from csm.timing import PROFILES
from scripted_http import always, answer
from simulators.freescout.app import build
from simulators.freescout.installation import API_KEY
from simulators.serve import running
from waiting import until

FAST = PROFILES["fast"]
ADA = "ada@ada.example"


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """The address of a FreeScout simulator."""
    with running(build(clock=iter_clock())) as url:
        yield url


def iter_clock() -> Any:
    """A clock that moves one second at each look: no two writes share a second."""
    start = time.time()
    looks = iter(range(1_000_000))
    return lambda: start + next(looks)


class Control:
    """The simulator's back door."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=f"{url}/control/")

    async def __call__(self, verb: str, **body: Any) -> None:
        (await self._http.post(verb, json=body)).raise_for_status()

    async def read(self, what: str) -> Any:
        return (await self._http.get(what)).json()

    async def posts(self) -> int:
        """How many POSTs arrived."""
        counted = (await self.read("counters"))["requests"]
        return sum(number for key, number in counted.items() if key.startswith("POST"))

    async def aclose(self) -> None:
        await self._http.aclose()


@pytest.fixture
async def control(simulator: str) -> AsyncIterator[Control]:
    """The back door of a simulator with an empty desk and no faults."""
    control = Control(simulator)
    await control("reset")
    yield control
    await control.aclose()


@pytest.fixture
async def client(control: Control) -> AsyncIterator[FreeScout]:
    """A client in a hurry."""
    async with FreeScout(control.url, API_KEY, FAST) as client:
        yield client


def thread(text: str = "<p>Hello</p>") -> CustomerThread:
    return CustomerThread(text=text, customer_email=None, cc=(), created_at=None, imported=True)


def conversation() -> NewConversation:
    return NewConversation(
        mailbox_id=1,
        subject="question",
        customer_email=ADA,
        thread=thread(),
        imported=True,
        created_at=None,
    )


async def listed(client: FreeScout, **filters: Any) -> list[int]:
    return [row.id async for row in client.conversations(customer_email=ADA, **filters)]


@pytest.mark.parametrize(
    ("fault", "written", "status"),
    [
        ("lost", 1, None),
        ("reset", 0, None),
        ("after", 1, 500),
        ("before", 0, 503),
        ("html", 0, 502),
        ("html_after", 1, 502),
        ("half", 1, 500),
        ("hang", 0, None),
    ],
)
async def test_a_post_without_a_good_answer_may_or_may_not_have_written(
    client: FreeScout, control: Control, fault: str, written: int, status: int | None
) -> None:
    await control("faults", **{fault: {"next": 1}})
    with pytest.raises(FreeScoutUnavailableError) as failed:
        await client.create_conversation(conversation())
    assert (failed.value.certain, failed.value.status) == (False, status)
    assert ADA not in str(failed.value)
    assert len(await listed(client)) == written
    assert await control.posts() == 1


async def test_an_answer_that_dribbles_is_cut_at_the_deadline(
    client: FreeScout, control: Control
) -> None:
    await control("faults", slow={"next": 1}, slow_seconds=30)
    begun = time.monotonic()
    with pytest.raises(FreeScoutUnavailableError, match=r"within 0\.8") as failed:
        await client.create_conversation(conversation())
    assert time.monotonic() - begun < 15, "the answer would have taken 30 s"
    assert failed.value.certain is False
    assert len(await listed(client)) == 1


async def test_a_web_page_with_success_is_configuration(
    client: FreeScout, control: Control
) -> None:
    await control("faults", html={"next": 2}, html_status=200, scope="all")
    with pytest.raises(FreeScoutMisconfiguredError, match="web page") as failed:
        await client.create_conversation(conversation())
    assert failed.value.certain is False
    with pytest.raises(FreeScoutMisconfiguredError, match="web page"):
        await client.mailboxes()


async def test_a_key_revoked_in_the_middle_writes_nothing(
    client: FreeScout, control: Control
) -> None:
    created = await client.create_conversation(conversation())
    await control("settings", api_key=None)
    with pytest.raises(FreeScoutMisconfiguredError) as failed:
        await client.append_thread(created.conversation_id, thread())
    assert failed.value.certain is True
    await control("settings", api_key=API_KEY)
    assert len((await client.conversation(created.conversation_id)).threads) == 1


async def test_missing_modules_are_noticed(client: FreeScout, control: Control) -> None:
    assert await client.tags_present()
    assert await client.custom_fields_present(1)
    await control("settings", tags_module=False, custom_fields_module=False)
    assert not await client.tags_present()
    assert not await client.custom_fields_present(1)


async def test_a_custom_field_is_set_and_others_stay(client: FreeScout, control: Control) -> None:
    created = await client.create_conversation(conversation())
    await client.set_custom_fields(created.conversation_id, {1: "P1"})
    await client.set_custom_fields(created.conversation_id, {})
    (field,) = (await client.conversation(created.conversation_id)).custom_fields
    assert (field.id, field.value) == (1, "P1")
    state = await control.read("state")
    assert state["conversations"][0]["custom_fields"] == {"1": "P1"}


async def test_a_conversation_that_moves_while_we_page_is_still_found(
    client: FreeScout,
) -> None:
    """Its change lifts it over the pages already read; absence would be believed wrongly."""
    made = [(await client.create_conversation(conversation())).conversation_id for _ in range(6)]
    found: list[int] = []
    async for row in client.conversations(customer_email=ADA, page_size=2):
        if not found:
            await client.append_thread(made[0], thread("<p>again</p>"))
        found.append(row.id)
    assert sorted(found) == made


async def test_a_closed_port_is_certain() -> None:
    async with always(answer(200, "{}")) as server:
        url = server.url
    async with FreeScout(url, API_KEY, FAST) as client:
        with pytest.raises(FreeScoutUnavailableError, match="ConnectError") as failed:
            await client.create_conversation(conversation())
    assert failed.value.certain is True


async def test_a_start_after_its_time_sends_nothing(client: FreeScout, control: Control) -> None:
    with pytest.raises(FreeScoutUnavailableError, match="not sent") as failed:
        await client.create_conversation(conversation(), send_until=time.monotonic() - 0.001)
    assert failed.value.certain is True
    assert await control.posts() == 0
    await client.create_conversation(conversation(), send_until=time.monotonic() + 5)


async def test_a_process_frozen_while_it_connected_sends_nothing() -> None:
    """Its deadline is over, and soon its quarantine too: nobody would look for this write."""
    wire = Wire()
    wire.begin(deadline=60)
    await wire.trace("http11.send_request_headers.started", {})
    frozen = Wire()
    frozen.begin(deadline=-0.001)
    with pytest.raises(FreeScoutUnavailableError, match="while connecting") as failed:
        await frozen.trace("http11.send_request_headers.started", {})
    assert failed.value.certain is True
    assert frozen.may_have_left is False


async def test_waiting_for_a_slot_counts_against_the_start(simulator: str) -> None:
    elsewhere = contextvars.copy_context()
    async with FreeScout(simulator, API_KEY, FAST, in_flight=1) as client:
        send_until = time.monotonic() + 0.05
        async with client.slot():
            write = asyncio.create_task(
                client.create_conversation(conversation(), send_until=send_until),
                context=elsewhere,
            )
            await until(lambda: time.monotonic() > send_until)
        with pytest.raises(FreeScoutUnavailableError, match="not sent"):
            await write


async def test_the_crash_point_lies_between_request_and_answer(
    client: FreeScout, control: Control
) -> None:
    before = reached["request_sent"]
    await control("faults", hang={"next": 1})
    with pytest.raises(FreeScoutUnavailableError):
        await client.create_conversation(conversation())
    assert reached["request_sent"] == before + 1
    await client.mailboxes()
    assert reached["request_sent"] == before + 1

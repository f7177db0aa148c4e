"""Poll and sweep of webhook_gateway, a real process between a real desk and a real bus."""

import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import nats as nats_client
import pytest

from crash_stages import OTHERS
from csm import admin
from csm.admin import AdminError
from csm.contracts import ConversationUpdated
from csm_cli.provisioning import provision_bus
from desk_client import HEADERS, create
from player import Player
from stage import Stage
from webhook_gateway.settings import Settings

OLD = 12


@pytest.fixture
async def gateway(stage: Stage) -> Player:
    return await stage.join("webhook_gateway", Settings)


@pytest.fixture
async def desk(stage: Stage) -> AsyncIterator[httpx.Client]:
    with httpx.Client(base_url=stage.desk.url, headers=HEADERS, trust_env=False) as client:
        yield client


async def hints(stage: Stage, cause: str) -> list[ConversationUpdated]:
    """What CONV holds of one cause, by a consumer of the test's own."""
    client = await nats_client.connect(stage.nats.url)
    try:
        pull = await client.jetstream().pull_subscribe(
            f"conversation.updated.{cause}.*", stream="CONV"
        )
        found = []
        try:
            while True:
                found += await pull.fetch(100, timeout=0.3)
        except TimeoutError:
            return [ConversationUpdated.model_validate_json(message.data) for message in found]
    finally:
        await client.close()


def write(desk: httpx.Client, conversation: int) -> int:
    """A customer writes into a conversation, brought in by somebody else than us."""
    body = {"type": "customer", "text": "Anything new?"}
    answer = desk.post(f"/api/conversations/{conversation}/threads", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


async def is_polled(gateway: Player) -> None:
    """Wait until the cursor stands."""
    query = "SELECT 1 FROM watched WHERE polled_until IS NOT NULL"
    await gateway.until(lambda: gateway.rows(query) != [])


async def is_out(gateway: Player, number: int) -> None:
    """Wait until a sweep ended and all hints are on the bus."""
    await gateway.until(lambda: len([e for e in gateway.log() if e["event"] == "swept"]) >= number)
    await gateway.until(lambda: gateway.rows("SELECT 1 FROM outbox") == [])


@pytest.mark.promise("hint-only")
async def test_a_customer_message_is_hinted_at_and_the_past_only_swept(
    stage: Stage, gateway: Player, desk: httpx.Client
) -> None:
    old = [create(desk, subject=f"Old {n}") for n in range(OLD)]
    gateway.live()
    await is_polled(gateway)
    await is_out(gateway, 1)
    fresh = create(desk, subject="New")
    thread = write(desk, fresh)
    answered = ConversationUpdated(conversation_id=fresh, customer_thread_id=thread, cause="poll")
    found: list[ConversationUpdated] = []
    while answered not in found:
        await gateway.until(lambda: gateway.rows("SELECT 1 FROM outbox") == [])
        found = await hints(stage, "poll")
    assert {hint.conversation_id for hint in found} <= {fresh, *old}
    assert {hint.conversation_id for hint in await hints(stage, "sweep")} == set(old)


@pytest.mark.promise("hint-only")
async def test_closing_and_merging_what_is_old_hints_at_nothing(
    stage: Stage, gateway: Player, desk: httpx.Client
) -> None:
    old = [create(desk, subject=f"Old {n}", status="closed") for n in range(OLD)]
    gateway.live()
    await is_polled(gateway)
    await is_out(gateway, 1)
    for number in old[: OLD // 2]:
        # Never open on the way: the poll may look at any moment.
        stage.desk.post("status", conversation_id=number, user=1, status="spam")
        stage.desk.post("status", conversation_id=number, user=1, status="closed")
    stage.desk.post("merge", source=old[-1], target=old[-2], user=1)
    last = create(desk, subject="New")
    while last not in {hint.conversation_id for hint in await hints(stage, "poll")}:
        assert gateway.deaths() == []
    assert {hint.conversation_id for hint in await hints(stage, "poll")} == {last}


@pytest.mark.promise("hint-only")
async def test_streams_that_were_made_anew_are_filled_by_a_wide_sweep(
    stage: Stage, gateway: Player, desk: httpx.Client
) -> None:
    made = {create(desk, subject=f"Lost {n}") for n in range(OLD)}
    gateway.live()
    await is_out(gateway, 1)
    client = await nats_client.connect(stage.nats.url)
    await client.jetstream().delete_stream("CONV")
    await client.close()
    await provision_bus(stage.settings(), 1)
    await is_out(gateway, 2)
    assert {hint.conversation_id for hint in await hints(stage, "sweep")} == made
    assert [e["wide"] for e in gateway.log() if e["event"] == "swept"][:2] == [True, True]


@pytest.mark.promise("waiting-is-not-failing")
async def test_an_outage_of_freescout_is_looked_through(
    stage: Stage, gateway: Player, desk: httpx.Client
) -> None:
    gateway.live()
    await is_polled(gateway)
    stage.faults(down=True)
    await gateway.until(lambda: "freescout" in gateway.down())
    stage.faults()
    missed = create(desk, subject="In the dark")
    await gateway.until(lambda: gateway.down() == {})
    while missed not in {hint.conversation_id for hint in await hints(stage, "poll")}:
        assert gateway.deaths() == []


@pytest.mark.promise("hint-only")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", OTHERS["webhook_gateway"])
async def test_a_death_at_this_point_loses_no_hint(
    stage: Stage, gateway: Player, desk: httpx.Client, point: str, count: int
) -> None:
    made = {create(desk, subject="Before")}
    gateway.live(crash_at=f"{point}#{count}")
    while not gateway.deaths():
        made.add(create(desk, subject="Meanwhile"))
        # Nobody answers while it dies.
        with suppress(AdminError):
            await admin.ask(stage.nats.url, "webhook_gateway", "reconcile", timeout=1)
    found: set[int] = set()
    while not made <= found:
        found = {h.conversation_id for h in await hints(stage, "*")}
    assert gateway.deaths() == [-signal.SIGKILL]

"""What is away for a while makes mail wait, and never fail: FreeScout, its key, Gmail, the bus."""

import asyncio
import time
from dataclasses import dataclass

import nats
import pytest

from csm import streams
from csm_cli.provisioning import provision_bus
from letters import letter
from stage import Stage

ENDS_OF_FAILURE = {"parked", "degraded"}
CI_OUTAGE = 28.0  # seconds; with 0.53 s between two passes of the due loop more than 50 of them
LONG_OUTAGE = 180.0


def deliver(stage: Stage, name: str, number: int) -> None:
    """So many mails, two to a Gmail thread."""
    thread: str | None = None
    for i in range(number):
        first = i % 2 == 0
        answer = letter(f"{name}-{i}", f"{name} {i // 2}", sender=f"{name}{i // 2}@c.example")
        row = stage.deliver(answer, thread_id=None if first else thread)
        thread = row["thread_id"]


def written(stage: Stage) -> int:
    return stage.states().get("done", 0)


@dataclass
class Bus:
    """What the server said of MAIL and the dead letters while it was watched."""

    most: int = 0
    dead_letters: int = 0

    def look(self, stage: Stage) -> None:
        """Ask the server once."""
        self.most = max(self.most, stage.stream("MAIL"))
        self.dead_letters = max(self.dead_letters, stage.stream("DLQ"))


async def outage(stage: Stage, seconds: float) -> None:
    """FreeScout answers 503 to everything for so long, with twelve mails to write."""
    deliver(stage, "before", 2)
    stage.live()
    await stage.quiet()
    stage.faults(down=True)
    deliver(stage, "during", 12)
    bus = Bus()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        bus.look(stage)
        await asyncio.sleep(0.5)  # the pause between two looks at a lasting outage
    assert not ENDS_OF_FAILURE & stage.states().keys()
    assert written(stage) == 2
    assert "freescout" in stage.down()
    back = time.monotonic()
    stage.faults()
    await stage.until(lambda: written(stage) > 2, within=10)
    assert time.monotonic() - back <= 10
    await stage.quiet()
    bus.look(stage)
    assert_the_bus_stayed_calm(stage, bus, seconds)


def assert_the_bus_stayed_calm(stage: Stage, bus: Bus, seconds: float) -> None:
    passes = seconds / stage.settings().timing.due_interval
    assert passes > 50
    assert bus.dead_letters == 0
    assert bus.most <= 3 * 14 + passes
    assert len(stage.alerts("dependency-down")) == 1
    assert stage.states() == {"done": 14}
    stage.assert_clean()


@pytest.mark.promise("waiting-is-not-failing", "once")
@pytest.mark.timeout(120)
async def test_an_outage_of_freescout_parks_nothing_and_ends_within_ten_seconds(
    stage: Stage,
) -> None:
    await outage(stage, CI_OUTAGE)


@pytest.mark.nightly
@pytest.mark.promise("waiting-is-not-failing", "once")
@pytest.mark.timeout(300)
async def test_three_minutes_of_503_park_nothing(stage: Stage) -> None:
    await outage(stage, LONG_OUTAGE)


@pytest.mark.promise("waiting-is-not-failing", "once")
async def test_a_revoked_api_key_makes_mail_wait_until_it_is_back(stage: Stage) -> None:
    deliver(stage, "before", 6)
    stage.live()
    await stage.until(lambda: written(stage) >= 2)
    stage.desk.post("settings", api_key=None)
    deliver(stage, "during", 6)
    await stage.until(lambda: "freescout" in stage.down())
    asked = stage.requests()
    probes = stage.settings().timing.probe_interval[0]
    await asyncio.sleep(10 * probes)  # how much is asked in a time, not what happens after it
    # A probe asks for mailboxes only when the key is refused; nothing else may be sent.
    assert stage.requests() - asked <= 25
    assert not ENDS_OF_FAILURE & stage.states().keys()
    stage.desk.post("settings", api_key=stage.installation.api_key)
    await stage.quiet()
    assert stage.states() == {"done": 12}
    assert [line["dependency"] for line in stage.alerts("misconfigured")] == ["freescout"]
    assert "key" in stage.alerts("misconfigured")[0]["reason"]
    stage.assert_clean()


@pytest.mark.promise("waiting-is-not-failing", "shown", "once")
async def test_a_revoked_gmail_token_is_said_once_and_forgiven(stage: Stage) -> None:
    deliver(stage, "before", 2)
    stage.live()
    await stage.quiet()
    stage.gmail.post("expire-tokens")
    stage.gmail.post("revoke")
    await stage.until(lambda: "gmail:support" in stage.down())
    deliver(stage, "during", 4)
    asked = stage.gmail.get("counters")
    await asyncio.sleep(3)  # how much is asked in a time, not what happens after it
    now = stage.gmail.get("counters")
    assert now["token_calls"] - asked["token_calls"] <= 15
    assert len(stage.alerts("misconfigured")) == 1
    stage.gmail.post("revoke", revoked=False)
    await stage.quiet()
    assert stage.states() == {"done": 6}
    assert len(stage.alerts("misconfigured")) == 1
    stage.assert_clean()


async def delete_streams(stage: Stage) -> None:
    client = await nats.connect(stage.nats.url)
    for stream in streams.STREAMS:
        await client.jetstream().delete_stream(stream.name)
    await client.close()


async def purge_streams(stage: Stage) -> None:
    client = await nats.connect(stage.nats.url)
    for stream in streams.STREAMS:
        await client.jetstream().purge_stream(stream.name)
    await client.close()


@pytest.mark.promise("hint-only", "once")
@pytest.mark.timeout(120)
async def test_streams_deleted_in_mid_run_cost_time_but_no_mail(stage: Stage) -> None:
    stage.faults(lost={"every": 4})
    deliver(stage, "before", 20)
    stage.live()
    await stage.until(lambda: written(stage) >= 3)
    await delete_streams(stage)
    deliver(stage, "during", 10)
    await stage.until(lambda: stage.alerts("durable-missing") != [])
    # The runbook: `csm provision`; consumers bind again by themselves.
    await provision_bus(stage.settings(), 1)
    await stage.quiet(80)
    assert stage.states() == {"done": 30}
    assert stage.deaths() == []
    stage.assert_clean()


@pytest.mark.promise("hint-only", "once")
@pytest.mark.timeout(120)
async def test_streams_purged_in_mid_run_cost_time_but_no_mail(stage: Stage) -> None:
    stage.faults(lost={"every": 4})
    deliver(stage, "before", 20)
    stage.live()
    await stage.until(lambda: written(stage) >= 3)
    await purge_streams(stage)
    # What was published and never answered is published again after 10 minutes (scaled: 32 s).
    await stage.quiet(80)
    assert stage.states() == {"done": 20}
    stage.assert_clean()

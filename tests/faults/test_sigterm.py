"""SIGTERM under load: the service ends in order, in time, and the next one goes on."""

import time
from pathlib import Path

import pytest

from loads import long_thread, short_threads
from stage import Stage

LIMIT = 25.0  # seconds; Kubernetes and systemd wait longer before they kill


def left_behind(stage: Stage) -> list[int]:
    """Process ids of earlier lives that still run."""
    return [life.pid for life in stage.lives if Path(f"/proc/{life.pid}").exists()]


async def ends_in_order(stage: Stage, rounds: int) -> None:
    """Start it, bring mail, end it while a write is on its way; again and again."""
    stage.faults(latency_seconds=0.2)
    slowest = 0.0
    for number in range(rounds):
        long_thread(stage, 4, name=f"long-{number}")
        short_threads(stage, 2, name=f"short-{number}")
        written = stage.requests("POST")
        stage.live()
        await stage.until(lambda seen=written: stage.requests("POST") > seen)
        asked = time.monotonic()
        assert await stage.stop() == 0, stage.tail()
        slowest = max(slowest, time.monotonic() - asked)
    stage.faults()
    stage.live()
    await stage.quiet(60)
    assert await stage.stop() == 0
    assert slowest < LIMIT
    assert stage.states() == {"done": 10 * rounds}
    stage.assert_clean()
    assert left_behind(stage) == []


@pytest.mark.promise("once")
async def test_sigterm_under_load_loses_and_doubles_nothing(stage: Stage) -> None:
    await ends_in_order(stage, 5)


@pytest.mark.promise("once")
async def test_it_ends_in_order_while_nats_is_away(stage: Stage) -> None:
    stage.faults(latency_seconds=0.2)
    short_threads(stage, 10)
    stage.live()
    await stage.until(lambda: stage.requests("POST") > 1)
    stage.nats.kill()
    asked = time.monotonic()
    assert await stage.stop() == 0, stage.tail()
    assert time.monotonic() - asked < LIMIT
    stage.nats.restart()
    stage.live()
    await stage.quiet()
    stage.assert_clean()


@pytest.mark.postgres
@pytest.mark.promise("once")
async def test_neither_does_it_on_postgresql(postgres_stage: Stage) -> None:
    await ends_in_order(postgres_stage, 5)


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.promise("once")
async def test_neither_do_fifty(stage: Stage) -> None:
    await ends_in_order(stage, 50)

"""Several replicas on one PostgreSQL: whoever dies or freezes whenever, every mail is written once.

What the stage reads of the desk and of Gmail at the end is the judge's: 0 lost, 0 doubled, 0 split,
0 out of order.
"""

import asyncio
import random
import signal
import time

import pytest

from loads import long_thread, short_threads
from postgres_server import PostgresServer
from replicas import Replicas
from stage import Stage

pytestmark = pytest.mark.postgres

# Seconds. A frozen replica outlives its lease (2.5 s in the fast profile), but not the quarantine:
# for that long the protocol assumes that nobody pauses between its look at the clock and the wire.
FREEZE = 2.8
# PostgreSQL is away for so long: every pause of the service goes by several times.
OUTAGE = 6.0


def ends(threads: int) -> dict[str, int]:
    """What becomes of one long thread and so many short ones."""
    return {"done": 20 + 3 * threads}


@pytest.mark.promise("once", "together")
async def test_replicas_share_the_work(postgres_stage: Stage) -> None:
    long_thread(postgres_stage, 20)
    short_threads(postgres_stage, 10)
    async with Replicas(postgres_stage, 3).living() as replicas:
        await postgres_stage.quiet()
        owners = replicas.owners()
    postgres_stage.assert_clean()
    assert postgres_stage.states() == ends(10)
    assert len(owners) > 1, "one replica did everything"


async def killed_at_random(stage: Stage, threads: int, seed: int) -> int:
    """Three replicas die at random until all is written; returns how many died."""
    long_thread(stage, 20)
    short_threads(stage, threads)
    async with Replicas(stage, 3).living() as replicas:
        kills = await replicas.kill_some(every=(0.5, 2.0), seed=seed)
    stage.assert_clean()
    assert stage.states() == ends(threads)
    assert set(stage.deaths()) <= {-signal.SIGKILL}
    return kills


@pytest.mark.promise("once", "together")
@pytest.mark.timeout(120)
async def test_replicas_that_are_killed_lose_and_double_nothing(postgres_stage: Stage) -> None:
    assert await killed_at_random(postgres_stage, threads=10, seed=1) >= 3


@pytest.mark.nightly
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
async def test_neither_do_they_over_101_threads(postgres_stage: Stage, seed: int) -> None:
    assert await killed_at_random(postgres_stage, threads=100, seed=seed) >= 10


@pytest.mark.nightly
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(300)
async def test_a_frozen_replica_that_wakes_up_is_fenced(postgres_stage: Stage) -> None:
    long_thread(postgres_stage, 20)
    short_threads(postgres_stage, 30)
    chance = random.Random(4)
    async with Replicas(postgres_stage, 3).living() as replicas:
        while not postgres_stage.is_quiet():
            lives = replicas.running()
            if len(lives) == 3:
                frozen = chance.choice(lives)
                replicas.signal(frozen, signal.SIGSTOP)
                await asyncio.sleep(FREEZE)  # the fault itself
                replicas.signal(frozen, signal.SIGCONT)
            await asyncio.sleep(0.3)  # some work between two faults
    postgres_stage.assert_clean()
    assert postgres_stage.states() == ends(30)


@pytest.mark.promise("once", "waiting-is-not-failing")
@pytest.mark.timeout(120)
async def test_an_outage_of_the_database_parks_nothing(
    mortal_stage: Stage, mortal_postgres: PostgresServer
) -> None:
    stage = mortal_stage
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM lease") != [])
    long_thread(stage, 20)
    short_threads(stage, 10)
    await stage.until(lambda: stage.states().get("done", 0) > 5)
    with mortal_postgres.away():
        await asyncio.sleep(OUTAGE)  # the fault itself
    back = time.monotonic()
    done = stage.states()["done"]
    await stage.until(lambda: stage.states()["done"] > done, within=20)
    assert time.monotonic() - back < 20
    await stage.quiet()
    assert stage.states() == ends(10)
    assert stage.deaths() == [], "the service outlives its database"
    assert len(stage.alerts("database-down")) == 1
    stage.assert_clean()


async def test_the_service_waits_for_a_database_that_is_away_at_its_start(
    mortal_stage: Stage, mortal_postgres: PostgresServer
) -> None:
    with mortal_postgres.away():
        mortal_stage.live()
        await mortal_stage.until(lambda: mortal_stage.alerts("database-down") != [])
    short_threads(mortal_stage, 1)
    await mortal_stage.quiet()
    assert mortal_stage.deaths() == []
    mortal_stage.assert_clean()

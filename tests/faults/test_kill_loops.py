"""Services of all stages are killed at random moments: no note twice, hardly a call paid twice."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator

import pytest

from ensemble import AGENT, Ensemble, ensemble_on
from player import Player
from questions import deliver
from stage import Control, Stage

# A question that died with its asker is free for others after deadline and grace of its claim.
DEADLINE = 3
# Questions that the classifier has in hand at a time: so many may be paid for again after a death.
WORKERS = 4
MESSAGES, THREADS = 40, 30
SECTIONS = {
    # The rules say nothing meanwhile: a message has one verdict, so one note.
    "classifier": {"health_port": 0, "workers": WORKERS, "provisional_after_seconds": 3600}
}


@pytest.fixture
async def ensemble(stage: Stage, llm: Control) -> AsyncIterator[Ensemble]:
    """All services; the model takes its time."""
    async with ensemble_on(stage, llm, SECTIONS, deadline_seconds=DEADLINE) as opened:
        opened.slow(model=0.3, desk=0.02)
        yield opened


async def kill_some(ensemble: Ensemble, kills: int, seed: int) -> None:
    """SIGKILL one of the services after the other at random moments."""
    chance = random.Random(seed)
    victims = itertools.cycle((ensemble.classifier, ensemble.writer, ensemble.stage))
    for victim in itertools.islice(victims, kills):
        await asyncio.sleep(chance.uniform(0.3, 1.5))  # some work between two deaths
        await die(ensemble, victim)


async def die(ensemble: Ensemble, victim: Player) -> None:
    """The service is killed; who starts it again does so at once."""
    dead = len(victim.deaths())
    victim.kill()
    await ensemble.until(lambda: len(victim.deaths()) > dead)


def extra_payments(ensemble: Ensemble) -> int:
    """How often the model was paid for an answer that somebody had paid for before."""
    paid = ensemble.llm.get("counters")["paid_bodies"].values()
    assert max(paid) <= 1 + len(ensemble.classifier.deaths())
    return sum(paid) - len(paid)


async def killed(ensemble: Ensemble, kills: int, seed: int) -> None:
    """Mail goes through all stages while they die; in the end it is as if nobody had."""
    await ensemble.begin()
    deliver(ensemble.stage, MESSAGES, THREADS)
    await kill_some(ensemble, kills, seed)
    await ensemble.rest(300)
    assert [len(p.deaths()) for p in ensemble.players] == [kills // 3, 0, kills // 3, kills // 3]
    assert len(ensemble.customer_threads()) == MESSAGES
    # Who dies right before the request leaves it to a person: an assignee is set once.
    ensemble.assert_sorted(assignees={AGENT, None})
    assert extra_payments(ensemble) <= WORKERS * (kills // 3)
    assert ensemble.stage.verdict().findings() == []
    first, noted = ensemble.effort(), ensemble.noted()
    await ensemble.sweep()
    await ensemble.rest()
    assert (ensemble.effort(), ensemble.noted()) == (first, noted)


@pytest.mark.proof
@pytest.mark.promise("one-verdict", "once", "together")
@pytest.mark.timeout(400)
async def test_killed_services_double_no_note_and_pay_little_twice(ensemble: Ensemble) -> None:
    await killed(ensemble, kills=9, seed=1)


@pytest.mark.nightly
@pytest.mark.promise("one-verdict", "once", "together")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 6))
async def test_neither_do_they_however_often_they_are_killed(ensemble: Ensemble, seed: int) -> None:
    await killed(ensemble, kills=24, seed=seed)

"""Several replicas on one PostgreSQL: whoever is killed whenever, every mail is written once."""

import signal

import pytest

from letters import letter, message_id
from replicas import Replicas
from stage import Stage

pytestmark = pytest.mark.postgres


def long_thread(stage: Stage, mails: int) -> None:
    """One Gmail thread, all of which arrives at once."""
    thread = None
    for number in range(mails):
        answers = [message_id(f"long-{n}") for n in range(number)]
        mail = letter(f"long-{number}", "A long story", answers=answers)
        row = stage.deliver(mail, group="long", thread_id=thread)
        thread = row["thread_id"]


def short_threads(stage: Stage, threads: int) -> None:
    """Gmail threads of three mails, all mixed."""
    known: dict[int, str] = {}
    for number in range(3):
        for thread in range(threads):
            answers = [message_id(f"short-{thread}-{n}") for n in range(number)]
            sender = f"customer-{thread}@customers.example"
            name = f"short-{thread}-{number}"
            mail = letter(name, f"Question {thread}", sender=sender, answers=answers)
            row = stage.deliver(mail, group=f"short-{thread}", thread_id=known.get(thread))
            known[thread] = row["thread_id"]


async def test_three_replicas_share_the_work(postgres_stage: Stage) -> None:
    long_thread(postgres_stage, 20)
    short_threads(postgres_stage, 10)
    async with Replicas(postgres_stage, 3).living():
        await postgres_stage.quiet()
    postgres_stage.assert_clean()
    assert postgres_stage.states() == {"done": 50}


async def killed_at_random(stage: Stage, threads: int, seed: int) -> int:
    """Three replicas take one thread of 20 and some of 3 mails; returns how many kills it took."""
    long_thread(stage, 20)
    short_threads(stage, threads)
    async with Replicas(stage, 3).living() as replicas:
        kills = await replicas.kill_some(every=(0.5, 2.0), seed=seed)
    stage.assert_clean()
    assert stage.states() == {"done": 20 + 3 * threads}
    assert set(stage.deaths()) == {-signal.SIGKILL}
    return kills


@pytest.mark.promise("once", "together")
@pytest.mark.timeout(120)
async def test_replicas_that_are_killed_lose_and_double_nothing(postgres_stage: Stage) -> None:
    assert await killed_at_random(postgres_stage, threads=15, seed=1) >= 3


@pytest.mark.nightly
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
async def test_a_long_kill_loop_over_120_mail_threads(postgres_stage: Stage, seed: int) -> None:
    assert await killed_at_random(postgres_stage, threads=100, seed=seed) >= 10

"""Mail through all stages: each message sorted once, whatever comes again and whatever is lost."""

from collections.abc import AsyncIterator

import pytest

from ensemble import Effort, Ensemble, ensemble_on
from past import DAYS, PER_THREAD, bring_old_mail
from questions import deliver
from stage import Control, Stage

# Seconds that the model and the desk take for each answer.
MODEL, DESK = 0.8, 0.05


@pytest.fixture
async def ensemble(stage: Stage, llm: Control) -> AsyncIterator[Ensemble]:
    """All services with the simulated model; nothing started.

    However busy the machine is, the rules do not speak before the model: one note per verdict.
    """
    patient = {"classifier": {"health_port": 0, "provisional_after_seconds": 3600}}
    async with ensemble_on(stage, llm, patient) as opened:
        yield opened


async def everything_again(ensemble: Ensemble) -> None:
    """Second delivery, replay and sweep of all that there is."""
    assert await ensemble.deliver_again() > 0
    await ensemble.rest()
    assert await ensemble.replay(ensemble.stage, ensemble.writer) > 0
    await ensemble.rest()
    assert await ensemble.sweep() == len(ensemble.stage.conversations())
    await ensemble.rest()


async def sorted_once(ensemble: Ensemble, messages: int, threads: int) -> None:
    """So many mails with a slow model and a slow desk, and then everything again."""
    await ensemble.begin()
    ensemble.slow(model=MODEL, desk=DESK)
    deliver(ensemble.stage, messages, threads)
    await ensemble.rest(600)
    assert len(ensemble.customer_threads()) == messages
    ensemble.assert_sorted()
    first, noted = ensemble.effort(), ensemble.noted()
    assert first.calls <= len(ensemble.verdicts())
    assert ensemble.llm.get("counters")["most_paid_per_body"] == 1
    await everything_again(ensemble)
    assert ensemble.effort() == first
    assert ensemble.noted() == noted
    assert ensemble.stage.verdict().findings() == []


@pytest.mark.promise("one-verdict", "once", "together")
@pytest.mark.timeout(300)
async def test_each_message_is_judged_and_noted_once_whatever_comes_again(
    ensemble: Ensemble,
) -> None:
    await sorted_once(ensemble, 24, 16)


@pytest.mark.nightly
@pytest.mark.promise("one-verdict", "once", "together")
@pytest.mark.timeout(1200)
async def test_so_are_300_messages_in_200_threads(ensemble: Ensemble) -> None:
    await sorted_once(ensemble, 300, 200)


@pytest.mark.proof
@pytest.mark.promise("hint-only", "one-verdict")
@pytest.mark.timeout(300)
async def test_one_sweep_makes_up_for_hints_that_the_bus_lost(ensemble: Ensemble) -> None:
    """The bus had acknowledged each hint, and nobody had read it."""
    await ensemble.begin(ensemble.classifier, ensemble.gateway)
    deliver(ensemble.stage, 12, 8)
    await ensemble.rest()
    assert ensemble.stage.stream("CONV") > 0
    await ensemble.lose_streams()
    await ensemble.start(ensemble.classifier)
    await one_sweep_completes(ensemble, calls=8)


@pytest.mark.proof
@pytest.mark.promise("hint-only", "one-verdict")
@pytest.mark.timeout(300)
async def test_one_sweep_makes_up_for_verdicts_that_the_bus_lost(ensemble: Ensemble) -> None:
    """They were paid for: the classifier tells them again, and nobody is asked."""
    await ensemble.begin(ensemble.writer, ensemble.gateway)
    deliver(ensemble.stage, 12, 8)
    await ensemble.rest()
    assert ensemble.judged() == ensemble.customer_threads()
    assert ensemble.stage.stream("WORK") > 0
    paid = ensemble.effort().calls
    await ensemble.lose_streams()
    await ensemble.start(ensemble.writer)
    await one_sweep_completes(ensemble, calls=paid)


async def one_sweep_completes(ensemble: Ensemble, calls: int) -> None:
    """No poll helps: the gateway looks only once, when it starts."""
    assert ensemble.noted() == {}
    await ensemble.start(ensemble.gateway)
    await ensemble.until(lambda: len(ensemble.noted()) == 8)
    await ensemble.rest()
    ensemble.assert_sorted()
    assert ensemble.sweeps() == 1
    assert ensemble.effort().calls == calls


# --- what was there before

OLD = 60


async def nothing_is_touched(ensemble: Ensemble, old: int, changed: int) -> None:
    """An old desk in which people work in bulk, while poll and sweep look on."""
    ids = ensemble.old(old)
    await ensemble.begin()
    await ensemble.rest()
    before = ensemble.effort()
    agents_work_in_bulk(ensemble.stage, ids[:changed])
    await ensemble.sweep()
    last = ensemble.old(1, status="closed")
    await ensemble.until(lambda: polled_beyond(ensemble, last[0]))
    await ensemble.rest()
    # The one write is the test's own conversation.
    assert ensemble.effort() == Effort(0, before.writes + 1)
    assert ensemble.judged() == set()
    assert ensemble.noted() == {}
    assert {row["id"] for row in ensemble.stage.conversations() if row["tags"]} == set()


def agents_work_in_bulk(stage: Stage, ids: list[int]) -> None:
    """Each of them is assigned and closed, the first half then merged into the second one."""
    for number in ids:
        stage.desk.post("assign", conversation_id=number, assignee=3)
        stage.desk.post("status", conversation_id=number, status="closed")
    for source, target in zip(ids[: len(ids) // 2], ids[len(ids) // 2 :], strict=True):
        stage.desk.post("merge", source=source, target=target)


def polled_beyond(ensemble: Ensemble, conversation: int) -> bool:
    """Whether the poll has looked at all that happened before this conversation was made."""
    rows = {row["id"]: row for row in ensemble.stage.conversations()}
    (until,) = ensemble.gateway.rows("SELECT polled_until FROM watched")[0]
    # The cursor stays some seconds behind the desk's clock.
    return bool(until > rows[conversation]["updated_at"])


@pytest.mark.proof
@pytest.mark.promise("one-verdict")
@pytest.mark.timeout(300)
async def test_people_who_work_in_bulk_on_an_old_desk_cause_nothing(ensemble: Ensemble) -> None:
    await nothing_is_touched(ensemble, OLD, OLD * 3 // 5)


@pytest.mark.nightly
@pytest.mark.promise("one-verdict")
@pytest.mark.timeout(1200)
async def test_neither_do_they_on_a_desk_of_500(ensemble: Ensemble) -> None:
    await nothing_is_touched(ensemble, 500, 300)


async def backfill_is_left_alone(ensemble: Ensemble, threads: int) -> None:
    """Old mail becomes tickets that nobody judges, whatever sweeps over them."""
    ensemble.stage.change(gmail={"start": "backfill", "backfill_days": DAYS})
    bring_old_mail(ensemble.stage, threads)
    await ensemble.begin()
    await ensemble.until(lambda: ensemble.stage.states().get("done") == threads * PER_THREAD, 900)
    await ensemble.sweep(days=60)
    await ensemble.rest(600)
    assert len(ensemble.customer_threads()) == threads * PER_THREAD
    assert ensemble.effort().calls == 0
    assert ensemble.judged() == set()
    assert ensemble.noted() == {}


@pytest.mark.proof
@pytest.mark.promise("one-verdict")
@pytest.mark.timeout(300)
async def test_a_backfill_costs_no_call_and_no_note(ensemble: Ensemble) -> None:
    await backfill_is_left_alone(ensemble, 10)


@pytest.mark.nightly
@pytest.mark.promise("one-verdict")
@pytest.mark.timeout(1200)
async def test_neither_does_one_of_500_mails(ensemble: Ensemble) -> None:
    await backfill_is_left_alone(ensemble, 500 // PER_THREAD)

"""No model, or no money for it, through all stages: tickets are there, announced, worked up later.

What the team sees of a message while nobody judges it is one note, and FreeScout notifies of it.
"""

from collections.abc import Mapping

import pytest

from classifier.settings import ClassifierSettings
from csm.timing import PROFILES
from draft_writer.settings import DraftWriterSettings
from ensemble import Ensemble, ensemble_on
from questions import deliver
from stage import Control, Stage
from triage import MODEL, with_model

# One message each: of two that come far apart on a busy machine both would be announced.
TICKETS = 8
# Seconds from the return of the model until all is worked up, in production.
MINUTE = 60.0
PRICE = {f'llm.prices."{MODEL}"': {"input": 1000.0, "output": 1000.0}}


def settings(llm: Control, usd_per_day: float) -> dict[str, Mapping[str, object]]:
    """A model with a price and a ceiling."""
    return {
        **with_model(llm),
        **PRICE,
        "llm.classify": {"model": MODEL, "usd_per_day": usd_per_day},
        "draft_writer": {"health_port": 0, "arrival_minutes": 1},
    }


def test_a_message_without_a_verdict_is_announced_within_ten_minutes() -> None:
    """The rules speak, then somebody waits for the model's note: together less than that."""
    timing = PROFILES["production"]
    rules = ClassifierSettings().provisional_after_seconds
    note = DraftWriterSettings().arrival_minutes * 60
    # Each of both waits ends with a pass of the due loop.
    assert rules + note + 2 * timing.due_interval + timing.deadline < 600


async def announced(ensemble: Ensemble) -> None:
    """Every ticket says that no model has judged it, in one note that notifies the team."""
    await ensemble.until(lambda: len(ensemble.notifying()) == TICKETS)
    rows = ensemble.stage.conversations()
    assert len(ensemble.customer_threads()) == TICKETS
    assert all("not-classified" in row["tags"] for row in rows)
    assert set(ensemble.notifying().values()) == {1}
    assert ensemble.effort().calls == 0
    assert ensemble.verdicts() == []


async def worked_up(ensemble: Ensemble) -> None:
    """A verdict for each ticket, in a note that notifies nobody again; nothing was given up."""
    await ensemble.until(lambda: ensemble.judged() == ensemble.customer_threads(), MINUTE)
    await ensemble.rest()
    assert {verdict.method for verdict in ensemble.verdicts()} == {"model"}
    assert all("not-classified" not in row["tags"] for row in ensemble.stage.conversations())
    assert set(ensemble.notifying().values()) == {1}
    assert set(ensemble.noted().values()) == {2}
    states = {state for player in ensemble.players for state in player.states()}
    assert states == {"done"}


@pytest.mark.proof
@pytest.mark.promise("ticket-first", "waiting-is-not-failing", "shown")
@pytest.mark.timeout(300)
async def test_while_the_model_is_down_each_ticket_is_announced_and_then_worked_up(
    stage: Stage, llm: Control
) -> None:
    async with ensemble_on(stage, llm, settings(llm, usd_per_day=1000.0)) as ensemble:
        llm.post("faults", down=True)
        deliver(stage, TICKETS, TICKETS)
        await ensemble.begin()
        await announced(ensemble)
        assert len(ensemble.classifier.alerts("dependency-down")) == 1
        llm.post("faults")
        await worked_up(ensemble)


@pytest.mark.proof
@pytest.mark.promise("ticket-first", "waiting-is-not-failing", "shown")
@pytest.mark.timeout(300)
async def test_so_it_is_when_the_money_is_used_up_and_when_somebody_grants_more(
    stage: Stage, llm: Control
) -> None:
    async with ensemble_on(stage, llm, settings(llm, usd_per_day=0.01)) as ensemble:
        deliver(stage, TICKETS, TICKETS)
        await ensemble.begin()
        await announced(ensemble)
        assert len(ensemble.classifier.alerts("over-budget")) == 1
        stage.change(sections=settings(llm, usd_per_day=1000.0))
        await ensemble.classifier.restart()
        await worked_up(ensemble)

"""Mail through all stages to its draft: one per conversation, whatever comes again or is lost."""

import sys
import time
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from csm.streams import DRAFT_UPSERT
from drafting import MODEL as AUTHOR
from ensemble import Ensemble, ensemble_on
from questions import deliver
from stage import Control, Stage
from triage import Sections

# Seconds that the model and the desk take for each answer.
MODEL, DESK = 0.8, 0.05
# What else the desk can be told of a verdict stays at its default: nothing.
SECTIONS: Sections = {"llm.draft": {"model": AUTHOR}, "mailbox.support.desk": {}}


@pytest.fixture
async def ensemble(stage: Stage, llm: Control) -> AsyncIterator[Ensemble]:
    """All services at `write = "drafts"`, both tasks by the simulated model; nothing started."""
    async with ensemble_on(stage, llm, SECTIONS, write="drafts") as opened:
        yield opened


def drafts(ensemble: Ensemble) -> Counter[int]:
    """How many drafts are in which conversation."""
    rows = ensemble.stage.conversations()
    return Counter(r["id"] for r in rows for t in r["threads"] if t["state"] == "draft")


def wanted(ensemble: Ensemble) -> set[int]:
    """Conversations whose newest verdict asks for a draft, by the switches' defaults."""
    return {
        verdict.conversation_id
        for verdict in ensemble.verdicts()
        if verdict.category != "other" and verdict.priority != "P0"
    }


def assert_drafted(ensemble: Ensemble) -> None:
    """Each conversation that wants one has one draft, no other has any; nobody got a mail."""
    assert drafts(ensemble) == Counter(wanted(ensemble))
    assert [mail for mail in ensemble.stage.sink() if mail["kind"] != "notification"] == []


async def drafted_once(ensemble: Ensemble, messages: int, threads: int) -> float:
    """So many mails with a slow model and a slow desk; returns messages per second."""
    await ensemble.begin()
    ensemble.slow(model=MODEL, desk=DESK)
    deliver(ensemble.stage, messages, threads)
    began = time.monotonic()
    await ensemble.rest(600)
    seconds = time.monotonic() - began
    assert len(ensemble.customer_threads()) == messages
    assert_drafted(ensemble)
    first, there = ensemble.effort(), drafts(ensemble)
    assert first.calls <= 2.0 * messages
    assert await ensemble.deliver_again() > 0
    await ensemble.rest()
    assert await ensemble.replay(ensemble.stage, ensemble.writer) > 0
    await ensemble.rest()
    await ensemble.sweep()
    await ensemble.rest()
    assert ensemble.effort() == first
    assert drafts(ensemble) == there
    return messages / seconds


@pytest.mark.promise("one-draft", "never-sent")
@pytest.mark.timeout(300)
async def test_each_conversation_has_one_draft_whatever_comes_again(ensemble: Ensemble) -> None:
    await drafted_once(ensemble, 12, 8)


@pytest.mark.nightly
@pytest.mark.promise("one-draft", "never-sent")
@pytest.mark.timeout(1200)
async def test_so_have_those_of_300_messages(ensemble: Ensemble) -> None:
    say(ensemble, await drafted_once(ensemble, 300, 200))


@pytest.mark.nightly
@pytest.mark.promise("one-draft", "never-sent")
@pytest.mark.timeout(1200)
async def test_with_more_in_flight_too(stage: Stage, llm: Control) -> None:
    sections = {
        **SECTIONS,
        "classifier": {"workers": 64},
        "draft_writer": {"workers": 32, "draft_workers": 64},
    }
    async with ensemble_on(stage, llm, sections, write="drafts", in_flight=64) as ensemble:
        for player in ensemble.players:
            player.environment["CSM_FREESCOUT__IN_FLIGHT"] = "16"
        say(ensemble, await drafted_once(ensemble, 300, 200))


def say(ensemble: Ensemble, rate: float) -> None:
    """How fast it was; what is promised of it is measured on an idle machine (pytest -s)."""
    calls = ensemble.effort().calls / len(ensemble.customer_threads())
    sys.stdout.write(f"\n{rate:.1f} messages/s, {calls:.2f} calls per message\n")


@pytest.mark.proof
@pytest.mark.promise("hint-only", "one-draft")
@pytest.mark.timeout(300)
async def test_drafts_whose_wish_was_lost_after_its_acknowledgement_are_made(
    ensemble: Ensemble,
) -> None:
    """The author is away, so every wish is acknowledged and waits; then the bus loses all."""
    await ensemble.begin()
    ensemble.llm.post("faults", rules=[{"kind": "503", "every": 1, "on": AUTHOR}])
    deliver(ensemble.stage, 8, 6)
    await ensemble.until(lambda: ensemble.judged() == ensemble.customer_threads() != set())
    owed = "SELECT count(*) FROM work WHERE state = 'wanted' AND waiting_for = 'llm'"
    await ensemble.until(lambda: ensemble.writer.rows(owed)[0][0] >= len(wanted(ensemble)))
    assert ensemble.stage.stream(DRAFT_UPSERT.stream) > 0
    await ensemble.lose_streams()
    ensemble.llm.post("faults")
    await ensemble.until(lambda: drafts(ensemble) == Counter(wanted(ensemble)) != Counter())
    await ensemble.rest()
    assert_drafted(ensemble)

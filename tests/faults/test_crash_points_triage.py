"""The classifier dies at every seam, early and later: one verdict, told, paid for once."""

import signal
from collections.abc import AsyncIterator
from functools import partial

import pytest

from crash_stages import OTHERS
from stage import Control, Stage
from triage import Triage, triage_on, with_model

# Seams that the classifier shares with others are on its way too.
SHARED = ("after_outbox_publish", "before_ack")
# A question that died with its asker is free for others after deadline and grace of its claim.
DEADLINE, FREE = 3, 90.0
SLOW = {"llm_after_claim", "llm_after_answer"}
LATE = "Where is my order? It was due on Monday and has not arrived. Regards, Jo."


async def dies_at(triage: Triage, point: str, count: int) -> None:
    """The service kills itself there for the given time; each message ends with one verdict."""
    await triage.begin(crash_at=f"{point}#{count}")
    written = []
    while not triage.service.deaths():
        written.append(triage.write(f"{LATE} {len(written)}"))
        await triage.hint(written[-1])
        await triage.hint(written[-1], "poll")
        await triage.service.until(partial(_is_over, triage, len(written)))
    await triage.judged(len(written), within=FREE)
    assert triage.service.deaths() == [-signal.SIGKILL]
    await triage.idle()
    told = {(t.customer_thread_id, t.verdict_seq): t for t in await triage.told()}
    finals = [key for key, one in told.items() if not one.provisional]
    assert sorted(thread for thread, _ in finals) == sorted(one.thread for one in written)


def _is_over(triage: Triage, number: int) -> bool:
    return (
        bool(triage.service.deaths())
        or sum(row[2] == "final" for row in triage.verdicts()) >= number
    )


@pytest.mark.proof
@pytest.mark.promise("one-verdict")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", [*OTHERS["classifier"], *SHARED])
async def test_a_death_at_this_point_loses_and_doubles_no_verdict(
    by_rules: Triage, point: str, count: int
) -> None:
    await dies_at(by_rules, point, count)


@pytest.fixture
async def hasty(stage: Stage, llm: Control) -> AsyncIterator[Triage]:
    """The classifier with a model and a short deadline."""
    async with triage_on(stage, llm, with_model(llm, deadline_seconds=DEADLINE)) as triage:
        yield triage


def cases() -> list[object]:
    """Both passes of every seam; those that wait half a minute belong to the proof, the second ones
    to the night.
    """
    points = [*OTHERS["llm"], "before_verdict", "in_verdict_tx"]
    return [pytest.param(point, n, marks=_marks(point, n)) for point in points for n in (1, 2)]


def _marks(point: str, count: int) -> list[pytest.MarkDecorator]:
    if point not in SLOW:
        return []
    return [pytest.mark.proof if count == 1 else pytest.mark.nightly]


@pytest.mark.promise("one-verdict", "ticket-first")
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("point", "count"), cases())
async def test_a_death_beside_the_model_pays_at_most_once_more(
    hasty: Triage, point: str, count: int
) -> None:
    await dies_at(hasty, point, count)
    paid = hasty.llm.get("counters")["paid_bodies"].values()
    extra = 1 if point == "llm_after_answer" else 0
    assert sum(paid) == len(paid) + extra

"""Chaos in small, and whether its judge would notice."""

from dataclasses import replace

import pytest

from faults.chaos.judge import Facts, judged
from faults.chaos.load import mails
from faults.chaos.run import play
from faults.chaos.setting import Wanted
from postgres_server import PostgresServer
from simulators.freescout.verdict import Verdict
from stage import Stage

CLEAN = Facts(Verdict(), {"done": 3, "filtered": 1}, sent=0, violations=0, ends={-9: 4, 0: 1})


@pytest.mark.promise("once", "together", "never-sent", "hint-only", "waiting-is-not-failing")
@pytest.mark.proof
@pytest.mark.timeout(180)
async def test_a_hundred_mails_of_chaos_break_no_promise(stage: Stage) -> None:
    result = await play(stage, Wanted(mails=100, seed=7))
    assert not result.judgement.is_broken, result.judgement.found
    assert result.mischief["worker killed"] >= 1
    assert sum(result.faults.values()) >= 5


@pytest.mark.postgres
@pytest.mark.promise("once", "together", "never-sent", "hint-only", "waiting-is-not-failing")
@pytest.mark.timeout(180)
async def test_neither_do_they_with_three_replicas(
    postgres_stage: Stage, postgres: PostgresServer
) -> None:
    wanted = Wanted(mails=100, seed=7, database="postgres")
    result = await play(postgres_stage, wanted, postgres)
    assert not result.judgement.is_broken, result.judgement.found
    assert result.mischief["worker killed"] >= 1


@pytest.mark.parametrize("kind", ["lost", "doubled", "split", "disordered", "incomplete", "empty"])
def test_the_judge_reports_each_kind(kind: str) -> None:
    assert not judged(CLEAN, 0, 0).is_broken
    found = replace(CLEAN, verdict=Verdict(**{kind: ("here",)}))
    assert judged(found, 0, 0).is_broken


@pytest.mark.parametrize(
    "facts",
    [
        replace(CLEAN, states={"done": 3, "parked": 1}),
        replace(CLEAN, states={"done": 3, "degraded": 1}),
        replace(CLEAN, sent=1),
        replace(CLEAN, violations=1),
        replace(CLEAN, unended=("a mail waits for ever",)),
        replace(CLEAN, audited=({"kind": "double", "words": "twice"},)),
        replace(CLEAN, ends={-9: 4, -11: 1}),
        replace(CLEAN, ends={1: 1}),
    ],
)
def test_the_judge_reports_what_is_wrong_beside_the_desk(facts: Facts) -> None:
    assert judged(facts, 0, 0).is_broken


def test_what_the_team_was_told_of_is_no_break_and_nothing_more() -> None:
    verdict = Verdict(incomplete=("one", "two"), empty=("three",))
    facts = replace(CLEAN, verdict=verdict)
    told = judged(facts, 2, 1)
    assert not told.is_broken
    assert sum(told.explained.values()) == 3
    assert judged(facts, 1, 1).is_broken
    assert judged(facts, 2, 0).is_broken


def test_the_same_seed_brings_the_same_mail() -> None:
    first, again = list(mails(80, 3)), list(mails(80, 3))
    assert [one["group"] for one in first if "group" in one] == [
        one["group"] for one in again if "group" in one
    ]
    assert len(first) == 80
    # Customers have several open threads under one subject, and mail to be filtered is among it.
    assert {one["expect"] for one in first} == {"ticket", "filtered"}

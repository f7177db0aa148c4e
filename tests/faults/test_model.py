"""The explorers: the protocol holds in every state, each weak variant is found broken."""

from dataclasses import replace
from functools import cache

import pytest

from csm.crash import POINTS
from faults.model import draft, draft_steps, steps, write
from faults.model.search import Search, TruncatedError
from faults.model.steps import Around, Step
from faults.model.verdicts import BY_DAY, BY_NIGHT, HOLDS, LIMIT, Run, Verdict
from faults.model.worker import PROGRAM
from faults.model.world import A0, A1, FULL, World
from faults.model.write import WriteModel

NAMES = {run.name: run for run in BY_DAY}


@cache
def verdict_of(run: Run) -> Verdict:
    return run.verdict()


@pytest.mark.timeout(300)
@pytest.mark.nightly  # by day `make explore` says the same, and shows it
@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_is(name: str) -> None:
    run = NAMES[name]
    verdict = verdict_of(run)
    assert run.is_as_expected(verdict), verdict.traces
    assert run.breaks or verdict.is_complete


@pytest.mark.nightly
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("run", BY_NIGHT, ids=lambda run: run.name)
def test_larger_worlds_hold(run: Run) -> None:
    verdict = run.verdict()
    assert verdict.holds, verdict.traces


@pytest.mark.proof
def test_every_invariant_is_broken_by_some_weak_variant() -> None:
    found = {name for run in BY_DAY if run.breaks for name in verdict_of(run).traces}
    assert found == {*write.INVARIANTS, *draft.INVARIANTS}


def test_a_run_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(TruncatedError):
        Search(WriteModel(World((A0, A1), {"lost": 1})), limit=50).run()


@pytest.mark.proof
@pytest.mark.parametrize("sweep", [True, False])
def test_following_the_event_at_once_hides_nothing(*, sweep: bool) -> None:
    found = [
        Search(WriteModel(world_with(sweep=sweep, chain_first=first)), LIMIT).run()
        for first in (True, False)
    ]
    assert [set(verdict.traces) for verdict in found] == [set() if sweep else {"loss"}] * 2
    assert found[0].states < found[1].states


def world_with(**rules: bool) -> World:
    faults = {"lost": 1, "unheard": 1, "lose": 1}
    return World((A0, A1), faults, rules=replace(FULL, **rules))


ALL_POINTS = {**steps.POINT, **draft_steps.POINT}
ALL_REASONS = {**steps.NO_POINT, **draft_steps.NO_POINT}


def test_every_crash_point_is_a_step_of_a_model_or_says_why_not() -> None:
    named = {*steps.POINT.values(), *steps.INSIDE, *draft_steps.POINT.values(), *draft_steps.INSIDE}
    assert named.isdisjoint(steps.ELSEWHERE)
    assert named | set(steps.ELSEWHERE) == set(POINTS)


@pytest.mark.parametrize("step", [*Step, *draft_steps.DraftStep])
def test_every_step_names_its_crash_point_or_says_why_not(step: Step) -> None:
    assert (step in ALL_POINTS) != (step in ALL_REASONS)
    assert ALL_REASONS.get(step, "a reason").strip()


@pytest.mark.timeout(300)
@pytest.mark.proof
def test_every_step_and_every_fault_happens() -> None:
    """A step that never is taken would prove nothing about its seam."""
    weak_only = {draft_steps.DraftStep.REPLACE, Around.STALE}
    missing = {*Step, *Around, *draft_steps.DraftStep, *draft_steps.Person} - weak_only
    for run in (run for run in BY_DAY if run.breaks is None):
        if missing:
            missing -= set(verdict_of(run).steps)
    assert missing == set()


@pytest.mark.proof
def test_a_worker_dies_at_every_place() -> None:
    model = WriteModel(replace_faults(HOLDS[0], "refused", "crash", "half", "timeout"))
    search = Search(model, LIMIT)
    search.run()
    died = {
        move.about[0]
        for state in search.states
        for move in model.moves(state)
        if move.step is Around.CRASH
    }
    # `settled` and `matched` are places of worlds with two Gmail threads or an adoption.
    assert died >= set(PROGRAM) - {"idle", "settled"}


def replace_faults(run: Run, *faults: str) -> World:
    model = run.model()
    assert isinstance(model, WriteModel)
    return replace(model.world, faults=dict.fromkeys(faults, 1))

"""Runs one seed in this process."""

import gc
import logging
from dataclasses import replace

from csm import crash, logs
from faults.simulation.history import History, Outcome, Plan
from faults.simulation.variants import weakened


def quiet_libraries() -> None:
    """Thousands of histories say nothing; what counts is in the trace."""
    logs.setup("simulation", "CRITICAL")
    logging.disable(logging.CRITICAL)


def run_seed(seed: int, plan: Plan, variant: str | None = None, *, trace: bool = False) -> Outcome:
    """One history; its story comes along when it is not clean, or asked for."""
    with weakened(variant):
        history = History(seed, plan)
        try:
            outcome = history.run()
        finally:
            crash.decide_by(_nobody_dies)
    if outcome.findings or trace:
        outcome = replace(outcome, story=history.world.story())
    # A dead life is full of cycles; left to the collector's own time they fill the memory.
    del history
    gc.collect(1)
    return outcome


def _nobody_dies(_name: str, _key: str) -> None:
    """Outside of a history."""

"""`csm eval`: arguments to a run, a run to tables or JSON."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from csm_cli.evaluation import Method, Split
from csm_cli.evaluation.case import CaseError, load
from csm_cli.evaluation.methods import opened
from csm_cli.evaluation.report import Run
from csm_cli.evaluation.run import chosen, golden_set, measured
from csm_cli.terminal import CommandFailedError, side_screen


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure, on which cases, compared with what; `cases` None: the golden set."""

    method: Method = "rules"
    against: Method | None = None
    cases: Path | None = None
    split: Split | None = None
    config: Path | None = None


def evaluate(wanted: Wanted) -> Run:
    """The run. Raises CommandFailedError for a set that cannot be used, ConfigError."""
    try:
        return asyncio.run(_evaluate(wanted))
    except CaseError as error:
        raise CommandFailedError(str(error)) from error


async def _evaluate(wanted: Wanted) -> Run:
    cases = chosen(load(wanted.cases or golden_set(Path.cwd())), wanted.split)
    if "live" in {wanted.method, wanted.against}:
        twins = sum(bool(case.planted) for case in cases)
        # It costs money: say how much is asked before it is.
        side_screen().print(f"asking about {len(cases)} cases, {twins} of them twice; known: free")
    against = None
    if wanted.against is not None:
        async with opened(wanted.against, wanted.config) as other:
            against = await measured(wanted.against, cases, other.judge, other.cache)
    async with opened(wanted.method, wanted.config) as way:
        run = await measured(wanted.method, cases, way.judge, way.cache, way.drafter)
    return replace(run, against=against)

"""One run of `csm eval`: which cases, asked how, and what came of it."""

from collections.abc import Sequence
from pathlib import Path

from csm_cli.evaluation import Split
from csm_cli.evaluation.case import Case, CaseError, without_planted
from csm_cli.evaluation.judging import Cache, Drafter, Judge, drafted, judged
from csm_cli.evaluation.report import Run

GOLDEN = Path("tests/eval/golden.jsonl")


def golden_set(start: Path) -> Path:
    """The set of the checkout that `start` lies in. CaseError when it lies in none."""
    for folder in (start, *start.parents):
        if (folder / GOLDEN).is_file():
            return folder / GOLDEN
    raise CaseError(f"{start} lies in no checkout with {GOLDEN}: name a set with --set")


def chosen(cases: Sequence[Case], split: Split | None) -> list[Case]:
    """The cases of one split, or all. CaseError when none is left."""
    left = [case for case in cases if split in {None, case.split}]
    if not left:
        raise CaseError(f"the set has no case of the split {split}")
    return left


async def measured(
    method: str,
    cases: Sequence[Case],
    judge: Judge,
    cache: Cache | None,
    drafter: Drafter | None = None,
) -> Run:
    """Judge all cases, the injections once more without their planted text, and draft if asked."""
    answers = await judged(judge, cases, cache)
    plain = [without_planted(case) for case in cases if case.planted]
    twins = await judged(judge, plain, cache)
    drafts = await drafted(drafter, cases, cache) if drafter else None
    return Run(method, cases, answers, twins.given, drafts)

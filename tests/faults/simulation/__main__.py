"""`python -m faults.simulation --seeds 300 --first 0 --jobs 2`: histories, findings, one verdict.

Exit code 1 when a history is not clean; the first such prints its whole trace.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial

from faults.simulation.gmail_stage import GmailIngest
from faults.simulation.history import Outcome, Plan
from faults.simulation.outage import three_hours_of_503
from faults.simulation.running import quiet_libraries, run_seed
from faults.simulation.variants import ALL, VARIANTS

_REPORT_EVERY = 15.0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="simulation")
    parser.add_argument("--seeds", type=int, default=1, help="how many histories")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--mails", type=int, default=60, help="mails per history")
    parser.add_argument("--variant", choices=sorted(ALL), help="a weakened copy of the code")
    parser.add_argument("--variants", action="store_true", help="each must be found broken")
    parser.add_argument("--outage", action="store_true", help="three hours of 503, as JSON")
    parser.add_argument("--trace", action="store_true", help="print every trace")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    if asked.outage:
        quiet_libraries()
        _say(json.dumps(asdict(three_hours_of_503(asked.first))))
        return 0
    if asked.variants:
        quiet_libraries()
        return _all_variants(seeds, Plan(mails=asked.mails))
    run = partial(run_seed, plan=Plan(mails=asked.mails), variant=asked.variant, trace=asked.trace)
    begun = time.monotonic()
    outcomes = list(_said(_outcomes(run, seeds, asked.jobs), len(seeds)))
    return _verdict(outcomes, time.monotonic() - begun)


def _all_variants(seeds: range, plan: Plan) -> int:
    """Every weakened copy until its first history that is not clean; 1 if one has none."""
    unnoticed = 0
    for variant in ALL:
        # Those of the ticket show without the stages behind it.
        shown = replace(plan, stages=(GmailIngest,)) if variant in VARIANTS else plan
        outcomes = (run_seed(seed, shown, variant) for seed in seeds)
        caught = next((outcome for outcome in outcomes if outcome.findings), None)
        unnoticed += caught is None
        said = f"seed {caught.seed}: {caught.findings[0][:90]}" if caught else "NOT NOTICED"
        _say(f"{variant:28} {said}")
    return 1 if unnoticed else 0


def _outcomes(run: "partial[Outcome]", seeds: range, jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        quiet_libraries()
        yield from map(run, seeds)
        return
    with ProcessPoolExecutor(jobs, initializer=quiet_libraries) as pool:
        yield from pool.map(run, seeds, chunksize=max(1, min(10, len(seeds) // (4 * jobs))))


def _said(outcomes: Iterable[Outcome], wanted: int) -> Iterator[Outcome]:
    """Every bad history at once, and now and then how far it is."""
    said, has_traced = time.monotonic(), False
    for number, outcome in enumerate(outcomes, start=1):
        if outcome.findings or outcome.story:
            _say(f"seed {outcome.seed}: {len(outcome.findings)} findings")
            _say(*(f"  {finding}" for finding in outcome.findings))
            if not has_traced or outcome.story:
                _say(outcome.story)
            _say(f"  repeat it: make simulate FIRST={outcome.seed} TRACE=1")
            has_traced = True
        if time.monotonic() - said > _REPORT_EVERY:
            said = time.monotonic()
            _say(f"{number} of {wanted} histories")
        yield outcome


def _verdict(outcomes: list[Outcome], took: float) -> int:
    fired: Counter[str] = sum((outcome.fired for outcome in outcomes), Counter())
    kinds = Counter(finding.partition(":")[0] for o in outcomes for finding in o.findings)
    bad = [outcome.seed for outcome in outcomes if outcome.findings]
    mails = sum(outcome.mails for outcome in outcomes)
    hours = sum(outcome.seconds for outcome in outcomes) / 3600
    _say("faults: " + ", ".join(f"{name} {n}" for name, n in sorted(fired.items())))
    _say(
        f"{len(outcomes)} histories, {mails} mails, {hours:.0f} virtual hours in {took:.0f} s "
        f"({len(outcomes) / took:.1f}/s): {len(bad)} not clean {dict(kinds)} {bad[:20]}"
    )
    return 1 if bad else 0


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of strings is part of a history.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "faults.simulation", *sys.argv[1:]])  # noqa: S606
    sys.exit(main())

"""Runs the explorers and prints the table of verdicts: `make explore`, `ARGS=--nightly`.

`--traces` prints every counterexample in words, any other word chooses runs by their name.
"""

import sys
from collections.abc import Sequence

from faults.model.search import Verdict
from faults.model.verdicts import BY_DAY, RUNS, Run

_ROW = "{name:72} {states:>9} {transitions:>10} {seconds:>7}  {verdict:<20} {steps:>5}"


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 1 when a verdict is not the expected one."""
    words = [one for one in arguments if not one.startswith("--")]
    runs = [
        run
        for run in (RUNS if "--nightly" in arguments else BY_DAY)
        if all(word in run.name for word in words)
    ]
    say(_ROW.format(name="world or weak variant", states="states", transitions="transitions",
                    seconds="CPU s", verdict="verdict", steps="steps"))  # fmt: skip
    wrong = [run for run in runs if not is_shown(run, with_traces="--traces" in arguments)]
    say(f"{len(runs)} runs, {len(wrong)} not as expected")
    return 1 if wrong else 0


def is_shown(run: Run, *, with_traces: bool) -> bool:
    """Print one line; whether it is as it must be."""
    verdict = run.verdict()
    is_right = run.is_as_expected(verdict)
    say(line(run, verdict) + ("" if is_right else "   NOT AS EXPECTED"))
    for name, trace in verdict.traces.items():
        if with_traces or not is_right:
            say(
                f"    {name}:",
                *(f"      {number:3} {step}" for number, step in enumerate(trace, 1)),
            )
    return is_right


def line(run: Run, verdict: Verdict) -> str:
    """A row of the table; a weak variant stops at the counterexample."""
    shown = "holds" if verdict.holds else f"broken: {', '.join(sorted(verdict.traces))}"
    steps = ""
    if run.breaks in verdict.traces:
        shown, steps = f"broken: {run.breaks}", str(len(verdict.traces[run.breaks]))
    return _ROW.format(
        name=run.name, states=f"{verdict.states:,}", transitions=f"{verdict.transitions:,}",
        seconds=f"{verdict.seconds:.1f}", verdict=shown, steps=steps,
    )  # fmt: skip


def say(*lines: str) -> None:
    """Lines on standard output, at once."""
    sys.stdout.write("".join(f"{one}\n" for one in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

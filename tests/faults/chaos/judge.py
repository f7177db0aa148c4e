"""The judgement: by the desk, from outside, and never by what the service says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from simulators.freescout.verdict import Verdict

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at the end of a run.

    `verdict` is the desk's against Gmail's; `unended` are mails without an end, `ends` the exit
    codes of the lives and how often, `audited` what the audit found.
    """

    verdict: Verdict
    states: Mapping[str, int]
    sent: int
    violations: int
    audited: Sequence[Row] = ()
    unended: Sequence[str] = ()
    ends: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found under each name; `is_broken` when there is anything at all."""

    found: Mapping[str, Sequence[str]]
    explained: Mapping[str, int]

    @property
    def is_broken(self) -> bool:
        """Whether a promise broke."""
        return any(self.found.values())


def judged(facts: Facts, told_incomplete: int, told_empty: int) -> Judgement:
    """Everything that is wrong; incomplete or empty ones that were told to the team are not.

    FreeScout itself lost those files and shells: the promise is that it is said.
    """
    verdict = asdict(facts.verdict)
    explained = {
        "incomplete, named in a note": min(told_incomplete, len(facts.verdict.incomplete)),
        "empty shell, named in an alert": min(told_empty, len(facts.verdict.empty)),
    }
    found = {
        "lost": verdict["lost"],
        "doubled": verdict["doubled"],
        "split": verdict["split"],
        "out of order": verdict["disordered"],
        "foreign": verdict["foreign"],
        "incomplete": verdict["incomplete"][told_incomplete:],
        "empty": verdict["empty"][told_empty:],
        "parked": _of_state(facts, "parked"),
        "stubs": _of_state(facts, "degraded"),
        "without an end": tuple(facts.unended),
        "sent": (f"{facts.sent} mails left the desk",) if facts.sent else (),
        "forbidden calls": (f"{facts.violations} to Gmail",) if facts.violations else (),
        "audit": tuple(f"{one['kind']}: {one['words']}" for one in facts.audited),
        "crashed": _crashed(facts),
    }
    return Judgement(found, explained)


def _of_state(facts: Facts, state: str) -> tuple[str, ...]:
    number = facts.states.get(state, 0)
    return (f"{number} mails are {state}",) if number else ()


def _crashed(facts: Facts) -> tuple[str, ...]:
    """Lives that ended otherwise than by our SIGKILL, or in order at the end."""
    return tuple(
        f"{number} lives ended with {code}"
        for code, number in facts.ends.items()
        if code not in (-9, 0)
    )

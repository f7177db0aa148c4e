"""Explores the drafts' plans: `python -m faults.interleavings [--slice] [NAME ...]`; see README.md.

Ends with 1 when anything was found in the shipped code, or nothing in a weakened copy of it.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from faults.interleavings.explore import Explored, explore
from faults.interleavings.scene import Plan, Scene
from faults.simulation.running import quiet_libraries

LIMIT = 60_000
_FAULTS = ("lost", "vanish", "late")
PLANS: Mapping[str, Plan] = {
    "one deed": Plan(),
    "two deeds on the draft": Plan(deeds=("type", "send", "undo", "discard"), number=2),
    "two deeds": Plan(number=2),
    "two deeds within one second": Plan(number=2, tick=0),
    "three deeds": Plan(number=3),
    "one deed, the draft's request fails": Plan(faults=_FAULTS),
    "one deed, the draft's request fails, all within one second": Plan(faults=_FAULTS, tick=0),
    "two deeds, the draft's request fails": Plan(number=2, faults=_FAULTS),
    "the customer answers": Plan(number=0, is_answered=True, tick=0.5),
    "the customer answers, one deed": Plan(is_answered=True, tick=0.5),
    "the customer answers, the draft's request fails": Plan(
        number=0, is_answered=True, tick=0.5, faults=_FAULTS
    ),
}
# What `make test` explores of all that, and what only a night is long enough for.
SLICE = {"a discard or a text of her own": Plan(deeds=("discard", "type"))}
BY_NIGHT = (
    "two deeds", "two deeds within one second", "three deeds",
    "two deeds, the draft's request fails", "the customer answers, one deed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weak:
    """A guard taken away: `target` is replaced by what always answers `answer`."""

    target: str
    answer: Any
    plan: Plan


WEAK: Mapping[str, Weak] = {
    "made again whatever happened meanwhile": Weak(
        "draft_writer.drafting.was_touched",
        answer=False,
        plan=Plan(deeds=("discard",), faults=("lost",)),
    ),
    "drafts of people are not seen": Weak(
        "draft_writer.decision.open_drafts", [], Plan(deeds=("start",))
    ),
    "answers of people are not seen": Weak(
        "draft_writer.decision.agent_messages", [], Plan(deeds=("reply",))
    ),
    "cc is not looked at again": Weak(
        "draft_writer.pen.dropped_cc", (), Plan(number=0, is_answered=True, tick=0.5)
    ),
    "opened is edited": Weak("draft_writer.outcomes.fingerprint", "", Plan(deeds=("send",))),
}


@contextmanager
def weakened(weak: Weak) -> Iterator[None]:
    """The code without the guard."""
    with patch(weak.target, lambda *_args, **_named: weak.answer):
        yield


def main(arguments: list[str]) -> int:
    """Explore what is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="plans, by default those of a day")
    parser.add_argument("--slice", action="store_true", help="a small part, in seconds")
    parser.add_argument("--night", action="store_true", help="the large ones")
    parser.add_argument("--weak", action="store_true", help="weakened copies, each must fail")
    wanted = parser.parse_args(arguments)
    quiet_libraries()
    if wanted.weak:
        return max(_weak(name, weak) for name, weak in WEAK.items())
    return max(_sound(name, plan) for name, plan in _plans(wanted).items())


def _plans(wanted: argparse.Namespace) -> Mapping[str, Plan]:
    if wanted.slice:
        return SLICE
    names = wanted.names or [name for name in PLANS if (name in BY_NIGHT) == wanted.night]
    return {name: PLANS[name] for name in names}


def _sound(name: str, plan: Plan) -> int:
    began = time.process_time()
    found = explore(lambda: Scene(plan), LIMIT)
    _say(name, found, began)
    for finding, way in found.broken.items():
        steps = "\n".join(f"      {' '.join(choice)}" for choice in way)
        sys.stdout.write(f"   {finding}\n{steps}\n")
    return int(bool(found.broken))


def _weak(name: str, weak: Weak) -> int:
    began = time.process_time()
    with weakened(weak):
        found = explore(lambda: Scene(weak.plan), LIMIT)
    _say(name, found, began)
    broken = "; ".join(found.broken) or "NOT FOUND BROKEN"
    sys.stdout.write(f"   {broken}\n")
    return int(not found.broken)


def _say(name: str, found: Explored, began: float) -> None:
    seconds = time.process_time() - began
    deeds = sum(n for deed, n in found.taken.items() if deed not in ("go", "wake"))
    sys.stdout.write(
        f"{name}: {found.runs} runs, {found.states} states, {deeds} deeds and faults, "
        f"{len(found.broken)} findings, {seconds:.0f} s\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

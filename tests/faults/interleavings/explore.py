"""Every order in which things can happen, one run after the other: no seed, no luck.

A run is a list of choices. After it everybody goes on in a fixed order to the end. Wherever on that
way something else could have happened, in a state that was not met before, further runs begin.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Choice = tuple[str, ...]


class Run(Protocol):
    """One attempt, from its start to its end."""

    def choices(self) -> Sequence[Choice]:
        """What can happen next, the usual first; empty at the end."""
        ...

    def state(self) -> Hashable:
        """Everything that decides what can still happen."""
        ...

    def take(self, choice: Choice) -> None:
        """Let it happen."""
        ...

    def findings(self) -> Sequence[str]:
        """What was wrong until now; at the end also what came of it."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


@dataclass
class Explored:
    """What was found: `broken` is the way to each finding, `taken` how often which choice was."""

    runs: int = 0
    states: int = 0
    broken: dict[str, Sequence[Choice]] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)


class TooManyError(Exception):
    """More runs than allowed: a claim about a part of them would be none."""


def explore(begin: Callable[[], Run], limit: int) -> Explored:
    """Try everything; raises TooManyError after `limit` runs."""
    found, met = Explored(), set[Hashable]()
    waiting: list[list[Choice]] = [[]]
    while waiting:
        if found.runs == limit:
            raise TooManyError(f"more than {limit} runs, {len(waiting)} are known")
        found.runs += 1
        waiting += _one(begin(), waiting.pop(), met, found)
    found.states = len(met)
    return found


def _one(run: Run, way: list[Choice], met: set[Hashable], found: Explored) -> list[list[Choice]]:
    """Follow one way to its end; returns the ways that branch off in new states."""
    branches: list[list[Choice]] = []
    taken: list[Choice] = []
    try:
        while choices := run.choices():
            choice = choices[0]
            if len(taken) < len(way):
                choice = way[len(taken)]
            elif not _is_new(run.state(), met):
                break  # how it goes on from here is known
            else:
                branches += [[*taken, other] for other in choices[1:]]
            run.take(choice)
            taken.append(choice)
        for finding in run.findings():
            found.broken.setdefault(finding, taken)
    finally:
        run.close()
    found.taken.update(choice[0] for choice in taken)
    return branches


def _is_new(state: Hashable, met: set[Hashable]) -> bool:
    is_new = state not in met
    met.add(state)
    return is_new

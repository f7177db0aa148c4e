"""Breadth-first search through every reachable state of a small closed world.

The first way to a broken state is a shortest one. A state from which no good end can be reached any
more is *stuck*: there something is lost. A run is complete or it is an error.
"""

import time
from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

S = TypeVar("S", bound=Hashable)

# The broken invariant "from everywhere a good end can be reached".
LOSS = "loss"


class TruncatedError(RuntimeError):
    """The world has more states than the run may hold: it proves nothing."""


class Move(NamedTuple, Generic[S]):
    """One step: which, about what, where it leads, and the invariant it breaks by itself."""

    step: Hashable
    about: tuple[object, ...]
    state: S
    breaks: str | None = None


class Model(Protocol[S]):
    """A closed world."""

    def start(self) -> S:
        """The first state."""
        ...

    def moves(self, state: S) -> Iterable[Move[S]]:
        """Everything that may happen next."""
        ...

    def broken(self, state: S) -> str | None:
        """The invariant that this state breaks."""
        ...

    def is_good(self, state: S) -> bool:
        """Whether everything was done and nothing is under way."""
        ...


@dataclass
class Verdict:
    """What a search found: per broken invariant a shortest way there, in words."""

    states: int = 0
    transitions: int = 0
    seconds: float = 0.0
    traces: dict[str, list[str]] = field(default_factory=dict)
    steps: Counter[Hashable] = field(default_factory=Counter)

    is_complete: bool = False

    @property
    def holds(self) -> bool:
        """Whether every state was seen and no invariant is broken."""
        return self.is_complete and not self.traces


class Search(Generic[S]):
    """One run over one model."""

    def __init__(self, model: Model[S], limit: int) -> None:
        """`limit` states at most; more raise `TruncatedError`."""
        self._model = model
        self._limit = limit
        self._order: list[S] = []
        self._parent = array("l")
        self._index: dict[S, int] = {}
        self._ahead: list[array[int]] = []
        self._breaks: dict[int, str] = {}
        self.verdict = Verdict()

    def run(self, until: str | None = None) -> Verdict:
        """Search everything, or only until the invariant `until` is seen broken."""
        begun = time.process_time()
        self._see(self._model.start(), -1)
        at = 0
        while at < len(self._order) and not (until and until in self.verdict.traces):
            self._expand(at)
            at += 1
        if at == len(self._order):
            self._look_for_loss()
            self.verdict.is_complete = True
        self.verdict.states = len(self._order)
        self.verdict.seconds = time.process_time() - begun
        return self.verdict

    @property
    def states(self) -> Sequence[S]:
        """Every state that was seen."""
        return self._order

    def _expand(self, at: int) -> None:
        state, ahead = self._order[at], array("l")
        self._ahead.append(ahead)
        name = self._breaks.get(at) or self._model.broken(state)
        if name is not None:
            self._breaks[at] = name
            self.verdict.traces.setdefault(name, self._way_to(at))
            return
        for move in self._model.moves(state):
            self.verdict.steps[move.step] += 1
            self.verdict.transitions += 1
            if move.breaks:
                self.verdict.traces.setdefault(move.breaks, [*self._way_to(at), _words(move)])
                continue
            ahead.append(self._see(move.state, at))

    def _see(self, state: S, parent: int) -> int:
        found = self._index.get(state)
        if found is None:
            found = self._index[state] = len(self._order)
            if found >= self._limit:
                raise TruncatedError(f"more than {self._limit} states")
            self._order.append(state)
            self._parent.append(parent)
        return found

    def _way_to(self, at: int) -> list[str]:
        """The steps from the start; a move is found again by asking its parent once more."""
        way: list[str] = []
        while (parent := self._parent[at]) >= 0:
            states = self._order
            way.append(
                next(_words(m) for m in self._model.moves(states[parent]) if m.state == states[at])
            )
            at = parent
        return way[::-1]

    def _look_for_loss(self) -> None:
        """Walk back from every good end; whoever is not met is stuck."""
        behind = _reversed(self._ahead)
        open_ones = [
            at for at, state in enumerate(self._order)
            if at in self._breaks or self._model.is_good(state)
        ]  # fmt: skip
        safe = bytearray(len(self._order))
        for at in open_ones:
            safe[at] = 1
        while open_ones:
            for before in behind[open_ones.pop()]:
                if not safe[before]:
                    safe[before] = 1
                    open_ones.append(before)
        stuck = safe.find(0)
        if stuck >= 0:
            self.verdict.traces.setdefault(LOSS, self._way_to(stuck))


def _reversed(ahead: list["array[int]"]) -> list["array[int]"]:
    behind = [array("l") for _ in ahead]
    for at, nexts in enumerate(ahead):
        for after in nexts:
            behind[after].append(at)
    return behind


def _words(move: Move[S]) -> str:
    return " ".join(str(part) for part in (move.step, *move.about))


def spend(budget: tuple[int, ...], which: int) -> tuple[int, ...]:
    """The budget with one less of `which`."""
    return (*budget[:which], budget[which] - 1, *budget[which + 1 :])


def put(row: tuple[S, ...], at: int, value: S) -> tuple[S, ...]:
    """The tuple with another value at one place."""
    return (*row[:at], value, *row[at + 1 :])


def distinct(row: tuple[S, ...]) -> Iterator[tuple[int, S]]:
    """Places of a sorted tuple whose value differs from the one before: equals act alike."""
    for at, value in enumerate(row):
        if not at or row[at - 1] != value:
            yield at, value

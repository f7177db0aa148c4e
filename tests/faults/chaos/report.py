"""What a run shows: a live line, the table of its verdict, and a result file."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from faults.chaos.judge import Judgement
from faults.chaos.setting import Wanted

_SAY_EVERY = 15.0
_SHOWN = 10


class Live:
    """A progress bar with live counters; on a pipe a line now and then."""

    def __init__(self, mails: int) -> None:
        """Shows nothing before it is entered."""
        self._console = Console(stderr=True, highlight=False)
        self._mails = mails
        self._said = self._begun = time.monotonic()
        self._bar = Progress(
            BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=self._console, disable=not self._console.is_terminal, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=mails)

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._begun

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, finished: int, mischief: Mapping[str, int]) -> None:
        """So many mails have their end; this was done to the processes."""
        words = ", ".join(f"{number} {name}" for name, number in mischief.items())
        self._bar.update(self._task, completed=finished, description=words)
        if not self._console.is_terminal and time.monotonic() - self._said > _SAY_EVERY:
            self._said = time.monotonic()
            self.say(f"{finished} of {self._mails} mails; {words}")

    def say(self, words: str) -> None:
        """A line of its own."""
        self._console.print(f"{self.seconds:6.1f} s  {words}", markup=False)


@dataclass(frozen=True, slots=True)
class Result:
    """Everything about a run."""

    wanted: Wanted
    judgement: Judgement
    states: Mapping[str, int]
    mischief: Mapping[str, int]
    faults: Mapping[str, int]
    seconds: float
    lives: int
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        found = {name: list(lines) for name, lines in self.judgement.found.items()}
        return {
            "run": asdict(self.wanted), "is_broken": self.judgement.is_broken, "found": found,
            "explained": dict(self.judgement.explained), "states": dict(self.states),
            "mischief": dict(self.mischief), "faults": dict(self.faults), "lives": self.lives,
            "seconds": round(self.seconds, 1), **self.about,
        }  # fmt: skip


def save(result: Result, file: Path) -> None:
    """Write the result file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result.as_json(), indent=2) + "\n")


def show(result: Result) -> None:
    """Print the verdict."""
    console = Console(highlight=False)
    wanted = result.wanted
    title = f"{wanted.mails} mails, {wanted.database}, {wanted.timing} timing, seed {wanted.seed}"
    console.print(f"\n{title}", style="bold")
    table = Table(box=None, show_header=False)
    for name, lines in result.judgement.found.items():
        table.add_row(name, f"[bold red]{len(lines)}" if lines else "[green]0")
    for name, number in result.judgement.explained.items():
        table.add_row(name, str(number), style="dim")
    table.add_row("lives of the service", str(result.lives), style="dim")
    counted = {**result.states, **result.mischief, **_prefixed(result.faults)}
    for name, number in counted.items():
        table.add_row(name, str(number), style="dim")
    table.add_row("seconds", f"{result.seconds:.0f}")
    console.print(table)
    for name, lines in result.judgement.found.items():
        for line in list(lines)[:_SHOWN]:
            console.print(f"  {name}: {line}", markup=False)
    console.print("BROKEN" if result.judgement.is_broken else "kept", style="bold")


def _prefixed(faults: Mapping[str, int]) -> dict[str, int]:
    return {f"fault: {name}": number for name, number in faults.items()}

"""What the demo is doing: a live line on a terminal, plain steps elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bar

from csm_cli.terminal import side_screen


class Progress:
    """Steps, and how many mails have come to their end; on standard error."""

    def __init__(self) -> None:
        """Shows nothing yet; its clock begins."""
        self._begun = time.monotonic()
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=side_screen(),
            disable=not side_screen().is_terminal,
            transient=True,
        )
        self._mails = self._bar.add_task("mails at their end", total=None)

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._begun

    def step(self, words: str) -> None:
        """Something begins or has happened."""
        side_screen().print(f"{self.seconds:5.1f} s  {words}", markup=False)

    def total(self, mails: int) -> None:
        """So many mails are on their way."""
        self._bar.update(self._mails, total=mails)

    def ended(self, mails: int) -> None:
        """So many have come to their end."""
        self._bar.update(self._mails, completed=mails)

    def end(self) -> None:
        """Take the live line away."""
        self._bar.stop()

    def __enter__(self) -> Self:
        """Show the live line."""
        self._bar.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Take it away."""
        self.end()

"""What the operator sees: tables, plain lines, JSON, and one line when a command failed."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from csm.admin import AdminError
from csm.settings import ConfigError, exit_config

_STYLES = {
    "ok": "green", "done": "green", "kept": "green", "warn": "yellow", "degraded": "yellow",
    "wanted": "cyan", "filtered": "dim", "gone": "dim", "dry-run": "dim",
    "fail": "bold red", "parked": "bold red", "BROKEN": "bold red",
}  # fmt: skip


class CommandFailedError(Exception):
    """The command cannot go on; the text is for the operator, `code` its exit status."""

    def __init__(self, words: str, code: int = 1) -> None:
        """Keep both."""
        super().__init__(words)
        self.code = code


@cache
def screen() -> Console:
    """Standard output; long ids must stay whole when somebody pipes them on."""
    return Console(soft_wrap=not Console().is_terminal, highlight=False)


@cache
def side_screen() -> Console:
    """Standard error: progress and remarks."""
    return Console(stderr=True, highlight=False)


@contextmanager
def in_words() -> Iterator[None]:
    """Known failures end the command in words: 78 for settings, else 1 or the error's code."""
    # The command says itself that NATS is away; the client would add a traceback per attempt.
    logging.getLogger("nats").setLevel(logging.CRITICAL)
    try:
        yield
    except ConfigError as error:
        exit_config(error)
    except AdminError as error:
        fail(str(error))
    except CommandFailedError as error:
        fail(str(error), error.code)


def fail(words: str, code: int = 1) -> NoReturn:
    """Say why and end with `code`."""
    typer.echo(words, err=True)
    raise SystemExit(code)


def say_json(answer: object) -> None:
    """Print JSON for another program."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table whose cells are texts; a known word (a state, a result) gets its colour."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=None)
    for column in columns:
        made.add_column(column, overflow="fold", header_style="dim")
    for row in rows:
        made.add_row(*(coloured(cell) for cell in row))
    return made


def coloured(cell: object) -> Text:
    """A cell as literal text: nothing of a mail is ever read as markup."""
    words = "" if cell is None else str(cell)
    return Text(words, style=_STYLES.get(words, ""))


def moment(epoch: float | None) -> str:
    """Epoch seconds in local time, empty for none."""
    if epoch is None:
        return ""
    return datetime.fromtimestamp(epoch).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def age(seconds: float | None) -> str:
    """Seconds in the largest fitting unit."""
    if seconds is None:
        return "none"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


Say = Callable[[str], None]
Json = dict[str, Any]

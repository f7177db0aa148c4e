"""What the operator sees: tables, plain lines, JSON, and one line when a command failed."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NoReturn

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


_PIPE_WIDTH = 1000


class CommandFailedError(Exception):
    """The command cannot go on; the text is for the operator, `code` its exit status."""

    def __init__(self, words: str, code: int = 1) -> None:
        """Keep both."""
        super().__init__(words)
        self.code = code


@cache
def screen() -> Console:
    """Standard output; what is piped on is not folded at the edge of a terminal."""
    return Console(highlight=False, width=None if Console().is_terminal else _PIPE_WIDTH)


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


def say_facts(title: str, facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; empty values are left out, links stay whole."""
    shown = [(name, value) for name, value in facts if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    if title:
        screen().print(Text(title, style="bold"))
    for name, value in shown:
        line = Text.assemble((f" {name:<{width}}  ", "dim"), coloured(value))
        screen().print(line, soft_wrap=True)


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
Config = Annotated[
    Path | None,
    typer.Option("--config", help="The settings (default: $CSM_CONFIG, then ./csm.toml)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Json = dict[str, Any]

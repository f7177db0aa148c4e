"""`csm followups`: who waits too long, and the day's summary, asked of the running service."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from csm import admin
from csm.settings import CommonSettings, load
from csm_cli.terminal import (
    AsJson,
    CommandFailedError,
    Config,
    Json,
    in_words,
    moment,
    say_json,
    screen,
    table,
)
from gmail_ingest.settings import Settings

_SERVICE = "followups"
# Seconds that a look at all open conversations may take.
_PATIENCE = 300.0
_RESULTS = {
    "asked": "asked for",
    "again": "asked for again",
    "known": "known",
    "dry-run": "not yet",
}


def followups(  # noqa: PLR0913 - the options of a command
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which ones.")] = False,
    hours: Annotated[float | None, typer.Option(help="Another hours_without_reply.")] = None,
    required_tags: Annotated[
        list[str] | None, typer.Option("--required-tag", help="Repeat for several.")
    ] = None,
    excluded_tags: Annotated[
        list[str] | None, typer.Option("--excluded-tag", help="Repeat for several.")
    ] = None,
    states: Annotated[
        list[str] | None, typer.Option("--status", help="active, pending; repeat for both.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    at: Annotated[str | None, typer.Option(help="As if it were that time, with --dry-run.")] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Send the daily summary now instead.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Look for customers who wait too long, and have follow-ups made for them.

    The service does this by itself. Example: [bold]csm followups --dry-run --hours 4[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        if summary:
            typer.echo(_ask(settings, "summary", {})["text"])
            return
        wanted = {
            "dry_run": dry_run, "hours": hours, "required_tags": required_tags,
            "excluded_tags": excluded_tags, "states": states, "limit": limit, "at": _epoch(at),
        }  # fmt: skip
        answer = _ask(settings, "scan", {k: v for k, v in wanted.items() if v is not None})
        say_json(answer) if as_json else _show(answer)


def _ask(settings: CommonSettings, verb: str, arguments: Json) -> Json:
    asked = admin.ask(settings.nats, _SERVICE, verb, arguments, _PATIENCE)
    answer: Json = asyncio.run(asked)
    return answer


def _epoch(at: str | None) -> float | None:
    try:
        return None if at is None else datetime.fromisoformat(at).astimezone().timestamp()
    except ValueError:
        raise CommandFailedError(f"--at {at}: write a time like 2026-03-01T08:00") from None


def _show(answer: Json) -> None:
    rows = [
        (r["conversation_id"], moment(r["since"]), "P0" if r["is_p0"] else "",
         "would be asked for" if answer["dry_run"] else _RESULTS[r["result"]])
        for r in answer["rows"]
    ]  # fmt: skip
    columns = ("conversation", "waits since", "", "a follow-up is")
    screen().print(table(f"Waiting too long: {answer['number']}", columns, rows))

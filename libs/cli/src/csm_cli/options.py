"""Arguments and options that several commands share."""

import sys
from typing import Annotated

import typer

from csm_cli.operate import STATES
from csm_cli.services import names

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say which ones.")]
Reason = Annotated[
    str | None, typer.Option(help="Why; it is kept with what was done. Asked for in a terminal.")
]
Wanted = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="A conversation's number, a Gmail id, a thread's number or an event's id.",
    ),
]


def _known_states(states: list[str] | None) -> list[str] | None:
    if unknown := set(states or ()) - set(STATES):
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(STATES)}")
    return states


def _known_service(service: str | None) -> str | None:
    if service is not None and service not in names():
        raise typer.BadParameter(f"{service}: known are {', '.join(names())}")
    return service


States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        help=f"Repeat for several: {', '.join(STATES)}.",
        callback=_known_states,
        autocompletion=lambda: list(STATES),
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", help="Noticed since: an age (30m, 2h, 3d) or a time (2026-03-01T08:00)."
    ),
]
Service = Annotated[
    str | None,
    typer.Option(
        "--service", help="Only this service's work.", callback=_known_service, autocompletion=names
    ),
]


def given(reason: str | None) -> str:
    """The reason as it was given, else as it is typed now; raises typer.BadParameter."""
    if reason is None and sys.stdin.isatty():
        reason = typer.prompt("Why")
    if not (reason or "").strip():
        raise typer.BadParameter(
            "is required: it is kept with what was done", param_hint="--reason"
        )
    return str(reason).strip()

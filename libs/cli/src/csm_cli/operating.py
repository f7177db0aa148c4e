"""The commands that see and repair: status, list, show, replay, release, dlq."""

# ruff: noqa: PLC0415 - a verb imports what only it needs

from pathlib import Path
from typing import Annotated

import typer

from csm.settings import CommonSettings, load
from csm_cli.operate import Choice
from csm_cli.options import (
    DryRun,
    Reason,
    Service,
    Since,
    States,
    Wanted,
    given,
)
from csm_cli.services import load_all
from csm_cli.terminal import AsJson, Config, in_words, say_json
from gmail_ingest.settings import Settings

operating = typer.Typer()
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]


def _services(config: Path | None, service: str | None = None) -> list[CommonSettings]:
    return [one for one in load_all(config) if service in (None, one.section)]


@operating.command()
def status(*, config: Config = None, as_json: AsJson = False) -> None:
    """What is open, what is down, how the mails ended, and what to do next.

    Exit 1 when a service does not answer.
    Example: [bold]csm status[/bold]
    """
    with in_words():
        from csm_cli import overview

        all_answer = overview.status(_services(config), as_json=as_json)
        raise typer.Exit(0 if all_answer else 1)


@operating.command("list")
def list_work(
    *,
    state: States = None,
    since: Since = None,
    service: Service = None,
    limit: Limit = 50,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The newest pieces of work of all services with their state and reason.

    Example: [bold]csm list --state degraded --state parked --since 2d[/bold]
    """
    with in_words():
        from csm_cli import listing

        choice = Choice(state or (), since)
        listing.work(_services(config, service), choice, limit, as_json=as_json)


@operating.command()
def show(wanted: Wanted, *, config: Config = None, as_json: AsJson = False) -> None:
    """The whole story across all services: journal, attempts, writes, verdict, draft, trace.

    Examples: [bold]csm show 17[/bold], [bold]csm show 18c500244444423e[/bold]
    """
    with in_words():
        from csm_cli import story

        services = _services(config)
        story.show(load(Settings, config), services, wanted, as_json=as_json)


@operating.command()
def replay(  # noqa: PLR0913 - the options of a command
    wanted: Annotated[str | None, typer.Argument(metavar="[ID]", help="As for show.")] = None,
    *,
    reason: Reason = None,
    thread: Annotated[
        str | None, typer.Option(metavar="GMAIL_THREAD", help="All mails of a Gmail thread.")
    ] = None,
    state: States = None,
    since: Since = None,
    service: Service = None,
    dry_run: DryRun = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make ended work due again; what FreeScout already has is found, never doubled.

    Examples: [bold]csm replay 17[/bold],
    [bold]csm replay --state parked --since 3d --reason "key was wrong"[/bold]
    """
    with in_words():
        from csm_cli import repair

        services = _services(config, service)
        names = (("id", wanted), ("thread", thread))
        named = {name: value for name, value in names if value}
        choice = Choice(state or (), since)
        answer = repair.replay(services, named, choice, given(reason), dry_run=dry_run)
        say_json(answer) if as_json else repair.say_due(answer)


@operating.command()
def release(
    wanted: Wanted,
    *,
    reason: Reason = None,
    dry_run: DryRun = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let a filtered mail pass, whatever the filter says of it.

    Example: [bold]csm release 18c500244444423e --reason "a customer after all"[/bold]
    """
    with in_words():
        from csm_cli import repair

        settings = load(Settings, config)
        answer = repair.release(settings, wanted, given(reason), dry_run=dry_run)
        say_json(answer) if as_json else repair.say_due(answer)


@operating.command()
def dlq(*, limit: Limit = 50, config: Config = None, as_json: AsJson = False) -> None:
    """Events that were set aside as undeliverable, with why and how to repair it.

    Example: [bold]csm dlq --json[/bold]
    """
    with in_words():
        from csm_cli import listing

        listing.dead_letters(load(Settings, config).nats, limit, as_json=as_json)

"""The `csm` command: arguments in, exit code out; what a verb does lies in its own module."""

# ruff: noqa: PLC0415 - a verb imports what only it needs: `csm status` answers without SQL

import asyncio
import os
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from csm import logs
from csm.settings import load
from csm_cli import drafts, erase, followups, gmail_command, migrate, operate, secrets, webhook
from csm_cli.operate import Answer
from csm_cli.operating import operating
from csm_cli.page import command as page
from csm_cli.terminal import AsJson, Config, in_words, say_json, screen, table
from csm_cli.trying import trying
from gmail_ingest.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Takes the mail of a Gmail mailbox into a FreeScout help desk, exactly once.",
)

app.add_typer(operating)
app.add_typer(trying)
app.add_typer(gmail_command.gmail, name="gmail")
app.add_typer(webhook.webhook, name="webhook")
app.command()(drafts.drafts)
app.command()(followups.followups)
app.command("secrets")(secrets.secrets_folder)
app.command()(erase.erase)
app.command()(page.page)
app.command("migrate-from")(migrate.migrate_from)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature of a callback
    if wanted:
        typer.echo(f"csm {metadata.version('csm-cli')}")
        raise typer.Exit


@app.callback()
def csm(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Takes the mail of a Gmail mailbox into a FreeScout help desk, exactly once."""


@app.command()
def setup(
    *,
    config: Config = None,
    gmail_server: Annotated[
        str | None, typer.Option(hidden=True, help="Another server than Google's, to try it out.")
    ] = None,
) -> None:
    """Ask what csm.toml needs, look ids up in FreeScout, test, and write it with its secrets.

    Nothing that exists is replaced without asking. Example: [bold]csm setup[/bold]
    """
    with in_words():
        from csm_cli import setup as first_time

        answers = first_time.ask(
            lambda url, key: asyncio.run(first_time.look(url, key)), gmail_server
        )
        for line in first_time.write(_path(config), answers):
            typer.echo(line)
        typer.echo("Next:")
        for command in first_time.next_steps(_path(config), answers):
            typer.echo(f"  {command}")


@app.command()
def provision(
    *,
    replicas: Annotated[int, typer.Option(help="Copies of each stream in a NATS cluster.")] = 1,
    config: Config = None,
) -> None:
    """Make what a start needs: install key, database schemas, streams and durables.

    Safe to repeat. Example: [bold]csm provision --replicas 3[/bold]
    """
    with in_words():
        from csm_cli import provisioning
        from csm_cli.services import load_all

        done = asyncio.run(provisioning.provisioned(load_all(config), replicas))
        for line in done or ["everything is there already"]:
            typer.echo(line)


@app.command()
def up(*, config: Config = None) -> None:
    """Run NATS and all services on this machine until Ctrl-C; logs go to state_dir/log.

    Example: [bold]csm up --config csm.toml[/bold]
    """
    with in_words():
        from csm_cli import interruption
        from csm_cli import up as local
        from csm_cli.services import load_all

        services = load_all(config)
        logs.setup("csm")
        work = local.up(services, _path(config), typer.echo)
        try:
            interruption.run(work)
        except asyncio.CancelledError:
            typer.echo("stopped")


@app.command()
def check(*, config: Config = None, as_json: AsJson = False) -> None:
    """Look at everything and change nothing: one line per finding, exit 1 if one fails.

    Example: [bold]csm check --json[/bold]
    """
    with in_words():
        from csm_cli.check import check as look
        from csm_cli.services import load_all

        load_all(config)  # the settings of every service, all problems at once
        settings = load(Settings, config)

        findings = asyncio.run(look(settings))
        rows = [(f.level, f.what, f.words) for f in findings]
        if as_json:
            say_json([dict(zip(("level", "what", "words"), row, strict=True)) for row in rows])
        else:
            screen().print(table("", ("", "what", "found"), rows))
        raise typer.Exit(int(any(f.level == "fail" for f in findings)))


@app.command("self-test")
def self_test(
    *,
    mailbox: Annotated[str | None, typer.Option(help="Slug; default: the first one.")] = None,
    assume: Annotated[
        Answer | None, typer.Option(help="Whether the test note notified you, when unattended.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Find out what this FreeScout really does, on a conversation of the test address.

    Nothing above write = "off" happens without it. Exit 1 when not even tickets are allowed.
    Example: [bold]csm self-test --mailbox support --assume skip[/bold]
    """
    with in_words():
        enough = operate.self_test(load(Settings, config), mailbox, assume, as_json=as_json)
        raise typer.Exit(0 if enough else 1)


@app.command()
def audit(
    *,
    since: Annotated[
        str, typer.Option("--since", help="What changed since: an age (26h, 30d) or a time.")
    ] = "26h",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Compare what FreeScout holds with the journal; reads only. Exit 1 when something is wrong.

    Example: [bold]csm audit --since 30d[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        from csm_cli import audit as comparison

        is_clean = comparison.audit(settings, since, as_json=as_json)
        raise typer.Exit(0 if is_clean else 1)


@app.command()
def reconcile(
    *,
    days: Annotated[
        float | None, typer.Option(help="Look back so far; default: a day, or our own outage.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Hint at every newest customer message again: each stage does what it missed, and only that.

    It runs hourly by itself. Example: [bold]csm reconcile --days 14[/bold]
    """
    with in_words():
        answer = operate.reconcile(load(Settings, config), days)
        say_json(answer) if as_json else typer.echo(f"hinted at {answer['hints']} conversations")


@app.command()
def judge(
    *,
    since: Annotated[str, typer.Option(help="2h, 3d, or 2026-11-01: since when all are ours.")],
    mailbox: Annotated[str | None, typer.Option(help="Only this one (its slug).")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Judge what was there before the installation, or was left alone, since a moment.

    Example: [bold]csm judge --since 3d[/bold]
    """
    with in_words():
        answer = operate.judge_since(load(Settings, config), since, mailbox)
        say_json(answer) if as_json else typer.echo(f"hinted at {answer['hints']} conversations")


def _path(config: Path | None) -> Path:
    return config or Path(os.environ.get("CSM_CONFIG", "csm.toml"))

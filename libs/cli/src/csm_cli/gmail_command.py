"""`csm gmail auth`: the token of a mailbox."""

from pathlib import Path
from typing import Annotated

import typer

from csm.settings import load
from csm_cli.terminal import Config, in_words

gmail = typer.Typer(no_args_is_help=True, help="The Gmail side of a mailbox.")


@gmail.command("auth")
def gmail_auth(
    slug: Annotated[str, typer.Argument(help="The mailbox, as in csm.toml.")],
    *,
    console: Annotated[
        bool, typer.Option("--console", help="Without a browser on this machine.")
    ] = False,
    client_secret: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Google's file of your desktop app."),
    ] = None,
    config: Config = None,
) -> None:
    """Sign in to Google and write the token file of a mailbox, readable by you only.

    The token can read mail; with gmail.label it can change labels, and could also send.
    Example: [bold]csm gmail auth support --client-secret client_secret.json[/bold]
    """
    with in_words():
        from csm_cli import gmail_login  # noqa: PLC0415 - Google's libraries are slow to import

        settings = load(gmail_login.LoginSettings, config)
        login = gmail_login.Login(console, typer.echo, typer.prompt)
        gmail_login.log_in(settings, slug, client_secret, login)

"""`csm page`: the same as the commands show, in a browser, for who does not live in a terminal."""

# ruff: noqa: PLC0415 - only this command needs a web server

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer

from csm.settings import is_loopback, load
from csm_cli.services import load_all
from csm_cli.terminal import CommandFailedError, Config, in_words
from gmail_ingest.settings import Settings

_SHORTEST = 16


def page(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8090,
    host: Annotated[
        str, typer.Option(help="Who may come: this machine, or 0.0.0.0 behind a proxy with TLS.")
    ] = "127.0.0.1",
    token_file: Annotated[
        Path | None,
        typer.Option(help="Holds the token; without it a new one is made and printed."),
    ] = None,
    config: Config = None,
) -> None:
    """Show flow, unfinished work, drafts and the story of a mail in a browser; reads only.

    Example: [bold]csm page --port 8090[/bold]
    """
    with in_words():
        from csm_cli import interruption
        from csm_cli.page.server import application, serve

        token = _token(token_file, host)
        app = application(load(Settings, config), load_all(config), token)
        shown = typer.echo if token_file is None else None
        try:
            interruption.run(serve(app, host, port, token, shown))
        except asyncio.CancelledError:
            typer.echo("stopped")


def _token(file: Path | None, host: str) -> str:
    """The secret of the page; raises CommandFailedError when it is missing or short."""
    if file is None:
        if not is_loopback(f"http://{host}"):
            raise CommandFailedError(f"--host {host}: others can reach it, so name a --token-file")
        return secrets.token_urlsafe(24)
    try:
        token = file.read_text().strip()
    except OSError as error:
        raise CommandFailedError(f"--token-file {file}: {error.strerror}") from None
    if len(token) < _SHORTEST:
        raise CommandFailedError(f"--token-file {file}: needs {_SHORTEST} characters or more")
    return token

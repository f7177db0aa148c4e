"""`csm secrets`: every secret that CSM makes itself, in one folder, for Compose and Kubernetes."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from csm import install
from csm.bus_keys import make
from csm_cli.bus_permissions import permissions, variable
from csm_cli.roles import ROLES
from csm_cli.terminal import in_words

PUBLIC_KEYS = "nkeys.env"
"""The public keys of the bus' users, as the NATS server's environment. Not secret."""
# What only a person can get. A file per name, so that a mount finds it; unset until it is used.
FOREIGN = ("freescout-api-key", "gmail-token.json", "llm-api-key", "webhook-secret")
_UNSET = "unset\n"
_BYTES = 24
# An authorised-user file as Google's library writes it, for the simulated Gmail of the demo.
_DEMO_TOKEN = {
    "token": "demo", "refresh_token": "demo", "client_id": "demo", "client_secret": "demo",
    "token_uri": "http://gmail:8080/token",
    "scopes": ["https://www.googleapis.com/auth/gmail.readonly"],
}  # fmt: skip


def secrets_folder(
    folder: Annotated[Path, typer.Argument(help="For example secrets; it is yours alone.")],
    *,
    database_host: Annotated[
        str, typer.Option(help="PostgreSQL's address, for the services' database addresses.")
    ] = "postgres",
    containers: Annotated[
        bool,
        typer.Option(help="Files readable by any user, in a folder that only you can enter."),
    ] = False,
    demo: Annotated[
        bool, typer.Option(help="Fill the rest with what the simulators take.")
    ] = False,
) -> None:
    """Make the install key, the keys of the bus, passwords and database addresses of each service.

    What exists stays as it is. The files that only you can fill are made with the word unset.
    Example: [bold]csm secrets secrets --containers[/bold]
    """
    with in_words():
        made = list(make_all(folder, database_host, 0o644 if containers else 0o600))
        for name in made or ["everything is there already"]:
            typer.echo(name)
        if demo:
            _fill_for_simulators(folder)
        if open_ := [name for name in FOREIGN if (folder / name).read_text() == _UNSET]:
            typer.echo(f"for you to fill, if you use them: {', '.join(open_)}")


def make_all(folder: Path, database_host: str = "postgres", mode: int = 0o600) -> Iterator[str]:
    """Make what is missing; yields the name of each new file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if install.make_key(folder / "install.key"):
        yield "install.key (back it up)"
    keys(folder)
    for name, content in _texts(database_host):
        path = folder / name
        if not path.exists():
            _write(path, content)
            yield name
    for path in folder.iterdir():
        path.chmod(mode)


def keys(folder: Path) -> Mapping[str, str]:
    """Public keys by the NATS server's variables, also written into `nkeys.env`."""
    made = {variable(user): make(folder, user) for user in permissions()}
    (folder / PUBLIC_KEYS).write_text("".join(f"{name}={key}\n" for name, key in made.items()))
    return made


def _texts(database_host: str) -> Iterator[tuple[str, str]]:
    yield "postgres-password", secrets.token_urlsafe(_BYTES) + "\n"
    for name in ROLES:
        password = secrets.token_urlsafe(_BYTES)
        address = f"postgresql+asyncpg://csm_{name}:{password}@{database_host}/csm_{name}"
        yield f"{name}-database-url", address + "\n"
    for name in FOREIGN:
        yield name, _UNSET


def _fill_for_simulators(folder: Path) -> None:
    """The demo's key and token, where nothing of somebody's own stands."""
    demo = {"freescout-api-key": "simulated-key\n", "gmail-token.json": json.dumps(_DEMO_TOKEN)}
    for name, content in demo.items():
        if (folder / name).read_text() == _UNSET:
            (folder / name).write_text(content)


def _write(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)

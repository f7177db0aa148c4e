"""`csm bus-keys`: the key pairs of the bus' users, made once per installation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from csm.bus_keys import make
from csm_cli.bus_permissions import permissions, variable
from csm_cli.terminal import in_words

PUBLIC_KEYS = "nkeys.env"


def bus_keys(
    folder: Annotated[Path, typer.Argument(help="Gets <user>.nk (secret) and nkeys.env (not).")],
) -> None:
    """Make a key pair for each user of the bus; those that exist stay as they are.

    A service needs its own <service>.nk, the NATS server the variables in nkeys.env.
    Example: [bold]csm bus-keys secrets/nats[/bold]
    """
    with in_words():
        users = len(make_all(folder))
        typer.echo(f"{users} users: seeds in {folder}, public keys in {PUBLIC_KEYS}")


def make_all(folder: Path) -> Mapping[str, str]:
    """Public keys by the server's variables, also written into `nkeys.env`."""
    keys = {variable(user): make(folder, user) for user in permissions()}
    lines = "".join(f"{name}={key}\n" for name, key in keys.items())
    (folder / PUBLIC_KEYS).write_text(lines)
    return keys

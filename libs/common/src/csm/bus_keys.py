"""Who we are on the bus: one key pair (NKey, Ed25519) per user, its seed in a file.

The server knows public keys only, so nothing in its configuration is secret. A user hears answers
under an inbox of its own, which no other user may listen to.
"""

import os
from pathlib import Path
from typing import Any

import nkeys

from csm.settings import ConfigError, NatsSettings

# The command line: asks services, and looks at streams and durables.
OPERATOR = "operator"
# `csm provision`: makes streams and durables.
PROVISIONER = "provision"


def seed_path(folder: Path, user: str) -> Path:
    """Where the seed of `user` lies in `nats.keys_dir`."""
    return folder / f"{user}.nk"


def make(folder: Path, user: str) -> str:
    """The public key of `user`; its seed file (0600) is made unless there is one."""
    path = seed_path(folder, user)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(seed + b"\n")
    return _public(path)


def inbox(user: str) -> str:
    """The prefix of subjects on which `user` hears answers."""
    return f"_INBOX_{user}"


def options(bus: NatsSettings | str, user: str) -> dict[str, Any]:
    """How to connect as `user`, as nats-py and FastStream want it; an address alone has no users.

    Raises ConfigError when the seed is missing or damaged.
    """
    if isinstance(bus, str):
        return {"servers": bus}
    if bus.keys_dir is None:
        return {"servers": bus.url}
    path = seed_path(bus.keys_dir, user)
    _public(path)
    return {"servers": bus.url, "nkeys_seed": str(path), "inbox_prefix": inbox(user)}


def _public(path: Path) -> str:
    try:
        pair = nkeys.from_seed(bytearray(path.read_bytes().strip()))
        return str(pair.public_key.decode())
    except OSError as error:
        raise ConfigError(
            [f"nats.keys_dir: {path} cannot be read: {error.strerror}; `csm secrets` makes it"]
        ) from None
    except (nkeys.NkeysError, ValueError):
        raise ConfigError([f"nats.keys_dir: {path} holds no seed of an NKey user"]) from None

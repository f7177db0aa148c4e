"""The install key: made once by provision, its fingerprint kept in every database.

The key makes our markers unforgeable. With another key no marker of ours would be recognised and
everything would be written again, so a database refuses to work with a key it does not know.
"""

import hashlib
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, select
from sqlmodel import Field, SQLModel

from csm.db import csm_now, insert_into, serialize, table_of

_BYTES = 32


class InstallKeyError(RuntimeError):
    """The key is missing, damaged, or not the one this database was made with."""


class Install(SQLModel, table=True):
    """Which install key this database belongs to."""

    __tablename__ = "install"

    fingerprint: str = Field(primary_key=True)
    created_at: float


INSTALL = table_of(Install)


def make_key(path: Path) -> bool:
    """Write a new key (0600) unless there is one; True when it was made."""
    if path.exists():  # perhaps where nothing can be written: a mounted secret
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
    try:
        path.hardlink_to(aside)  # whole or not at all, and never over another key
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def read_key(path: Path) -> bytes:
    """The key's 32 bytes; raises InstallKeyError."""
    try:
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        raise InstallKeyError(f"{path}: no install key; run `csm provision`") from None
    except ValueError:
        raise InstallKeyError(f"{path}: damaged; restore it from your backup") from None
    if len(key) != _BYTES:
        raise InstallKeyError(f"{path}: {len(key)} bytes instead of {_BYTES}; restore your backup")
    return key


def fingerprint(key: bytes) -> str:
    """A name for a key that does not give it away."""
    return hashlib.sha256(b"csm install key\0" + key).hexdigest()[:16]


def claim(connection: Connection, key: bytes) -> None:
    """Bind an empty database to `key`; raises InstallKeyError when it is bound to another."""
    # Two replicas may start on the same empty database.
    serialize(connection, "install")
    if problem := foreign(connection, key):
        raise InstallKeyError(problem)
    row = insert_into(connection, INSTALL).values(
        fingerprint=fingerprint(key), created_at=csm_now()
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=[INSTALL.c.fingerprint]))


def foreign(connection: Connection, key: bytes) -> str | None:
    """Why `key` is not the one of this database; None when it is, or the database has none yet."""
    known = connection.execute(select(INSTALL.c.fingerprint)).scalar_one_or_none()
    mine = fingerprint(key)
    if known in (None, mine):
        return None
    return (
        f"the database was made with install key {known}, the key file holds {mine}; "
        "restore the right key file, or every mail would be written again"
    )

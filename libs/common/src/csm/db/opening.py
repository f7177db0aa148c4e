"""Opens the database that an address names."""

from pathlib import Path
from typing import Literal

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from csm.db.core import Database, DatabaseUnavailableError
from csm.db.postgres import DRIVER, PostgresDatabase
from csm.db.sqlite import InlineDatabase, SqliteDatabase, read_only_engine, sqlite_engine

Kind = Literal["sqlite", "postgresql"]
_POSTGRESQL = ("postgresql", DRIVER)
_FORMS = "sqlite:///<path> or postgresql+asyncpg://<user>@<host>/<database>"


def kind_of(url: str) -> Kind:
    """Which database `url` names; raises ValueError, without the address: it may hold a password.

    The file of SQLite and the database of PostgreSQL must be named.
    """
    parts = _parsed(url)
    if parts.drivername not in ("sqlite", *_POSTGRESQL):
        raise ValueError(f"{parts.drivername}: is not supported; write {_FORMS}")
    if not parts.database or parts.database == ":memory:":
        raise ValueError(f"names no database; write {_FORMS}")
    return "sqlite" if parts.drivername == "sqlite" else "postgresql"


def has_password(url: str) -> bool:
    """Whether a password stands in `url`."""
    return bool(_parsed(url).password)


def shown(url: str) -> str:
    """`url` for people: the file of SQLite; host and database of PostgreSQL, never the password."""
    parts = _parsed(url)
    if parts.drivername == "sqlite":
        return parts.database or ""
    host = parts.host or str(parts.query.get("host", "localhost"))
    return f"{parts.database} on {host}"


def open_database(url: str) -> Database:
    """The database of a service; raises DatabaseInUseError when another process owns the file."""
    if kind_of(url) == "postgresql":
        return PostgresDatabase(url)
    return SqliteDatabase(_path(url))


def open_beside(url: str) -> Database:
    """A database that a service may be using, made if it is a missing file: provisioning."""
    if kind_of(url) == "postgresql":
        return PostgresDatabase(url, statement_seconds=0, is_serving=False)
    _path(url).parent.mkdir(parents=True, exist_ok=True)
    return InlineDatabase(sqlite_engine(_path(url)))


def open_read_only(url: str) -> Database:
    """A database to look at; raises DatabaseUnavailableError when the file is not there."""
    if kind_of(url) == "postgresql":
        return PostgresDatabase(url, is_serving=False)
    if not _path(url).is_file():
        raise DatabaseUnavailableError(f"{_path(url)} is not there")
    return InlineDatabase(read_only_engine(_path(url)))


def _path(url: str) -> Path:
    return Path(_parsed(url).database or "")


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"is no database address; write {_FORMS}") from None

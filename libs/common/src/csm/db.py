"""One database per service: transactions are plain functions `step(connection, ...)` of Core SQL.

SQLite runs every step on one writer thread (WAL, synchronous FULL, BEGIN IMMEDIATE) under a lock
file that is held for life, so a second process cannot start on the same file.
"""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Connection, Float, Table, create_engine, event, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.functions import Function
from sqlmodel import SQLModel

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], float]
Step = Callable[Concatenate[Connection, P], T]


class DatabaseInUseError(RuntimeError):
    """Another process holds the lock file of this SQLite database."""


class Database(Protocol):
    """Runs steps, each in one transaction."""

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit `step(connection, *args)` and return its answer; an exception rolls it back."""
        ...

    async def close(self) -> None:
        """Finish running steps and give the database free."""
        ...


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of an SQLModel class: steps speak Core, classes document the columns."""
    return cast("Table", model.__dict__["__table__"])


def csm_now() -> Function[float]:
    """The database's clock in epoch seconds; leases and due times use no other."""
    return func.csm_now(type_=Float())


def insert_into(connection: Connection, table: Table) -> sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of `connection`."""
    if connection.dialect.name == "postgresql":
        # Both dialects offer the same ON CONFLICT methods; one static type serves.
        return cast("sqlite.Insert", postgresql.insert(table))
    return sqlite.insert(table)


def sqlite_engine(path: Path | None, clock: Clock = time.time) -> Engine:
    """An engine with one connection; `path` None keeps everything in memory."""
    engine = create_engine(
        f"sqlite:///{path}" if path else "sqlite://",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
    )

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy sends BEGIN IMMEDIATE itself: the driver's implicit BEGIN would be deferred.
        connection.isolation_level = None
        connection.create_function("csm_now", 0, clock)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


class LockFile:
    """An exclusive lock beside the database file, holding the pid of its owner."""

    def __init__(self, path: Path) -> None:
        """Take the lock; raises DatabaseInUseError naming the holder."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 200, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise DatabaseInUseError(
                f"{path}: in use by {holder or 'another process'}. One process owns an SQLite "
                "file; stop it, or use PostgreSQL for a second replica."
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"pid {os.getpid()}".encode(), 0)

    def release(self) -> None:
        """Give the lock free; the file stays."""
        os.close(self._descriptor)


class SqliteDatabase:
    """SQLite with one writer thread: steps queue, none ever waits for a lock."""

    def __init__(self, path: Path, clock: Clock = time.time) -> None:
        """Open `path` (its folder is made); raises DatabaseInUseError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = LockFile(path.with_name(path.name + ".lock"))
        self.engine = sqlite_engine(path, clock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step on the writer thread."""

        def transaction() -> T:
            with self.engine.begin() as connection:
                return step(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    async def close(self) -> None:
        """Wait for queued steps, close the file, give the lock free."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.engine.dispose)
        self._thread.shutdown()
        self._lock.release()


class InlineDatabase:
    """Runs steps in the caller's thread on a given engine: simulations and unit tests."""

    def __init__(self, engine: Engine) -> None:
        """Use `engine`; the caller owns it."""
        self._engine = engine

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step at once."""
        with self._engine.begin() as connection:
            return step(connection, *args, **kwargs)

    async def close(self) -> None:
        """Close the engine's connections."""
        self._engine.dispose()


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///...` address; raises ValueError for any other address."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url == prefix:
        raise ValueError(f"{url.split(':', 1)[0]}: only sqlite:///<path> is supported")
    return Path(url.removeprefix(prefix))

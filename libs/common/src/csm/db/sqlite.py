"""SQLite: every step on one writer thread (WAL, synchronous FULL, BEGIN IMMEDIATE).

A lock file that is held for life keeps a second process from starting on the same file.
"""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from csm.db.core import (
    Availability,
    DatabaseInUseError,
    DatabaseUnavailableError,
    P,
    Step,
    T,
)

Clock = Callable[[], float]

# What passes by itself or when somebody makes room; anything else is a mistake of ours.
_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY,
    }
)  # fmt: skip


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


def read_only_engine(path: Path) -> Engine:
    """An engine that changes nothing: the file may belong to a running service."""
    return create_engine(f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true")


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
        self.availability = Availability()
        self.engine = sqlite_engine(path, clock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step on the writer thread."""

        def transaction() -> T:
            return _transaction(self.engine, step, *args, **kwargs)

        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._thread, transaction)
        except DatabaseUnavailableError as error:
            self.availability.failed(str(error))
            raise
        self.availability.answered()
        return answer

    async def close(self) -> None:
        """Wait for queued steps, close the file, give the lock free."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.engine.dispose)
        self._thread.shutdown()
        self._lock.release()


class InlineDatabase:
    """Runs steps in the caller's thread on a given engine: provisioning, checks, simulations."""

    def __init__(self, engine: Engine) -> None:
        """Use `engine`; `close` disposes of it."""
        self._engine = engine

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step at once."""
        return _transaction(self._engine, step, *args, **kwargs)

    async def close(self) -> None:
        """Close the engine's connections."""
        self._engine.dispose()


def _transaction(engine: Engine, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        with engine.begin() as connection:
            return step(connection, *args, **kwargs)
    except DBAPIError as error:
        # The low byte is the primary code: a full disk comes as one of many kinds of IOERR.
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _AWAY:
            raise DatabaseUnavailableError(f"SQLite: {error.orig}") from error
        raise

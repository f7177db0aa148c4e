"""SQLite: every step on one writer thread (WAL, synchronous FULL, BEGIN IMMEDIATE).

A lock file that is held for life keeps a second process from starting on the same file.
"""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

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


@dataclass(frozen=True, slots=True)
class _Queued:
    """A step that waits for the writer thread, and who waits for its answer."""

    step: Callable[[Connection], Any]
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a step raised; nothing of it was committed."""

    error: Exception


class SqliteDatabase:
    """SQLite with one writer thread: steps queue, none ever waits for a lock.

    Steps that queued meanwhile are committed together: one wait for the disk serves them all.
    """

    def __init__(self, path: Path, clock: Clock = time.time) -> None:
        """Open `path` (its folder is made); raises DatabaseInUseError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = LockFile(path.with_name(path.name + ".lock"))
        self.availability = Availability()
        self.engine = sqlite_engine(path, clock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._queue: list[_Queued] = []
        self._queueing = Lock()

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step on the writer thread."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def bound(connection: Connection) -> T:
            return step(connection, *args, **kwargs)

        with self._queueing:
            self._queue.append(_Queued(bound, answer))
            is_first = len(self._queue) == 1
        if is_first:
            self._thread.submit(self._commit_queued)
        try:
            found = await answer
        except DatabaseUnavailableError as error:
            self.availability.failed(str(error))
            raise
        self.availability.answered()
        return found

    async def close(self) -> None:
        """Wait for queued steps, close the file, give the lock free."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.engine.dispose)
        self._thread.shutdown()
        self._lock.release()

    def _commit_queued(self) -> None:
        """On the writer thread: what queued until now, in the order in which it came."""
        with self._queueing:
            queued, self._queue = self._queue, []
        found = _committed(self.engine, [one.step for one in queued])
        queued[0].answer.get_loop().call_soon_threadsafe(_answer, queued, found)


def _answer(queued: Sequence[_Queued], found: Sequence[Any]) -> None:
    for one, result in zip(queued, found, strict=True):
        if one.answer.cancelled():
            continue
        if isinstance(result, _Failed):
            one.answer.set_exception(result.error)
        else:
            one.answer.set_result(result)


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


def _committed(engine: Engine, steps: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """The answers of steps in one transaction; each in its own when one of them fails.

    Then all is undone first, so that who fails fails alone.
    """
    if len(steps) == 1:
        return [_alone(engine, steps[0])]
    try:
        return _transaction(engine, lambda connection: [step(connection) for step in steps])
    except Exception:  # noqa: BLE001 - whose error it is shows when each runs alone
        return [_alone(engine, step) for step in steps]


def _alone(engine: Engine, step: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - its answer
    try:
        return _transaction(engine, step)
    except Exception as error:  # noqa: BLE001 - raised where somebody waits for the answer
        return _Failed(error)


def _transaction(engine: Engine, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        with engine.begin() as connection:
            return step(connection, *args, **kwargs)
    except DBAPIError as error:
        # The low byte is the primary code: a full disk comes as one of many kinds of IOERR.
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _AWAY:
            raise DatabaseUnavailableError(f"SQLite: {error.orig}") from error
        raise

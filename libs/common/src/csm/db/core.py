"""What steps share on both databases: the protocol, the clock, the dialects' differences."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Connection, Float, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.functions import Function
from sqlmodel import SQLModel

from csm import alerts
from csm.alerts import alert
from csm.logs import get_logger

P = ParamSpec("P")
T = TypeVar("T")
Step = Callable[Concatenate[Connection, P], T]


class DatabaseInUseError(RuntimeError):
    """Another process holds the lock file of this SQLite database."""


class DatabaseUnavailableError(Exception):
    """The database is away, full or overloaded: try again later.

    Whether the transaction was committed is unknown when the connection broke at its end.
    """


class Database(Protocol):
    """Runs steps, each in one transaction."""

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit `step(connection, *args)` and return its answer; an exception rolls it back.

        A cancelled caller does not interrupt the transaction. Raises DatabaseUnavailableError.
        """
        ...

    async def close(self) -> None:
        """Finish running steps and give the database free."""
        ...


class Availability:
    """Whether the database answered last time; every change is said once."""

    def __init__(self, *, is_said: bool = True) -> None:
        """It counts as there until it fails. A command says its troubles itself."""
        self.trouble: str | None = None
        self._is_said = is_said
        self._log = get_logger("database")

    def answered(self) -> None:
        """A transaction was committed, or failed for a reason of its own."""
        if self.trouble is not None and self._is_said:
            alerts.over("database-down")
            self._log.info("database is back")
        self.trouble = None

    def failed(self, trouble: str) -> None:
        """It is away, and why."""
        if self.trouble is None and self._is_said:
            alert("database-down", "database is down", reason=trouble)
        self.trouble = trouble


async def outlast(work: Callable[[], Awaitable[T]], pause: float) -> T:
    """Do `work`, again after `pause` seconds as often as the database was away meanwhile.

    Not when it was told to end, and its last step on the way out failed: then it has ended.
    """
    while True:
        try:
            return await work()
        except DatabaseUnavailableError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error
            await asyncio.sleep(pause)


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of an SQLModel class: steps speak Core, classes document the columns."""
    return cast("Table", model.__dict__["__table__"])


def csm_now() -> Function[float]:
    """The database's clock in epoch seconds; leases and due times use no other."""
    return func.csm_now(type_=Float())


def insert_into(connection: Connection, table: Table) -> sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of `connection`."""
    if is_postgresql(connection):
        # Both dialects offer the same ON CONFLICT methods; one static type serves.
        return cast("sqlite.Insert", postgresql.insert(table))
    return sqlite.insert(table)


S = TypeVar("S")


def per_dialect(build: Callable[[Connection], S]) -> Callable[[Connection], S]:
    """Build a statement at its first use on each dialect, and keep it.

    To build an ON CONFLICT costs 1 ms of CPU, twenty times what it costs to run it with bound
    parameters.
    """
    built: dict[str, S] = {}

    @wraps(build)
    def statement(connection: Connection) -> S:
        name = connection.dialect.name
        if name not in built:
            built[name] = build(connection)
        return built[name]

    return statement


def serialize(connection: Connection, what: str) -> None:
    """Until this transaction ends, every other one that serializes `what` waits here.

    SQLite has one writer anyway; PostgreSQL's READ COMMITTED lets read-then-write steps interleave.
    """
    if is_postgresql(connection):
        lock = func.pg_advisory_xact_lock(func.hashtextextended(what, 0))
        connection.execute(select(lock))


def is_postgresql(connection: Connection) -> bool:
    """Whether `connection` speaks to PostgreSQL."""
    return connection.dialect.name == "postgresql"

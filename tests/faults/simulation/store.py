"""The real schema in an SQLite in memory, and a database as one life sees it."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import StaticPool, create_engine

from csm import dependency, migrations, work
from csm.db import DatabaseUnavailableError, Step
from csm.outbox import Turn, Turns, unsent
from draft_writer import draft_state
from faults.simulation.statements import PlainConnection
from faults.simulation.world import World

P = ParamSpec("P")
T = TypeVar("T")


# How often the plain query is doubted.
_DOUBT = 0.02


class Store:
    """One database for one service, made once by its migrations and emptied for each history.

    SQLAlchemy compiles each statement once per engine: a new one would pay again. Steps run on one
    connection that is never given back, between a BEGIN and a COMMIT of the driver's: taking a
    connection from its pool for each step costs a third of all time.
    """

    def __init__(self, service: str) -> None:
        self._clock: Callable[[], float] = float
        engine = create_engine("sqlite://", poolclass=StaticPool, isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()
        raw = self._connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.create_function("csm_now", 0, self._now)
        self._raw = raw
        self._plain: Any = self._connection
        self.run(migrations.upgrade, service)
        self._plain = PlainConnection(self._connection, raw)
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
        self._tables = [name for (name,) in raw.execute(names)]
        self._dumps = [self._dump_of(table) for table in self._tables]

    def _dump_of(self, table: str) -> str:
        columns = [row[1] for row in self._raw.execute(f"PRAGMA table_info({table})")]
        kept = ", ".join(f'"{name}"' for name in columns if name != "traceparent")
        return f"SELECT {kept} FROM {table}"  # noqa: S608  # names of our own schema

    def emptied(self, clock: Callable[[], float]) -> "Store":
        """The same without rows; `clock` is what `csm_now()` answers."""
        self._clock = clock
        for table in self._tables:
            self._raw.execute(f"DELETE FROM {table}")  # noqa: S608  # names of our own schema
        return self

    def _now(self) -> float:
        return self._clock()

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Read beside all lives."""
        return self._raw.execute(query, parameters).fetchall()

    def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step; an exception rolls it back."""
        self._raw.execute("BEGIN IMMEDIATE")
        try:
            answer = step(self._plain, *args, **kwargs)
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        self._raw.execute("COMMIT")
        return answer

    def dump(self) -> list[list[tuple[Any, ...]]]:
        """Every row of every table, but for ids of traces: they are drawn by chance."""
        return [self.rows(query) for query in self._dumps]

    def any(self, query: str) -> bool:
        """Whether the query finds a row."""
        return self._raw.execute(query).fetchone() is not None


@cache
def store_of(service: str) -> Store:
    """The database of a service in this process."""
    return Store(service)


class SimulatedDatabase:
    """Runs the real steps; each is a step of its life, and the database may be locked.

    Looks that find nothing are answered by one plain query: the loops of three replicas look for
    hours of virtual time. Now and then the step runs all the same, and must find nothing either.
    """

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step; raises DatabaseUnavailableError."""
        vain = self._vain(step, args)
        if vain is not None and self._world.dice.random() >= _DOUBT:
            return vain.answer  # type: ignore[no-any-return]  # as the step would
        await self._world.step(step.__name__)
        if self._world.hit("locked"):
            raise DatabaseUnavailableError("SQLite: database is locked")
        vain = self._vain(step, args)
        answer = self._store.run(step, *args, **kwargs)
        assert vain is None or not _found(answer), f"{step.__name__} finds what the look did not"
        self._world.note("step", step.__name__)
        if self._world.hit("commit_unknown"):
            raise DatabaseUnavailableError("SQLite: disk I/O error")
        return answer

    async def close(self) -> None:
        """The store outlives every life."""

    def _vain(self, step: Any, args: tuple[Any, ...]) -> "_Vain | None":
        if getattr(step, "__func__", None) is Turns.take and not self._store.any(_WAITING[args[0]]):
            return _Vain(Turn((), self._world.now()))
        if step is draft_state.due_looks and not self._store.any(_LOOKS):
            return _Vain([])
        if step is dependency.claim_probe and not self._store.any(_PROBE):
            return _Vain(None)
        return None


def _found(answer: Any) -> bool:
    return bool(answer.rows if isinstance(answer, Turn) else answer)


@dataclass(frozen=True, slots=True)
class _Vain:
    """What a look answers that finds nothing."""

    answer: Any


_PROBE = "SELECT 1 FROM dependency WHERE next_probe <= csm_now() LIMIT 1"
_LOOKS = """
    SELECT 1 FROM draft WHERE state IN ('making', 'made') AND next_look <= csm_now() LIMIT 1
"""
_WAITING = {
    unsent: "SELECT 1 FROM outbox LIMIT 1",
    work.due: """
        SELECT 1 FROM work w WHERE state = 'wanted' AND next_try <= csm_now() AND NOT EXISTS (
            SELECT 1 FROM work o WHERE o.resource = w.resource AND o.state = 'wanted'
            AND o.seq < w.seq AND o.rank <= w.rank
        ) LIMIT 1
    """,
}

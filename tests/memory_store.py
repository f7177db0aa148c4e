"""An empty SQLite in memory with every table of gmail_ingest and a clock that tests move."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Table, select
from sqlmodel import SQLModel

from csm.db import Database, InlineDatabase, sqlite_engine
from gmail_ingest.state import TABLES

P = ParamSpec("P")
T = TypeVar("T")
START = 1_800_000_000.0


@dataclass
class Clock:
    """A clock that stands still until it is moved; seconds since 1970."""

    now: float = START

    def __call__(self) -> float:
        return self.now


class Store:
    """Runs steps at once. `db` is the same store as the code under test sees it."""

    def __init__(self, tables: Sequence[Table] = TABLES) -> None:
        self.clock = Clock()
        self.tables = tables
        self.engine = sqlite_engine(None, self.clock)
        SQLModel.metadata.create_all(self.engine, tables=tables)
        self.db: Database = InlineDatabase(self.engine)

    def run(
        self, step: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Commit one step."""
        with self.engine.begin() as connection:
            return step(connection, *args, **kwargs)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """The whole table, in the order of insertion."""
        return self.run(_rows, table)

    def row(self, table: Table) -> dict[str, Any]:
        """The only row of a table."""
        (only,) = self.rows(table)
        return only

    def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self.clock.now += seconds

    def emptied(self) -> "Store":
        """The same without rows, at the time at which every test begins.

        SQLAlchemy compiles each statement once per engine: another store would pay again.
        """
        self.clock.now = START
        self.run(_delete_rows, self.tables)
        return self

    def close(self) -> None:
        """Give the memory back."""
        self.engine.dispose()


@cache
def shared_store() -> Store:
    """One store for all examples of all property tests: take it `emptied`."""
    return Store()


def _delete_rows(connection: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        connection.execute(table.delete())


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]

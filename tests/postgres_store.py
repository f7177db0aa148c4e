"""The store of the unit tests on PostgreSQL, made by the service's own migrations."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, text

from csm import migrations
from csm.db import PostgresDatabase, Step
from gmail_ingest.state import TABLES
from memory_store import START, Clock, Store

P = ParamSpec("P")
T = TypeVar("T")
# In place of the clock that provisioning made: one that stands still until it is set.
_CLOCK = """
CREATE TABLE moment (now double precision NOT NULL);
INSERT INTO moment VALUES (0);
CREATE OR REPLACE FUNCTION csm_now() RETURNS double precision LANGUAGE sql STABLE
AS 'SELECT now FROM moment';
"""
_EMPTY = f"TRUNCATE {', '.join(table.name for table in TABLES)} RESTART IDENTITY"


class PostgresStore(Store):
    """Runs each step in the loop of a thread of its own, so that tests need not await."""

    def __init__(self, url: str) -> None:
        """Migrate the empty database at `url`."""
        self.clock = Clock()
        self._set = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._database = PostgresDatabase(url)
        self.db = _Awaited(self)
        self._wait(self._database.run(migrations.upgrade, "gmail_ingest"))
        self._wait(self._database.run(_execute, *_CLOCK.strip().split(";\n")))

    def emptied(self) -> "PostgresStore":
        """The same without rows, at the time at which every test begins."""
        self.clock.now = START
        self._wait(self._database.run(_execute, _EMPTY))
        return self

    def run(
        self, step: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Commit one step at the time of the test's clock."""
        if self._set != self.clock.now:
            self._set = self.clock.now
            self._wait(self._database.run(_set_clock, self._set))
        return self._wait(self._database.run(step, *args, **kwargs))

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._wait(self._database.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _wait(self, question: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(30)


class _Awaited:
    """The store as the code under test sees it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._store.run(step, *args, **kwargs)

    async def close(self) -> None:
        """The store stays open for the next test."""


def _set_clock(connection: Connection, now: float) -> None:
    connection.execute(text("UPDATE moment SET now = :now"), {"now": now})


def _execute(connection: Connection, *statements: str) -> None:
    for statement in filter(str.strip, statements):
        connection.execute(text(statement))

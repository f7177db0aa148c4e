"""A stage on PostgreSQL, and replicas of the service on it that are killed and come back."""

import asyncio
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert, select

from csm import migrations
from csm.db import open_beside, sqlite_engine
from forkserver import Life
from gmail_ingest.state import TABLES
from player import Player
from postgres_server import PostgresServer
from stage import Stage, Theatre

SERVICE = "gmail_ingest"


def prepared_database(server: PostgresServer, state: Path) -> str:
    """A database with the schema and the rows of a first start on SQLite, whose state is given."""
    name = server.create()
    asyncio.run(_copy(server.url(name), state / "gmail_ingest.db"))
    return name


async def _copy(url: str, sqlite_file: Path) -> None:
    database = open_beside(url)
    await database.run(migrations.upgrade, SERVICE)
    engine = sqlite_engine(sqlite_file)
    with engine.connect() as source:
        await database.run(_insert, {t.name: _rows(source, t.name) for t in TABLES})
    engine.dispose()
    await database.close()


def _rows(source: Connection, name: str) -> list[dict[str, object]]:
    (table,) = [table for table in TABLES if table.name == name]
    return [dict(row) for row in source.execute(select(table)).mappings()]


def _insert(connection: Connection, rows: Mapping[str, list[dict[str, object]]]) -> None:
    for table in TABLES:
        if rows[table.name]:
            connection.execute(insert(table), rows[table.name])


@asynccontextmanager
async def postgres_stage(
    theatre: Theatre, server: PostgresServer, prepared: str, folder: Path
) -> AsyncIterator[Stage]:
    """A stage whose service has a copy of the database `prepared`, gone at the end."""
    database = server.create(prepared)
    try:
        async with theatre.stage(folder) as stage:
            stage.database.unlink()  # nothing may be read from there by mistake
            stage.environment["CSM_GMAIL_INGEST__DATABASE_URL"] = server.url(database)
            stage.ask_postgres = partial(server.rows, database)
            yield stage
    finally:
        server.drop(database)


class Replicas:
    """Replicas of the service, each with its own disk; each comes back after every death."""

    def __init__(self, service: Player, number: int) -> None:
        """Nothing runs before `living`."""
        self._service = service
        self._lives: list[Life | None] = [None] * number
        self._environments = [_own_disk(service, n) for n in range(number)]

    @asynccontextmanager
    async def living(self) -> AsyncIterator["Replicas"]:
        """All of them run, until the end of the block; the stage then ends what is left."""
        tasks = [asyncio.create_task(self._live(n)) for n in range(len(self._lives))]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _live(self, number: int) -> None:
        while True:
            life = self._service.start(environment=self._environments[number])
            self._lives[number] = life
            await self._service.ended(life)

    def running(self) -> Sequence[Life]:
        """The lives that have not ended."""
        return [life for life in self._lives if life is not None and life.code is None]

    def owners(self) -> set[str]:
        """Who took a lease of what is written: process names."""
        rows = self._service.rows(
            "SELECT DISTINCT owner FROM lease WHERE resource LIKE ?", "conv:%"
        )
        return {str(row[0]) for row in rows}

    def signal(self, life: Life, number: signal.Signals) -> None:
        """Send a signal to one of them."""
        self._service.signal(life, number)

    async def kill_some(
        self, every: tuple[float, float], seed: int, is_over: Callable[[], bool] | None = None
    ) -> int:
        """SIGKILL one of them at random moments until it is over; returns how many died.

        `every` is the shortest and the longest pause in seconds. A stage is over when it is quiet.
        """
        if is_over is None:
            assert isinstance(self._service, Stage)
            is_over = self._service.is_quiet
        chance = random.Random(seed)
        kills = 0
        while True:
            until = time.monotonic() + chance.uniform(*every)
            while time.monotonic() < until:
                if is_over():
                    return kills
                await asyncio.sleep(0.05)
            if lives := self.running():
                self.signal(chance.choice(lives), signal.SIGKILL)
                kills += 1


def _own_disk(service: Player, number: int) -> dict[str, str]:
    """Replicas share the install key and the database, not a disk."""
    folder = service.installation.folder
    disk = folder / f"replica-{number}"
    disk.mkdir(exist_ok=True)
    key = folder / "install.key"
    if not key.exists():
        shutil.copy(folder / "var" / "install.key", key)
    return {"CSM_STATE_DIR": str(disk), "CSM_INSTALL_KEY_FILE": str(key)}

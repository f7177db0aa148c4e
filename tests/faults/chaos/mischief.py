"""What happens to the processes: kills, freezes, locks, outages, at random moments by a seed."""

import asyncio
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing

import asyncpg

from csm_cli.provisioning import provision_bus
from faults.chaos.setting import EVERY, Pace
from forkserver import Life
from postgres_server import PostgresServer
from stage import Stage

Deed = Callable[[], Awaitable[bool]]
# Seconds within which a deed strikes after its mail was counted: not in step with the writes.
_SCATTER = 0.6


class Mischief:
    """Counts what it did; each kind strikes after so many finished mails, give or take half."""

    def __init__(
        self,
        stage: Stage,
        pace: Pace,
        seed: int,
        running: Callable[[], list[Life]],
        server: PostgresServer | None,
    ) -> None:
        """`running` are the workers that live; `server` is None on SQLite."""
        self.done: Counter[str] = Counter()
        self._stage = stage
        self._pace = pace
        self._dice = random.Random(seed)
        self._running = running
        self._server = server
        self._next = {name: self._after(0, every) for name, every in EVERY.items()}

    def _after(self, mails: int, every: int) -> float:
        return mails + every * self._dice.uniform(0.5, 1.5)

    async def strike(self, finished: int) -> None:
        """Do what is due now that `finished` mails have their end."""
        due = [name for name, at in self._next.items() if at <= finished]
        self._dice.shuffle(due)
        for name in due:
            await asyncio.sleep(self._dice.uniform(0, _SCATTER))
            if await self._deeds()[name]():
                self.done[name] += 1
            self._next[name] = self._after(finished, EVERY[name])

    def _deeds(self) -> Mapping[str, Deed]:
        return {
            "worker killed": self._kill_worker,
            "worker frozen": self._freeze_worker,
            "NATS killed": self._kill_nats,
            "database locked": self._lock if self._server is None else self._lock_tables,
            "database restarted": self._restart_database,
            "streams deleted": self._delete_streams,
            "history expired": self._expire_history,
        }

    async def _kill_worker(self) -> bool:
        if not (lives := self._running()):
            return False
        self._stage.signal(self._dice.choice(lives), signal.SIGKILL)
        return True

    async def _freeze_worker(self) -> bool:
        if not (lives := self._running()):
            return False
        frozen = self._dice.choice(lives)
        self._stage.signal(frozen, signal.SIGSTOP)
        await asyncio.sleep(self._dice.uniform(*self._pace.freeze))  # the fault itself
        self._stage.signal(frozen, signal.SIGCONT)
        return True

    async def _kill_nats(self) -> bool:
        self._stage.nats.kill()
        await asyncio.sleep(self._dice.uniform(*self._pace.outage))  # the fault itself
        self._stage.nats.start()
        return True

    async def _delete_streams(self) -> bool:
        """The store is gone; an operator provisions anew."""
        self._stage.nats.kill()
        shutil.rmtree(self._stage.folder / "nats" / "jetstream")
        self._stage.nats.start()
        await provision_bus(self._stage.settings(), 1)
        return True

    async def _lock(self) -> bool:
        """Another process holds SQLite's write lock."""
        with closing(sqlite3.connect(self._stage.database, timeout=10)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(self._dice.uniform(*self._pace.lock))  # the fault itself
            connection.rollback()
        return True

    async def _lock_tables(self) -> bool:
        """Somebody holds the tables of leases and writes."""
        assert self._server is not None
        url = self._stage.environment["CSM_GMAIL_INGEST__DATABASE_URL"]
        database, host = url.split("@/", 1)[1].split("?host=")
        connection = await asyncpg.connect(host=host, user="postgres", database=database)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE lease, effect IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(self._dice.uniform(*self._pace.lock))  # the fault itself
        finally:
            await connection.close()
        return True

    async def _restart_database(self) -> bool:
        if self._server is None:
            return False
        self._server.kill()
        await asyncio.sleep(self._dice.uniform(*self._pace.outage))  # the fault itself
        self._server.start()
        return True

    async def _expire_history(self) -> bool:
        self._stage.gmail.post("expire-history")
        return True


class Watch:
    """How far the run is, asked from outside; None while the database is away."""

    def __init__(self, stage: Stage, patience: float) -> None:
        """`patience` in seconds without any progress."""
        self._stage = stage
        self._patience = patience
        self._finished = -1
        self._moved = time.monotonic()

    def states(self) -> dict[str, int] | None:
        """Mails by state."""
        try:
            return self._stage.states()
        except (OSError, sqlite3.OperationalError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None

    def outbox(self) -> int:
        """Events that the bus does not have."""
        return int(self._stage.rows("SELECT count(*) FROM outbox")[0][0])

    def is_stuck(self, finished: int) -> bool:
        """Whether nothing has moved for too long."""
        if finished != self._finished:
            self._finished, self._moved = finished, time.monotonic()
        return time.monotonic() - self._moved > self._patience

"""The write protocol over a store and a desk in memory, one attempt at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection

from csm import lease as leases
from csm import work
from csm.effects import EFFECT, Adopt, Effects, Sent, Wait, Write, Written
from csm.freescout_errors import FreeScoutUnavailableError
from csm.lease import Lease
from csm.timing import Timing
from csm.work import Owed
from memory_desk import Desk
from memory_store import Store

TIMING = Timing(deadline=10, send_by=2, server_life=20, margin=1)
QUARANTINE = TIMING.quarantine(TIMING.request_deadline(0))
FILES = (Sent("a.pdf", 10), Sent("b.pdf", 20))


@dataclass
class Bench:
    """The protocol over a store and a desk, with one work row for the effect."""

    store: Store
    desk: Desk = field(default_factory=Desk)
    in_flight: int = 0

    def __post_init__(self) -> None:
        owed = Owed("work of effect", "thread", "message.received", "{}", "")
        self.store.run(work.owe, [owed])
        self.effects = Effects(self.store.db, TIMING, self._slot)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def lease(self, seconds: float = 60) -> Lease:
        lease = self.store.run(leases.acquire, "conv:7", "one", seconds)
        assert lease is not None
        return lease

    async def perform(
        self, write: Write | None = None, lease: Lease | None = None
    ) -> Written | Wait | Adopt:
        """One attempt under a lease that is given back."""
        held = lease or self.lease()
        try:
            return await self.effects.perform(held, write or self.desk.write(), self.record)
        finally:
            self.store.run(leases.release, held)

    async def fails(self, write: Write | None = None) -> FreeScoutUnavailableError:
        with pytest.raises(FreeScoutUnavailableError) as caught:
            await self.perform(write)
        return caught.value

    def record(self, connection: Connection, written: Written) -> None:
        work.end(connection, "work of effect", "done", str(written.thread_id))

    @property
    def effect(self) -> dict[str, Any]:
        return self.store.row(EFFECT)

    @property
    def ended(self) -> str | None:
        return self.store.run(work.state_of, "work of effect")

"""One question at a time per conversation: who asks about a burst judges all that came before it.

Two messages that follow each other closely would be asked about alone and together: twice the
price for the same words. A turn is a lease that its holder keeps alive while a model thinks. It is
no fence: who loses it pays once more, and stores no second verdict.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from csm import lease as leases
from csm.db import Database, DatabaseUnavailableError
from csm.lease import Lease
from csm.timing import Timing


class Turns:
    """The turns of this process."""

    def __init__(self, db: Database, timing: Timing, owner: str) -> None:
        """`owner` names this process among the replicas. A dead one's turns end after ack_wait."""
        self._db = db
        self._timing = timing
        self._owner = owner

    @asynccontextmanager
    async def of(self, conversation_id: int) -> AsyncIterator[bool]:
        """Whether the turn in a conversation is ours, kept until the end of the block."""
        seconds = self._timing.ack_wait
        resource = f"judge:{conversation_id}"
        lease = await self._db.run(leases.acquire, resource, self._owner, seconds)
        if lease is None:
            yield False
            return
        keeping = asyncio.create_task(self._keep(lease, seconds))
        try:
            yield True
        finally:
            keeping.cancel()
            await asyncio.shield(self._db.run(leases.release, lease))

    async def _keep(self, lease: Lease, seconds: float) -> None:
        while True:
            await asyncio.sleep(self._timing.heartbeat)
            # While the database is away nobody else can take the turn either.
            with suppress(DatabaseUnavailableError):
                await self._db.run(leases.extend, lease, seconds)

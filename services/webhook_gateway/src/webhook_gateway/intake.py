"""Stores what was received before it is answered: one transaction for all that came meanwhile."""

import asyncio
from collections.abc import Callable, Sequence

from csm.crash import crash_point
from csm.db import Database
from webhook_gateway import state
from webhook_gateway.limits import RefusedError
from webhook_gateway.state import Delivery

# Deliveries per transaction, and how many may wait for theirs.
_BATCH = 100
_MOST = 1_000
# Seconds until a sender is told to come again; what is committed after that is known by its hash.
_PATIENCE = 8.0
_AGAIN = 30


class Intake:
    """Where deliveries become durable; each caller waits for the commit that holds its own."""

    def __init__(self, db: Database, noticed: Callable[[], None]) -> None:
        """`noticed` is called when hints wait to be published."""
        self._db = db
        self._noticed = noticed
        self._waiting: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._storing: asyncio.Task[None] | None = None

    async def store(self, delivery: Delivery) -> bool:
        """Whether it is new; raises RefusedError (503) when it cannot be stored now."""
        if len(self._waiting) >= _MOST:
            raise RefusedError(503, "full", "too many wait to be stored", _AGAIN)
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all())
        try:
            async with asyncio.timeout(_PATIENCE):
                return await stored
        except TimeoutError:
            words = "the database does not answer"
            raise RefusedError(503, "unavailable", words, _AGAIN) from None

    async def _store_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            await self._store(batch)

    async def _store(self, batch: Sequence[tuple[Delivery, asyncio.Future[bool]]]) -> None:
        deliveries = [delivery for delivery, _ in batch]
        crash_point("before_delivery")
        # Whatever the database says, every sender gets an answer.
        (answer,) = await asyncio.gather(
            self._db.run(state.receive, deliveries), return_exceptions=True
        )
        if isinstance(answer, list):
            crash_point("after_delivery")
            if any(answer):
                self._noticed()
        for number, (_, stored) in enumerate(batch):
            if stored.done():
                continue  # its sender waits no longer
            if isinstance(answer, list):
                stored.set_result(answer[number])
            else:
                words = f"cannot be stored: {type(answer).__name__}"
                stored.set_exception(RefusedError(503, "unavailable", words, _AGAIN))

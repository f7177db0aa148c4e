"""Lets a suspect run alone, so that a death of the process names the mail that caused it.

Deliveries run side by side; when one kills the process, the starts of all are counted. Without
this every mail that ever ran beside a killer would be taken for one, and become a stub too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import Connection, Select, func, select

from csm.work import WORK
from gmail_ingest import scopes, state

# At least as many as deliveries that run at a time: the settings allow 64 workers.
_PLACES = 64


def _starts(*, is_mapped: bool) -> Select[int]:
    starts = select(func.max(WORK.c.starts)).select_from(scopes.WITH_WORK)
    return starts.where(scopes.of_scope(is_mapped=is_mapped), scopes.IS_OPEN)


_STARTS = {mapped: _starts(is_mapped=mapped) for mapped in (False, True)}


def is_suspect(connection: Connection, slug: str, gmail_thread_id: str) -> bool:
    """Whether an open mail of the thread's scope was started before without any outcome."""
    scope = state.scope_of(connection, slug, gmail_thread_id)
    starts = connection.execute(_STARTS[scope.is_mapped], scopes.named(scope))
    return bool(starts.scalar_one_or_none())


class Solitude:
    """Places for deliveries: one each, or all of them for one that must run alone."""

    def __init__(self) -> None:
        """All places are free."""
        self._places = asyncio.Semaphore(_PLACES)
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def place(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait for a place; `alone`: until nobody else has one, and nobody else gets one."""
        async with AsyncExitStack() as held:
            # Places are taken in turn: two that want all of them would wait for each other.
            async with self._turn:
                for _ in range(_PLACES if alone else 1):
                    await held.enter_async_context(self._places)
            yield

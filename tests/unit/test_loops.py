"""The loop over outbox and due rows ends when it is told to, whatever happens just then."""

import asyncio
from collections.abc import Mapping

from csm.contracts import Event
from csm.delivery import is_cancelled
from csm.outbox import DueLoop, Loops, Relay
from csm.timing import PROFILES
from memory_store import Store

FAST = PROFILES["fast"]


async def publish(event: Event, *, bucket: str, headers: Mapping[str, str]) -> None:
    """Nothing is owed in these tests."""


def loops_over(store: Store) -> Loops:
    return Loops(Relay(store.db, publish, FAST), DueLoop(store.db, publish, FAST), FAST)


async def paused(loops: Loops) -> asyncio.Task[None]:
    """The running loop in its pause between two passes."""
    running = asyncio.create_task(loops.run())
    await asyncio.sleep(0)
    return running


async def test_a_kick_at_the_moment_of_the_cancellation_does_not_swallow_it(store: Store) -> None:
    loops = loops_over(store)
    running = await paused(loops)
    loops.kick()
    # One turn of the event loop: the waiting task's answer is there, the task has not run yet.
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=5)
    assert running in done


async def test_a_cancellation_that_somebody_swallowed_is_still_known() -> None:
    async def swallow() -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return is_cancelled()
        return False

    task = asyncio.create_task(swallow())
    await asyncio.sleep(0)
    task.cancel()
    assert await task

"""Waiting for a condition with a deadline, never for a time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from pathlib import Path


async def until(
    condition: Callable[[], bool | Awaitable[bool]], within: float = 10.0, pause: float = 0.005
) -> None:
    """Return as soon as `condition` holds; AssertionError after `within` seconds without it.

    `pause`: seconds between two looks.
    """
    deadline = time.monotonic() + within
    while not await _holds(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(pause)


def is_frozen(pid: int) -> bool:
    """Whether a SIGSTOP has reached every thread of a process; it takes a moment."""
    stats = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = condition()
    return answer if isinstance(answer, bool) else await answer

"""Resting until a time comes or something new happens."""

import asyncio


class Waker:
    """Lets one background task sleep; `wake` ends its rest early."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look again."""
        self._woken.set()

    async def rest(self, seconds: float | None) -> None:
        """Return after `seconds` (None = never) or as soon as somebody wakes it."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        self._woken.clear()

"""Spends Gmail's quota units evenly: never more than the allowance in any minute."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from csm.metrics import GMAIL_UNITS

_MINUTE = 60.0
# The share of a minute's allowance that may be spent at once; the rest flows in evenly, so that
# a full bucket and a minute of flow together stay within the allowance.
_BURST = 0.1
_DEAREST_CALL = 40.0
# A wait shorter than the clock's grain would never end.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Level:
    """Units in a bucket at a moment (seconds of any steady clock). Pure arithmetic."""

    capacity: float
    per_second: float
    units: float
    at: float

    @classmethod
    def full(cls, units_per_minute: float, now: float) -> "Level":
        """A full bucket; capacity plus one minute's flow is `units_per_minute`."""
        capacity = min(max(units_per_minute * _BURST, _DEAREST_CALL), units_per_minute / 2)
        return cls(capacity, (units_per_minute - capacity) / _MINUTE, capacity, now)

    def at_time(self, now: float) -> "Level":
        """The level at `now`; a clock that went back adds nothing."""
        flown = max(0.0, now - self.at) * self.per_second
        units = min(self.capacity, self.units + flown)
        return Level(self.capacity, self.per_second, units, max(now, self.at))

    def wait(self, units: float, floor: float) -> float:
        """Seconds until `units` can be taken with `floor` units left."""
        lacking = units + floor - self.units
        return lacking / self.per_second if lacking > _ROUNDING else 0.0

    def less(self, units: float) -> "Level":
        """The level after taking `units`."""
        return Level(self.capacity, self.per_second, self.units - units, self.at)


class TokenBucket:
    """Hands out quota units in the order asked.

    `reserve_fraction` of the bucket is left to calls with `reserve=True`, so that discovery never
    waits behind a backlog of downloads.
    """

    def __init__(
        self,
        units_per_minute: float,
        clock: Callable[[], float] = time.monotonic,
        reserve_fraction: float = 0.1,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`clock` in seconds. Raises ValueError for an allowance or reserve that cannot work."""
        if units_per_minute <= 0 or not 0 <= reserve_fraction < 1:
            raise ValueError("units_per_minute must be > 0 and reserve_fraction in [0, 1)")
        self._clock = clock
        self._sleep = sleep
        self._level = Level.full(units_per_minute, clock())
        self._reserve = self._level.capacity * reserve_fraction
        self._queues = {True: asyncio.Lock(), False: asyncio.Lock()}

    async def take(self, units: float, *, reserve: bool = False) -> None:
        """Wait until `units` are there, and take them; `reserve` may use the reserve too.

        Raises ValueError for more units than the bucket ever holds.
        """
        floor = 0.0 if reserve else self._reserve
        if units + floor > self._level.capacity:
            raise ValueError(f"{units} units never fit into a bucket of {self._level.capacity:g}")
        async with self._queues[reserve]:
            while (wait := self.wait(units, reserve=reserve)) > 0:
                await self._sleep(wait)
            self._level = self._level.less(units)
        GMAIL_UNITS.inc(units)

    def wait(self, units: float, *, reserve: bool = False) -> float:
        """Seconds until `units` could be taken; nothing is taken."""
        self._level = self._level.at_time(self._clock())
        return self._level.wait(units, 0.0 if reserve else self._reserve)

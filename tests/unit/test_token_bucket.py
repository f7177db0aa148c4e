"""The token bucket: never above the allowance, in order, with a reserve for discovery."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest.quota import Level, TokenBucket


class SteppedClock:
    """A clock that only sleeping moves; it remembers how long was slept."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        await asyncio.sleep(0)


def bucket(units_per_minute: float, clock: SteppedClock, reserve: float = 0.1) -> TokenBucket:
    return TokenBucket(units_per_minute, clock, reserve, clock.sleep)


async def test_a_full_bucket_gives_at_once() -> None:
    clock = SteppedClock()
    await bucket(6000, clock).take(500)
    assert clock.slept == 0


async def test_an_empty_bucket_makes_wait_for_what_flows_in() -> None:
    clock = SteppedClock()
    tokens = bucket(6000, clock, reserve=0)  # holds 600, 90 units flow in per second
    await tokens.take(600)
    await tokens.take(20)
    assert clock.slept == pytest.approx(20 / 90)


async def test_300_gets_of_a_new_project_take_about_a_minute() -> None:
    clock = SteppedClock()
    tokens = bucket(6000, clock)
    for _ in range(300):
        await tokens.take(20)
    assert 50 < clock.slept <= 61


async def test_discovery_spends_the_reserve_that_downloads_leave() -> None:
    clock = SteppedClock()
    tokens = bucket(6000, clock, reserve=0.1)
    await tokens.take(540)
    assert tokens.wait(20) > 0
    await tokens.take(2, reserve=True)
    assert clock.slept == 0


async def test_discovery_does_not_queue_behind_downloads() -> None:
    order: list[str] = []
    clock = SteppedClock()
    tokens = bucket(600, clock, reserve=0.2)

    async def take(name: str, units: float, *, reserve: bool) -> None:
        await tokens.take(units, reserve=reserve)
        order.append(name)

    gets = [take(f"get {n}", 20, reserve=False) for n in range(5)]
    await asyncio.gather(*gets, take("history", 2, reserve=True))
    assert order.index("history") < order.index("get 3")
    assert [name for name in order if name != "history"] == [f"get {n}" for n in range(5)]


async def test_more_than_a_bucket_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="never fit"):
        await bucket(6000, SteppedClock()).take(601)


@pytest.mark.parametrize(("units", "reserve"), [(0, 0.1), (-1, 0.1), (6000, 1), (6000, -0.1)])
def test_a_bucket_that_cannot_work_is_refused(units: float, reserve: float) -> None:
    with pytest.raises(ValueError, match="units_per_minute"):
        TokenBucket(units, reserve_fraction=reserve)


async def test_the_smallest_allowance_still_lets_a_get_through() -> None:
    clock = SteppedClock()
    tokens = bucket(60, clock)
    for _ in range(3):
        await tokens.take(20)
    assert clock.slept < 180


def test_a_clock_that_goes_back_adds_nothing() -> None:
    level = Level.full(6000, 100.0).less(300)
    assert level.at_time(50.0).units == level.units
    assert level.at_time(50.0).at == 100.0


@given(
    st.integers(120, 15_000),
    st.lists(
        st.tuples(st.sampled_from([1, 2, 5, 20]), st.floats(0, 30), st.booleans()), max_size=200
    ),
)
def test_no_minute_ever_sees_more_than_the_allowance(
    allowance: int, calls: list[tuple[int, float, bool]]
) -> None:
    clock = SteppedClock()
    tokens = bucket(allowance, clock)
    taken: list[tuple[float, int]] = []

    async def run() -> None:
        for units, pause, reserve in calls:
            clock.now += pause
            await tokens.take(units, reserve=reserve)
            taken.append((clock.now, units))

    asyncio.run(run())
    for start, _ in taken:
        in_minute = sum(units for at, units in taken if start <= at < start + 60)
        assert in_minute <= allowance + 1e-6


@given(st.floats(60, 15_000), st.floats(0, 1e6), st.floats(0, 600))
def test_the_level_stays_between_empty_and_full(allowance: float, now: float, later: float) -> None:
    level = Level.full(allowance, now)
    drained = level.less(level.units)
    assert 0 <= drained.at_time(now + later).units <= level.capacity
    waited = drained.at_time(now + drained.wait(level.capacity / 2, 0))
    assert waited.units == pytest.approx(level.capacity / 2, rel=1e-3)

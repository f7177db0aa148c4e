"""followups dies at every seam, early and later: each stale message asked once, each P0 told."""

import signal
import time
from collections.abc import AsyncIterator

import pytest

from clock import DAY, Clockwork, clockwork_on, verdict
from clock_desk import Desk, desk_on
from crash_stages import OTHERS
from csm import admin
from csm.admin import AdminError
from stage import Control, Stage

STALE = ("before_stale", "after_stale")
TOLD = tuple(point for point in OTHERS["followups"] if point not in STALE)


@pytest.fixture
async def clockwork(stage: Stage, people: Control) -> AsyncIterator[Clockwork]:
    async with clockwork_on(stage, people, "slack") as opened:
        yield opened


@pytest.fixture
async def desk(stage: Stage, people: Control) -> AsyncIterator[Desk]:
    async with desk_on(stage, people) as opened:
        yield opened


async def scanned(clockwork: Clockwork) -> None:
    """A look that may meet a death."""
    bus, week = clockwork.stage.nats.url, {"at": time.time() + 7 * DAY}
    try:
        await admin.ask(bus, "followups", "scan", week, timeout=2)
    except AdminError:
        await clockwork.is_up()


@pytest.mark.proof
@pytest.mark.promise("hint-only", "one-draft")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", STALE)
async def test_a_death_at_this_point_loses_and_doubles_no_wish(
    desk: Desk, point: str, count: int
) -> None:
    clockwork = desk.clockwork
    clockwork.service.live(crash_at=f"{point}#{count}")
    await clockwork.is_up()
    cases = [desk.case() for _ in range(3)]
    while not clockwork.service.deaths():
        await scanned(clockwork)
    await scanned(clockwork)
    await desk.settled(*cases)
    assert clockwork.service.deaths() == [-signal.SIGKILL]
    assert [len(case.drafts()) for case in cases] == [1, 1, 1]
    published = clockwork.service.rows("SELECT published FROM stale_period")
    assert published == [(1,)] * 3


@pytest.mark.proof
@pytest.mark.promise("shown")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", TOLD)
async def test_a_death_at_this_point_tells_every_p0(
    clockwork: Clockwork, point: str, count: int
) -> None:
    """A second message is marked; without a death between send and record there is none."""
    clockwork.service.live(crash_at=f"{point}#{count}")
    await clockwork.is_up()
    made = []
    for number in range(1 + count):
        made.append(clockwork.waits())
        await clockwork.publish(verdict(*made[-1]))
        at = f"conversation/{made[-1][0]}"
        await clockwork.service.until(
            lambda at=at, n=number: at in clockwork.texts() or len(clockwork.service.deaths()) > n
        )
    await clockwork.service.until(
        lambda: all(f"conversation/{one}" in clockwork.texts() for one, _ in made)
    )
    assert clockwork.service.deaths() == [-signal.SIGKILL]
    twice = [str(text) for text in clockwork.told() if "perhaps again" in str(text)]
    assert len(twice) == (point in ("before_alert", "after_alert"))
    assert len(clockwork.told()) <= len(made) + len(twice)


@pytest.mark.proof
@pytest.mark.promise("hint-only")
async def test_a_wish_that_the_bus_lost_is_made_again_while_its_tag_is_missing(
    desk: Desk,
) -> None:
    desk.clockwork.service.live()
    await desk.clockwork.is_up()
    case = desk.case()
    assert await desk.drafting.writer.stop() == 0
    await desk.clockwork.scan()
    await desk.clockwork.service.until(
        lambda: desk.clockwork.service.rows("SELECT 1 FROM outbox") == []
    )
    await desk.clockwork.bus.purge_stream("WORK")
    desk.drafting.writer.live()
    published = "SELECT published FROM stale_period"
    while desk.clockwork.service.rows(published) == [(1,)]:
        await desk.clockwork.scan()
    await desk.settled(case)
    assert len(case.drafts()) == 1

"""One message a day that says how things are: what came, what became of it, what waits."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from csm.db import Database
from csm.ticks import Tick
from csm.timing import Timing
from followups import state
from followups.causes import Cause
from followups.daily import Day, text_of
from followups.settings import AlertSettings
from followups.watching import Ask

# Seconds (scaled) between two looks whether it is time.
_LOOK = 60.0
_DAY = 86_400.0


class Summary:
    """Replicas need no lease: a day's message is told once, whoever makes it."""

    def __init__(
        self,
        db: Database,
        ask: Ask,
        settings: AlertSettings,
        watched: Sequence[str],
        timing: Timing,
        told: Callable[[], None],
    ) -> None:
        """`watched` are the services that are asked, `told` is called when there is one to send."""
        self._db = db
        self._ask = ask
        self._settings = settings
        self._watched = watched
        self._told = told
        self._pause = timing.scaled(_LOOK)
        self.tick = Tick("summary", self._pause)

    async def run(self) -> None:
        """Look whether it is time, until cancelled."""
        while self._settings.summary:
            with self.tick.elsewhere():
                await self.tell_due()
            await asyncio.sleep(self._pause)
        self.tick()
        await asyncio.Event().wait()

    async def tell_due(self) -> None:
        """Tell of the last day if its hour has come, and nobody did."""
        now, begun = await self._db.run(_times)
        day = last_due(now, self._settings.summary_at, ZoneInfo(self._settings.timezone))
        if day.timestamp() >= begun and not await self._db.run(_was_told, _key(day)):
            await self.tell(day)

    async def tell(self, at: datetime) -> str:
        """Tell of the 24 hours before `at`; the words."""
        since = at.timestamp() - _DAY
        answers: dict[str, Mapping[str, Any] | None] = {
            name: await self._ask(name, "figures", {"since": since}) for name in self._watched
        }
        p0s, stale, wrong = await self._db.run(_own, since)
        words = text_of(Day(at.date(), answers, p0s, stale, wrong))
        cause = Cause(_key(at), "summary", words, is_event=True)
        if await self._db.run(state.tell_summary, cause):
            self._told()
        return words


def last_due(now: float, at: time, zone: tzinfo) -> datetime:
    """The last moment at which a summary was due, local time."""
    local = datetime.fromtimestamp(now, UTC).astimezone(zone)
    due = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def _key(day: datetime) -> str:
    return f"summary:{day.date().isoformat()}"


def _times(connection: Connection) -> tuple[float, float]:
    return state.now(connection), state.begun(connection)


def _was_told(connection: Connection, key: str) -> bool:
    return state.is_known(connection, key)


def _own(connection: Connection, since: float) -> tuple[int, int, list[str]]:
    wrong = [str(row["words"]) for row in state.standing(connection)]
    return state.p0s(connection, since), state.stale_since(connection, since), wrong

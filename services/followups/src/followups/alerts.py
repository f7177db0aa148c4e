"""Sends what people are to be told, on every channel by itself, so that a slow one delays none."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from csm import alerts
from csm import lease as leases
from csm.alerts import alert
from csm.crash import crash_point
from csm.db import Database, outlast
from csm.lease import Lease, LeaseLostError
from csm.logs import get_logger
from csm.metrics import ALERT_MESSAGES
from csm.ticks import Tick
from csm.timing import Timing
from followups import notices
from followups.channels import Channel, NotSentError, UnsureError
from followups.messages import Message, Notice, message

# Seconds (scaled): between two looks at what is due, for one attempt, between attempts.
_LOOK = 10.0
_DEADLINE = 10.0
_LEAST_DEADLINE = 2.0
_PAUSES = (5.0, 30.0, 120.0, 600.0)
# After so many messages in a minute (scaled) the rest of it waits and comes as one.
_STORM = 5
_CALM = 60.0
_DATABASE_PAUSE = 2.0

_log = get_logger("alerts")


class Alerts:
    """One loop per channel; replicas take turns by a lease for each."""

    def __init__(
        self, db: Database, channels: Mapping[str, Channel], url: str, timing: Timing, owner: str
    ) -> None:
        """`url` is FreeScout's, for links; `owner` names this process in leases."""
        self._db = db
        self._channels = channels
        self._url = url
        self._timing = timing
        self._owner = owner
        self._deadline = max(timing.scaled(_DEADLINE), _LEAST_DEADLINE)
        self._kicks = {name: asyncio.Event() for name in channels}
        self.tick = Tick("alerts")

    def kick(self) -> None:
        """There is something to send: do not wait."""
        for kick in self._kicks.values():
            kick.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._channels:
                tasks.create_task(outlast(partial(self._send_always, name), _DATABASE_PAUSE))
            if not self._channels:
                tasks.create_task(outlast(self._send_nowhere, _DATABASE_PAUSE))

    async def _send_always(self, name: str) -> None:
        lease: Lease | None = None
        while True:
            self._kicks[name].clear()
            with self.tick.elsewhere():
                lease = await self._pass(name, lease)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timing.scaled(_LOOK)):
                    await self._kicks[name].wait()

    async def _send_nowhere(self) -> None:
        """Without a channel notices end here: one that is configured later begins with news."""
        while True:
            with self.tick.elsewhere():
                await self._db.run(notices.spread, ())
            await asyncio.sleep(self._timing.scaled(_LOOK))

    async def _pass(self, name: str, lease: Lease | None) -> Lease | None:
        """Send what is due if it is our turn; the lease as it is now."""
        await self._db.run(notices.spread, list(self._channels))
        lease = await self._db.run(
            leases.keep, lease, f"alerts:{name}", self._owner, 3 * self._deadline
        )
        try:
            while lease is not None and await self._send_some(name, lease):
                lease = await self._db.run(
                    leases.keep, lease, f"alerts:{name}", self._owner, 3 * self._deadline
                )
        except LeaseLostError:
            return None
        return lease

    async def _send_some(self, name: str, lease: Lease) -> bool:
        """One message; False when nothing is left for now."""
        if await self._is_stormy(name):
            return False
        channel = self._channels[name]
        found = await self._db.run(notices.due, lease, name, channel.at_a_time)
        if not found:
            return False
        crash_point("before_alert", name)
        return await self._send(name, channel, found)

    async def _is_stormy(self, name: str) -> bool:
        calm = self._timing.scaled(_CALM)
        if await self._db.run(notices.recently_sent, name, calm) < _STORM:
            return False
        return await self._db.run(notices.oldest_due, name) < calm

    async def _send(self, name: str, channel: Channel, found: Sequence[Notice]) -> bool:
        ids = [notice.id for notice in found]
        try:
            await channel.send(self._message(found), self._deadline)
        except UnsureError as error:
            pause = self._timing.scaled(_PAUSES[0])
            await self._db.run(notices.unsure, ids, str(error), pause)
            return self._say(name, "unsure", str(error))
        except NotSentError as error:
            pauses = [self._timing.scaled(seconds) for seconds in _PAUSES]
            await self._db.run(notices.failed, ids, str(error), pauses)
            return self._say(name, "failed", str(error))
        crash_point("after_alert", name)
        await self._db.run(notices.sent, ids)
        alerts.over("alert-not-sent", name)
        ALERT_MESSAGES.labels(name, "sent").inc()
        return True

    def _message(self, found: Sequence[Notice]) -> Message:
        return message(found, self._url)

    def _say(self, name: str, result: str, why: str) -> bool:
        ALERT_MESSAGES.labels(name, result).inc()
        if all(one["about"] != name for one in alerts.standing()):
            alert("alert-not-sent", "an alert could not be sent", about=name, reason=why)
        return False

    async def aclose(self) -> None:
        """Close the channels."""
        for channel in self._channels.values():
            await channel.aclose()

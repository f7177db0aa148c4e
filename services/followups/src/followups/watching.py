"""Looks at every service once a minute, and pings the heartbeat while all is well."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from nats.errors import Error as NatsError

from csm import lease as leases
from csm.db import Database
from csm.lease import Lease
from csm.logs import get_logger
from csm.subscription import Broker
from csm.ticks import Tick
from csm.timing import Timing
from followups import state
from followups.causes import Cause, causes, confirmed
from followups.settings import Settings

# Seconds (scaled) between two looks; for one answer; real ones for a busy machine.
_LOOK = 60.0
_ANSWER = 5.0
_LEAST_ANSWER = 2.0

_log = get_logger("watch")

Json = dict[str, Any]
Ask = Callable[[str, str, Json], Awaitable[Json | None]]


def asking(broker: Broker, timing: Timing) -> Ask:
    """Asks a service's operating verb over our own connection; None when nobody answers."""
    patience = max(timing.scaled(_ANSWER), _LEAST_ANSWER)

    async def ask(service: str, verb: str, arguments: Json) -> Json | None:
        try:
            reply = await broker.connection.request(
                f"admin.{service}.{verb}", json.dumps(arguments).encode(), timeout=patience
            )
        except (NatsError, TimeoutError):
            return None
        answer: Json = json.loads(reply.data)
        return answer.get("result")

    return ask


class HealthWatch:
    """One replica at a time looks, by a lease."""

    def __init__(
        self,
        db: Database,
        broker: Broker,
        ask: Ask,
        settings: Settings,
        owner: str,
        told: Callable[[], None],
    ) -> None:
        """`ask` reaches the services; `told` is called when there is something to send."""
        self._db = db
        self._broker = broker
        self._ask = ask
        self._settings = settings.followups
        self._owner = owner
        self._told = told
        self._before: frozenset[str] = frozenset()
        self._pause = settings.timing.scaled(_LOOK)
        heartbeat = settings.alerts.heartbeat_url_file
        self._heartbeat = None if heartbeat is None else heartbeat.read_text().strip()
        self.tick = Tick("watch", self._pause)

    async def run(self) -> None:
        """Look whenever it is time, until cancelled."""
        lease: Lease | None = None
        async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER) as http:
            while True:
                with self.tick.elsewhere():
                    lease = await self._db.run(
                        leases.keep, lease, "watch", self._owner, 2 * self._pause
                    )
                    if lease is not None and await self.look():
                        await self._beat(http)
                await asyncio.sleep(self._pause)

    async def look(self) -> bool:
        """Ask everybody, tell what is new and what is over; whether all is well."""
        if not self._broker.online.is_set():
            # Nobody can answer: that is one cause, and says nothing of the services.
            down = Cause("bus", "bus", "followups: NATS does not answer", "bus")
            await self._tell([down], frozenset({down.key}), frozenset())
            return False
        names = self._settings.watched
        said = await asyncio.gather(*(self._ask(name, "status", {}) for name in names))
        answers = dict(zip(names, said, strict=True))
        found = causes(answers, self._settings.oldest_seconds)
        asked = frozenset(
            {"bus", *(name for name, answer in answers.items() if answer is not None)}
        )
        await self._tell(confirmed(found, self._before), frozenset(found), asked)
        self._before = frozenset(found)
        return not found

    async def _tell(self, found: list[Cause], still: frozenset[str], asked: frozenset[str]) -> None:
        if await self._db.run(state.looked, found, still, asked):
            self._told()

    async def _beat(self, http: httpx.AsyncClient) -> None:
        if self._heartbeat is None:
            return
        try:
            answer = await http.get(self._heartbeat)
        except httpx.HTTPError as error:
            _log.warning("no heartbeat", error=type(error).__name__)
        else:
            if answer.is_error:
                _log.warning("no heartbeat", status=answer.status_code)

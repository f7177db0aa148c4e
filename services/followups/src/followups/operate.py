"""The operating verbs of followups: status, a look for stale conversations, the day's summary."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.freescout import FreeScoutRejectedError, FreeScoutUnavailableError
from csm.operations import LIST_LIMIT, RowOperations
from csm.watch import DurableWatch
from followups import notices, state
from followups.scan import Asked, Scanner, Seen
from followups.settings import Settings
from followups.state import STALE
from followups.summary import Summary


class Operations(RowOperations):
    """Asks through the same loops as the service itself."""

    def __init__(
        self,
        db: Database,
        watch: DurableWatch,
        scanner: Scanner,
        summary: Summary,
        settings: Settings,
    ) -> None:
        """Shares the service's own loops."""
        super().__init__(db, watch)
        self._scanner = scanner
        self._daily = summary
        self._settings = settings

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return super().verbs() | {"scan": self.scan, "summary": self.summary}

    async def status(self, arguments: Json) -> Json:
        """Stale periods, what people were told and is so still, what waits to be sent."""
        return await super().status(arguments) | await self._db.run(_status)

    def about(self, connection: Connection, conversation: int) -> Json:
        """When its customer waited too long, and what people were told of it."""
        return state.about(connection, conversation)

    async def scan(self, arguments: Json) -> Json:
        """Look for stale conversations now; `dry_run` asks for nothing.

        Rules may be changed for this once. `at` (epoch seconds) looks as if it were that time:
        without dry_run only beside the simulator.
        """
        asked = self._asked(arguments)
        if asked.at is not None and not asked.is_dry and self._settings.timing_profile != "fast":
            raise AdminError("at: only with dry_run; nobody may be reminded before their time")
        try:
            seen = await self._scanner.look(asked)
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            raise AdminError(f"FreeScout: {error}") from error
        rows = [_row(one) for one in seen]
        return {"number": len(rows), "rows": rows[:LIST_LIMIT], "dry_run": asked.is_dry}

    def _asked(self, arguments: Json) -> Asked:
        limit = int(arguments.get("limit") or self._settings.followups.limit)
        hours = arguments.get("hours")
        if limit < 1 or (hours is not None and float(hours) <= 0):
            raise AdminError("hours must be above 0, limit at least 1")
        at = arguments.get("at")
        return Asked(
            arguments, limit, None if at is None else float(at), bool(arguments.get("dry_run"))
        )

    async def summary(self, _arguments: Json) -> Json:
        """The day's summary up to now, told to people unless today's was told already."""
        now = await self._db.run(state.now)
        return {"text": await self._daily.tell(datetime.fromtimestamp(now, UTC))}


def _row(seen: Seen) -> dict[str, Any]:
    period = seen.period
    return {
        "conversation_id": period.conversation_id,
        "customer_thread_id": period.customer_thread_id,
        "since": period.since,
        "is_p0": period.is_p0,
        "result": seen.result,
    }


def _status(connection: Connection) -> Json:
    counted = select(STALE.c.state, func.count().label("number")).group_by(STALE.c.state)
    return {
        "stale": {row.state: row.number for row in connection.execute(counted)},
        "told": state.standing(connection),
        "unsent": notices.open_notices(connection),
    }

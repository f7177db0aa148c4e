"""The operating verbs of webhook_gateway: those of every service, and a sweep on request."""

from sqlalchemy import Connection, func, select

from csm.admin import AdminError, Json, Verb
from csm.db import Database
from csm.freescout import FreeScoutRejectedError, FreeScoutUnavailableError
from csm.operations import RowOperations
from csm.watch import DurableWatch
from webhook_gateway import state
from webhook_gateway.poll import Sweeper
from webhook_gateway.state import DELIVERY, DOORBELL, WATCHED

_MOST_DAYS = 366.0


class Operations(RowOperations):
    """Asks and repairs through the same loops as the service itself."""

    def __init__(self, db: Database, sweeper: Sweeper, watch: DurableWatch) -> None:
        """Shares the service's own sweeper."""
        super().__init__(db, watch)
        self._sweeper = sweeper

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return super().verbs() | {"reconcile": self.reconcile}

    async def status(self, arguments: Json) -> Json:
        """How far poll and sweep have come per mailbox, what webhooks do; and the rows."""
        return await super().status(arguments) | await self._db.run(_status)

    def about(self, connection: Connection, conversation: int) -> Json:
        """What webhooks said of it."""
        found = state.deliveries_of(connection, conversation)
        return {"deliveries": found} if found else {}

    async def reconcile(self, arguments: Json) -> Json:
        """Sweep now, over the last `days` if given; how many hints were published again."""
        days = arguments.get("days")
        if days is not None and not 0 < float(days) <= _MOST_DAYS:
            raise AdminError(f"days: must be above 0 and at most {_MOST_DAYS:g}")
        try:
            number = await self._sweeper.sweep_now(None if days is None else float(days))
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            raise AdminError(f"FreeScout: {error}") from error
        return {"hints": number}


def _status(connection: Connection) -> Json:
    watched = connection.execute(select(WATCHED).order_by(WATCHED.c.mailbox_id))
    doorbell = connection.execute(select(DOORBELL)).mappings().one_or_none()
    deliveries = connection.execute(select(func.count()).select_from(DELIVERY)).scalar_one()
    return {
        "watched": [dict(row) for row in watched.mappings()],
        "webhooks": None if doorbell is None else {**doorbell, "deliveries": deliveries},
    }

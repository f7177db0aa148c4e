"""Words about people leave a service's database: after 30 days by themselves, or when asked to.

Ids, states and hashes stay for ever: they are what keeps us from doing anything twice.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Column, ColumnElement, Connection, Table, select, update

from csm.contracts import ConversationClassified
from csm.db import Database, Step
from csm.logs import get_logger
from csm.ticks import Tick

# Seconds for which a text is kept.
KEPT = 30 * 86_400.0
# Seconds between two passes.
PAUSE = 3600.0
# Rows per transaction: years of them must not hold the database.
_BATCH = 200
# What a verdict says in words, without identities but about a person's mail all the same.
_WORDS = {"reason", "facts", "uncertainty"}

_log = get_logger("retention")


class Retention:
    """Forgets old texts when the service starts, and hourly."""

    def __init__(self, db: Database, forget: Step[[float], int]) -> None:
        """`forget` removes texts older than so many seconds, some at a time, and says how many."""
        self._db = db
        self._forget = forget
        self.tick = Tick("retention", PAUSE)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with self.tick.elsewhere():
                await self.forget()
            await asyncio.sleep(PAUSE)

    async def forget(self) -> None:
        """One pass over all that is old."""
        while number := await self._db.run(self._forget, KEPT):
            _log.info("old texts are forgotten", rows=number)


def without_words(
    connection: Connection, table: Table, stored: Column[str], which: ColumnElement[bool]
) -> int:
    """Take the words out of verdicts, JSON in the column `stored`; of how many, some at a time."""
    keys: Sequence[Column[object]] = list(table.primary_key)
    wanted = select(*keys, stored.label("told")).where(which, stored.contains('"reason"'))
    rows = connection.execute(wanted.limit(_BATCH)).all()
    for row in rows:
        verdict = ConversationClassified.model_validate_json(row.told)
        plain = verdict.model_dump_json(exclude_none=True, exclude=_WORDS)
        mine = [key == getattr(row, key.name) for key in keys]
        connection.execute(update(table).where(*mine).values({stored.name: plain}))
    return len(rows)

"""What operators did to rows: one audit row per repair, never changed or deleted."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlmodel import Field, SQLModel

from csm.db import csm_now, table_of

# Ids that a row names; the rest is counted.
_NAMED = 200


class RepairRow(SQLModel, table=True):
    """One repair: which verb with which reason, when (epoch seconds), how many rows, which."""

    __tablename__ = "repair"

    id: int | None = Field(default=None, primary_key=True)
    at: float
    verb: str
    reason: str
    number: int
    rows: str


REPAIR = table_of(RepairRow)


def remember(connection: Connection, verb: str, reason: str, rows: Sequence[str]) -> None:
    """Keep that `verb` touched these rows; nothing was touched: nothing is kept."""
    if rows:
        named = json.dumps(rows[:_NAMED])
        values = {"verb": verb, "reason": reason, "number": len(rows), "rows": named}
        connection.execute(insert(REPAIR).values(at=csm_now(), **values))


def of(connection: Connection, row_id: str) -> list[dict[str, Any]]:
    """The repairs that touched a row, oldest first: at, verb, reason."""
    columns = select(REPAIR.c.at, REPAIR.c.verb, REPAIR.c.reason)
    mine = columns.where(REPAIR.c.rows.contains(json.dumps(row_id), autoescape=True))
    return [dict(row) for row in connection.execute(mine.order_by(REPAIR.c.id)).mappings()]

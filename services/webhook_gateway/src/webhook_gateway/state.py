"""Tables and steps of webhook_gateway: how far poll and sweep have come, per mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlmodel import Field, SQLModel

from csm import outbox
from csm.contracts import ConversationUpdated
from csm.db import csm_now, insert_into, table_of
from csm.dependency import DEPENDENCY
from csm.effects import EFFECT
from csm.install import INSTALL
from csm.lease import LEASE
from csm.outbox import OUTBOX
from csm.work import WORK
from webhook_gateway.policy import Swept


class Watched(SQLModel, table=True):
    """A FreeScout mailbox: up to when it was polled (its clock), when sweeps began (ours)."""

    __tablename__ = "watched"

    mailbox_id: int = Field(primary_key=True)
    polled_until: float | None = None
    swept_at: float | None = None
    swept_wide_at: float | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """An event for the bus, and the trace that begins with it."""

    event: ConversationUpdated
    traceparent: str


WATCHED = table_of(Watched)
TABLES = (WATCHED, DEPENDENCY, EFFECT, INSTALL, LEASE, OUTBOX, WORK)


def polled_until(connection: Connection, mailbox_id: int) -> float | None:
    """The cursor of the poll in epoch seconds of FreeScout's clock, None before the first one."""
    mine = select(WATCHED.c.polled_until).where(WATCHED.c.mailbox_id == mailbox_id)
    return connection.execute(mine).scalar_one_or_none()


def polled(connection: Connection, mailbox_id: int, until: float, hints: Sequence[Hint]) -> None:
    """Promise the hints and move the cursor, never backwards, in one transaction."""
    hint(connection, hints)
    known = polled_until(connection, mailbox_id)
    newest = until if known is None else max(known, until)
    _remember(connection, mailbox_id, polled_until=newest)


def hint(connection: Connection, hints: Sequence[Hint], bucket: str = "") -> None:
    """Promise the hints; `bucket` for those that were published before."""
    for one in hints:
        outbox.enqueue(connection, one.event, one.traceparent, bucket)


def swept(connection: Connection, mailbox_id: int) -> tuple[Swept, float]:
    """When the last completed sweeps began, and the time now, in epoch seconds."""
    mine = select(WATCHED).where(WATCHED.c.mailbox_id == mailbox_id)
    row = connection.execute(mine).one_or_none()
    now = float(connection.execute(select(csm_now())).scalar_one())
    return (Swept(row.swept_at, row.swept_wide_at) if row else Swept()), now


def finish_sweep(connection: Connection, mailbox_id: int, begun: float, *, is_wide: bool) -> None:
    """A sweep that began at `begun` has promised all its hints; a wide one is a narrow one too."""
    if is_wide:
        _remember(connection, mailbox_id, swept_at=begun, swept_wide_at=begun)
    else:
        _remember(connection, mailbox_id, swept_at=begun)


def _remember(connection: Connection, mailbox_id: int, **values: float) -> None:
    row = insert_into(connection, WATCHED).values(mailbox_id=mailbox_id, **values)
    connection.execute(
        row.on_conflict_do_update(index_elements=[WATCHED.c.mailbox_id], set_=values)
    )

"""Leases in SQL with a fencing epoch and the database's clock: they exclude replicas."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update
from sqlmodel import Field, SQLModel

from csm.db import csm_now, insert_into, table_of


class LeaseRow(SQLModel, table=True):
    """Who may write to a resource until when; `epoch` grows with every new holder."""

    __tablename__ = "lease"

    resource: str = Field(primary_key=True)
    owner: str
    epoch: int
    until: float


LEASE = table_of(LeaseRow)


class LeaseLostError(Exception):
    """Somebody else may work on the resource by now: stop, write nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as its holder knows it: every later write proves it by `epoch`."""

    resource: str
    owner: str
    epoch: int


def acquire(connection: Connection, resource: str, owner: str, seconds: float) -> Lease | None:
    """Take `resource` for `seconds` if nobody holds it; None when somebody does."""
    fresh = insert_into(connection, LEASE).values(
        resource=resource, owner=owner, epoch=1, until=csm_now() + seconds
    )
    taken = fresh.on_conflict_do_update(
        index_elements=[LEASE.c.resource],
        set_={"owner": owner, "epoch": LEASE.c.epoch + 1, "until": fresh.excluded.until},
        where=LEASE.c.until < csm_now(),
    ).returning(LEASE.c.epoch)
    epoch = connection.execute(taken).scalar_one_or_none()
    return None if epoch is None else Lease(resource, owner, epoch)


def extend(connection: Connection, lease: Lease, seconds: float) -> bool:
    """Make the lease live `seconds` from now; False when it is no longer ours or has run out."""
    mine = (
        (LEASE.c.resource == lease.resource)
        & (LEASE.c.epoch == lease.epoch)
        & (LEASE.c.until > csm_now())
    )
    changed = connection.execute(update(LEASE).where(mine).values(until=csm_now() + seconds))
    return changed.rowcount == 1


def keep(
    connection: Connection, lease: Lease | None, resource: str, owner: str, seconds: float
) -> Lease | None:
    """Extend the lease we have, or take it: for loops of which one replica at a time may run."""
    if lease is not None and extend(connection, lease, seconds):
        return lease
    return acquire(connection, resource, owner, seconds)


def holds(connection: Connection, lease: Lease) -> bool:
    """Whether nobody took the resource since: the fence of every result transaction.

    The row is locked, so that nobody can take it either before that transaction ends.
    """
    epoch = connection.execute(
        select(LEASE.c.epoch).where(LEASE.c.resource == lease.resource).with_for_update()
    ).scalar_one_or_none()
    return epoch == lease.epoch


def release(connection: Connection, lease: Lease) -> None:
    """Give the resource free, unless somebody else holds it by now."""
    mine = (LEASE.c.resource == lease.resource) & (LEASE.c.epoch == lease.epoch)
    connection.execute(update(LEASE).where(mine).values(until=0))

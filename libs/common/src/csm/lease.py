"""Leases in SQL with a fencing epoch and the database's clock: they exclude replicas."""

from dataclasses import dataclass

from sqlalchemy import Connection, Executable, Float, bindparam, select, update
from sqlmodel import Field, SQLModel

from csm.db import csm_now, insert_into, per_dialect, table_of


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


# Statements are built once and run with parameters; `the_...` is whose row, and of which epoch.
_OF = LEASE.c.resource == bindparam("the_resource")
_OURS = _OF & (LEASE.c.epoch == bindparam("the_epoch"))
_EXTEND = (
    update(LEASE)
    .where(_OURS, LEASE.c.until > csm_now())
    .values(until=csm_now() + bindparam("seconds", type_=Float()))
)
_EPOCH = select(LEASE.c.epoch).where(_OF).with_for_update()
_RELEASE = update(LEASE).where(_OURS).values(until=0)


@per_dialect
def _acquire(connection: Connection) -> Executable:
    until = csm_now() + bindparam("seconds", type_=Float())
    fresh = insert_into(connection, LEASE).values(
        resource=bindparam("the_resource"), owner=bindparam("by"), epoch=1, until=until
    )
    return fresh.on_conflict_do_update(
        index_elements=[LEASE.c.resource],
        set_={
            "owner": fresh.excluded.owner,
            "epoch": LEASE.c.epoch + 1,
            "until": fresh.excluded.until,
        },
        where=LEASE.c.until < csm_now(),
    ).returning(LEASE.c.epoch)


def acquire(connection: Connection, resource: str, owner: str, seconds: float) -> Lease | None:
    """Take `resource` for `seconds` if nobody holds it; None when somebody does."""
    taking = {"the_resource": resource, "by": owner, "seconds": seconds}
    epoch = connection.execute(_acquire(connection), taking).scalar_one_or_none()
    return None if epoch is None else Lease(resource, owner, epoch)


def extend(connection: Connection, lease: Lease, seconds: float) -> bool:
    """Make the lease live `seconds` from now; False when it is no longer ours or has run out."""
    changed = connection.execute(_EXTEND, {**_of(lease), "seconds": seconds})
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
    found = connection.execute(_EPOCH, {"the_resource": lease.resource})
    return found.scalar_one_or_none() == lease.epoch


def release(connection: Connection, lease: Lease) -> None:
    """Give the resource free, unless somebody else holds it by now."""
    connection.execute(_RELEASE, _of(lease))


def _of(lease: Lease) -> dict[str, object]:
    return {"the_resource": lease.resource, "the_epoch": lease.epoch}

"""Tables and steps of webhook_gateway: what webhooks said, how far poll and sweep have come."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Executable, bindparam, delete, func, select, update
from sqlmodel import Field, SQLModel

from csm import outbox
from csm.contracts import ConversationUpdated
from csm.db import csm_now, insert_into, per_dialect, serialize, table_of
from csm.dependency import DEPENDENCY
from csm.effects import EFFECT
from csm.install import INSTALL
from csm.lease import LEASE
from csm.outbox import OUTBOX
from csm.repairs import REPAIR
from csm.work import WORK
from webhook_gateway.policy import Doorbell, Meaning, Swept

# Deliveries are kept so long (seconds), and never more than so many.
_KEPT = 30 * 86_400.0
_MOST = 200_000
# Deliveries of one conversation that a story tells.
_SHOWN = 50


class Watched(SQLModel, table=True):
    """A FreeScout mailbox: up to when it was polled (its clock), when sweeps began (ours)."""

    __tablename__ = "watched"

    mailbox_id: int = Field(primary_key=True)
    polled_until: float | None = None
    swept_at: float | None = None
    swept_wide_at: float | None = None


class DeliveryRow(SQLModel, table=True):
    """A webhook as it came, cut down to ids and states; `sha256` is over event and body."""

    __tablename__ = "delivery"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True)
    event: str
    meaning: str
    conversation_id: int | None = Field(default=None, index=True)
    customer_thread_id: int | None = None
    payload: str
    received_at: float = Field(index=True)


class Heard(SQLModel, table=True):
    """The newest customer thread that a webhook named, per conversation."""

    __tablename__ = "heard"

    conversation_id: int = Field(primary_key=True)
    customer_thread_id: int


class Unheard(SQLModel, table=True):
    """A customer thread that poll or sweep found first: a webhook may still come."""

    __tablename__ = "unheard"

    customer_thread_id: int = Field(primary_key=True)
    conversation_id: int
    found_at: float


class DoorbellRow(SQLModel, table=True):
    """One row: since when webhooks are expected, when the last came, when one was missed."""

    __tablename__ = "doorbell"

    id: int = Field(primary_key=True)
    since: float
    rang_at: float | None = None
    missed_at: float | None = None
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Hint:
    """An event for the bus, and the trace that begins with it."""

    event: ConversationUpdated
    traceparent: str
    should_have_rung: bool = False
    """Whether a webhook should have told of it: then it is looked whether one does."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook; `hint` is what it makes known, if anything."""

    sha256: str
    event: str
    meaning: Meaning
    conversation_id: int | None
    customer_thread_id: int | None
    payload: str
    hint: Hint | None


WATCHED = table_of(Watched)
DELIVERY = table_of(DeliveryRow)
HEARD = table_of(Heard)
UNHEARD = table_of(Unheard)
DOORBELL = table_of(DoorbellRow)
TABLES = (
    WATCHED, DELIVERY, HEARD, UNHEARD, DOORBELL, DEPENDENCY, EFFECT, INSTALL, LEASE, OUTBOX,
    REPAIR, WORK,
)  # fmt: skip

_ONE = 1
_RANG = update(DOORBELL).values(rang_at=csm_now())


@per_dialect
def _keep_delivery(connection: Connection) -> Executable:
    fresh = insert_into(connection, DELIVERY).values(received_at=csm_now())
    return fresh.on_conflict_do_nothing(index_elements=[DELIVERY.c.sha256]).returning(DELIVERY.c.id)


@per_dialect
def _keep_heard(connection: Connection) -> Executable:
    told = insert_into(connection, HEARD).values(
        conversation_id=bindparam("conversation"), customer_thread_id=bindparam("thread")
    )
    return told.on_conflict_do_update(
        index_elements=[HEARD.c.conversation_id],
        set_={"customer_thread_id": told.excluded.customer_thread_id},
        where=HEARD.c.customer_thread_id < told.excluded.customer_thread_id,
    )


def receive(connection: Connection, deliveries: Sequence[Delivery]) -> list[bool]:
    """Store the deliveries with their hints; for each whether it is new."""
    connection.execute(_RANG)
    return [_receive(connection, delivery) for delivery in deliveries]


def _receive(connection: Connection, delivery: Delivery) -> bool:
    columns = ("sha256", "event", "meaning", "conversation_id", "customer_thread_id", "payload")
    row = {name: getattr(delivery, name) for name in columns}
    if connection.execute(_keep_delivery(connection), row).one_or_none() is None:
        return False
    if delivery.conversation_id is not None and delivery.customer_thread_id is not None:
        told = {"conversation": delivery.conversation_id, "thread": delivery.customer_thread_id}
        connection.execute(_keep_heard(connection), told)
    if delivery.hint is not None:
        hint(connection, [delivery.hint])
    return True


def expect_webhooks(connection: Connection) -> None:
    """Webhooks are taken from now on, if they were not before."""
    first = insert_into(connection, DOORBELL).values(id=_ONE, since=csm_now(), missed=0)
    connection.execute(first.on_conflict_do_nothing(index_elements=[DOORBELL.c.id]))


def expect_no_webhooks(connection: Connection) -> None:
    """Webhooks are switched off: nothing can be missed."""
    connection.execute(delete(DOORBELL))
    connection.execute(delete(UNHEARD))


def deliveries_of(connection: Connection, conversation_id: int) -> list[dict[str, object]]:
    """What webhooks said of a conversation, without their bodies, oldest first."""
    columns = (DELIVERY.c.event, DELIVERY.c.meaning, DELIVERY.c.received_at)
    mine = select(*columns).where(DELIVERY.c.conversation_id == conversation_id)
    rows = connection.execute(mine.order_by(DELIVERY.c.id.desc()).limit(_SHOWN)).mappings()
    return [dict(row) for row in reversed(rows.all())]


def doorbell(connection: Connection) -> tuple[Doorbell, float]:
    """What is known of the webhooks, and the time now, in epoch seconds."""
    row = connection.execute(select(DOORBELL)).one_or_none()
    now = float(connection.execute(select(csm_now())).scalar_one())
    return (Doorbell(row.since, row.rang_at, row.missed_at) if row else Doorbell()), now


def judge_unheard(connection: Connection, grace: float) -> list[int]:
    """Conversations of which no webhook told within `grace` seconds after they were found.

    Each is named once, and counted.
    """
    serialize(connection, "unheard")
    ripe = UNHEARD.c.found_at <= csm_now() - grace
    told = (
        select(HEARD.c.customer_thread_id)
        .where(HEARD.c.conversation_id == UNHEARD.c.conversation_id)
        .scalar_subquery()
    )
    is_missed = func.coalesce(told, 0) < UNHEARD.c.customer_thread_id
    missed = connection.execute(select(UNHEARD.c.conversation_id).where(ripe, is_missed)).scalars()
    found = sorted(set(missed))
    connection.execute(delete(UNHEARD).where(ripe))
    if found:
        counted = {"missed_at": csm_now(), "missed": DOORBELL.c.missed + len(found)}
        connection.execute(update(DOORBELL).values(counted))
    return found


def forget_deliveries(connection: Connection) -> int:
    """Delete deliveries that are old, or too many; returns how many."""
    newest = select(func.max(DELIVERY.c.id)).scalar_subquery()
    is_old = (DELIVERY.c.received_at < csm_now() - _KEPT) | (DELIVERY.c.id <= newest - _MOST)
    return connection.execute(delete(DELIVERY).where(is_old)).rowcount


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
        if one.should_have_rung and one.event.customer_thread_id is not None:
            _watch_for(connection, one.event.conversation_id, one.event.customer_thread_id)


def _watch_for(connection: Connection, conversation_id: int, thread_id: int) -> None:
    told = (HEARD.c.conversation_id == conversation_id) & (HEARD.c.customer_thread_id >= thread_id)
    if connection.execute(select(HEARD.c.conversation_id).where(told)).one_or_none() is None:
        row = insert_into(connection, UNHEARD).values(
            customer_thread_id=thread_id, conversation_id=conversation_id, found_at=csm_now()
        )
        connection.execute(
            row.on_conflict_do_nothing(index_elements=[UNHEARD.c.customer_thread_id])
        )


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

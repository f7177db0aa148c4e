"""The table of notices: each cause on its way to each channel, sent once, twice when in doubt."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import Field, Index, SQLModel

from csm.db import csm_now, serialize, table_of
from csm.lease import Lease, LeaseLostError, holds
from followups.causes import Cause
from followups.messages import Kind, Notice

# Seconds after which an alert that could not be sent is nobody's any more.
_TOO_LATE = 3 * 86_400.0
_KEPT = 90 * 86_400.0


class NoticeRow(SQLModel, table=True):
    """`state`: wanted, sending, sent, unknown (sent twice without an answer), expired."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_open", "channel", "state", "next_try"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    key: str
    rule: str
    kind: str
    words: str
    conversation_id: int | None = None
    state: str = "wanted"
    attempts: int = 0
    unsure: int = 0
    next_try: float
    created_at: float
    sent_at: float | None = None
    reason: str | None = None


NOTICE = table_of(NoticeRow)
# Every cause goes to all channels; which those are is known when it is sent.
ALL = "all"


def notify(connection: Connection, cause: Cause, kind: Kind) -> None:
    """People are to be told; the channels take their copies with `spread`."""
    row = {
        "channel": ALL, "key": cause.key, "rule": cause.rule, "kind": kind, "words": cause.words,
        "conversation_id": cause.conversation_id, "state": "wanted", "attempts": 0, "unsure": 0,
        "next_try": csm_now(), "created_at": csm_now(),
    }  # fmt: skip
    connection.execute(insert(NOTICE).values(row))


def spread(connection: Connection, channels: Sequence[str]) -> None:
    """Give every new notice to each channel; without one it ends here."""
    serialize(connection, "notices")
    new = (NOTICE.c.channel == ALL) & (NOTICE.c.state == "wanted")
    columns = [c for c in NOTICE.c if c.name not in ("id", "channel")]
    rows = connection.execute(select(NOTICE.c.id, *columns).where(new).order_by(NOTICE.c.id))
    found = [dict(row) for row in rows.mappings()]
    copies = [
        {**{k: v for k, v in row.items() if k != "id"}, "channel": name}
        for row in found
        for name in channels
    ]
    if copies:
        connection.execute(insert(NOTICE), copies)
    ids = [row["id"] for row in found]
    connection.execute(update(NOTICE).where(NOTICE.c.id.in_(ids)).values(state="sent"))


def due(connection: Connection, lease: Lease, channel: str, most: int) -> list[Notice]:
    """The oldest notices of a channel whose time has come, marked as being sent.

    What was being sent when a process died may have been: it is sent once more, and says so.
    Raises LeaseLostError.
    """
    _fence(connection, lease)
    mine = NOTICE.c.channel == channel
    interrupted = mine & (NOTICE.c.state == "sending")
    connection.execute(
        update(NOTICE).where(interrupted, NOTICE.c.unsure >= 1).values(state="unknown")
    )
    connection.execute(
        update(NOTICE).where(interrupted).values(state="wanted", unsure=NOTICE.c.unsure + 1)
    )
    waits = mine & (NOTICE.c.state == "wanted")
    too_late = waits & (NOTICE.c.created_at < csm_now() - _TOO_LATE)
    connection.execute(update(NOTICE).where(too_late).values(state="expired"))
    ready = select(NOTICE).where(waits, NOTICE.c.next_try <= csm_now())
    rows = connection.execute(ready.order_by(NOTICE.c.id).limit(most)).all()
    taken = NOTICE.c.id.in_([row.id for row in rows])
    sending = {"state": "sending", "attempts": NOTICE.c.attempts + 1}
    connection.execute(update(NOTICE).where(taken).values(sending))
    return [Notice(r.id, r.key, r.rule, r.kind, r.words, r.conversation_id, r.unsure) for r in rows]


def sent(connection: Connection, ids: Sequence[int]) -> None:
    """The channel has them."""
    values = {"state": "sent", "sent_at": csm_now(), "reason": None}
    connection.execute(update(NOTICE).where(NOTICE.c.id.in_(ids)).values(values))


def unsure(connection: Connection, ids: Sequence[int], why: str, pause: float) -> None:
    """No answer: once more, then never again."""
    mine = NOTICE.c.id.in_(ids)
    connection.execute(
        update(NOTICE).where(mine, NOTICE.c.unsure >= 1).values(state="unknown", reason=why)
    )
    connection.execute(
        update(NOTICE)
        .where(mine, NOTICE.c.unsure == 0)
        .values(state="wanted", unsure=1, reason=why, next_try=csm_now() + pause)
    )


def failed(connection: Connection, ids: Sequence[int], why: str, pauses: Sequence[float]) -> None:
    """Surely not sent: again after a pause that grows with the attempts."""
    attempts = NOTICE.c.attempts
    for number, pause in enumerate(pauses, 1):
        is_turn = attempts >= number if number == len(pauses) else attempts == number
        connection.execute(
            update(NOTICE)
            .where(NOTICE.c.id.in_(ids), is_turn, NOTICE.c.state == "sending")
            .values(state="wanted", reason=why, next_try=csm_now() + pause)
        )


def open_notices(connection: Connection) -> dict[str, int]:
    """How many notices wait, by channel."""
    waits = NOTICE.c.state.in_(("wanted", "sending"))
    rows = connection.execute(
        select(NOTICE.c.channel, func.count().label("number"))
        .where(waits)
        .group_by(NOTICE.c.channel)
    )
    return {row.channel: row.number for row in rows}


def recently_sent(connection: Connection, channel: str, seconds: float) -> int:
    """How many messages a channel sent in the last `seconds`; all of one have one time."""
    mine = (NOTICE.c.channel == channel) & (NOTICE.c.sent_at > csm_now() - seconds)
    messages = select(func.count(NOTICE.c.sent_at.distinct())).where(mine)
    return int(connection.execute(messages).scalar_one())


def oldest_due(connection: Connection, channel: str) -> float:
    """Seconds that the oldest notice of a channel is due by now, 0 without one."""
    waits = (NOTICE.c.channel == channel) & (NOTICE.c.state == "wanted")
    age = csm_now() - func.min(NOTICE.c.next_try)
    return float(connection.execute(select(age).where(waits)).scalar_one() or 0.0)


def forget(connection: Connection) -> int:
    """Delete old notices; returns how many."""
    old = NOTICE.c.created_at < csm_now() - _KEPT
    return connection.execute(delete(NOTICE).where(old)).rowcount


def _fence(connection: Connection, lease: Lease) -> None:
    if not holds(connection, lease):
        raise LeaseLostError

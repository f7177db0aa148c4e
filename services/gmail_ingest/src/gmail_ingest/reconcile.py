"""Compares what Gmail lists with the journal: finds mail that no history ever named."""

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, and_, func, select, update

from csm.contracts import MessageReceived
from csm.db import Database, csm_now
from csm.work import WORK
from gmail_ingest import state
from gmail_ingest.gmail import GmailClient, MessageRef
from gmail_ingest.state import MAILBOX, MESSAGE, Notice

_WINDOW = 2 * 86_400.0
_INBOUND = "-in:spam -in:trash -in:drafts -in:sent -in:chats"


def since(connection: Connection, slug: str, every: float) -> float | None:
    """Since when to compare (epoch seconds); None when the last time is not `every` s ago."""
    rows = connection.execute(select(MAILBOX, csm_now().label("now")).where(MAILBOX.c.slug == slug))
    mailbox = rows.one()
    if mailbox.reconciled_at is not None and mailbox.reconciled_at + every > mailbox.now:
        return None
    return max(float(mailbox.accept_from), float(mailbox.now) - _WINDOW)


def recovery_start(connection: Connection, slug: str, day: float, window: float) -> float:
    """Since when to list after a lost history id, in epoch seconds.

    A day before our newest mail, at least `window` seconds back, never before the mailbox's start.
    """
    newest = select(func.max(MESSAGE.c.internal_date)).where(MESSAGE.c.mailbox == slug)
    milliseconds = connection.execute(newest).scalar_one()
    back = connection.execute(select(csm_now())).scalar_one() - window
    if milliseconds is not None:
        back = min(back, milliseconds / 1000 - day)
    return max(back, state.accept_from(connection, slug))


def unknown(connection: Connection, slug: str, gmail_message_ids: Sequence[str]) -> set[str]:
    """Those of these messages that the journal does not have."""
    mine = and_(MESSAGE.c.mailbox == slug, MESSAGE.c.gmail_message_id.in_(gmail_message_ids))
    known = connection.execute(select(MESSAGE.c.gmail_message_id).where(mine)).scalars()
    return set(gmail_message_ids) - set(known)


def first_notices(connection: Connection, slug: str, notices: AbstractSet[Notice]) -> set[Notice]:
    """Those of these notices that the journal keeps: an earlier one of the same message stays."""
    ids = [f"{MessageReceived.name}:{slug}:{notice.gmail_message_id}" for notice in notices]
    kept = connection.execute(select(WORK.c.traceparent).where(WORK.c.id.in_(ids))).scalars().all()
    return {notice for notice in notices if notice.traceparent in kept}


def finished(connection: Connection, slug: str, recovered: int) -> None:
    """The comparison is done; `recovered` messages were never noticed before."""
    connection.execute(
        update(MAILBOX)
        .where(MAILBOX.c.slug == slug)
        .values(reconciled_at=csm_now(), recovered=MAILBOX.c.recovered + recovered)
    )


async def missed(
    db: Database,
    client: GmailClient,
    slug: str,
    after: float,
    look: Callable[[], Awaitable[int]],
) -> list[MessageRef]:
    """Messages since `after` that are not in the journal, even after one more look at the history.

    The oldest first.
    What the next history tells is no loss, so it is asked before anything counts as missed.
    """
    listed: dict[str, MessageRef] = {}
    async for page in client.messages(f"after:{int(after)} {_INBOUND}"):
        listed.update({reference.id: reference for reference in page})
    if await db.run(unknown, slug, list(listed)):
        await look()
    missed_ids = await db.run(unknown, slug, list(listed))
    return [found for one, found in reversed(listed.items()) if one in missed_ids]

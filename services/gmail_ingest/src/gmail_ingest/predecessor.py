"""What the predecessor wrote enters the journal as written: none of it is written a second time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, exists, update

from csm.db import csm_now
from csm.effects import EFFECT
from csm.work import WORK
from gmail_ingest import state
from gmail_ingest.state import Notice

WRITTEN = "written by the predecessor"
FILTERED = "filtered by the predecessor"
UNKNOWN = (
    "the predecessor began it and did not say how it ended: look for it in FreeScout, and replay "
    "it when it is not there"
)
Status = Literal["success", "filtered", "failed", "processing"]
# Its word for a mail, and how the mail ends here. What failed there may have been written all the
# same, so it is never written again without a person.
_ENDS: Mapping[Status, tuple[str, str]] = {
    "success": ("done", WRITTEN),
    "filtered": ("filtered", FILTERED),
    "failed": ("parked", UNKNOWN),
    "processing": ("parked", UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class OldMail:
    """A mail as the predecessor recorded it."""

    gmail_message_id: str
    gmail_thread_id: str
    status: Status


def adopt(connection: Connection, slug: str, mails: Sequence[OldMail]) -> int:
    """Journal the mails with their ends; returns how many were not known here. Safe to repeat.

    A mail that this installation has begun to write keeps what is recorded of it.
    """
    new = state.journal(
        connection, slug, [Notice(m.gmail_message_id, m.gmail_thread_id) for m in mails]
    )
    for mail in mails:
        ended, reason = _ENDS[mail.status]
        mine = WORK.c.id == f"message.received:{slug}:{mail.gmail_message_id}"
        untouched = ~exists().where(EFFECT.c.work_id == WORK.c.id)
        connection.execute(
            update(WORK)
            .where(mine, WORK.c.state == "wanted", untouched)
            .values(state=ended, reason=reason, ended_at=csm_now())
        )
    return new


def adopt_threads(connection: Connection, slug: str, threads: Mapping[str, int]) -> int:
    """Gmail threads go on in the predecessor's conversations; returns how many were not mapped.

    A thread that has a conversation here keeps it.
    """
    new = 0
    for gmail_thread_id, conversation_id in threads.items():
        if not state.scope_of(connection, slug, gmail_thread_id).is_mapped:
            state.map_thread(connection, slug, gmail_thread_id, conversation_id)
            new += 1
    return new

"""Notes and drafts by the bot's user as writes of the protocol: one request each, with a marker."""

import hashlib
from typing import cast, get_args

from csm.effects import Intent, Seen, Write, Written
from csm.freescout import Conversation, Draft, FreeScout, Note, Status, encode
from csm.lookup import Lookup
from csm.marker import append_marker, make_marker


class Writes:
    """Builds them for a conversation just read, whose status and cc travel with them."""

    def __init__(self, freescout: FreeScout, lookup: Lookup, key: bytes, user_id: int) -> None:
        """`key` is the install key."""
        self._freescout = freescout
        self._lookup = lookup
        self._key = key
        self._user_id = user_id

    def note(
        self, effect_id: str, work_id: str, html: str, conversation: Conversation, *, notifies: bool
    ) -> Write:
        """A note. FreeScout notifies of what is not imported."""
        body = Note(
            text=append_marker(html, make_marker(self._key, effect_id, "")),
            user_id=self._user_id,
            status=status_of(conversation),
            cc=conversation.cc,
            imported=not notifies,
        )
        return self._write("note", effect_id, work_id, body, conversation)

    def draft(self, effect_id: str, work_id: str, html: str, conversation: Conversation) -> Write:
        """A draft: nobody receives it."""
        body = Draft(
            text=append_marker(html, make_marker(self._key, effect_id, "")),
            user_id=self._user_id,
            status=status_of(conversation),
            cc=conversation.cc,
        )
        return self._write("draft", effect_id, work_id, body, conversation)

    def _write(
        self, kind: str, effect_id: str, work_id: str, body: Note | Draft, there: Conversation
    ) -> Write:
        async def send(send_until: float) -> Written:
            if isinstance(body, Draft):
                made = await self._freescout.append_draft(
                    there.id, body, send_until=send_until, key=work_id
                )
                return Written(there.id, made[0], state=made[1])
            thread_id = await self._freescout.append_thread(
                there.id, body, send_until=send_until, key=work_id
            )
            return Written(there.id, thread_id)

        async def find(intent: Intent) -> Seen:
            return await self._lookup.written_in(intent, there)

        encoded = encode(body)
        return Write(
            effect_id=effect_id,
            work_id=work_id,
            kind=kind,
            body_sha256=hashlib.sha256(encoded).hexdigest(),
            body_bytes=len(encoded),
            send=send,
            find=find,
        )


def status_of(conversation: Conversation) -> Status:
    """The conversation's status as a request may carry it."""
    known = conversation.status in get_args(Status)
    return cast("Status", conversation.status) if known else "active"

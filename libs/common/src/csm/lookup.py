"""Finds in FreeScout what we know by a thread's id or by our marker, also after a merge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from csm.effects import Intent, Seen
from csm.freescout import Conversation, FreeScout, FreeScoutGoneError, Thread
from csm.marker import identifies

# Pages of a list that are read to find where a merge went.
PAGES = 10
# FreeScout keeps whole seconds and its clock may differ from ours by a little.
SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Merged:
    """The conversation was merged away at that time; its threads moved to another."""

    at: datetime


def merged_away(conversation: Conversation) -> Merged | None:
    """FreeScout: a merged conversation stays as state deleted, without its customer's threads.

    An append would revive the empty shell. The target has such a line item too, and its threads:
    when it is deleted later, it is still where they are. People may leave notes in a shell.
    """
    if conversation.state != "deleted" or any(t.type == "customer" for t in conversation.threads):
        return None
    moments = [t.created_at for t in conversation.threads if t.action_type == "merged"]
    return Merged(max(moments)) if moments else None


class Lookup:
    """Reads FreeScout for one installation key."""

    def __init__(self, freescout: FreeScout, key: bytes) -> None:
        """`key` recognises our markers."""
        self._freescout = freescout
        self._key = key

    @property
    def server_time(self) -> datetime | None:
        """FreeScout's clock at the last answer that named it."""
        return self._freescout.server_time

    async def conversation(self, conversation_id: int) -> Conversation | None:
        """The conversation, None when it was deleted for good."""
        try:
            return await self._freescout.conversation(conversation_id)
        except FreeScoutGoneError:
            return None

    async def merge_target(self, merged: Merged, thread_ids: Iterable[int]) -> int | None:
        """Where threads of a merged conversation are now.

        FreeScout: a merge keeps thread ids and touches the target, so it was updated since.
        """
        known = set(thread_ids)
        recent = self._freescout.conversations(
            updated_since=merged.at - SKEW, embed_threads=True, max_pages=PAGES
        )
        async for conversation in recent:
            if known & {thread.id for thread in conversation.threads}:
                return conversation.id
        return None

    async def written_in(self, intent: Intent, conversation: Conversation) -> Seen:
        """Look for the marker of an intent where it should be, in the conversation read anew.

        What was read before the intent may be older than the end of the quarantine: a late request
        that was applied in between would be taken for one that never was.
        """
        now = await self.conversation(conversation.id)
        return self.seen(intent, [now] if now else [])

    def seen(self, intent: Intent, conversations: Iterable[Conversation]) -> Seen:
        """The first of these conversations that holds the marker of an intent."""
        for conversation in conversations:
            if thread := self.marked(conversation, intent.effect_id):
                sizes = tuple(attachment.size for attachment in thread.attachments)
                return Seen(conversation.id, thread.id, sizes)
        return Seen()

    def marked(self, conversation: Conversation, effect_id: str) -> Thread | None:
        """The thread of a conversation that carries the marker of `effect_id`."""
        return next(
            (t for t in conversation.threads if identifies(self._key, effect_id, t.body)), None
        )

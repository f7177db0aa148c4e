"""Finds the conversation a mail belongs to: looks facts up, lets `matching` decide."""

from collections.abc import AsyncIterator

from csm.db import Database
from csm.freescout import Conversation
from csm.lookup import merged_away
from gmail_ingest import state
from gmail_ingest.job import Job
from gmail_ingest.lookup import MailLookup, candidate
from gmail_ingest.matching import Append, Create, claimed_threads, decide

# A References header may name hundreds of ids; the nearest few tell as much.
_CLAIMS = 3


class Placing:
    """Matches mails whose Gmail thread has no conversation yet, and follows merges."""

    def __init__(self, db: Database, lookup: MailLookup) -> None:
        """`lookup` reads FreeScout."""
        self._db = db
        self._lookup = lookup

    async def match(self, job: Job) -> Append | Create:
        """Where a mail goes whose Gmail thread is not mapped."""
        named = [candidate(found) async for found in self._named(job)] if job.references else []
        return decide(named, job.speakers, is_forged=job.is_forged)

    async def current(self, conversation_id: int) -> Conversation | None:
        """The conversation as it is now, followed through merges; None when it is gone."""
        conversation = await self._lookup.conversation(conversation_id)
        while conversation and (merged := merged_away(conversation)):
            ours = await self._db.run(state.threads_written, conversation.id)
            target = await self._lookup.merge_target(merged, ours)
            if target is None:
                return None
            await self._db.run(state.follow_merge, conversation.id, target)
            conversation = await self._lookup.conversation(target)
        return conversation

    async def _named(self, job: Job) -> AsyncIterator[Conversation]:
        """Conversations that the headers name, in the order in which they count."""
        slug = job.message.mailbox
        known = await self._db.run(state.conversation_of_message_id, slug, job.references)
        if known and (conversation := await self.current(known)):
            yield conversation
        for thread_id in claimed_threads(job.references)[:_CLAIMS]:
            if conversation := await self._holding(thread_id, job):
                yield conversation

    async def _holding(self, thread_id: int, job: Job) -> Conversation | None:
        own = await self._db.run(state.conversation_of_thread, thread_id)
        if own is not None:
            return await self.current(own)
        return await self._lookup.conversation_with(
            thread_id, job.speakers, job.settings.freescout_mailbox_id
        )

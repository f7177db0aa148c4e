"""What the writer asks FreeScout: conversations by header, merges, markers, empty leftovers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from csm.effects import Intent, Seen
from csm.freescout import Conversation
from csm.lookup import PAGES, SKEW, Lookup
from gmail_ingest.matching import Candidate

_NEWEST = 50  # conversations of a sender in which an answered thread is looked for
_RECENT = timedelta(days=30)


def participants(conversation: Conversation) -> frozenset[str]:
    """Customer, cc and to of a conversation and of its threads, lower case."""
    addresses = {conversation.customer_email, *conversation.cc}
    for thread in conversation.threads:
        addresses |= {*thread.to, *thread.cc}
    return frozenset(address.lower() for address in addresses if address)


def candidate(conversation: Conversation) -> Candidate:
    """The facts of a conversation that matching needs."""
    return Candidate(conversation.id, participants(conversation), conversation.number)


class MailLookup(Lookup):
    """What only the writer of mails asks."""

    async def conversation_with(
        self, thread_id: int, speakers: frozenset[str], mailbox_id: int
    ) -> Conversation | None:
        """The conversation of a thread that a mail claims to answer.

        First in the newest conversations of the sender, then in the mailbox's last 30 days.
        """
        for speaker in sorted(speakers):
            mine = self._freescout.conversations(
                customer_email=speaker, embed_threads=True, page_size=_NEWEST, max_pages=1
            )
            if found := await _holding(mine, thread_id):
                return found
        # By FreeScout's own clock, which the last answer named.
        since = (self._freescout.server_time or datetime.now(UTC)) - _RECENT
        recent = self._freescout.conversations(
            mailbox_id=mailbox_id, updated_since=since, embed_threads=True, max_pages=PAGES
        )
        return await _holding(recent, thread_id)

    async def written_in(self, intent: Intent, conversation: Conversation) -> Seen:
        """Where it should be, else anywhere: a create may be elsewhere, a merge moves threads."""
        seen = await super().written_in(intent, conversation)
        if seen.conversation_id is None:
            return await self._written_since(intent, conversation.mailbox_id)
        return seen

    async def created(self, intent: Intent, mailbox_id: int, customer: str, subject: str) -> Seen:
        """Look for a create's marker, and for empty conversations it may have left behind.

        By customer first; an agent may have changed the customer, so then by mailbox. By
        updatedSince, not createdSince: an imported conversation carries the mail's old date.
        """
        since = datetime.fromtimestamp(intent.sent_at, UTC) - SKEW
        by_customer = self._freescout.conversations(
            customer_email=customer, updated_since=since, embed_threads=True
        )
        conversations = [conversation async for conversation in by_customer]
        seen = self.seen(intent, conversations)
        husks = tuple(c.id for c in conversations if self._is_husk(c, intent, mailbox_id, subject))
        if seen.conversation_id is None:
            seen = await self._written_since(intent, mailbox_id)
        return Seen(seen.conversation_id, seen.thread_id, seen.attachments, husks)

    async def _written_since(self, intent: Intent, mailbox_id: int) -> Seen:
        since = datetime.fromtimestamp(intent.sent_at, UTC) - SKEW
        recent = self._freescout.conversations(
            mailbox_id=mailbox_id, updated_since=since, embed_threads=True
        )
        async for conversation in recent:
            seen = self.seen(intent, [conversation])
            if seen.conversation_id is not None:
                return seen
        return Seen()

    def _is_husk(
        self, conversation: Conversation, intent: Intent, mailbox_id: int, subject: str
    ) -> bool:
        """Empty, ours by mailbox and subject, and made while our request could be at work."""
        if conversation.threads or conversation.threads_count or conversation.state == "deleted":
            return False
        opened = datetime.fromtimestamp(intent.sent_at, UTC) - SKEW
        closed = datetime.fromtimestamp(intent.quiet_at, UTC) + SKEW
        is_ours = conversation.mailbox_id == mailbox_id and conversation.subject == subject
        return is_ours and opened <= conversation.updated_at <= closed


async def _holding(
    conversations: AsyncIterator[Conversation], thread_id: int
) -> Conversation | None:
    async for conversation in conversations:
        if any(thread.id == thread_id for thread in conversation.threads):
            return conversation
    return None

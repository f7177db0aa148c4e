"""Looks before a draft is written, and has its text made only where one may be needed."""

from dataclasses import dataclass

from csm import llm_outage
from csm.contracts import DraftUpsert
from csm.db import Database
from csm.dependency import Prober
from csm.effects import Intent, open_intent
from csm.freescout import Conversation
from csm.llm import LlmUnavailableError
from csm.lookup import Lookup, merged_away
from csm.outcome import Later
from draft_writer import draft_state
from draft_writer.author import Author, Text, Withheld
from draft_writer.decision import NEEDS_TEXT, OwnRecord, decide, unwanted
from draft_writer.draft_state import draft_effect_id
from draft_writer.material import material
from draft_writer.settings import Settings

# Conversations that are followed through merges.
_MERGES = 5


@dataclass(frozen=True, slots=True)
class Studied:
    """Where the message is now, and the text for it, None when nobody needs one."""

    conversation_id: int
    text: Text | Withheld | None


class Study:
    """Everything that takes long, before the lease."""

    def __init__(
        self, db: Database, lookup: Lookup, author: Author, prober: Prober, settings: Settings
    ) -> None:
        """`prober` is told when the model does not answer."""
        self._db = db
        self._lookup = lookup
        self._author = author
        self._prober = prober
        self._settings = settings

    async def text_for(self, event: DraftUpsert) -> Studied | Later:
        """The text of a wanted draft; raises FreeScout's errors."""
        conversation = await self._found(event)
        if conversation is None:
            return Studied(event.conversation_id, None)
        try:
            text = await self._text(event, conversation)
        except LlmUnavailableError as error:
            timing = self._settings.timing
            return await llm_outage.later(error, self._db, self._prober, timing)
        return Studied(conversation.id, text)

    async def _found(self, event: DraftUpsert) -> Conversation | None:
        """The conversation that has the message now."""
        at = event.conversation_id
        for _ in range(_MERGES):
            conversation = await self._lookup.conversation(at)
            if conversation is None or (merged := merged_away(conversation)) is None:
                return conversation
            target = await self._lookup.merge_target(merged, [event.basis_thread_id])
            if target is None:
                return None
            at = target
        return None

    async def _text(self, event: DraftUpsert, conversation: Conversation) -> Text | Withheld | None:
        mailbox = self._settings.mailbox_of(conversation.mailbox_id)
        if mailbox is None or not mailbox.allows("drafts"):
            return None
        effect = await self._db.run(open_intent, draft_effect_id(event.basis_thread_id))
        record = await self._record(event, conversation)
        if isinstance(effect, Intent) or (record.state == "made" and not record.is_read):
            return None  # its text is on its way already
        if decide(conversation, record, event.purpose).answer not in NEEDS_TEXT:
            return None
        verdict = await self._db.run(draft_state.verdict_on, event.basis_thread_id)
        if verdict and unwanted(mailbox.switches, verdict, conversation):
            return None
        told = material(conversation, event.basis_thread_id, verdict)
        return await self._author.write(told, templates=mailbox.drafts.templates)

    async def _record(self, event: DraftUpsert, conversation: Conversation) -> OwnRecord:
        threads = [thread.id for thread in conversation.threads]
        return await self._db.run(draft_state.record_of, event.basis_thread_id, threads)

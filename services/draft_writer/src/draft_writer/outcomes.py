"""What became of our drafts: sent as they were, edited, discarded, overtaken by an agent's own."""

import asyncio
from difflib import SequenceMatcher

from sqlalchemy import RowMapping

from csm.db import Database
from csm.freescout import Conversation, FreeScoutRejectedError, FreeScoutUnavailableError
from csm.language import Languages
from csm.logs import get_logger
from csm.lookup import Lookup, merged_away
from csm.metrics import DRAFTS
from csm.ticks import Tick
from csm.timing import Timing
from draft_writer import draft_state
from draft_writer.canonical import fingerprint, plain_text
from draft_writer.decision import agent_messages, order
from draft_writer.draft_state import Ended
from draft_writer.policy import customer_thread
from draft_writer.templates import LANGUAGES

# Seconds (scaled) between looks at a draft that nobody touched: after 1 h, 6 h, then daily.
LOOKS = (3600.0, 6 * 3600.0, 24 * 3600.0)
# Seconds (scaled) for which an agent can take a sent message back, with some to spare.
_UNDO = 60.0
# Seconds (scaled) until a look whose process died is made by another one.
_CLAIM = 600.0
_AT_A_TIME = 20

_log = get_logger("outcomes")


class Outcomes:
    """Reads what people did; writes only our own table."""

    def __init__(self, db: Database, lookup: Lookup, timing: Timing) -> None:
        """`lookup` reads FreeScout."""
        self._db = db
        self._lookup = lookup
        self._timing = timing
        self._languages = Languages(LANGUAGES)
        self.tick = Tick("outcomes")

    async def run(self) -> None:
        """Look whenever a look is due, until cancelled."""
        while True:
            with self.tick.elsewhere():
                await self.run_due()
            await asyncio.sleep(self._timing.due_interval)

    async def run_due(self) -> None:
        """One pass; an outage of FreeScout leaves the rest to a later one."""
        while due := await self._db.run(
            draft_state.due_looks, self._timing.scaled(_CLAIM), _AT_A_TIME
        ):
            for conversation_id in due:
                try:
                    await self.look(conversation_id)
                except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
                    _log.info("outcomes are read later", why=str(error))
                    return

    async def look(self, conversation_id: int) -> None:
        """See what became of our drafts in one conversation; raises FreeScout's errors."""
        rows = await self._db.run(draft_state.open_drafts, conversation_id)
        if not rows:
            return
        conversation = await self._lookup.conversation(conversation_id)
        for row in rows:
            await self._look_at(row, await self._holder(conversation, row))

    async def _holder(self, found: Conversation | None, row: RowMapping) -> Conversation | None:
        """The conversation that has the draft's basis now."""
        if found is None or (merged := merged_away(found)) is None:
            return found
        target = await self._lookup.merge_target(merged, [row["basis_thread_id"]])
        return None if target is None else await self._lookup.conversation(target)

    async def _look_at(self, row: RowMapping, conversation: Conversation | None) -> None:
        basis = int(row["basis_thread_id"])
        found = Ended("gone") if conversation is None else self._judged(row, conversation)
        if isinstance(found, Ended):
            if await self._db.run(draft_state.finish, basis, found):
                DRAFTS.labels(found.state).inc()
            return
        where = conversation.id if conversation else int(row["conversation_id"])
        await self._db.run(draft_state.look_later, basis, where, found)

    def _judged(self, row: RowMapping, conversation: Conversation) -> Ended | float:
        """The outcome, or seconds until the next look."""
        draft = next((t for t in conversation.threads if t.id == row["thread_id"]), None)
        if draft is None:
            return Ended("discarded")
        if draft.state == "draft":
            written = customer_thread(conversation, row["basis_thread_id"])
            answers = agent_messages(conversation)
            if written and any(order(one) > order(written) for one in answers):
                return Ended("superseded")
            return self._timing.scaled(LOOKS[min(int(row["looks"]), len(LOOKS) - 1)])
        age = self._age(draft.created_at.timestamp())
        if age < self._timing.scaled(_UNDO):
            return self._timing.scaled(_UNDO)
        return self._sent(row, draft.body)

    def _age(self, since: float) -> float:
        now = self._lookup.server_time
        return now.timestamp() - since if now is not None else 0.0

    def _sent(self, row: RowMapping, html: str) -> Ended:
        text = plain_text(html)
        language = self._languages([text])
        if fingerprint(html) == row["fingerprint"]:
            return Ended("unchanged", text, language, 0.0)
        return Ended("edited", text, language, distance(row["text"], text))


def distance(ours: str, sent: str) -> float:
    """How far the words that were sent are from ours: 0 the same, 1 none in common."""
    return round(1 - SequenceMatcher(None, ours.split(), sent.split(), autojunk=False).ratio(), 3)

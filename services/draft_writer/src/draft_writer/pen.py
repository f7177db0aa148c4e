"""Writes one note or draft into a conversation under its lease, and repairs what that moved."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from csm import dependency
from csm.db import Database
from csm.effects import Effects, Wait, Write, Written
from csm.freescout import Conversation, FreeScout
from csm.lease import Lease
from csm.lookup import Lookup, merged_away
from csm.outcome import Later
from csm.trace import continued, span
from draft_writer.note import cc_changed
from draft_writer.policy import dropped_cc, needs_repair
from draft_writer.settings import Settings
from draft_writer.writes import Writes


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The conversation was merged into another one: go on under that one's lease."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Errand:
    """For which work, in which trace and where something is written, under which lease."""

    work_id: str
    traceparent: str
    conversation_id: int
    lease: Lease


@dataclass(frozen=True, slots=True)
class Wording:
    """A note: its effect makes it one for ever. `notifies`: FreeScout tells the team of it."""

    effect_id: str
    html: str
    notifies: bool = False


Record = Callable[[Connection, Written], None]


class Pen:
    """The bot's hand in FreeScout."""

    def __init__(
        self,
        db: Database,
        freescout: FreeScout,
        key: bytes,
        settings: Settings,
        recorded: Callable[[], None],
    ) -> None:
        """`key` is the install key; `recorded` is called when something may be published."""
        self.lookup = Lookup(freescout, key)
        self.writes = Writes(freescout, self.lookup, key, settings.freescout.user_id)
        self.effects = Effects(db, settings.timing, freescout.slot)
        self._freescout = freescout
        self._user_id = settings.freescout.user_id
        self._recorded = recorded

    async def note(self, errand: Errand, wording: Wording) -> Later | Elsewhere | Conversation:
        """One note, once for ever; the conversation as it is with it. Raises FreeScout's errors."""
        # Read right before: status and cc travel with it.
        conversation = await self.lookup.conversation(errand.conversation_id)
        if conversation is None or merged_away(conversation):
            return Elsewhere(errand.conversation_id)
        write = self.writes.note(
            wording.effect_id, errand.work_id, wording.html, conversation,
            notifies=wording.notifies,
        )  # fmt: skip
        written = await self.perform(errand, write)
        if isinstance(written, Wait):
            return Later(written.delay, written.why)
        after = await self.repair(conversation)
        if after is None or merged_away(after):
            return Elsewhere(errand.conversation_id)
        if lost := dropped_cc(conversation, after):
            more = Wording(f"cc-changed:{wording.effect_id}", cc_changed(lost))
            return await self.note(errand, more)
        return after

    async def perform(
        self, errand: Errand, write: Write, record: Record | None = None
    ) -> Written | Wait:
        """Bring one write to its end; `record` is the caller's part of the result transaction."""

        def result(connection: Connection, written: Written) -> None:
            dependency.succeeded(connection, "freescout")
            if record is not None:
                record(connection, written)

        about, kind = errand.conversation_id, write.kind
        with (
            continued(errand.traceparent),
            span(f"{kind} write", conversation_id=about, effect=kind) as current,
        ):
            written = await self.effects.perform(errand.lease, write, result)
            current.note(outcome=type(written).__name__.lower())
        if not isinstance(written, Written | Wait):
            raise TypeError("a note or draft adopts no conversation")
        self._recorded()
        return written

    async def repair(self, before: Conversation) -> Conversation | None:
        """We carried the status we had read: a customer's mail may have changed it since.

        Returns the conversation as it is afterwards.
        """
        after = await self.lookup.conversation(before.id)
        if after is not None and needs_repair(before, after):
            await self.wake(after)
        return after

    async def wake(self, conversation: Conversation) -> None:
        """Make a conversation active that a write of ours put to rest."""
        await self._freescout.repair_active(conversation.id, self._user_id)

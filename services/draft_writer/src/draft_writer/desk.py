"""Brings one verdict into FreeScout: tags, fields, assignee, note, all under the lease.

Every step is repeatable, so a crash between two of them costs a repetition and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from csm import work
from csm.contracts import ConversationClassified, DraftUpsert
from csm.crash import crash_point
from csm.db import Database
from csm.freescout import Conversation, FreeScout
from csm.lease import Lease
from csm.logs import get_logger
from csm.lookup import merged_away
from csm.outcome import Done, Later
from csm.timing import Timing
from csm.trace import trace_id
from draft_writer import draft_state, state
from draft_writer import note as notes
from draft_writer.decision import unwanted
from draft_writer.pen import Elsewhere, Errand, Pen, Wording
from draft_writer.policy import (
    TakenOver,
    customer_thread,
    may_assign,
    new_tags,
    rank_of,
    wanted_tags,
)
from draft_writer.settings import REACHES, MailboxSettings, Settings

_log = get_logger("desk")


@dataclass(frozen=True, slots=True)
class Job:
    """One verdict on its way into one conversation."""

    verdict: ConversationClassified
    conversation: Conversation
    mailbox: MailboxSettings
    lease: Lease

    @property
    def key(self) -> str:
        """The work row."""
        return self.verdict.key

    @property
    def writes_notes(self) -> bool:
        """Whether this verdict comes as a note: a final one, where the operator wants it."""
        reach = self.mailbox.desk.reach(self.verdict.category)
        return not self.verdict.provisional and REACHES.index(reach) >= REACHES.index("note")


Step = Done | Later | Elsewhere


class Desk:
    """Applies verdicts to conversations."""

    def __init__(
        self,
        db: Database,
        freescout: FreeScout,
        pen: Pen,
        settings: Settings,
        recorded: Callable[[], None],
    ) -> None:
        """`recorded` is called when something may be published."""
        self._db = db
        self._freescout = freescout
        self._settings = settings
        self._timing: Timing = settings.timing
        self._recorded = recorded
        # Seconds that the lease must live on when a request starts.
        self._hold = settings.timing.lease(settings.timing.deadline)
        self._pen = pen
        self._lookup = pen.lookup

    async def apply(self, verdict: ConversationClassified, at: int, lease: Lease) -> Step:
        """Apply a verdict to the conversation `at`, whose lease is held.

        Raises LeaseLostError and FreeScout's errors.
        """
        conversation = await self._lookup.conversation(at)
        if conversation is None:
            return await self._end(verdict, lease, "gone", "the conversation was deleted")
        if merged := merged_away(conversation):
            target = await self._lookup.merge_target(merged, [verdict.customer_thread_id])
            if target is None:
                return await self._end(verdict, lease, "gone", "merged into an unknown one")
            return Elsewhere(target)
        mailbox = self._settings.mailbox_of(conversation.mailbox_id)
        if mailbox is None:
            return await self._end(verdict, lease, "filtered", "not one of our mailboxes")
        return await self._in_mailbox(Job(verdict, conversation, mailbox, lease))

    async def _in_mailbox(self, job: Job) -> Step:
        thread = customer_thread(job.conversation, job.verdict.customer_thread_id)
        if thread is None:
            return await self._end(job.verdict, job.lease, "gone", "the message is not there")
        if not job.mailbox.allows("triage"):
            words = f"write = {job.mailbox.write}"
            return await self._end(job.verdict, job.lease, "dry-run", words)
        if job.mailbox.desk.reach(job.verdict.category) == "off":
            return await self._end(job.verdict, job.lease, "done", "switched off")
        rank = rank_of(thread, job.verdict.verdict_seq)
        is_newest = await self._db.run(state.claim_rank, job.lease, job.conversation.id, rank)
        if not is_newest:
            return await self._end(job.verdict, job.lease, "done", "a newer verdict was applied")
        crash_point("after_rank", job.key)
        if job.writes_notes:
            return await self._judged(job)
        await self._mark(job)
        return await self._announce(job)

    async def _end(
        self, verdict: ConversationClassified, lease: Lease, ended: work.State, reason: str
    ) -> Done:
        await self._db.run(state.end, lease, verdict.key, ended, reason)
        return Done()

    async def _mark(self, job: Job) -> None:
        """Tags, custom fields, assignee."""
        await self._tag(job)
        if fields := _fields(job):
            await self._db.run(state.keep, job.lease, self._hold)
            await self._freescout.set_custom_fields(job.conversation.id, fields)
        await self._assign(job, job.mailbox.desk.assign_to)

    async def _tag(self, job: Job) -> None:
        conversation = job.conversation
        record = await self._db.run(state.tag_record, conversation.id)
        wanted = wanted_tags(job.verdict, self._settings.draft_writer.high_priority)
        tags = new_tags(conversation.tags, record, wanted)
        if isinstance(tags, TakenOver):
            await self._db.run(state.tags_taken_over, conversation.id)
            _log.info("tags taken over", conversation_id=conversation.id)
            return
        if tags != frozenset(conversation.tags):
            await self._db.run(state.intend_tags, job.lease, self._hold, conversation.id, wanted)
            crash_point("before_tags", job.key)
            await self._freescout.set_tags(conversation.id, tags)
            crash_point("after_tags", job.key)
        await self._db.run(state.wrote_tags, job.lease, conversation.id, wanted)

    async def _assign(self, job: Job, user_id: int | None) -> None:
        if user_id is None:
            return
        before = await self._db.run(state.was_assigned, job.conversation.id)
        if not may_assign(job.conversation, was_assigned=before):
            return
        # Once means once: a crash right here leaves it to a person.
        await self._db.run(state.assigned, job.lease, self._hold, job.conversation.id)
        bot = self._settings.freescout.user_id
        await self._freescout.assign(job.conversation.id, user_id, bot)

    async def _judged(self, job: Job) -> Step:
        """The note of a final verdict; what is read after it is what its tags change."""
        thread_id = job.verdict.customer_thread_id
        has_arrival = await self._db.run(state.has_note, state.arrival_note_id(thread_id))
        notifies = job.mailbox.notify == "note" and not has_arrival
        noted = await self._note(job, state.verdict_note_id(thread_id), notifies=notifies)
        if not isinstance(noted, Conversation):
            return noted
        await self._mark(replace(job, conversation=noted))
        return await self._finish(job)

    async def _announce(self, job: Job) -> Step:
        """Later the note that announces a message without a verdict's."""
        thread_id = job.verdict.customer_thread_id
        if job.mailbox.notify != "note":
            return await self._end(job.verdict, job.lease, "done", "no note")
        if await self._db.run(state.has_note, state.verdict_note_id(thread_id)):
            return await self._end(job.verdict, job.lease, "done", "has its note")
        wait = self._timing.scaled(self._settings.draft_writer.arrival_minutes * 60)
        waited = await self._db.run(state.age, job.key)
        if waited < wait:
            return Later(wait - waited, "a note may still come")
        noted = await self._note(job, state.arrival_note_id(thread_id), notifies=True)
        return await self._finish(job) if isinstance(noted, Conversation) else noted

    async def _note(
        self, job: Job, effect_id: str, *, notifies: bool
    ) -> Later | Elsewhere | Conversation:
        stored = await self._db.run(state.traceparent_of, job.key)
        link = _trace_link(self._settings.draft_writer.trace_url, stored)
        text = notes.verdict_note if job.writes_notes else notes.arrival_note
        errand = Errand(job.key, stored, job.conversation.id, job.lease)
        return await self._pen.note(errand, Wording(effect_id, text(job.verdict, link), notifies))

    async def _finish(self, job: Job) -> Done:
        stored = await self._db.run(state.traceparent_of, job.key)
        await self._db.run(self._noted, job, stored)
        self._recorded()
        return Done()

    def _noted(self, connection: Connection, job: Job, traceparent: str) -> None:
        """The verdict's work is done; with it a draft becomes owed where one is wanted."""
        state.end(connection, job.lease, job.key, "done", "noted")
        state.end_provisional(connection, job.verdict)
        if self._wants_draft(job):
            wanted = DraftUpsert(
                conversation_id=job.conversation.id,
                basis_thread_id=job.verdict.customer_thread_id,
                purpose="reply",
            )
            draft_state.owe(connection, wanted, traceparent)

    def _wants_draft(self, job: Job) -> bool:
        """Whether the switches want a draft for what this verdict is about."""
        if not job.mailbox.allows("drafts"):
            return False
        return unwanted(job.mailbox.switches, job.verdict, job.conversation) is None


def _trace_link(base: str | None, traceparent: str) -> str | None:
    trace = trace_id(traceparent)
    return f"{base}/{trace}" if base and trace else None


def _fields(job: Job) -> dict[int, str]:
    """The configured custom fields that this verdict changes; none for a provisional one."""
    verdict, desk = job.verdict, job.mailbox.desk
    if verdict.provisional:
        return {}
    values = {
        desk.category_field: verdict.category,
        desk.importance_field: str(verdict.importance),
        desk.priority_field: verdict.priority,
    }
    there = {field.id: field.value for field in job.conversation.custom_fields}
    return {
        field: value
        for field, value in values.items()
        if field is not None and there.get(field) != value
    }

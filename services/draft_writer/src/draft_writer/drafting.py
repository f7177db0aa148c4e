"""Brings one wanted draft into FreeScout, all under the lease; its text was made before.

What a person did meanwhile decides: the conversation is read again and decided upon anew, and a
text that nobody needs any more is thrown away.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from functools import partial

from csm import work
from csm.alerts import alert
from csm.contracts import DraftUpsert
from csm.crash import crash_point
from csm.db import Database
from csm.dependency import Down
from csm.effects import Intent, Record, Seen, Wait, open_intent
from csm.freescout import Conversation, FreeScout, Thread
from csm.lease import Lease
from csm.lookup import merged_away
from csm.metrics import DRAFT_DECISIONS, DRAFTS
from csm.outcome import Done, Later
from csm.timing import Timing
from draft_writer import draft_note as notes
from draft_writer import draft_state, state
from draft_writer.author import Text, Withheld
from draft_writer.canonical import canonical_html, fingerprint, plain_text
from draft_writer.decision import NEEDS_TEXT, Decision, OwnRecord, decide, unwanted
from draft_writer.draft_state import GONE, Begun, draft_effect_id
from draft_writer.note import cc_changed
from draft_writer.pen import Elsewhere, Errand, Pen, Wording
from draft_writer.policy import (
    FOLLOWUP_READY,
    is_published_by_fault,
    lost_cc,
    needs_repair_since,
    seen_at,
    was_touched,
)
from draft_writer.settings import MailboxSettings, Settings

# Seconds (scaled) until a draft is looked at for the first time after it was made.
FIRST_LOOK = 3600.0
# Seconds (scaled) until a text that turned out to be needed after all is made.
_SOON = 1.0
_UNKNOWN = "outcome unknown: it may have been there and been discarded"


@dataclass(frozen=True, slots=True)
class Draftee:
    """A wanted draft on its way into one conversation."""

    event: DraftUpsert
    conversation: Conversation
    mailbox: MailboxSettings
    errand: Errand
    text: Text | Withheld | None

    @property
    def basis(self) -> int:
        """The customer's message."""
        return self.event.basis_thread_id

    @property
    def lease(self) -> Lease:
        """Held for the conversation."""
        return self.errand.lease


Step = Done | Later | Elsewhere


class Drafter:
    """Applies texts to conversations."""

    def __init__(self, db: Database, freescout: FreeScout, pen: Pen, settings: Settings) -> None:
        """Shares its pen with the desk."""
        self._db = db
        self._freescout = freescout
        self._pen = pen
        self._settings = settings
        self._timing: Timing = settings.timing
        self._hold = settings.timing.lease(settings.timing.deadline)
        self._bot = settings.freescout.user_id
        # Drafts on their way at a time: one that comes back published stops those behind it.
        self._unproven = asyncio.Semaphore(max(1, settings.freescout.in_flight // 4))

    async def apply(
        self, event: DraftUpsert, text: Text | Withheld | None, at: int, lease: Lease
    ) -> Step:
        """Bring `text` into the conversation `at`, whose lease is held, if it still belongs there.

        Raises LeaseLostError and FreeScout's errors.
        """
        async with self._unproven:
            step = await self._begun_at(event, text, at, lease)
        return await self._look_back(step) if isinstance(step, Draftee) else step

    async def _begun_at(
        self, event: DraftUpsert, text: Text | Withheld | None, at: int, lease: Lease
    ) -> Step | Draftee:
        """Everything up to the draft itself, which is to be read back then."""
        conversation = await self._pen.lookup.conversation(at)
        if conversation is None:
            return await self._end(event, lease, "gone", "the conversation was deleted")
        if merged := merged_away(conversation):
            target = await self._pen.lookup.merge_target(merged, [event.basis_thread_id])
            if target is None:
                return await self._end(event, lease, "gone", "merged into an unknown one")
            return Elsewhere(target)
        mailbox = self._settings.mailbox_of(conversation.mailbox_id)
        if mailbox is None:
            return await self._end(event, lease, "filtered", "not one of our mailboxes")
        if not mailbox.allows("drafts"):
            return await self._end(event, lease, "dry-run", f"write = {mailbox.write}")
        traceparent = await self._db.run(state.traceparent_of, event.key)
        errand = Errand(event.key, traceparent, at, lease)
        return await self._in_mailbox(Draftee(event, conversation, mailbox, errand, text))

    async def _in_mailbox(self, job: Draftee) -> Step | Draftee:
        begun = await self._db.run(draft_state.open_intents, job.conversation.id, job.basis)
        for basis in begun:
            if (unsettled := await self._settle(job, basis)) is not None:
                return unsettled
        record = await self._record(job)
        if record.state == "made" and not record.is_read:
            return job
        decision = await self._decided(job, record)
        DRAFT_DECISIONS.labels(decision.answer).inc()
        return await self._do(job, decision)

    async def _record(self, job: Draftee) -> OwnRecord:
        threads = [thread.id for thread in job.conversation.threads]
        return await self._db.run(draft_state.record_of, job.basis, threads)

    async def _decided(self, job: Draftee, record: OwnRecord) -> Decision:
        decision = decide(job.conversation, record, job.event.purpose)
        if decision.answer not in NEEDS_TEXT:
            return decision
        verdict = await self._db.run(draft_state.verdict_on, job.basis)
        if verdict and (why := unwanted(job.mailbox.switches, verdict, job.conversation)):
            return Decision("tag_only", why)
        return decision

    async def _do(self, job: Draftee, decision: Decision) -> Step | Draftee:
        if decision.answer != "nothing":
            # Whatever comes of it: somebody waits here too long.
            await self._tag(job)
        match decision.answer:
            case "create":
                return await self._create(job)
            case "suggest":
                return await self._suggest(job, decision)
            case "nudge":
                return await self._nudge(job, decision)
            case "tag_only" | "replace" | "nothing":
                pass  # tagged above; FreeScout alone cannot compare and replace
        return await self._end(job.event, job.lease, "done", decision.why)

    async def _end(self, event: DraftUpsert, lease: Lease, ended: work.State, reason: str) -> Done:
        await self._db.run(draft_state.end, lease, event, ended, reason)
        return Done()

    # --- what is begun and not known to have ended

    async def _settle(self, job: Draftee, basis: int) -> Later | None:
        """Is it there? Absent after the quarantine: again only if nobody touched anything."""
        effect_id = draft_effect_id(basis)
        intent = await self._db.run(open_intent, effect_id)
        if not isinstance(intent, Intent):
            return None
        # Read after the clock: what is absent now came too late to come at all.
        there = await self._pen.lookup.conversation(job.conversation.id)
        seen = self._pen.lookup.seen(intent, [there] if there else [])
        if seen.thread_id is None and intent.now < intent.quiet_at:
            return Later(intent.quiet_at - intent.now, "outcome unknown, in quarantine")
        if seen.thread_id is None and there is not None:
            seen_at = await self._db.run(draft_state.seen_at, basis)
            if was_touched(there, seen_at):
                event = job.event.model_copy(update={"basis_thread_id": basis})
                return await self._withhold(job, event, _UNKNOWN)
        return await self._settled(job, basis, seen)

    async def _settled(self, job: Draftee, basis: int, seen: Seen) -> Later | None:
        """By that one look: a person may discard it before a second one."""

        async def find(_intent: Intent) -> Seen:
            return seen

        effect_id = draft_effect_id(basis)
        write = self._pen.writes.draft(effect_id, job.event.key, "<p>-</p>", job.conversation)
        settled = await self._pen.effects.settle(job.lease, replace(write, find=find), _made(basis))
        return Later(settled.delay, settled.why) if isinstance(settled, Wait) else None

    async def _withhold(self, job: Draftee, event: DraftUpsert, reason: str) -> Later | None:
        """The note first: a death between the two writes it once all the same."""
        wording = Wording(f"withheld:{event.basis_thread_id}", notes.withheld(reason))
        noted = await self._pen.note(job.errand, wording)
        if not isinstance(noted, Conversation):
            return _later(noted)
        mailbox_id = job.conversation.mailbox_id
        if await self._db.run(draft_state.withhold, job.lease, event, mailbox_id, reason):
            DRAFTS.labels("withheld").inc()
        return None

    # --- the answers

    async def _create(self, job: Draftee) -> Step | Draftee:
        if job.text is None:
            return Later(self._timing.scaled(_SOON), "its text is not made yet")
        if isinstance(job.text, Withheld):
            return await self._give_up(job, job.text)
        per_day = job.mailbox.drafts.per_day
        begun = self._begun(job, job.text)
        halt = await self._db.run(draft_state.begin, job.lease, begun, per_day)
        if isinstance(halt, Down):
            return Later(self._timing.republish_after, halt.reason, draft_state.DRAFTING)
        if halt is not None:
            return await self._end(job.event, job.lease, "done", halt)
        html = canonical_html(job.text.text)
        effect_id = draft_effect_id(job.basis)
        write = self._pen.writes.draft(effect_id, job.event.key, html, job.conversation)
        written = await self._pen.perform(job.errand, write, _made(job.basis))
        if isinstance(written, Wait):
            return Later(written.delay, written.why)
        DRAFTS.labels("made").inc()
        if written.state not in ("", "draft"):
            await self._stop(written.thread_id)
        return job

    def _begun(self, job: Draftee, text: Text) -> Begun:
        conversation = job.conversation
        return Begun(
            basis_thread_id=job.basis,
            conversation_id=conversation.id,
            mailbox_id=conversation.mailbox_id,
            purpose=job.event.purpose,
            source=text.source,
            language=text.language,
            llm_key=text.llm_key,
            text=text.text,
            seen_at=seen_at(conversation, self._freescout.server_time),
            seen_cc=conversation.cc,
            note=notes.remarks(text) if text.is_worth_a_note else "",
        )

    async def _give_up(self, job: Draftee, text: Withheld) -> Step:
        if text.has_note and (later := await self._withhold(job, job.event, text.why)) is not None:
            return later
        return await self._end(job.event, job.lease, "done", f"withheld: {text.why}")

    async def _suggest(self, job: Draftee, decision: Decision) -> Step:
        """A draft lies there already: the better words go into a note, never over it."""
        if job.text is None:
            return Later(self._timing.scaled(_SOON), "its text is not made yet")
        if isinstance(job.text, Withheld):
            return await self._end(job.event, job.lease, "done", f"withheld: {job.text.why}")
        wording = Wording(f"suggestion:{job.basis}", notes.suggestion(job.text))
        return await self._noted(job, wording, decision.why)

    async def _nudge(self, job: Draftee, decision: Decision) -> Step:
        return await self._noted(job, Wording(f"nudge:{job.basis}", notes.nudge()), decision.why)

    async def _noted(self, job: Draftee, wording: Wording, why: str) -> Step:
        noted = await self._pen.note(job.errand, wording)
        if not isinstance(noted, Conversation):
            return noted
        return await self._end(job.event, job.lease, "done", why)

    async def _tag(self, job: Draftee) -> None:
        """Mark a conversation whose customer waits; only a follow-up asks for it."""
        conversation = job.conversation
        if job.event.purpose != "followup" or FOLLOWUP_READY in conversation.tags:
            return
        await self._db.run(state.keep, job.lease, self._hold)
        await self._freescout.set_tags(conversation.id, {*conversation.tags, FOLLOWUP_READY})
        crash_point("after_followup_tag", job.event.key)

    # --- reading back what was made

    async def _look_back(self, job: Draftee) -> Step:
        """What FreeScout made of it counts as ours; what our write moved is repaired or said."""
        crash_point("before_read_back", job.event.key)
        row = await self._db.run(draft_state.row_of, job.basis)
        after = await self._pen.lookup.conversation(job.conversation.id)
        if after is None or merged_away(after):
            return Elsewhere(job.conversation.id)
        draft = next((t for t in after.threads if t.id == row["thread_id"]), None)
        if draft is not None and is_published_by_fault(draft, self._bot):
            await self._stop(draft.id)
        if needs_repair_since(job.basis, after, self._bot):
            await self._pen.wake(after)
        words = [Wording(f"draft-note:{job.basis}", row["note"])] if row["note"] else []
        if lost := lost_cc(json.loads(row["seen_cc"]), job.basis, after):
            words.insert(0, Wording(f"cc-changed:{job.basis}", cc_changed(lost)))
        for wording in words:
            noted = await self._pen.note(job.errand, wording)
            if not isinstance(noted, Conversation):
                return noted
        read = _ours(row["text"], draft) if draft is not None else GONE
        first_look = self._timing.scaled(FIRST_LOOK)
        await self._db.run(draft_state.read_back, job.lease, job.event, read, first_look)
        return Done()

    async def _stop(self, thread_id: int) -> None:
        reason = f"thread {thread_id} was published although its state was draft"
        if await self._db.run(draft_state.stop_drafting, reason):
            alert("drafting-stopped", "no more drafts are made", reason=reason)


def _ours(text: str, draft: Thread) -> str:
    """The fingerprint of our text as FreeScout keeps it; a person may have changed it already."""
    sent = canonical_html(text)
    is_ours = plain_text(draft.body).split() == plain_text(sent).split()
    return fingerprint(draft.body if is_ours else sent)


def _made(basis: int) -> Record:
    return partial(draft_state.made, basis)


def _later(unwritten: Later | Elsewhere) -> Later:
    """A merge meanwhile: the next delivery follows it."""
    return unwritten if isinstance(unwritten, Later) else Later(0, "the conversation was merged")

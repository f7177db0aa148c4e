"""One mail, one customer thread: read it, place it, write it by the protocol.

Everything here runs under the lease of the mail's scope and talks to FreeScout only.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from csm import dependency, effects, outbox, work
from csm.alerts import Alert, alert
from csm.contracts import ConversationUpdated
from csm.crash import crash_point
from csm.db import Database
from csm.effects import Adopt, Effects, Intent, Wait, Write, Written
from csm.freescout import Conversation, FreeScout
from csm.lease import Lease
from csm.outcome import Done, Later, Rejected
from csm.timing import Timing
from csm.trace import continued, span, traceparent
from gmail_ingest import precedence, state
from gmail_ingest.job import Behaviour, Job, effect_id, is_answer_from_gmail, unwritten
from gmail_ingest.lookup import MailLookup
from gmail_ingest.matching import Append
from gmail_ingest.mime import Mail, parse, stub
from gmail_ingest.placing import Placing
from gmail_ingest.precedence import UNFETCHED_WAIT
from gmail_ingest.settings import MailboxSettings
from gmail_ingest.state import Message, Scope
from gmail_ingest.writes import Writes

# A later mail waits so long (scaled) for an operator to repair a parked earlier one.
_PARKED_WAIT = 900
# FreeScout refused the mail twice: a stub; refused the stub too: parked.
_REFUSALS_TO_STUB = 2
_REFUSALS_TO_PARK = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """The mail's conversation changed: go on under the lease of its new scope."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Mail of this Gmail thread must be placed first: it is older, and may belong here too."""

    gmail_thread_id: str


@dataclass(frozen=True, slots=True)
class Known:
    """A mail, and what is known before it is read: how many older ones of its scope are parked
    and since when (seconds), refusals, the last attempt, how this FreeScout behaves.
    """

    message: Message
    parked: tuple[float, int] | None
    refusals: int
    before: Intent | Written | None
    behaviour: Behaviour


Step = Done | Later | Rejected | Moved | Behind


class Writer:
    """Writes one mail under the lease of its scope."""

    def __init__(
        self,
        db: Database,
        freescout: FreeScout,
        key: bytes,
        timing: Timing,
        behaviour: Callable[[Connection], Behaviour],
    ) -> None:
        """`key` is the install key."""
        self._behaviour = behaviour
        self._db = db
        self._timing = timing
        self._effects = Effects(db, timing, freescout.slot)
        self._lookup = MailLookup(freescout, key)
        self._placing = Placing(db, self._lookup)
        self._writes = Writes(freescout, self._lookup, key)

    def look(self, connection: Connection, scope: Scope, message: Message) -> Known:
        """A step: what `write` must know of a mail."""
        effect = effect_id(message)
        return Known(
            message,
            precedence.parked_before(connection, scope, message),
            effects.refusals(connection, effect),
            effects.open_intent(connection, effect),
            self._behaviour(connection),
        )

    async def write(
        self, known: Known, settings: MailboxSettings, raw: bytes, scope: Scope, lease: Lease
    ) -> Step:
        """Bring one mail to its recorded end, or say what it waits for."""
        message, parked, refusals = known.message, known.parked, known.refusals
        if parked and parked[0] < (wait := self._timing.scaled(_PARKED_WAIT)):
            return Later(wait - parked[0], "an earlier message of this thread is parked")
        if hopeless := _hopeless(message, refusals):
            return Rejected(hopeless)
        mail = await self._read(message, raw, refusals)
        job = Job(message, settings, mail, raw, known.behaviour, gap=parked[1] if parked else 0)
        if end := unwritten(job):
            if scope.conversation_id is not None and is_answer_from_gmail(job):
                return await self._show_answer(job, scope.conversation_id, lease)
            return await self._end(lease, message, *end)
        if isinstance(known.before, Written):
            return await self._known(job, known.before, lease)
        return await self._placed(job, scope, lease)

    async def _placed(self, job: Job, scope: Scope, lease: Lease) -> Step:
        if scope.conversation_id is None:
            return await self._first(job, lease)
        return await self._append(job, scope.conversation_id, lease)

    async def _read(self, message: Message, raw: bytes, refusals: int) -> Mail:
        if message.starts >= work.STARTS_LIMIT:
            return stub(raw, "reading it stopped the service again and again")
        if refusals >= _REFUSALS_TO_STUB:
            return stub(raw, "FreeScout refused it twice")
        crash_point("before_parse", message.gmail_message_id)
        return await asyncio.to_thread(parse, raw)

    async def _end(self, lease: Lease, message: Message, ended: work.State, reason: str) -> Step:
        if await self._db.run(state.end_fenced, lease, message.work_id, ended, reason):
            return Done()
        return Later(0, "lease lost")

    async def _first(self, job: Job, lease: Lease) -> Step:
        """A Gmail thread without a conversation: match it, else create one.

        An unresolved create is looked for before any new match: the mail may already be there.
        """
        # Before the match: what is written in between would be in neither.
        if thread := await self._answered(job):
            return Behind(thread)
        decision = await self._placing.match(job)
        claims = None if isinstance(decision, Append) else decision.claims
        create = self._writes.creation(job, claims)
        if isinstance(decision, Append):
            made = await self._effects.settle(lease, create, self._recorder(job))
            if made is None:
                return await self._move(job, decision.conversation_id, lease)
        else:
            made = await self._perform(job, create, lease)
        if isinstance(made, Adopt):
            return await self._move(job, made.conversation_id, lease)
        return await self._finish(job, made, lease)

    async def _answered(self, job: Job) -> str | None:
        """The Gmail thread of an older mail that this one answers and that is not written yet."""
        if not job.references or job.is_forged:
            return None
        patience = self._timing.scaled(UNFETCHED_WAIT)
        return await self._db.run(precedence.answered, job.message, job.references, patience)

    async def _move(self, job: Job, conversation_id: int, lease: Lease) -> Step:
        """The map row is committed before any intent; the rest happens under `conv:<id>`."""
        if not await self._db.run(state.commit_match, lease, job.message, conversation_id):
            return Later(0, "lease lost")
        crash_point("after_map", job.message.work_id)
        return Moved()

    async def _append(self, job: Job, conversation_id: int, lease: Lease) -> Step:
        conversation = await self._placing.current(conversation_id)
        if conversation is None:
            await self._db.run(state.forget_conversation, conversation_id)
            return Moved()
        if conversation.id != conversation_id:
            return Moved()
        if elder := await self._elder(job.message, conversation):
            return Behind(elder)
        write = self._writes.addition(job, conversation)
        made = await self._perform(job, write, lease)
        return await self._finish(job, made, lease)

    async def _elder(self, message: Message, conversation: Conversation) -> str | None:
        """The Gmail thread of an older mail that belongs here and is not placed yet.

        It names this conversation, or it began it and we do not know that yet.
        """
        for effect, thread in await self._db.run(precedence.unsure, message):
            if self._lookup.marked(conversation, effect):
                return thread
        if not message.may_overtake:
            return None
        threads = [thread.id for thread in conversation.threads]
        return await self._db.run(precedence.elder, message, conversation.id, threads)

    async def _finish(self, job: Job, made: Written | Wait | Adopt, lease: Lease) -> Step:
        """What a performed write means for the mail; missing files get a note first."""
        if isinstance(made, Wait):
            return Later(made.delay, made.why)
        if isinstance(made, Adopt):
            return Moved()
        if made.missing:
            return await self._name_missing(job, made, lease)
        if job.mail.degraded:
            _alert("degraded", job, job.mail.degraded)
        return Done()

    async def _known(self, job: Job, made: Written, lease: Lease) -> Step:
        """It was written before, and the mail is wanted all the same: a replay, an old backup."""
        if not made.missing:
            await self._db.run(work.end, job.message.work_id, *job.ended)
        return await self._finish(job, made, lease)

    async def _show_answer(self, job: Job, conversation_id: int, lease: Lease) -> Step:
        """A colleague answered from Gmail: the team sees it as a note."""
        conversation = await self._placing.current(conversation_id)
        if conversation is None:
            return await self._end(lease, job.message, "filtered", "sent by the mailbox")
        if conversation.id != conversation_id:
            return Moved()
        write = self._writes.answer_note(job, conversation)
        return await self._noted(job, write, "answered from Gmail", lease)

    async def _noted(self, job: Job, write: Write, reason: str, lease: Lease) -> Step:
        """Perform a note that ends the mail with `reason`."""

        def record(connection: Connection, _note: Written) -> None:
            work.end(connection, job.message.work_id, "done", reason)

        noted = await self._perform(job, write, lease, record)
        if isinstance(noted, Wait):
            return Later(noted.delay, noted.why)
        await self._db.run(work.end, job.message.work_id, "done", reason)
        return Done()

    async def _name_missing(self, job: Job, made: Written, lease: Lease) -> Step:
        """One note that names the files FreeScout lost; the mail ends with it."""
        reason = f"incomplete: {len(made.missing)} attachments missing in FreeScout"
        conversation = await self._placing.current(made.conversation_id)
        if conversation is None:
            return await self._end(lease, job.message, "done", reason)
        write = self._writes.missing_note(job, made.missing, conversation)
        step = await self._noted(job, write, reason, lease)
        if isinstance(step, Done):
            _alert("incomplete", job, reason)
        return step

    async def _perform(
        self, job: Job, write: Write, lease: Lease, record: effects.Record | None = None
    ) -> Written | Wait | Adopt:
        """A write in the mail's own trace: the delivery that drives it may be another mail's."""
        message = job.message
        name = "note write" if write.kind == "note" else "customer thread write"
        about = {"mailbox": message.mailbox, "gmail_message_id": message.gmail_message_id}
        with continued(message.traceparent), span(name, effect=write.kind, **about) as current:
            made = await self._effects.perform(lease, write, record or self._recorder(job))
            current.note(outcome=type(made).__name__.lower())
            if isinstance(made, Written):
                current.note(conversation_id=made.conversation_id, thread_id=made.thread_id)
        return made

    def _recorder(self, job: Job) -> effects.Record:
        message = job.message
        # Asked here: a step may run in the database's own thread, outside of the span.
        caused_by = traceparent()

        def record(connection: Connection, written: Written) -> None:
            state.map_thread(
                connection, message.mailbox, message.gmail_thread_id, written.conversation_id
            )
            if not written.missing:
                work.end(connection, message.work_id, *job.ended)
            dependency.succeeded(connection, "freescout")
            event = ConversationUpdated(
                conversation_id=written.conversation_id,
                customer_thread_id=written.thread_id,
                cause="gmail",
            )
            outbox.enqueue(connection, event, caused_by)

        return record


def _alert(name: Alert, job: Job, reason: str) -> None:
    work_id = job.message.work_id
    alert(name, "mail not taken whole", about=work_id, key=work_id, reason=reason)


def _hopeless(message: Message, refusals: int) -> str | None:
    """Why not even a stub can be written."""
    if message.starts >= 2 * work.STARTS_LIMIT:
        return "kills the process"
    if refusals >= _REFUSALS_TO_PARK:
        return "FreeScout refused the mail and its stub"
    return None

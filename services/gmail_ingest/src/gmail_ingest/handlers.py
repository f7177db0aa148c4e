"""What gmail_ingest does with the bus: `message.received` to a customer thread in FreeScout."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from csm import dependency, effects, work
from csm import lease as leases
from csm.alerts import alert
from csm.contracts import MessageReceived
from csm.crash import crash_point
from csm.db import Database
from csm.dependency import Probe, Prober
from csm.freescout import (
    FreeScoutGoneError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.gates import Failures, GateClosedError, refuse_closed
from csm.lease import Lease, LeaseLostError
from csm.outcome import Done, Later, Outcome, Rejected, Unavailable
from csm.timing import Timing
from gmail_ingest import scopes, state
from gmail_ingest.fetch import Fetcher
from gmail_ingest.gmail_errors import GmailCredentialsError, GmailUnavailableError
from gmail_ingest.job import effect_id
from gmail_ingest.labels import Labels
from gmail_ingest.settings import MailboxSettings
from gmail_ingest.solitude import Solitude, is_suspect
from gmail_ingest.state import Message, Notice, Scope
from gmail_ingest.writer import Behind, Known, Moved, Step, Writer

# Seconds (scaled) until a mail whose scope another worker holds is looked at again.
_BUSY = 2


class Handlers:
    """One method per subject; every answer is an outcome, known failures never escape."""

    def __init__(  # noqa: PLR0913 - the composition root hands over every collaborator once
        self,
        db: Database,
        fetcher: Fetcher,
        writer: Writer,
        prober: Prober,
        timing: Timing,
        mailboxes: Mapping[str, MailboxSettings],
        *,
        owner: str,
        probe_freescout: Probe,
        written: Callable[[], None],
        labels: Mapping[str, Labels],
    ) -> None:
        """`owner` names this process in leases; `written` is called after every recorded end.

        `labels` by mailbox slug, for mailboxes that have one configured.
        """
        self._db = db
        self._fetcher = fetcher
        self._writer = writer
        self._prober = prober
        self._timing = timing
        self._lease_seconds = timing.lease(timing.deadline)
        self._mailboxes = mailboxes
        self._owner = owner
        self._failures = Failures(db, prober, probe_freescout, timing)
        self._written = written
        self._labels = labels
        self._solitude = Solitude()

    async def message_received(self, event: MessageReceived) -> Outcome:
        """Write the mail's thread and every older open mail of its scope, oldest first."""
        if event.mailbox not in self._mailboxes:
            return Rejected(f"no mailbox {event.mailbox!r} is configured")
        known, is_alone = await self._db.run(_arrived, event)
        if known != "wanted":
            return Done()
        try:
            return await self._drive_in_order(event, is_alone=is_alone)
        except GateClosedError as closed:
            return self._failures.closed(closed.down)
        except LeaseLostError:
            return Later(0, "the lease was lost")
        except (GmailUnavailableError, GmailCredentialsError) as error:
            return await self._gmail_failed(f"gmail:{event.mailbox}", error)

    async def record(self, event: MessageReceived, outcome: Outcome) -> None:
        """Store an outcome in the row of the mail; Done is stored with its result."""
        if not isinstance(outcome, Done):
            await self._record(event.key, outcome)

    async def _record(self, work_id: str, outcome: Outcome) -> None:
        soon = self._timing.nak_delays[-1]
        await self._db.run(dependency.record, work_id, outcome, soon)
        if isinstance(outcome, Rejected):
            alert("parked", "mail parked", about=work_id, key=work_id, reason=outcome.why)

    async def _gmail_failed(
        self, name: str, error: GmailUnavailableError | GmailCredentialsError
    ) -> Outcome:
        is_lasting = isinstance(error, GmailCredentialsError)
        if await self._db.run(dependency.down, name) is None:
            await self._prober.report(name, str(error), at_once=is_lasting)
        if down := await self._db.run(dependency.down, name):
            return self._failures.closed(down)
        return Unavailable(str(error), name, getattr(error, "retry_after", None))

    async def _drive_in_order(self, event: MessageReceived, *, is_alone: bool) -> Outcome:
        """Drive the event's Gmail thread, whenever another one must go first that one before.

        It ends: who must go first is always older. Suspects are driven alone.
        """
        thread = event.gmail_thread_id
        while True:
            async with self._solitude.place(alone=is_alone):
                outcome = await self._drive(event, thread)
            if isinstance(outcome, Behind):
                thread = outcome.gmail_thread_id
            elif isinstance(outcome, Done) and thread != event.gmail_thread_id:
                thread = event.gmail_thread_id
            else:
                return outcome
            is_alone = await self._db.run(is_suspect, event.mailbox, thread)

    async def _drive(self, event: MessageReceived, thread: str) -> Outcome | Behind:
        """Fetch without a lease, write under one, and again when the scope has changed."""
        while True:
            scope = await self._fetcher.fetch(event.mailbox, thread)
            if scope is None:
                return Later(self._timing.scaled(_BUSY), "an earlier mail is not fetched yet")
            taken = await self._db.run(self._take, scope)
            if taken is None:
                return Done()
            if isinstance(taken, _Busy):
                return Later(self._timing.scaled(_BUSY), "another worker writes this thread")
            if isinstance(taken, _Taken):
                crash_point("after_lease", event.key)
                outcome = await self._write_all(scope, taken, event)
                if outcome is not None:
                    return outcome

    async def _write_all(
        self, scope: Scope, taken: "_Taken", event: MessageReceived
    ) -> Outcome | Behind | None:
        """Write open mails until none is left; None when fetch or lease must come first again."""
        known: Known | Moved | None = taken.known
        try:
            while isinstance(known, Known):
                outcome = await self._write_next(known, scope, taken.lease, event)
                if not isinstance(outcome, Done):
                    return outcome
                known = await self._db.run(self._next, scope, taken.lease)
        finally:
            # Where no message was left, the look for one has given the lease back.
            if isinstance(known, Known):
                await self._db.run(leases.release, taken.lease)
        return Done() if known is None else None

    async def _write_next(
        self, known: Known, scope: Scope, lease: Lease, event: MessageReceived
    ) -> Outcome | Behind | None:
        message = known.message
        raw = await self._fetcher.raw(message)
        if raw is None:
            return None
        outcome = await self._write_one(known, raw, scope, lease)
        if outcome is None or isinstance(outcome, Behind):
            return outcome
        if isinstance(outcome, Done | Rejected):
            await self._fetcher.forget(message)
        if not isinstance(outcome, Done):
            return await self._blocked(message, outcome, event)
        self._written()
        await self._label(message)
        return outcome

    async def _label(self, message: Message) -> None:
        labels = self._labels.get(message.mailbox)
        if labels is not None and await self._db.run(work.state_of, message.work_id) == "done":
            labels.add(message.gmail_message_id)

    def _take(self, connection: Connection, scope: Scope) -> "_Taken | _Busy | Moved | None":
        """The lease of a scope and its first mail, whose start is counted; None: no mail is open.

        `Moved` when the scope is another one by now: a replica may have mapped it until we had
        the lease, so it is looked at after that.
        """
        refuse_closed(connection)
        lease = leases.acquire(connection, scope.resource, self._owner, self._lease_seconds)
        if lease is None:
            return _Busy()
        is_moved = state.scope_of(connection, scope.mailbox, scope.gmail_thread_id) != scope
        message = None if is_moved else scopes.next_message(connection, scope, lease)
        if message is None:
            leases.release(connection, lease)
            return Moved() if is_moved else None
        return _Taken(lease, self._writer.look(connection, scope, message))

    def _next(self, connection: Connection, scope: Scope, lease: Lease) -> Known | Moved | None:
        """The next mail, else the lease is given back: None when no mail is open any more.

        `Moved` when the lease covers the wrong thing by now. That is so after every create: its
        result maps the Gmail thread to a conversation.
        """
        now = state.scope_of(connection, scope.mailbox, scope.gmail_thread_id)
        if now == scope:
            if not leases.extend(connection, lease, self._lease_seconds):
                raise LeaseLostError(lease.resource)
            if message := scopes.next_message(connection, scope, lease):
                refuse_closed(connection)
                return self._writer.look(connection, scope, message)
        leases.release(connection, lease)
        return Moved() if now != scope and scopes.has_open(connection, now) else None

    async def _write_one(
        self, known: Known, raw: bytes, scope: Scope, lease: Lease
    ) -> Outcome | Behind | None:
        message = known.message
        settings = self._mailboxes[message.mailbox]
        try:
            step: Step | Outcome = await self._writer.write(known, settings, raw, scope, lease)
        except FreeScoutGoneError:
            step = Moved()
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            step = await self._freescout_failed(message, error)
        except asyncio.CancelledError:
            await asyncio.shield(self._db.run(work.unstart, message.work_id))
            raise
        # Its recorded end has cleared the starts already.
        if not isinstance(step, Done):
            await self._db.run(work.unstart, message.work_id)
        return None if isinstance(step, Moved) else step

    async def _blocked(self, message: Message, outcome: Outcome, event: MessageReceived) -> Outcome:
        """The oldest mail blocks the others: its row waits as theirs do, and is woken with them."""
        if message.work_id == event.key:
            return outcome
        recorded = outcome
        if isinstance(outcome, Unavailable):
            recorded = Later(self._timing.nak_delays[-1], outcome.why, outcome.waiting_for)
        await self._record(message.work_id, recorded)
        if isinstance(outcome, Rejected):
            return Later(self._timing.scaled(_BUSY), "an earlier message was parked just now")
        return outcome

    async def _freescout_failed(
        self, message: Message, error: FreeScoutUnavailableError | FreeScoutRejectedError
    ) -> Outcome:
        outcome = await self._failures.outcome(error)
        if not isinstance(outcome, Rejected):
            return outcome
        # Counted: FreeScout itself is in order. After some refusals a stub is tried.
        await self._db.run(effects.refused, effect_id(message))
        return Later(self._timing.quarantine(self._timing.deadline), outcome.why)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A lease, and the first mail to write under it."""

    lease: Lease
    known: Known


@dataclass(frozen=True, slots=True)
class _Busy:
    """Somebody else has the lease."""


def _arrived(connection: Connection, event: MessageReceived) -> tuple[work.State, bool]:
    """The mail's state, and whether its scope is suspect.

    An event whose row is missing (an old backup) brings the row back.
    """
    known = work.state_of(connection, event.key)
    if known is None:
        notice = Notice(event.gmail_message_id, event.gmail_thread_id)
        state.journal(connection, event.mailbox, [notice])
    return known or "wanted", is_suspect(connection, event.mailbox, event.gmail_thread_id)

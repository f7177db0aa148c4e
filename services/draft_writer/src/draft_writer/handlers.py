"""What draft_writer does with the bus: verdicts become tags and notes, wishes become drafts."""

from collections.abc import Awaitable, Callable

from csm import dependency
from csm import lease as leases
from csm.alerts import alert
from csm.contracts import ConversationClassified, ConversationUpdated, DraftUpsert
from csm.crash import crash_point
from csm.db import Database
from csm.freescout import FreeScoutGoneError, FreeScoutRejectedError, FreeScoutUnavailableError
from csm.gates import Failures, GateClosedError, refuse_closed
from csm.lease import Lease, LeaseLostError
from csm.outcome import Done, Later, Outcome, Rejected
from csm.timing import Timing
from csm.trace import traceparent
from draft_writer import draft_state, state
from draft_writer.desk import Desk
from draft_writer.drafting import Drafter
from draft_writer.outcomes import Outcomes
from draft_writer.pen import Elsewhere
from draft_writer.study import Study

# Seconds (scaled) until a conversation that another worker holds is looked at again.
_BUSY = 2.0

Apply = Callable[[int, Lease], Awaitable[Done | Later | Elsewhere]]


class Handlers:
    """One method per subject; every answer is an outcome, known failures never escape."""

    def __init__(  # noqa: PLR0913 - the composition root hands over every collaborator once
        self,
        db: Database,
        *,
        desk: Desk,
        study: Study,
        drafter: Drafter,
        outcomes: Outcomes,
        failures: Failures,
        timing: Timing,
        owner: str,
    ) -> None:
        """`owner` names this process in leases."""
        self._db = db
        self._desk = desk
        self._study = study
        self._drafter = drafter
        self._outcomes = outcomes
        self._failures = failures
        self._timing = timing
        self._owner = owner

    async def conversation_classified(self, event: ConversationClassified) -> Outcome:
        """Apply the verdict, unless a newer one was applied before."""
        again = self._timing.republish_after
        known = await self._db.run(state.accept, event, traceparent(), again)
        if known != "wanted":
            return Done()

        async def apply(at: int, lease: Lease) -> Done | Later | Elsewhere:
            return await self._desk.apply(event, at, lease)

        return await self._guarded(lambda: self._drive(event.key, event.conversation_id, apply))

    async def draft_upsert(self, event: DraftUpsert) -> Outcome:
        """Make the draft that is wanted, unless a person was there."""
        again = self._timing.republish_after
        known = await self._db.run(draft_state.accept, event, traceparent(), again)
        if known != "wanted":
            return Done()
        return await self._guarded(lambda: self._draft(event))

    async def conversation_updated(self, event: ConversationUpdated) -> Outcome:
        """An agent did something: see what became of our drafts there."""

        async def look() -> Outcome:
            await self._outcomes.look(event.conversation_id)
            return Done()

        return await self._guarded(look)

    async def _draft(self, event: DraftUpsert) -> Outcome:
        if (halt := await self._db.run(draft_state.stopped)) is not None:
            return Later(self._timing.republish_after, halt.reason, draft_state.DRAFTING)
        studied = await self._study.text_for(event)
        if isinstance(studied, Later):
            return studied
        crash_point("after_draft_text", event.key)

        async def apply(at: int, lease: Lease) -> Done | Later | Elsewhere:
            return await self._drafter.apply(event, studied.text, at, lease)

        return await self._drive(event.key, studied.conversation_id, apply)

    async def _guarded(self, work: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            await self._db.run(refuse_closed)
            return await work()
        except GateClosedError as closed:
            return self._failures.closed(closed.down)
        except LeaseLostError:
            return Later(0, "the lease was lost")
        except FreeScoutGoneError:
            return Later(self._timing.scaled(_BUSY), "the conversation went away meanwhile")
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            return await self._failures.outcome(error)

    async def _drive(self, key: str, at: int, apply: Apply) -> Outcome:
        """Under the lease of the conversation; where it was merged, under that of the other."""
        while True:
            seconds = self._timing.lease(self._timing.deadline)
            lease = await self._db.run(leases.acquire, f"conv:{at}", self._owner, seconds)
            if lease is None:
                return Later(self._timing.scaled(_BUSY), "another worker has this conversation")
            crash_point("after_lease", key)
            try:
                step = await apply(at, lease)
            finally:
                await self._db.run(leases.release, lease)
            if not isinstance(step, Elsewhere):
                return step
            at = step.conversation_id

    async def record(self, event: ConversationClassified | DraftUpsert, outcome: Outcome) -> None:
        """Store an outcome in its row."""
        soon = self._timing.nak_delays[-1]
        await self._db.run(dependency.record, event.key, outcome, soon)
        if isinstance(outcome, Rejected):
            words = f"{event.name} parked"
            alert("parked", words, about=event.key, key=event.key, reason=outcome.why)

    async def forget(self, _event: ConversationUpdated, _outcome: Outcome) -> None:
        """A hint at an agent's deed has no row: the next scheduled look makes up for it."""

"""What draft_writer does with the bus: verdicts become tags and notes in FreeScout."""

from csm import dependency
from csm import lease as leases
from csm.alerts import alert
from csm.contracts import ConversationClassified
from csm.crash import crash_point
from csm.db import Database
from csm.freescout import FreeScoutGoneError, FreeScoutRejectedError, FreeScoutUnavailableError
from csm.gates import Failures, GateClosedError, refuse_closed
from csm.lease import LeaseLostError
from csm.outcome import Done, Later, Outcome, Rejected
from csm.timing import Timing
from csm.trace import traceparent
from draft_writer import state
from draft_writer.desk import Desk, Elsewhere

# Seconds (scaled) until a conversation that another worker holds is looked at again.
_BUSY = 2.0


class Handlers:
    """One method per subject; every answer is an outcome, known failures never escape."""

    def __init__(
        self, db: Database, desk: Desk, failures: Failures, timing: Timing, owner: str
    ) -> None:
        """`owner` names this process in leases."""
        self._db = db
        self._desk = desk
        self._failures = failures
        self._timing = timing
        self._owner = owner

    async def conversation_classified(self, event: ConversationClassified) -> Outcome:
        """Apply the verdict, unless a newer one was applied before."""
        known = await self._db.run(state.accept, event, traceparent())
        if known != "wanted":
            return Done()
        try:
            await self._db.run(refuse_closed)
            return await self._drive(event, event.conversation_id)
        except GateClosedError as closed:
            return self._failures.closed(closed.down)
        except LeaseLostError:
            return Later(0, "the lease was lost")
        except FreeScoutGoneError:
            return Later(self._timing.scaled(_BUSY), "the conversation went away meanwhile")
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            return await self._failures.outcome(error)

    async def _drive(self, event: ConversationClassified, at: int) -> Outcome:
        """Under the lease of the conversation; where it was merged, under that of the other."""
        while True:
            seconds = self._timing.lease(self._timing.deadline)
            lease = await self._db.run(leases.acquire, f"conv:{at}", self._owner, seconds)
            if lease is None:
                return Later(self._timing.scaled(_BUSY), "another worker has this conversation")
            crash_point("after_lease", event.key)
            try:
                step = await self._desk.apply(event, at, lease)
            finally:
                await self._db.run(leases.release, lease)
            if not isinstance(step, Elsewhere):
                return step
            at = step.conversation_id

    async def record(self, event: ConversationClassified, outcome: Outcome) -> None:
        """Store an outcome in the row of the verdict."""
        soon = self._timing.nak_delays[-1]
        await self._db.run(dependency.record, event.key, outcome, soon)
        if isinstance(outcome, Rejected):
            alert("parked", "verdict parked", about=event.key, key=event.key, reason=outcome.why)

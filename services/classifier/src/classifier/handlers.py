"""What the classifier does with the bus: a hint at a conversation becomes a verdict, once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from classifier import policy, reading, state, verdicts
from classifier.inquiry import Inquiry
from classifier.judge import Judge, unreadable
from classifier.policy import Burst, NotOurs, Scope, Settled, VerdictState
from classifier.settings import MailboxSettings, Settings
from classifier.state import Known, NewVerdict
from classifier.turns import Turns
from classifier.verdicts import Judged
from csm import dependency, llm_outage, metrics, work
from csm.alerts import alert
from csm.contracts import ConversationUpdated
from csm.crash import crash_point
from csm.db import Database
from csm.dependency import Prober
from csm.freescout import (
    Conversation,
    FreeScout,
    FreeScoutGoneError,
    FreeScoutMisconfiguredError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.llm import LlmBusyError, LlmOverBudgetError, LlmUnavailableError
from csm.marker import trusted_flags
from csm.outcome import Done, Later, Outcome, Rejected, Unavailable
from csm.trace import span, traceparent
from csm.work import STARTS_LIMIT

# Seconds (scaled) until a budget that is used up is looked at again: somebody may raise it.
_BUDGET_LOOK = 3600.0
# Seconds (scaled) until the answer to a question that another worker asks is looked for.
_BUSY_LOOK = 5.0
_BUSY = "another message of this conversation is being judged"


@dataclass(frozen=True, slots=True)
class Case:
    """A burst in hand. `age`: seconds since its message was first noticed."""

    event: ConversationUpdated
    conversation: Conversation
    burst: Burst
    inquiry: Inquiry
    mailbox: str
    settings: MailboxSettings
    age: float

    @property
    def is_dry(self) -> bool:
        """Whether the write ramp holds verdicts of this mailbox back."""
        return not self.settings.allows("triage")

    @property
    def conversation_id(self) -> int:
        """The conversation, as FreeScout counts."""
        return self.conversation.id

    @property
    def covers(self) -> tuple[int, ...]:
        """The older threads of the burst."""
        return tuple(thread.id for thread in self.burst.threads[:-1])


class Handlers:
    """One method per subject; every answer is an outcome, known failures never escape."""

    def __init__(  # noqa: PLR0913 - the composition root hands over every collaborator once
        self,
        db: Database,
        freescout: FreeScout,
        judge: Judge,
        turns: Turns,
        prober: Prober,
        settings: Settings,
        *,
        key: bytes,
        told: Callable[[], None],
    ) -> None:
        """`key` is the install key; `told` is called when events wait to be published."""
        self._db = db
        self._freescout = freescout
        self._judge = judge
        self._turns = turns
        self._prober = prober
        self._settings = settings
        self._timing = settings.timing
        self._key = key
        self._told = told

    async def conversation_updated(self, event: ConversationUpdated) -> Outcome:
        """Read the conversation and judge what is worth it; nothing else is touched."""
        if down := await self._db.run(dependency.down, "freescout"):
            return Later(self._timing.republish_after, down.reason, "freescout")
        try:
            conversation = await self._freescout.conversation(event.conversation_id)
        except FreeScoutGoneError:
            await self._db.run(state.not_ours, event.conversation_id, "", "deleted for good")
            return Done()
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            return await self._freescout_failed(error)
        return await self._look(event, conversation)

    async def record(self, event: ConversationUpdated, outcome: Outcome) -> None:
        """Store what became of a hint in its row; one that is done and owed nothing has none."""
        soon, again = self._timing.nak_delays[-1], self._timing.republish_after
        await self._db.run(_record, event, outcome, traceparent(), again, soon)
        if isinstance(outcome, Rejected):
            name = state.row_id(event)
            alert("parked", "hint parked", about=name, key=name, reason=outcome.why)

    async def _freescout_failed(
        self, error: FreeScoutUnavailableError | FreeScoutRejectedError
    ) -> Outcome:
        why = str(error)
        is_lasting = isinstance(error, FreeScoutMisconfiguredError)
        await self._prober.report("freescout", why, at_once=is_lasting)
        if down := await self._db.run(dependency.down, "freescout"):
            return Later(self._timing.republish_after, down.reason, "freescout")
        return Unavailable(why, "freescout", getattr(error, "retry_after", None))

    async def _look(self, event: ConversationUpdated, conversation: Conversation) -> Outcome:
        found = self._settings.mailbox_of(conversation.mailbox_id)
        if found is None:
            reason = "the mailbox is not configured"
            await self._db.run(state.not_ours, conversation.id, "", reason)
            return Done()
        slug, mailbox = found
        customers = [thread for thread in conversation.threads if thread.type == "customer"]
        known = await self._db.run(state.known, slug, [thread.id for thread in customers])
        flags = {thread.id: trusted_flags(self._key, thread.body) for thread in customers}
        scope = Scope(known.watermark, known.is_moved, mailbox.unjudged_senders)
        match policy.worth(conversation, known.states, flags, scope, known.now):
            case NotOurs(reason):
                await self._db.run(state.not_ours, conversation.id, slug, reason)
                return Done()
            case Settled(thread_ids):
                return await self._settled(event, conversation.id, thread_ids)
            case Burst() as burst:
                metrics.BURSTS.observe(len(burst.threads))
                return await self._take(event, conversation, burst, slug, known)

    async def _settled(
        self, event: ConversationUpdated, conversation_id: int, thread_ids: Sequence[int]
    ) -> Outcome:
        """A sweep walks the chain: who has done his work tells its result again."""
        if event.cause == "sweep":
            bucket = self._timing.bucket(await self._db.run(state.now))
            if await self._db.run(
                state.tell_again, thread_ids, conversation_id, traceparent(), bucket
            ):
                self._told()
        return Done()

    async def _take(
        self,
        event: ConversationUpdated,
        conversation: Conversation,
        burst: Burst,
        slug: str,
        known: Known,
    ) -> Outcome:
        again = self._timing.republish_after
        attempt = await self._db.run(state.attempt, event, traceparent(), again)
        mailbox = self._settings.mailbox[slug]
        case = Case(event, conversation, burst, Inquiry("", ()), slug, mailbox, attempt.age)
        if attempt.starts > STARTS_LIMIT:
            return await self._final(case, unreadable())
        try:
            inquiry = await asyncio.to_thread(reading.inquiry, conversation, burst)
            return await self._judged(replace(case, inquiry=inquiry), known)
        except asyncio.CancelledError:
            await asyncio.shield(self._db.run(work.unstart, state.row_id(event)))
            raise

    async def _judged(self, case: Case, known: Known) -> Outcome:
        languages = case.settings.triage.languages
        may_pay = not case.is_dry or case.settings.triage.judge_dry
        if not (self._judge.has_model and may_pay):
            return await self._final(case, self._judge.by_rules(case.inquiry, languages))
        patience = self._timing.scaled(self._settings.classifier.provisional_after_seconds)
        left = patience - case.age
        if known.llm_down is not None:
            return await self._waiting(
                case, left, Later(self._timing.republish_after, known.llm_down, llm_outage.LLM)
            )
        async with self._turns.of(case.conversation_id) as is_mine:
            if not is_mine:
                delay = self._timing.scaled(_BUSY_LOOK)
                return await self._waiting(case, left, Later(delay, _BUSY))
            if await self._db.run(state.are_open, [t.id for t in case.burst.threads]):
                return await self._asked(case, left)
        # Who had the turn before has judged a part of this burst.
        return await self._look(case.event, case.conversation)

    async def _asked(self, case: Case, left: float) -> Outcome:
        languages = case.settings.triage.languages
        try:
            with span("verdict judge", conversation_id=case.conversation_id):
                judged = await self._judge.by_model(
                    case.inquiry, languages, left, partial(self._provisional, case)
                )
        except LlmOverBudgetError as error:
            delay = min(error.retry_in, self._timing.scaled(_BUDGET_LOOK))
            return await self._waiting(case, 0, Later(delay, error.why))
        except LlmBusyError as error:
            delay = min(error.retry_in, self._timing.scaled(_BUSY_LOOK))
            return await self._waiting(case, left, Later(delay, error.why))
        except LlmUnavailableError as error:
            later = await llm_outage.later(error, self._db, self._prober, self._timing)
            return await self._waiting(case, left, later)
        return await self._final(case, judged)

    async def _waiting(self, case: Case, left: float, later: Later) -> Later:
        """No final verdict yet: the rules speak once the patience (`left` s of it) is used up."""
        if left > 0:
            return Later(min(later.delay, left), later.why, later.waiting_for)
        await self._provisional(case)
        return later

    async def _provisional(self, case: Case) -> None:
        if not case.is_dry:
            languages = case.settings.triage.languages
            await self._conclude(case, self._judge.by_rules(case.inquiry, languages), "provisional")

    async def _final(self, case: Case, judged: Judged) -> Done:
        await self._conclude(case, judged, "dry-run" if case.is_dry else "final")
        return Done()

    async def _conclude(self, case: Case, judged: Judged, wanted: VerdictState) -> None:
        told = verdicts.told(
            case.conversation_id, case.burst, judged, provisional=wanted == "provisional"
        )
        new = NewVerdict(case.mailbox, wanted, told, case.covers, judged.llm_key, judged.is_new)
        crash_point("before_verdict", case.event.key)
        if await self._db.run(state.conclude, new, traceparent()):
            crash_point("after_verdict", case.event.key)
            metrics.VERDICTS.labels(wanted, judged.method, told.priority).inc()
            self._told()


def _record(
    connection: Connection,
    event: ConversationUpdated,
    outcome: Outcome,
    trace: str,
    again: float,
    soon: float,
) -> None:
    name = state.row_id(event)
    if isinstance(outcome, Done):
        work.end(connection, name, "done")
        return
    state.want(connection, event, trace, again)
    dependency.record(connection, name, outcome, soon)

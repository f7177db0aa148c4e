"""The life of one delivery: heartbeat, decode, handle, record, then exactly one answer.

Done and Later are acknowledged, Unavailable is given back for a while, Rejected is copied to the
dead letters and terminated. Nothing is answered before the outcome is recorded.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Generic, TypeVar

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from opentelemetry import context
from pydantic import ValidationError

from csm import metrics
from csm.alerts import alert
from csm.contracts import Event
from csm.crash import crash_point
from csm.db import DatabaseUnavailableError
from csm.logs import get_logger
from csm.outcome import Done, Later, Outcome, Rejected, Unavailable
from csm.timing import Timing
from csm.trace import Span, remote, span

# Seconds to wait for the server's word that an ack arrived; without it the event comes again.
ACK_TIMEOUT = 5.0

E = TypeVar("E", bound=Event)
Handle = Callable[[E], Awaitable[Outcome]]
Record = Callable[[E, Outcome], Awaitable[None]]
DeadLetter = Callable[[Msg, str], Awaitable[None]]
"""Copies a message with the reason to the dead letters; raises when that is not certain."""

_log = get_logger("delivery")


class DeadLetterError(Exception):
    """The copy for the dead letters is not stored: the original must stay alive."""


@dataclass(frozen=True, slots=True)
class Ack:
    """The outcome is recorded; the stream need not remember."""


@dataclass(frozen=True, slots=True)
class Nak:
    """Give the delivery back; it comes again after `delay` seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class Term:
    """Never deliver it again."""


Answer = Ack | Nak | Term


@dataclass(frozen=True, slots=True)
class Consumer(Generic[E]):
    """What a service does with the events of one durable."""

    model: type[E]
    handle: Handle[E]
    record: Record[E]
    dead_letter: DeadLetter
    timing: Timing

    async def deliver(self, msg: Msg) -> None:
        """Work on one delivery from its receipt to its answer; never raises but when cancelled.

        A cancelled delivery (shutdown) is given back at once, else it would wait for ack_wait.
        """
        beat = asyncio.create_task(self._beat(msg))
        try:
            # This task is the delivery's own: nothing has to be detached.
            context.attach(remote(msg.headers or {}))
            delivered = msg.metadata.num_delivered
            with span(f"{self.model.name} process", delivery=delivered) as current:
                await self._work(msg, current)
        except asyncio.CancelledError:
            await _answer(msg, Nak(0))
            raise
        finally:
            beat.cancel()

    async def _beat(self, msg: Msg) -> None:
        while True:
            await asyncio.sleep(self.timing.heartbeat)
            try:
                await msg.in_progress()
            except NatsError as error:
                _log.warning("no heartbeat", error=type(error).__name__)

    async def _work(self, msg: Msg, current: Span) -> None:
        event = decode(self.model, msg.data)
        if isinstance(event, str):
            _count("undecodable", current)
            await self._reject(msg, event)
            return
        delivered = msg.metadata.num_delivered
        outcome, answer = settle(await self._handled(event), delivered, self.timing)
        _say(event, outcome)
        _count(type(outcome).__name__.lower(), current)
        if not await self._recorded(event, outcome):
            await _answer(msg, Nak(_pause(delivered, self.timing)))
            return
        crash_point("before_ack", event.key)
        if isinstance(outcome, Rejected):
            await self._reject(msg, outcome.why)
        else:
            await _answer(msg, answer)

    async def _handled(self, event: E) -> Outcome:
        try:
            return await self.handle(event)
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            return Unavailable("CancelledError: unexpected")
        except DatabaseUnavailableError as error:
            return Unavailable(str(error))
        except Exception as error:  # noqa: BLE001  # the boundary: one bad event must not end the worker
            name = type(error).__name__
            _log.error("handler failed", key=event.key, error=name, at=location(error))
            return Unavailable(f"{name}: unexpected", is_unexpected=True)

    async def _recorded(self, event: E, outcome: Outcome) -> bool:
        try:
            await self.record(event, outcome)
        except DatabaseUnavailableError as error:
            _log.info("outcome not recorded", key=event.key, error=str(error))
            return False
        except Exception as error:  # noqa: BLE001  # whatever the database says: not recorded, not acked
            name = type(error).__name__
            _log.error("outcome not recorded", key=event.key, error=name, at=location(error))
            return False
        return True

    async def _reject(self, msg: Msg, why: str) -> None:
        try:
            await self.dead_letter(msg, why)
        except DeadLetterError as error:
            alert("dead-letter-failed", "no dead letter", why=str(error))
            await _answer(msg, Nak(_pause(msg.metadata.num_delivered, self.timing)))
            return
        await _answer(msg, Term())


def decode(model: type[E], body: bytes) -> E | str:
    """The event, or in one line why it is none: fields and kinds of error, never the content."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        texts = [f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['type']}" for p in problems]
        return f"not a {model.name}: {', '.join(texts[:5])}"


def settle(outcome: Outcome, delivered: int, timing: Timing) -> tuple[Outcome, Answer]:
    """What to record and how to answer the `delivered`-th delivery (counted from 1).

    Unavailable is given back after each of the nak delays; then, or when the other side asks for
    a longer pause than those, its row waits as for `Later`.
    """
    if isinstance(outcome, Rejected):
        return outcome, Term()
    if not isinstance(outcome, Unavailable):
        return outcome, Ack()
    longest = timing.nak_delays[-1]
    asked = outcome.retry_after or 0
    if delivered > len(timing.nak_delays) or asked > longest:
        pause = max(longest, asked)
        waits = Later(pause, outcome.why, outcome.waiting_for, outcome.is_unexpected)
        return waits, Ack()
    # A pause of 0 s would be a hot loop, whatever Retry-After says.
    delay = max(asked, timing.nak_delays[0]) if asked else _pause(delivered, timing)
    return outcome, Nak(delay)


def _pause(delivered: int, timing: Timing) -> float:
    return timing.nak_delays[min(delivered, len(timing.nak_delays)) - 1]


async def _answer(msg: Msg, answer: Answer) -> None:
    """Send the one answer. A lost answer costs a redelivery, which finds the recorded outcome."""
    try:
        match answer:
            case Nak(delay):
                await msg.nak(delay)
            case Term():
                await msg.term()
            case Ack():
                await msg.ack_sync(ACK_TIMEOUT)
    except NatsError as error:
        _log.warning("answer not confirmed", answer=type(answer).__name__, error=str(error))


def _say(event: Event, outcome: Outcome) -> None:
    if isinstance(outcome, Done):
        _log.debug("done", key=event.key)
    else:
        _log.info(type(outcome).__name__.lower(), key=event.key, why=outcome.why)


def _count(outcome: str, current: Span) -> None:
    metrics.DELIVERIES.labels(outcome).inc()
    current.note(outcome=outcome)


def is_cancelled() -> bool:
    """Whether this task was told to end, even when somebody swallowed the cancellation.

    Python 3.11's wait_for does when its answer comes at that moment, and nats-py uses it.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def location(error: BaseException) -> str:
    """The innermost frames, `file:line`; the message stays out, it may quote a mail."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{PurePath(f.filename).name}:{f.lineno}" for f in reversed(frames))

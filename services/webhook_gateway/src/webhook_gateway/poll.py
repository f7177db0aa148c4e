"""Notices what happens in FreeScout by looking: the poll follows changes, the sweep heals gaps."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from csm import alerts, dependency
from csm import lease as leases
from csm.alerts import alert
from csm.contracts import Cause, ConversationUpdated
from csm.crash import crash_point
from csm.db import Database
from csm.dependency import Prober
from csm.freescout import (
    Conversation,
    FreeScout,
    FreeScoutMisconfiguredError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.lease import Lease
from csm.logs import get_logger
from csm.metrics import WEBHOOKS_MISSED
from csm.ticks import Tick
from csm.timing import Timing
from csm.trace import span
from webhook_gateway import state
from webhook_gateway.policy import (
    Doorbell,
    Paces,
    PollMode,
    Window,
    awaits_answer,
    narrow_start,
    newest_customer_thread,
    next_sweep,
    pace,
    should_have_rung,
)
from webhook_gateway.state import Hint

# FreeScout keeps whole seconds, and a write may be listed a moment after its time.
_MARGIN = 5.0
# Hints per transaction: a sweep over thousands must not hold the database.
_BATCH = 100
# Seconds (scaled) that the lease outlives the pause between two looks.
_LEASE_MARGIN = 30.0
# Seconds (scaled) between two looks whether a sweep is due.
_SWEEP_LOOK = 10.0
# Seconds (scaled) in which a webhook may come later than we saw for ourselves.
_GRACE = 60.0
# Conversations that an alert names.
_SHOWN = 10

_log = get_logger("poll")


@dataclass(frozen=True, slots=True)
class Desk:
    """What both loops stand on."""

    db: Database
    freescout: FreeScout
    mailbox_ids: Sequence[int]
    prober: Prober
    noticed: Callable[[], None]
    """Called when hints wait to be published."""
    timing: Timing
    owner: str

    async def is_down(self) -> bool:
        """Whether FreeScout is known to be away: its probe says when it is back."""
        return await self.db.run(dependency.down, "freescout") is not None

    async def told(self, look: Callable[[], Awaitable[None]]) -> None:
        """Do `look`; what it says of FreeScout is remembered, an outage is never raised."""
        try:
            await look()
        except FreeScoutMisconfiguredError as error:
            await self.prober.report("freescout", error.why, at_once=True)
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            await self.prober.report("freescout", str(error))
        else:
            await self.db.run(dependency.succeeded, "freescout")

    def changed(self, mailbox_id: int, since: float) -> AsyncIterator[Conversation]:
        """Conversations that changed since then (epoch seconds), with their threads."""
        return self.freescout.conversations(
            mailbox_id=mailbox_id,
            updated_since=datetime.fromtimestamp(since, UTC),
            embed_threads=True,
        )


class Turn:
    """A lease that one replica keeps while it runs a loop."""

    def __init__(self, desk: Desk, resource: str) -> None:
        """`resource` names the loop."""
        self._desk = desk
        self._resource = resource
        self._lease: Lease | None = None

    async def mine(self, pause: float) -> bool:
        """Whether this replica looks now; the lease lives on for `pause` seconds and a margin."""
        seconds = pause + self._desk.timing.scaled(_LEASE_MARGIN)
        self._lease = await self._desk.db.run(
            leases.keep, self._lease, self._resource, self._desk.owner, seconds
        )
        return self._lease is not None

    async def give_back(self) -> None:
        """Another replica may go on at once."""
        if self._lease is not None:
            await asyncio.shield(self._desk.db.run(leases.release, self._lease))


class Poller:
    """Follows changes with a cursor on FreeScout's own clock that only moves forward."""

    def __init__(self, desk: Desk, mode: PollMode, paces: Paces) -> None:
        """`paces` between two looks; in mode `webhook` only what webhooks missed is judged."""
        self._desk = desk
        self._mode = mode
        self._paces = paces
        self._turn = Turn(desk, "poll")
        self.tick = Tick("poll", max(paces.alone, paces.beside_webhooks))

    async def run(self) -> None:
        """Look at its pace, until cancelled."""
        try:
            while True:
                with self.tick.elsewhere():
                    seconds = await self._pause()
                    if not await self._desk.is_down() and await self._turn.mine(seconds):
                        await self._desk.told(self.look)
                await asyncio.sleep(seconds)
        finally:
            await self._turn.give_back()

    async def _pause(self) -> float:
        doorbell, now = await self._desk.db.run(state.doorbell)
        return pace(self._mode, self._paces, doorbell, now)

    async def look(self) -> None:
        """Hint at everything that changed since the cursor; raises FreeScout's errors."""
        if self._mode != "webhook":
            doorbell, _ = await self._desk.db.run(state.doorbell)
            for mailbox_id in self._desk.mailbox_ids:
                await self._look_at(mailbox_id, doorbell)
        await self._judge()

    async def _judge(self) -> None:
        """Say once what webhooks missed, until one comes again."""
        grace = self._desk.timing.scaled(_GRACE)
        missed = await self._desk.db.run(state.judge_unheard, grace)
        if missed:
            WEBHOOKS_MISSED.inc(len(missed))
            words = "poll or sweep found what no webhook told"
            alert("webhook-missed", words, conversations=missed[:_SHOWN], number=len(missed))
            return
        doorbell, now = await self._desk.db.run(state.doorbell)
        if not doorbell.is_silent(now):
            alerts.over("webhook-missed")

    async def _look_at(self, mailbox_id: int, doorbell: Doorbell) -> None:
        since = await self._desk.db.run(state.polled_until, mailbox_id)
        if since is None:
            # The past is not ours: the cursor begins at FreeScout's present.
            since = await self._now()
            await self._desk.db.run(state.polled, mailbox_id, since - _MARGIN, ())
            return
        until: float | None = None
        hints: list[Hint] = []
        async for conversation in self._desk.changed(mailbox_id, since):
            # The first page's time: what changes while we read further ones comes again.
            until = until or _time_of(self._desk.freescout)
            if awaits_answer(conversation):
                hints += _hint(conversation, "poll", doorbell)
        until = until or _time_of(self._desk.freescout)
        if hints:
            crash_point("before_hints", str(mailbox_id))
        await self._desk.db.run(state.polled, mailbox_id, (until or since) - _MARGIN, hints)
        if hints:
            self._desk.noticed()

    async def _now(self) -> float:
        await self._desk.freescout.mailboxes()
        now = _time_of(self._desk.freescout)
        if now is None:
            raise FreeScoutUnavailableError("FreeScout's answer names no time (header Date)")
        return now


class Sweeper:
    """Publishes every newest customer message again, at the start, hourly and when asked.

    What any stage lost meanwhile is done then; what is done costs one event.
    """

    def __init__(
        self, desk: Desk, newest_stream: Callable[[], Awaitable[float | None]], every: float
    ) -> None:
        """`newest_stream`: when the youngest stream was made; `every` seconds between sweeps."""
        self._desk = desk
        self._newest_stream = newest_stream
        self._every = every
        self._pause = desk.timing.scaled(_SWEEP_LOOK)
        self._turn = Turn(desk, "sweep")
        self.tick = Tick("sweep", self._pause)

    async def run(self) -> None:
        """Sweep whenever it is time, until cancelled."""
        try:
            while True:
                with self.tick.elsewhere():
                    if not await self._desk.is_down() and await self._turn.mine(self._pause):
                        await self._desk.told(self.sweep_due)
                await asyncio.sleep(self._pause)
        finally:
            await self._turn.give_back()

    async def sweep_due(self) -> None:
        """Sweep the mailboxes whose time has come; raises FreeScout's errors."""
        await self._desk.db.run(state.forget_deliveries)
        newest_stream = await self._newest_stream()
        for mailbox_id in self._desk.mailbox_ids:
            last, now = await self._desk.db.run(state.swept, mailbox_id)
            window = next_sweep(now, last, newest_stream, self._every)
            if window is not None:
                await self._sweep(mailbox_id, window, now)

    async def sweep_now(self, days: float | None) -> int:
        """Sweep all mailboxes over the last `days`, or as the hourly one does; number of hints."""
        number = 0
        for mailbox_id in self._desk.mailbox_ids:
            last, now = await self._desk.db.run(state.swept, mailbox_id)
            since = narrow_start(now, last) if days is None else now - days * 86_400
            number += await self._sweep(mailbox_id, Window(since, is_wide=False), now)
        return number

    async def _sweep(self, mailbox_id: int, window: Window, begun: float) -> int:
        bucket = self._desk.timing.bucket(begun)
        number = 0
        hints: list[Hint] = []
        doorbell, _ = await self._desk.db.run(state.doorbell)
        async for conversation in self._desk.changed(mailbox_id, window.since):
            self.tick()
            hints += _hint(conversation, "sweep", doorbell)
            if len(hints) >= _BATCH:
                number += await self._promise(hints, bucket)
                hints = []
        number += await self._promise(hints, bucket)
        crash_point("before_swept", str(mailbox_id))
        await self._desk.db.run(state.finish_sweep, mailbox_id, begun, is_wide=window.is_wide)
        _log.info("swept", mailbox=mailbox_id, hints=number, wide=window.is_wide)
        return number

    async def _promise(self, hints: Sequence[Hint], bucket: str) -> int:
        if hints:
            await self._desk.db.run(state.hint, hints, bucket)
            self._desk.noticed()
        return len(hints)


def _hint(conversation: Conversation, cause: Cause, doorbell: Doorbell) -> list[Hint]:
    thread = newest_customer_thread(conversation)
    if thread is None:
        return []
    event = ConversationUpdated(
        conversation_id=conversation.id, customer_thread_id=thread.id, cause=cause
    )
    with span("conversation noticed", conversation_id=conversation.id, cause=cause) as begun:
        return [Hint(event, begun.traceparent, should_have_rung(conversation, doorbell))]


def _time_of(freescout: FreeScout) -> float | None:
    return freescout.server_time.timestamp() if freescout.server_time else None

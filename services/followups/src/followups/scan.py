"""Looks for stale conversations, and asks draft_writer for a follow-up on each."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from csm import dependency
from csm import lease as leases
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
from csm.ticks import Tick
from csm.timing import Timing
from csm.trace import span
from followups import state
from followups.policy import Stale, stale
from followups.settings import MailboxSettings, Settings
from followups.state import Found, Look

# Seconds (scaled) that the lease outlives the pause between two looks.
_LEASE_MARGIN = 60.0

_log = get_logger("scan")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator wants of one look: other rules, another time, nothing but a list.

    `at` in epoch seconds.
    """

    changes: Mapping[str, Any]
    limit: int
    at: float | None = None
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One stale conversation and what became of it."""

    period: Stale
    result: Found


class Scanner:
    """One replica at a time looks, by a lease."""

    def __init__(
        self,
        db: Database,
        freescout: FreeScout,
        prober: Prober,
        settings: Settings,
        owner: str,
        told: Callable[[], None],
    ) -> None:
        """`told` is called when hints wait to be published or people to be told."""
        self._db = db
        self._freescout = freescout
        self._prober = prober
        self._settings = settings
        self._timing: Timing = settings.timing
        self._owner = owner
        self._told = told
        self._pause = self._timing.scaled(settings.followups.scan_minutes * 60)
        self._usual = Asked({}, settings.followups.limit)
        self.tick = Tick("scan", self._pause)

    async def run(self) -> None:
        """Look whenever it is time, until cancelled."""
        lease: Lease | None = None
        try:
            while True:
                with self.tick.elsewhere():
                    lease = await self._turn(lease)
                    if lease is not None and not await self._is_down():
                        await self._told_of(self._usual)
                await asyncio.sleep(self._pause)
        finally:
            if lease is not None:
                await asyncio.shield(self._db.run(leases.release, lease))

    async def _turn(self, lease: Lease | None) -> Lease | None:
        seconds = self._pause + self._timing.scaled(_LEASE_MARGIN)
        return await self._db.run(leases.keep, lease, "scan", self._owner, seconds)

    async def _is_down(self) -> bool:
        return await self._db.run(dependency.down, "freescout") is not None

    async def _told_of(self, asked: Asked) -> None:
        """One look; an outage of FreeScout is remembered and leaves the rest to the next."""
        with suppress(FreeScoutUnavailableError, FreeScoutRejectedError):
            await self.look(asked)
            await self._db.run(dependency.succeeded, "freescout")

    async def look(self, asked: Asked) -> list[Seen]:
        """Find what is stale and ask for its follow-up; raises FreeScout's errors."""
        try:
            seen = [one async for one in self._seen(asked)]
        except FreeScoutMisconfiguredError as error:
            await self._prober.report("freescout", error.why, at_once=True)
            raise
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            await self._prober.report("freescout", str(error))
            raise
        number = sum(one.result in ("asked", "again") for one in seen)
        if number and not asked.is_dry:
            self._told()
        _log.info("scanned", stale=len(seen), asked=number, dry=asked.is_dry)
        return seen

    async def _seen(self, asked: Asked) -> AsyncIterator[Seen]:
        left = asked.limit
        for mailbox in self._settings.mailbox.values():
            async for period in self._stale(mailbox, asked):
                if left <= 0:
                    return
                result = await self._keep(period, mailbox, asked)
                left -= result in ("asked", "again")
                yield Seen(period, result)

    async def _stale(self, mailbox: MailboxSettings, asked: Asked) -> AsyncIterator[Stale]:
        rules = mailbox.rules().with_changes(asked.changes)
        begun, now = await self._db.run(state.begun), asked.at
        for status in rules.states:
            async for conversation in self._open(mailbox.freescout_mailbox_id, status):
                self.tick()
                at = await self._db.run(state.now) if now is None else now
                if (period := stale(conversation, rules, begun, at)) is not None:
                    yield period

    def _open(self, mailbox_id: int, status: Any) -> AsyncIterator[Conversation]:  # noqa: ANN401 - one of the client's words
        return self._freescout.conversations(
            mailbox_id=mailbox_id, status=status, embed_threads=True, embed_tags=True,
            sort_field="createdAt", sort_order="asc",
        )  # fmt: skip

    async def _keep(self, period: Stale, mailbox: MailboxSettings, asked: Asked) -> Found:
        if asked.is_dry:
            return "asked"
        now = await self._db.run(state.now)
        # The wish begins a trace of its own: the conversation's is long over.
        with span("conversation stale", conversation_id=period.conversation_id) as begun:
            look = Look(
                now, mailbox.allows("drafts"), self._timing.bucket(now), self._timing.scale,
                begun.traceparent,
            )  # fmt: skip
            crash_point("before_stale", str(period.customer_thread_id))
            result = await self._db.run(state.found_stale, period, look)
            crash_point("after_stale", str(period.customer_thread_id))
            return result

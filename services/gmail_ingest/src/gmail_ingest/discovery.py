"""Notices mail: reads Gmail's history, journals ids, and only then moves the cursor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from csm import dependency, metrics
from csm import lease as leases
from csm.alerts import alert
from csm.crash import crash_point
from csm.db import Database
from csm.dependency import Prober
from csm.lease import Lease
from csm.logs import get_logger
from csm.ticks import Tick
from csm.trace import Span, span
from gmail_ingest import reconcile, state
from gmail_ingest.gmail import (
    GmailClient,
    GmailCredentialsError,
    GmailHistoryExpiredError,
    GmailRejectedError,
    GmailUnavailableError,
    MessageRef,
)
from gmail_ingest.settings import MailboxSettings
from gmail_ingest.state import Notice

_DAY = 86_400.0
# Google: history usually lives a week; what was missed may be older than our last mail.
_RECOVERY_WINDOW = 7 * _DAY
# Seconds that a lease lives beyond the next look, at most: so long no replica follows a dead one.
# A second one that looks meanwhile does no harm: the journal knows its ids, the cursor only grows.
_LEASE_MARGIN = 30.0


class Discovery:
    """One mailbox; a lease makes sure that one replica looks at a time."""

    def __init__(  # noqa: PLR0913 - the composition root hands over every collaborator once
        self,
        db: Database,
        client: GmailClient,
        slug: str,
        settings: MailboxSettings,
        prober: Prober,
        noticed: Callable[[], None],
        *,
        owner: str,
    ) -> None:
        """`noticed` is called when new ids are in the journal."""
        self._db = db
        self._client = client
        self._slug = slug
        self._settings = settings
        self._prober = prober
        self._noticed = noticed
        self._owner = owner
        self._lease: Lease | None = None
        self.tick = Tick(f"discovery:{slug}", settings.gmail.poll_seconds)
        self._log = get_logger("discovery")

    async def run(self) -> None:
        """Look every `poll_seconds`, until cancelled. An outage is reported, never raised."""
        try:
            while True:
                with self.tick.elsewhere():
                    if await self._may_look():
                        await self._look()
                await asyncio.sleep(self._settings.gmail.poll_seconds)
        finally:
            if self._lease is not None:
                await asyncio.shield(self._db.run(leases.release, self._lease))

    async def look(self) -> int:
        """Journal everything since the cursor; returns how many messages were new."""
        known = await self._db.run(state.cursor, self._slug)
        if known is None:
            return await self._begin()
        try:
            return await self._follow(known)
        except GmailHistoryExpiredError:
            return await self._recover()

    async def _may_look(self) -> bool:
        if await self._db.run(dependency.down, f"gmail:{self._slug}"):
            return False
        poll = self._settings.gmail.poll_seconds
        seconds = poll + min(poll, _LEASE_MARGIN)
        resource = f"discovery:{self._slug}"
        self._lease = await self._db.run(leases.keep, self._lease, resource, self._owner, seconds)
        return self._lease is not None

    async def _look(self) -> None:
        name = f"gmail:{self._slug}"
        try:
            new = await self.look() + await self._reconcile()
        except GmailUnavailableError as error:
            await self._prober.report(name, str(error))
        except (GmailCredentialsError, GmailRejectedError) as error:
            await self._prober.report(name, str(error), at_once=True)
        else:
            await self._db.run(dependency.succeeded, name)
            if new:
                self._noticed()

    async def _follow(self, start: int) -> int:
        new = 0
        newest = start
        async for page in self._client.history(start):
            new += await self._journal(page.added)
            for reference in page.inbox_label_added:
                new += await self._db.run(state.rescue, self._slug, reference.id)
            new += await self._journal(page.inbox_label_added)
            newest = max(newest, page.history_id)
        if new:
            crash_point("after_journal", self._slug)
        await self._db.run(state.advance, self._slug, newest)
        return new

    async def _begin(self) -> int:
        """The first look: the cursor is asked for before anything is listed."""
        profile = await self._client.profile()
        seconds = self._settings.gmail.backfill_days * _DAY
        since = await self._db.run(state.begin_mailbox, self._slug, seconds)
        # Without a backfill too: a first look that was killed here may have missed mail since.
        new = await self._list(since, backfill=seconds > 0)
        await self._db.run(state.begun, self._slug, profile.history_id)
        self._log.info("mailbox begins", mailbox=self._slug, backfill_days=seconds / _DAY)
        return new

    async def _recover(self) -> int:
        """Gmail forgot our history id: list what came since, then go on from now.

        The cursor is asked for before the list: what arrives while listing is in the history.
        """
        profile = await self._client.profile()
        since = await self._db.run(reconcile.recovery_start, self._slug, _DAY, _RECOVERY_WINDOW)
        new = await self._list(since, backfill=False)
        await self._db.run(state.advance, self._slug, profile.history_id)
        self._log.warning("history id expired, mailbox listed", mailbox=self._slug, new=new)
        return new

    async def _reconcile(self) -> int:
        every = self._settings.gmail.reconcile_hours * 3600
        since = await self._db.run(reconcile.since, self._slug, every)
        if since is None:
            return 0
        missed = await reconcile.missed(self._db, self._client, self._slug, since, self.look)
        await self._journal(missed)
        await self._db.run(reconcile.finished, self._slug, len(missed))
        if missed:
            metrics.RECOVERED.inc(len(missed))
            words = "mail that no history named"
            alert("recovered", words, about=self._slug, mailbox=self._slug, recovered=len(missed))
        return len(missed)

    async def _list(self, since: float, *, backfill: bool) -> int:
        new = 0
        async for page in self._listed(since, oldest_first=not backfill):
            new += await self._journal(page, backfill=backfill)
        crash_point("after_journal", self._slug)
        return new

    async def _listed(self, since: float, *, oldest_first: bool) -> AsyncIterator[list[MessageRef]]:
        """Gmail lists the newest first; live mail is noticed in the order in which it came."""
        pages = self._client.messages(f"after:{int(since)}")
        if not oldest_first:
            async for page in pages:
                yield page
            return
        for page in reversed([page async for page in pages]):
            yield page[::-1]

    async def _journal(self, found: Iterable[MessageRef], *, backfill: bool = False) -> int:
        self.tick()
        seen = {reference.id: self._seen(reference) for reference in found}
        if not seen:
            return 0
        notices = [notice for notice, _ in seen.values()]
        new = await self._db.run(state.journal, self._slug, notices, backfill=backfill)
        await self._noticed_spans(dict(seen.values()), new)
        return new

    def _seen(self, reference: MessageRef) -> tuple[Notice, Span]:
        """The trace of a mail begins where it is noticed."""
        begun = span("message noticed", mailbox=self._slug, gmail_message_id=reference.id)
        return Notice(reference.id, reference.thread_id, begun.traceparent), begun

    async def _noticed_spans(self, seen: Mapping[Notice, Span], new: int) -> None:
        """End the spans of the `new` messages; the others have their trace, theirs are dropped."""
        if not new:
            return
        notices = set(seen)
        if new < len(seen):
            notices = await self._db.run(reconcile.first_notices, self._slug, notices)
        for notice in notices:
            seen[notice].end()

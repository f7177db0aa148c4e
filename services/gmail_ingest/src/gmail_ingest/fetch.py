"""Brings raw mails from Gmail into the spool, never under a lease."""

import asyncio
import re
from collections.abc import Mapping

from sqlalchemy import Connection, select

from csm import dependency, work
from csm.crash import crash_point
from csm.db import Database
from csm.gates import refuse_closed
from csm.timing import Timing
from csm.work import WORK
from gmail_ingest import precedence, scopes, state
from gmail_ingest.gmail import (
    GmailClient,
    GmailCredentialsError,
    GmailGoneError,
    GmailUnavailableError,
    RawMessage,
)
from gmail_ingest.matching import named_threads
from gmail_ingest.mime import message_id_of
from gmail_ingest.settings import MailboxSettings
from gmail_ingest.spool import Spool
from gmail_ingest.state import Message, Scope

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\r\n]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_HEAD = 65_536  # bytes in which the Message-ID of a mail is looked for
_SMALL = 65_536  # bytes: so small a mail is not read back from the spool that just got it
_SMALL_MOST = 64  # small mails held in memory: 4 MB at most
_LARGE_MOST = 4  # mails above the spool's limit held in memory; Gmail takes up to 50 MB
_TIDY = 3600.0  # seconds between two looks for forgotten mails
_TIDY_AGE = 600.0  # seconds: a younger file may belong to a mail noticed since that look


class Fetcher:
    """Fetches each mail once; large ones stay in memory for the drive that asked."""

    def __init__(
        self,
        db: Database,
        clients: Mapping[str, GmailClient],
        spool: Spool,
        mailboxes: Mapping[str, MailboxSettings],
        timing: Timing,
    ) -> None:
        """`clients` by mailbox slug."""
        self._db = db
        self._clients = clients
        self._spool = spool
        self._mailboxes = mailboxes
        self._large: dict[str, bytes] = {}
        self._small: dict[str, bytes] = {}
        self._wanted: dict[str, Message] = {}
        self._patience = timing.scaled(precedence.UNFETCHED_WAIT)
        self._fetching: dict[str, asyncio.Future[bool]] = {}

    async def fetch(self, slug: str, gmail_thread_id: str) -> Scope | None:
        """Fetch every open mail of the thread's scope that was never fetched; returns the scope.

        And what `raw` missed. None: an earlier mail that may belong to the scope cannot be had at
        this moment, wait for it. Raises GateClosedError, GmailUnavailableError and
        GmailCredentialsError.
        """
        scope, own, earlier = await self._db.run(_open, slug, gmail_thread_id, self._patience)
        for message in own:
            await self._fetch_once(message)
        for message in [m for m in self._wanted.values() if m.mailbox == scope.mailbox]:
            # Another delivery may have taken it while we fetched the one before.
            if self._wanted.pop(message.work_id, None) is not None:
                await self._fetch(message)
        is_ready = all([await self._is_out_of_the_way(one) for one in earlier])
        return scope if is_ready else None

    async def _is_out_of_the_way(self, message: Message) -> bool:
        """Fetch a mail of another scope, so that it is known what it names."""
        # One that has killed a process is fetched alone, by its own delivery.
        if message.starts > 1:
            return True
        try:
            return await self._fetch_once(message)
        except (GmailUnavailableError, GmailCredentialsError):
            return False

    async def _fetch_once(self, message: Message) -> bool:
        """Fetch, or wait for the delivery that does; False when that one did not succeed."""
        running = self._fetching.get(message.work_id)
        if running is not None:
            await asyncio.wait([running])
            return running.result()
        running = asyncio.get_running_loop().create_future()
        self._fetching[message.work_id] = running
        try:
            await self._fetch(message)
            running.set_result(True)
        finally:
            del self._fetching[message.work_id]
            if not running.done():
                running.set_result(False)
        return True

    async def raw(self, message: Message) -> bytes | None:
        """The mail's bytes; None when it must be fetched (first, or again) before it is written."""
        if message.internal_date is None:
            return None
        held = self._large.get(message.work_id) or self._small.pop(message.work_id, None)
        raw = held if held is not None else await self._spool.read(message.work_id)
        if raw is None:
            self._wanted[message.work_id] = message
        return raw

    async def forget(self, message: Message) -> None:
        """The mail has ended: its bytes are deleted."""
        self._large.pop(message.work_id, None)
        await self._spool.drop(message.work_id)

    async def run(self) -> None:
        """Now and every hour, until cancelled: forget what this process did not see the end of."""
        while True:
            await self.tidy()
            await self._db.run(precedence.forget_claims)
            await asyncio.sleep(_TIDY)

    async def tidy(self) -> None:
        """Forget mails that ended elsewhere: at another replica, or before a crash of ours."""
        wanted = await self._db.run(_wanted)
        for work_id in self._large.keys() - wanted:
            del self._large[work_id]
        await self._spool.keep_only(wanted, _TIDY_AGE)

    async def _fetch(self, message: Message) -> None:
        starts = await self._db.run(_start, message)
        if starts > work.STARTS_LIMIT:
            await self._give_up(message)
            return
        try:
            await self._take(message, self._clients[message.mailbox])
        except GmailGoneError:
            await self._db.run(_end_unfetched, message, "gone", "deleted in Gmail")
        except (GmailUnavailableError, GmailCredentialsError, asyncio.CancelledError):
            # Waiting and a clean shutdown say nothing against the mail; a killed process would.
            await asyncio.shield(self._db.run(work.unstart, message.work_id))
            raise

    async def _take(self, message: Message, client: GmailClient) -> None:
        fetched = await client.raw(message.gmail_message_id)
        if not await self._is_wanted(client, message, fetched):
            reason = "does not match gmail.query"
            await self._db.run(_end_unfetched, message, "filtered", reason)
            return
        if not await self._spool.keep(message.work_id, fetched.raw):
            _hold(self._large, message.work_id, fetched.raw, _LARGE_MOST)
        elif len(fetched.raw) <= _SMALL:
            _hold(self._small, message.work_id, fetched.raw, _SMALL_MOST)
        await self._db.run(_fetched, message, fetched)
        crash_point("after_fetch", message.work_id)

    async def _is_wanted(self, client: GmailClient, message: Message, fetched: RawMessage) -> bool:
        query = self._mailboxes[message.mailbox].gmail.query
        if not query or message.is_released:
            return True
        found = _MESSAGE_ID.search(fetched.raw[:_HEAD])
        message_id = found.group(1).decode("ascii", "replace") if found else ""
        return await client.matches(message.gmail_message_id, query, message_id)

    async def _give_up(self, message: Message) -> None:
        """Fetching killed the process again and again: the stub will link to Gmail instead."""
        await self._spool.keep(message.work_id, b"")
        await self._db.run(state.unfetchable, message.work_id)


def _hold(held: dict[str, bytes], work_id: str, raw: bytes, most: int) -> None:
    """Keep a mail for whoever writes it next; of too many the one held longest goes.

    A large one is then fetched again, a small one is read from the spool.
    """
    held[work_id] = raw
    if len(held) > most:
        del held[next(iter(held))]


def _open(
    connection: Connection, slug: str, gmail_thread_id: str, patience: float
) -> tuple[Scope, list[Message], list[Message]]:
    """The thread's scope, its mails to fetch, and earlier ones that may belong to it."""
    refuse_closed(connection)
    scope = state.scope_of(connection, slug, gmail_thread_id)
    earlier = precedence.unfetched_before(connection, scope, patience)
    return scope, scopes.undated(connection, scope), earlier


def _start(connection: Connection, message: Message) -> int:
    if down := dependency.down(connection, f"gmail:{message.mailbox}"):
        raise GmailUnavailableError(down.reason)
    return work.start(connection, message.work_id)


def _fetched(connection: Connection, message: Message, fetched: RawMessage) -> None:
    facts = (fetched.internal_date_ms, fetched.labels, fetched.raw, message_id_of(fetched.raw))
    state.fetched(connection, message.work_id, *facts)
    if named := named_threads(fetched.raw):
        precedence.claim(connection, message, named)


def _end_unfetched(
    connection: Connection, message: Message, ended: work.State, reason: str
) -> None:
    """Dated too: the index of mails without a date holds open ones only."""
    state.unfetchable(connection, message.work_id)
    work.end(connection, message.work_id, ended, reason)


def _wanted(connection: Connection) -> set[str]:
    return set(connection.execute(select(WORK.c.id).where(WORK.c.state == "wanted")).scalars())

"""draft_writer and gmail_ingest, wired from their shipped parts, each with a gate before it."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection

from csm import gates
from csm.contracts import ConversationClassified, DraftUpsert, MessageReceived
from csm.db import Step
from csm.dependency import Prober
from csm.freescout import FreeScout
from csm.gates import Failures
from csm.settings import FreeScoutSettings
from csm.timing import PROFILES
from draft_writer.author import Author
from draft_writer.desk import Desk
from draft_writer.drafting import Drafter
from draft_writer.handlers import Handlers
from draft_writer.knowledge import Knowledge
from draft_writer.outcomes import Outcomes
from draft_writer.pen import Pen
from draft_writer.settings import DraftSettings, MailboxSettings, Settings
from draft_writer.study import Study
from faults.interleavings.actors import Actor, Gate
from faults.simulation import gmail_stage
from faults.simulation.desk import URL
from faults.simulation.gmail_stage import MemorySpool
from faults.simulation.post import Post, SimulatedGmail
from faults.simulation.process import KEY, SLUG
from faults.simulation.store import Store
from gmail_ingest import state as mails
from gmail_ingest.fetch import Fetcher
from gmail_ingest.handlers import Handlers as MailHandlers
from gmail_ingest.job import Behaviour
from gmail_ingest.writer import Writer
from simulators.freescout.installation import API_KEY

P = ParamSpec("P")
T = TypeVar("T")
BOT = 1
TIMING = PROFILES["production"]


class Inline:
    """A store as a service sees it: every step at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit one step."""
        return self._store.run(step, *args, **kwargs)

    async def close(self) -> None:
        """The store serves the next run too."""


class DraftWriter:
    """The service that writes drafts, as its composition root makes it."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.store = store_of("draft_writer").emptied(actor.world.now)
        db, settings = Inline(self.store), _settings()
        freescout = FreeScout(URL, API_KEY, TIMING, transport=Gate(actor))
        probe = gates.freescout(freescout, settings.freescout, settings.mailbox)
        prober = Prober(db, {"freescout": probe}, TIMING, _nothing, actor.world.dice)
        pen = Pen(db, freescout, KEY, settings, _nothing)
        self.outcomes = Outcomes(db, pen.lookup, TIMING)
        self.handlers = Handlers(
            db,
            desk=Desk(db, freescout, pen, settings, _nothing),
            study=Study(db, pen.lookup, _author(), prober, settings),
            drafter=Drafter(db, freescout, pen, settings),
            outcomes=self.outcomes,
            failures=Failures(db, prober, probe, TIMING),
            timing=TIMING,
            owner=actor.name,
        )

    async def judged(self, verdict: ConversationClassified) -> None:
        """A verdict arrives, and with it whatever draft becomes owed."""
        await self.actor.deliver(
            self.handlers.conversation_classified, self.handlers.record, verdict
        )
        for wish in self.owed():
            await self.wished(wish)

    def owed(self) -> Sequence[DraftUpsert]:
        """Drafts that are wanted and not made."""
        query = "SELECT payload FROM work WHERE state = 'wanted' AND id LIKE 'draft.upsert:%'"
        return [DraftUpsert.model_validate_json(row[0]) for row in self.store.rows(query)]

    async def wished(self, wish: DraftUpsert) -> None:
        """Somebody wants a draft."""
        await self.actor.deliver(self.handlers.draft_upsert, self.handlers.record, wish)

    async def look(self, conversation_id: int) -> None:
        """The outcome reader's scheduled look."""
        self.actor.begin()
        await self.outcomes.look(conversation_id)

    def drafts(self) -> dict[int, str]:
        """What is recorded of every draft, by the customer's message."""
        return dict(self.store.rows("SELECT basis_thread_id, state FROM draft"))


class GmailIngest:
    """The service that writes customers' mails."""

    def __init__(self, actor: Actor, post: Post) -> None:
        self.actor = actor
        self.store = store_of("gmail_ingest").emptied(actor.world.now)
        self.store.run(mails.begin_mailbox, SLUG, 0)
        db, world, settings = Inline(self.store), actor.world, gmail_stage.settings()
        freescout = FreeScout(URL, API_KEY, TIMING, transport=Gate(actor))
        probe = gates.freescout(freescout, settings.freescout, settings.mailbox)
        prober = Prober(db, {"freescout": probe}, TIMING, _nothing, world.dice)
        gmail, mailboxes = SimulatedGmail(post), settings.mailbox
        fetcher = Fetcher(db, {SLUG: gmail}, MemorySpool(), mailboxes, TIMING)
        writer = Writer(db, freescout, KEY, TIMING, _behaviour)
        self.handlers = MailHandlers(
            db, fetcher, writer, prober, TIMING, mailboxes, owner=actor.name,
            probe_freescout=probe, written=_nothing, labels={},
        )  # fmt: skip

    async def mailed(self, gmail_id: str, gmail_thread_id: str) -> None:
        """Gmail names a mail."""
        notice = mails.Notice(gmail_id, gmail_thread_id, "")
        self.store.run(mails.journal, SLUG, [notice], backfill=False)
        event = MessageReceived(
            mailbox=SLUG, gmail_message_id=gmail_id, gmail_thread_id=gmail_thread_id
        )
        await self.actor.deliver(self.handlers.message_received, self.handlers.record, event)


@cache
def store_of(service: str) -> Store:
    """One store for all runs: taken `emptied`."""
    return Store(service)


def _nothing() -> None:
    """There are no loops to wake."""


def _behaviour(_connection: Connection) -> Behaviour:
    return Behaviour(bot_user_id=BOT)


@cache
def _settings() -> Settings:
    key = Path(mkdtemp(prefix="interleavings-")) / "freescout.key"
    key.write_text(API_KEY)
    key.chmod(0o600)
    mailbox = MailboxSettings(
        address="support@desk.example", freescout_mailbox_id=1, write="drafts"
    )  # type: ignore[call-arg]
    return Settings(
        freescout=FreeScoutSettings(url=URL, api_key_file=key, user_id=BOT),
        mailbox={SLUG: mailbox},
    )


@cache
def _author() -> Author:
    return Author(None, DraftSettings(), Knowledge(), KEY)

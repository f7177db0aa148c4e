"""gmail_ingest, wired from its shipped parts as its own composition root does it."""

from collections.abc import Coroutine, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from csm import gates
from csm.contracts import MessageReceived
from csm.streams import FREESCOUT_WRITER
from faults.simulation import process
from faults.simulation.judge import judged
from faults.simulation.post import SimulatedGmail
from faults.simulation.process import BOT, KEY, MAILBOX, SLUG
from faults.simulation.stage import Outside, Stage
from gmail_ingest import probes, state
from gmail_ingest.discovery import Discovery
from gmail_ingest.fetch import Fetcher
from gmail_ingest.handlers import Handlers
from gmail_ingest.job import Behaviour
from gmail_ingest.settings import GmailSettings, MailboxSettings, Settings
from gmail_ingest.spool import Spool
from gmail_ingest.writer import Writer

# Production polls every 10 s; each poll is six transactions, and nothing depends on their number.
POLL = 120.0
_WORKERS = 8


@cache
def settings() -> Settings:
    """The settings of the simulated service."""
    token = process.secret("gmail.json", "{}")
    gmail = GmailSettings(token_file=token, poll_seconds=POLL, reconcile_hours=6)
    mailbox = MailboxSettings(**MAILBOX, gmail=gmail)
    return Settings(freescout=process.desk_settings(), mailbox={SLUG: mailbox})


class MemorySpool(Spool):
    """Spool files in memory; the disk outlives a process, so one serves all lives."""

    def __init__(self) -> None:
        # The parent's constructor makes the folder.
        self._folder = Path("spool")
        self._kept: dict[Path, bytes] = {}

    def _write(self, work_id: str, raw: bytes) -> None:
        self._kept[self._path(work_id)] = raw

    def _read(self, work_id: str) -> bytes | None:
        return self._kept.get(self._path(work_id))

    async def drop(self, work_id: str) -> None:
        self._kept.pop(self._path(work_id), None)

    async def keep_only(self, work_ids: Any, _age: float) -> None:
        wanted = {self._path(one) for one in work_ids}
        self._kept = {path: raw for path, raw in self._kept.items() if path in wanted}


class GmailIngest(Stage):
    """The service in the simulation."""

    name = "gmail_ingest"
    durables = (FREESCOUT_WRITER,)

    def __init__(self, outside: Outside, replicas: int) -> None:
        super().__init__(outside, replicas)
        self.spool = MemorySpool()
        # The mailbox was begun before the first mail of the history.
        self.store.run(state.begin_mailbox, SLUG, 0)
        self.store.run(state.advance, SLUG, outside.post.box.history_id)

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """One process."""
        return Process(self, owner).run()

    def is_quiet(self) -> bool:
        """Every mail of Gmail is journaled, none is wanted, every event is out."""
        journal = self.store.rows("SELECT count(*) FROM gmail_message")[0][0]
        return super().is_quiet() and bool(journal == self.outside.post.box.message_count())

    def findings(self) -> Iterator[str]:
        """The judge's findings about desk and mailbox, and ends that no fault here explains."""
        yield from judged(self.outside)
        yield from super().findings()


class Process(process.Process):
    """One life of the service."""

    def __init__(self, stage: GmailIngest, owner: str) -> None:
        super().__init__(stage, owner)
        configured, timing, db = settings(), self.timing, self.db
        gmail = SimulatedGmail(self.outside.post)
        mailboxes = configured.mailbox
        probe_freescout = gates.freescout(self.freescout, configured.freescout, mailboxes)
        prober = self.prober({"freescout": probe_freescout, f"gmail:{SLUG}": probes.gmail(gmail)})
        kick = self.loops.kick
        fetcher = Fetcher(db, {SLUG: gmail}, stage.spool, mailboxes, timing)
        discovery = Discovery(db, gmail, SLUG, mailboxes[SLUG], prober, kick, owner=owner)
        writer = Writer(db, self.freescout, KEY, timing, _behaviour)
        handlers = Handlers(
            db, fetcher, writer, prober, timing, mailboxes, owner=owner,
            probe_freescout=probe_freescout, written=kick, labels={},
        )  # fmt: skip
        self.also(discovery.run, fetcher.run)
        handle = handlers.message_received
        self.consume(FREESCOUT_WRITER, _WORKERS, MessageReceived, handle, handlers.record)


def _behaviour(_connection: Connection) -> Behaviour:
    return Behaviour(bot_user_id=BOT)

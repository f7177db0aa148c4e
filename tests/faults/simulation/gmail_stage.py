"""gmail_ingest, wired from its shipped parts as its own composition root does it."""

import asyncio
from collections.abc import Coroutine, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Connection

from csm import gates
from csm.bus import publish_event
from csm.contracts import MessageReceived
from csm.db import outlast
from csm.dependency import Prober
from csm.freescout import FreeScout
from csm.outbox import DueLoop, Loops, Relay
from csm.settings import FreeScoutSettings
from csm.streams import FREESCOUT_WRITER
from faults.simulation.bus import Bus
from faults.simulation.desk import URL, Wire
from faults.simulation.judge import judged
from faults.simulation.post import SimulatedGmail
from faults.simulation.stage import Outside, Stage
from faults.simulation.store import SimulatedDatabase, Store
from gmail_ingest import probes, state
from gmail_ingest.discovery import Discovery
from gmail_ingest.fetch import Fetcher
from gmail_ingest.handlers import Handlers
from gmail_ingest.job import Behaviour
from gmail_ingest.settings import GmailSettings, MailboxSettings, Settings
from gmail_ingest.spool import Spool
from gmail_ingest.writer import Writer
from simulators.freescout.installation import API_KEY

SLUG = "support"
KEY = b"a key for simulated markers only"
# Production polls every 10 s; each poll is six transactions, and nothing depends on their number.
POLL = 120.0
_WORKERS = 8
_DATABASE_PAUSE = 2.0


def settings(folder: Path) -> Settings:
    """The settings of the simulated installation; its secrets are files in `folder`."""
    key, token = folder / "freescout.key", folder / "gmail.json"
    for secret, text in ((key, API_KEY), (token, "{}")):
        secret.write_text(text)
        secret.chmod(0o600)
    mailbox = MailboxSettings(
        address="support@desk.example",
        freescout_mailbox_id=1,
        write="tickets",
        gmail=GmailSettings(token_file=token, poll_seconds=POLL, reconcile_hours=6),
    )
    return Settings(
        freescout=FreeScoutSettings(url=URL, api_key_file=key, user_id=1),
        mailbox={SLUG: mailbox},
    )


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
        self.store = _store().emptied(outside.world.now)
        self.spool = MemorySpool()
        # The mailbox was begun before the first mail of the history.
        self.store.run(state.begin_mailbox, SLUG, 0)
        self.store.run(state.advance, SLUG, outside.post.box.history_id)

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """One process."""
        return Process(self, owner).run()

    def is_quiet(self) -> bool:
        """Every mail of Gmail is journaled, none is wanted, every event is out."""
        if self.store.any("SELECT 1 FROM work WHERE state = 'wanted'"):
            return False
        journal = self.store.rows("SELECT count(*) FROM gmail_message")[0][0]
        is_out = not self.store.any("SELECT 1 FROM outbox")
        return is_out and bool(journal == self.outside.post.box.message_count())

    def findings(self) -> Iterator[str]:
        """The judge's findings about desk and mailbox, and ends that no fault here explains."""
        yield from judged(self.outside)
        query = "SELECT id, state, reason FROM work WHERE state NOT IN ('done', 'filtered')"
        for work_id, ended, reason in self.store.rows(query):
            yield f"{ended}: {work_id} ({reason})"


class Process:
    """One life of the service: `run` ends when it is cancelled, or never."""

    def __init__(self, stage: GmailIngest, owner: str) -> None:
        outside, world, timing = stage.outside, stage.world, stage.outside.timing
        configured = _settings()
        self._timing = timing
        self._bus = Bus(world, outside.server)
        db = SimulatedDatabase(world, stage.store)
        freescout = FreeScout(URL, API_KEY, timing, transport=Wire(outside.desk))
        gmail = SimulatedGmail(outside.post)
        publish = partial(publish_event, self._bus)  # type: ignore[arg-type]
        loops = Loops(
            Relay(db, publish, timing, owner), DueLoop(db, publish, timing, owner), timing
        )
        probe_freescout = gates.freescout(freescout, configured.freescout, configured.mailbox)
        known = {"freescout": probe_freescout, f"gmail:{SLUG}": probes.gmail(gmail)}
        prober = Prober(db, known, timing, loops.kick, world.dice)
        mailboxes = configured.mailbox
        fetcher = Fetcher(db, {SLUG: gmail}, stage.spool, mailboxes, timing)
        discovery = Discovery(db, gmail, SLUG, mailboxes[SLUG], prober, loops.kick, owner=owner)
        writer = Writer(db, freescout, KEY, timing, _behaviour)
        self._handlers = Handlers(
            db, fetcher, writer, prober, timing, mailboxes, owner=owner,
            probe_freescout=probe_freescout, written=loops.kick, labels={},
        )  # fmt: skip
        self._loops = (loops.run, prober.run, discovery.run, fetcher.run)

    async def run(self) -> None:
        """Run every loop until cancelled."""
        handlers = self._handlers
        consumer = self._bus.consumer(
            MessageReceived, handlers.message_received, handlers.record, self._timing
        )
        async with asyncio.TaskGroup() as tasks:
            for loop in self._loops:
                tasks.create_task(outlast(loop, _DATABASE_PAUSE))
            for _ in range(_WORKERS):
                tasks.create_task(self._bus.pull(FREESCOUT_WRITER, consumer))


def _behaviour(_connection: Connection) -> Behaviour:
    return Behaviour(bot_user_id=1)


@cache
def _store() -> Store:
    return Store("gmail_ingest")


@cache
def _settings() -> Settings:
    return settings(Path(mkdtemp(prefix="simulation-")))

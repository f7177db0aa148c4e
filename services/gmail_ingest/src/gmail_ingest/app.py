"""Wires gmail_ingest together."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from csm import gates
from csm.contracts import MessageReceived
from csm.dependency import Probe
from csm.freescout import FreeScout
from csm.service import Frame, Ground, Loop
from csm.settings import ConfigError
from csm.streams import FREESCOUT_WRITER
from gmail_ingest import probes
from gmail_ingest.accounts import account_of
from gmail_ingest.audit import Audit
from gmail_ingest.auditor import Auditor
from gmail_ingest.discovery import Discovery
from gmail_ingest.fetch import Fetcher
from gmail_ingest.gmail import GmailClient, GmailCredentialsError, TokenBucket
from gmail_ingest.handlers import Handlers
from gmail_ingest.labels import Labels
from gmail_ingest.operate import Operations
from gmail_ingest.settings import Settings
from gmail_ingest.spool import Spool
from gmail_ingest.writer import Writer

SERVICE = "gmail_ingest"


class Service:
    """Everything gmail_ingest consists of; made inside a running loop, started by `run`."""

    def __init__(self, ground: Ground[Settings]) -> None:
        """Connects to nothing. Raises ConfigError for a token file that cannot be used."""
        settings = ground.settings
        self._ground = ground
        self._freescout = FreeScout(
            settings.freescout.url,
            settings.freescout.api_key,
            settings.timing,
            in_flight=settings.freescout.in_flight,
        )
        self._clients = {slug: _client(slug, settings) for slug in settings.mailbox}
        asked = self._probes()
        self._frame = Frame(ground, asked)
        self._discoveries = [
            Discovery(ground.db, client, slug, settings.mailbox[slug], self._frame.prober,
                      self._frame.loops.kick, owner=ground.owner)
            for slug, client in self._clients.items()
        ]  # fmt: skip
        self._labels = {
            slug: Labels(client, slug, label)
            for slug, client in self._clients.items()
            if (label := settings.mailbox[slug].gmail.label)
        }
        self._fetcher = Fetcher(
            ground.db, self._clients, Spool(settings.spool), settings.mailbox, settings.timing
        )
        self._consume(asked["freescout"])
        self._auditor = self._audits()
        self._operations = Operations(
            ground.db, self._freescout, ground.key, settings, self._frame.prober,
            self._frame.watch, auditor=self._auditor,
        )  # fmt: skip
        self.health = self._frame.health(
            partial(self._operations.status, {}),
            partial(gates.refusals, url=settings.freescout.url),
            [self._auditor.tick, *(discovery.tick for discovery in self._discoveries)],
        )

    def _probes(self) -> Mapping[str, Probe]:
        settings, db = self._ground.settings, self._ground.db
        desk, mailboxes = settings.freescout, settings.mailbox
        gmail = {f"gmail:{slug}": probes.gmail(client) for slug, client in self._clients.items()}
        return {
            "freescout": gates.freescout(self._freescout, desk, mailboxes),
            "self-test": gates.self_test(db, desk.url, mailboxes),
            **gmail,
        }

    def _consume(self, probe_freescout: Probe) -> None:
        ground, settings = self._ground, self._ground.settings
        behaviour = partial(probes.behaviour, desk=settings.freescout)
        writer = Writer(ground.db, self._freescout, ground.key, settings.timing, behaviour)
        handlers = Handlers(
            ground.db, self._fetcher, writer, self._frame.prober, settings.timing,
            settings.mailbox, owner=ground.owner, probe_freescout=probe_freescout,
            written=self._frame.loops.kick, labels=self._labels,
        )  # fmt: skip
        self._frame.consume(
            FREESCOUT_WRITER, MessageReceived, handlers.message_received, handlers.record,
            workers=settings.gmail_ingest.workers,
        )  # fmt: skip

    def _audits(self) -> Auditor:
        ground, settings = self._ground, self._ground.settings
        desks = [mailbox.freescout_mailbox_id for mailbox in settings.mailbox.values()]
        audit = Audit(ground.db, self._freescout, ground.key, desks)
        every = settings.gmail_ingest.audit_hours * 3600
        return Auditor(ground.db, audit, settings.timing, every=every, owner=ground.owner)

    async def run(self) -> None:
        """Run every loop until cancelled; then give unfinished work back and close."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._freescout.aclose)
            for client in self._clients.values():
                stack.push_async_callback(client.close)
            await self._frame.run(self._operations.verbs(), self._loops(), first_probes=gates.GATES)

    def _loops(self) -> list[Loop]:
        looks = [discovery.run for discovery in self._discoveries]
        own = [self._fetcher.run, self._auditor.run]
        return [*own, *looks, *(label.run for label in self._labels.values())]


def _client(slug: str, settings: Settings) -> GmailClient:
    account = account_of(slug, settings.mailbox[slug])
    quota = TokenBucket(settings.mailbox[slug].gmail.quota_units_per_minute)
    try:
        return GmailClient(account, quota)
    except GmailCredentialsError as error:
        key = f"mailbox.{slug}.gmail.{account.asked.key}"
        raise ConfigError([f"{key}: {error}"]) from None

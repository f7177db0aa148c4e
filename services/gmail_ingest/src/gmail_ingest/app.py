"""Wires gmail_ingest together and runs it until it is told to stop."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial

import httpx

from csm import admin, install, logs, migrations, otlp
from csm.bus import build_broker, publish_event, subscribe
from csm.contracts import MessageReceived
from csm.db import Database, open_beside, open_database, outlast
from csm.dependency import Probe, Prober
from csm.freescout import FreeScout
from csm.health import Health, Vitals
from csm.outbox import DueLoop, Loops, Relay
from csm.serving import serving
from csm.settings import ConfigError, is_loopback
from csm.streams import FREESCOUT_WRITER
from csm.subscription import Broker
from csm.watch import DurableWatch
from gmail_ingest import probes
from gmail_ingest.accounts import account_of
from gmail_ingest.discovery import Discovery
from gmail_ingest.fetch import Fetcher
from gmail_ingest.gmail import GmailClient, GmailCredentialsError, TokenBucket
from gmail_ingest.handlers import Handlers
from gmail_ingest.labels import Labels
from gmail_ingest.operate import Operations
from gmail_ingest.settings import Settings
from gmail_ingest.spool import Spool
from gmail_ingest.writer import Writer
from gmail_ingest.writes import Behaviour

SERVICE = "gmail_ingest"
_GRACE = 20.0  # seconds for handlers at shutdown; the rest is given back to the bus
_DATABASE_PAUSE = 2.0  # seconds until a database that is away is asked again


class Service:
    """Everything gmail_ingest consists of; made inside a running loop, started by `run`."""

    def __init__(self, settings: Settings, db: Database, key: bytes, broker: Broker) -> None:
        """Connects to nothing. Raises ConfigError for a token file that cannot be used."""
        self.settings = settings
        self.db = db
        self.broker = broker
        timing = settings.timing
        owner = f"{socket.gethostname()}:{os.getpid()}"
        self.freescout = FreeScout(
            settings.freescout.url,
            settings.freescout.api_key,
            timing,
            in_flight=settings.freescout.in_flight,
        )
        self.clients = {slug: _client(slug, settings) for slug in settings.mailbox}
        self.labels = {
            slug: Labels(client, slug, label)
            for slug, client in self.clients.items()
            if (label := settings.mailbox[slug].gmail.label)
        }
        publish = partial(publish_event, broker)
        self.loops = Loops(
            Relay(db, publish, timing, owner), DueLoop(db, publish, timing, owner), timing
        )
        self.probe_freescout = probes.freescout(self.freescout, settings)
        self.probe_self_test = probes.self_test(db, settings)
        self.prober = Prober(db, self._probes(), timing, self.loops.kick)
        self.discoveries = [
            Discovery(db, client, slug, settings.mailbox[slug], self.prober, self.loops.kick,
                      owner=owner)
            for slug, client in self.clients.items()
        ]  # fmt: skip
        self.fetcher = Fetcher(db, self.clients, Spool(settings.spool), settings.mailbox)
        writer = Writer(db, self.freescout, key, timing, self._behaviour)
        self.handlers = Handlers(
            db, self.fetcher, writer, self.prober, timing, settings.mailbox, owner=owner,
            probe_freescout=self.probe_freescout, written=self.loops.kick, labels=self.labels,
        )  # fmt: skip
        self.watch = DurableWatch(broker, timing)
        self.operations = Operations(db, self.freescout, key, settings, self.prober, self.watch)
        self.health = Health(self._vitals())
        subscribe(
            broker, FREESCOUT_WRITER, MessageReceived, self.handlers.message_received,
            self.handlers.record, timing, workers=settings.gmail_ingest.workers,
        )  # fmt: skip

    def _vitals(self) -> Vitals:
        looks = [discovery.tick for discovery in self.discoveries]
        return Vitals(
            SERVICE,
            self.db,
            self.broker,
            self.watch,
            self.settings.timing,
            ticks=[self.watch.tick, self.loops.tick, self.prober.tick, *looks],
            dependencies=frozenset(self._probes()),
            refusals=partial(probes.refusals, settings=self.settings),
            status=partial(self.operations.status, {}),
            nats_monitor=self.settings.nats.monitor_url,
        )

    def _probes(self) -> dict[str, Probe]:
        gmail = {f"gmail:{slug}": probes.gmail(client) for slug, client in self.clients.items()}
        return {"freescout": self.probe_freescout, "self-test": self.probe_self_test, **gmail}

    async def _behaviour(self) -> Behaviour:
        return await probes.behaviour(self.db, self.settings)

    async def run(self) -> None:
        """Run every loop until cancelled; then give unfinished work back and close."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.freescout.aclose)
            for client in self.clients.values():
                stack.push_async_callback(client.close)
            await outlast(self._first_probes, _DATABASE_PAUSE)
            await self.broker.start()
            stack.push_async_callback(self.broker.stop)
            await admin.serve(self.broker.connection, SERVICE, self.operations.verbs())
            async with asyncio.TaskGroup() as tasks:
                for loop in self._loops():
                    tasks.create_task(outlast(loop, _DATABASE_PAUSE))

    def _loops(self) -> list[Callable[[], Coroutine[None, None, None]]]:
        looks = [discovery.run for discovery in self.discoveries]
        labels = [label.run for label in self.labels.values()]
        service = [self.watch.run, self.loops.run, self.prober.run, self.health.measure]
        return [*service, self.fetcher.run, *looks, *labels]

    async def _first_probes(self) -> None:
        """What is wrong from the start is said before the first mail runs into it."""
        for name in ("self-test", "freescout"):
            await self.prober.probe_now(name)


def _client(slug: str, settings: Settings) -> GmailClient:
    account = account_of(slug, settings.mailbox[slug])
    quota = TokenBucket(settings.mailbox[slug].gmail.quota_units_per_minute)
    try:
        return GmailClient(account, quota)
    except GmailCredentialsError as error:
        key = f"mailbox.{slug}.gmail.{account.asked.key}"
        raise ConfigError([f"{key}: {error}"]) from None


async def refuse_fast_timing_on_real_desk(settings: Settings) -> None:
    """The fast profile believes in absence after 3 s: only the simulator keeps that promise."""
    if settings.timing_profile != "fast":
        return
    url = settings.freescout.url
    answer: object = None
    if is_loopback(url):
        async with httpx.AsyncClient(timeout=5) as client:
            try:
                answer = (await client.get(f"{url}/control/handshake")).json()
            except (httpx.HTTPError, ValueError):
                answer = None
    if not isinstance(answer, dict) or answer.get("simulator") != "freescout":
        raise ConfigError([f"timing_profile: fast, but {url} is not the simulator"])


async def serve(settings: Settings) -> None:
    """Open the database, run the service until SIGTERM or SIGINT.

    Raises ConfigError, InstallKeyError, DatabaseInUseError before the bus is connected.
    """
    logs.setup(SERVICE, settings.log_level)
    tracing = otlp.setup(SERVICE)
    key = install.read_key(settings.install_key_path)
    db = open_database(settings.database_url)
    try:
        await _until_signal(_run(settings, db, key))
    finally:
        await db.close()
        tracing.close()


async def _run(settings: Settings, db: Database, key: bytes) -> None:
    broker = build_broker(settings.nats.url, name=SERVICE, graceful_timeout=_GRACE)
    service = Service(settings, db, key, broker)
    # Before anything that may have to be waited for: the service lives, it is only not ready.
    async with serving(
        service.health.app(), settings.health_host, settings.gmail_ingest.health_port
    ):
        problem = await outlast(partial(db.run, migrations.problem, SERVICE), _DATABASE_PAUSE)
        if problem:
            raise ConfigError([problem])
        await outlast(partial(db.run, install.claim, key), _DATABASE_PAUSE)
        await refuse_fast_timing_on_real_desk(settings)
        await service.run()


async def _until_signal(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logs.get_logger("app").info("stopped")


async def migrate(settings: Settings) -> tuple[str | None, str | None]:
    """Bring this service's database to the newest schema; revisions before and after.

    Raises DatabaseUnavailableError.
    """
    db = open_beside(settings.database_url)
    try:
        return await db.run(migrations.upgrade, SERVICE)
    finally:
        await db.close()

"""The life of a service: open what it stands on, serve its health, run its loops, end in order.

A stage adds its clients, handlers and loops to a `Frame`; `serve` is the rest of its `app.py`.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

import httpx

from csm import admin, install, logs, migrations, otlp, work
from csm.admin import Json, Verb
from csm.bus import build_broker, publish_event, subscribe
from csm.db import Database, DatabaseInUseError, Step, open_beside, open_database, outlast
from csm.delivery import E, Handle, Record
from csm.dependency import Probe, Prober
from csm.health import Health, Vitals
from csm.install import InstallKeyError
from csm.outbox import DueLoop, Loops, Relay
from csm.serving import serving
from csm.settings import (
    EXIT_CONFIG,
    CommonSettings,
    ConfigError,
    exit_config,
    is_loopback,
    load,
)
from csm.streams import Durable
from csm.subscription import Broker
from csm.ticks import Tick
from csm.watch import DurableWatch

_GRACE = 20.0  # seconds for handlers at shutdown; the rest is given back to the bus
_DATABASE_PAUSE = 2.0  # seconds until a database that is away is asked again

S = TypeVar("S", bound=CommonSettings)
Loop = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Ground(Generic[S]):
    """What a service stands on: opened, but connected to nothing. `key` is the install key.

    `owner` names this process among the replicas, in leases.
    """

    name: str
    settings: S
    db: Database
    key: bytes
    broker: Broker
    owner: str


class Frame:
    """What every service has: relay and due loop, probes, watch over its durables, health."""

    def __init__(self, ground: Ground[S], probes: Mapping[str, Probe]) -> None:
        """`probes` by dependency name."""
        timing = ground.settings.timing
        publish = partial(publish_event, ground.broker)
        self._ground = ground
        self.loops = Loops(
            Relay(ground.db, publish, timing, ground.owner),
            DueLoop(ground.db, publish, timing, ground.owner),
            timing,
        )
        self.prober = Prober(ground.db, probes, timing, self.loops.kick)
        self.watch = DurableWatch(ground.broker, timing)
        self._dependencies = frozenset(probes)
        self._health: list[Health] = []

    def consume(
        self,
        durable: Durable,
        model: type[E],
        handle: Handle[E],
        record: Record[E],
        *,
        workers: int,
    ) -> None:
        """Deliver a durable's events to `handle`, at most `workers` at a time in this process."""
        subscribe(
            self._ground.broker, durable, model, handle, record, self._ground.settings.timing,
            workers=workers,
        )  # fmt: skip

    def health(
        self,
        status: Callable[[], Awaitable[Json]],
        refusals: Step[[], list[str]],
        ticks: Sequence[Tick] = (),
    ) -> Health:
        """The health endpoints; `ticks` of the stage's own loops, `refusals` why it must wait."""
        ground = self._ground
        vitals = Vitals(
            ground.name,
            ground.db,
            ground.broker,
            self.watch,
            ground.settings.timing,
            ticks=[self.watch.tick, self.loops.tick, self.prober.tick, *ticks],
            dependencies=self._dependencies,
            refusals=refusals,
            status=status,
            nats_monitor=ground.settings.nats.monitor_url,
        )
        health = Health(vitals)
        self._health.append(health)
        return health

    async def run(
        self,
        verbs: Mapping[str, Verb],
        loops: Iterable[Loop],
        *,
        first_probes: Sequence[str] = (),
    ) -> None:
        """Run every loop until cancelled, then give unfinished deliveries back to the bus.

        `first_probes`: what is wrong from the start is said before the first event meets it.
        """
        ground = self._ground
        for health in self._health:
            health.answers(verbs)
        for name in first_probes:
            await outlast(partial(self.prober.probe_now, name), _DATABASE_PAUSE)
        async with AsyncExitStack() as stack:
            await ground.broker.start()
            stack.push_async_callback(ground.broker.stop)
            await admin.serve(ground.broker.connection, ground.name, verbs)
            async with asyncio.TaskGroup() as tasks:
                own = (
                    self.watch.run, self._make_up, self.loops.run, self.prober.run,
                    *(health.measure for health in self._health),
                )  # fmt: skip
                for loop in (*own, *loops):
                    tasks.create_task(outlast(loop, _DATABASE_PAUSE))

    async def _make_up(self) -> None:
        """What a lost stream held is owed still: publish it now, not when nothing was heard."""
        while True:
            await self.watch.lost.wait()
            await self._ground.db.run(work.lost)
            self.watch.lost.clear()
            self.loops.kick()


class Service(Protocol):
    """A stage that is wired together."""

    health: Health

    async def run(self) -> None:
        """Run until cancelled."""
        ...


def main(model: type[S], name: str, build: Callable[[Ground[S]], Service]) -> None:
    """A service's `__main__`: exit 78 with every problem on stderr when the settings cannot work.

    `build` connects to nothing and may raise ConfigError.
    """
    try:
        asyncio.run(serve(load(model), name, build))
    except ConfigError as error:
        exit_config(error)
    except (InstallKeyError, DatabaseInUseError) as error:
        sys.stderr.write(f"config error: {error}\n")
        raise SystemExit(EXIT_CONFIG) from None


async def serve(settings: S, name: str, build: Callable[[Ground[S]], Service]) -> None:
    """Open the database, run the service until SIGTERM or SIGINT.

    Raises ConfigError, InstallKeyError, DatabaseInUseError before the bus is connected.
    """
    logs.setup(name, settings.log_level)
    tracing = otlp.setup(name)
    key = install.read_key(settings.install_key_path)
    db = open_database(settings.database_url)
    try:
        broker = build_broker(settings.nats, name=name, graceful_timeout=_GRACE)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        await _until_signal(_run(Ground(name, settings, db, key, broker, owner), build))
    finally:
        await db.close()
        tracing.close()


async def _run(ground: Ground[S], build: Callable[[Ground[S]], Service]) -> None:
    settings, db = ground.settings, ground.db
    service = build(ground)
    # Before anything that may have to be waited for: the service lives, it is only not ready.
    async with serving(service.health.app(), settings.health_host, settings.health_port):
        problem = await outlast(partial(db.run, migrations.problem, ground.name), _DATABASE_PAUSE)
        if problem:
            raise ConfigError([problem])
        await outlast(partial(db.run, install.claim, ground.key), _DATABASE_PAUSE)
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
        logs.get_logger("service").info("stopped")


async def refuse_fast_timing_on_real_desk(settings: CommonSettings) -> None:
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


async def migrate(settings: CommonSettings, name: str) -> tuple[str | None, str | None]:
    """Bring a service's database to the newest schema; revisions before and after.

    Raises DatabaseUnavailableError.
    """
    db = open_beside(settings.database_url)
    try:
        return await db.run(migrations.upgrade, name)
    finally:
        await db.close()

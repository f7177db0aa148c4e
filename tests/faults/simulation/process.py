"""What every simulated service consists of: its bus, its database, its loops, its desk."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

from csm.bus import publish_event
from csm.db import outlast
from csm.dependency import Probe, Prober
from csm.freescout import FreeScout
from csm.llm import Llm
from csm.outbox import DueLoop, Loops, Relay
from csm.settings import FreeScoutSettings
from csm.streams import Durable
from faults.simulation.bus import Bus
from faults.simulation.desk import URL, Wire
from faults.simulation.model import SETTINGS, client_of
from faults.simulation.stage import Outside
from faults.simulation.store import SimulatedDatabase, Store
from simulators.freescout.installation import API_KEY

SLUG = "support"
KEY = b"a key for simulated markers only"
# The bot's user and the mailbox at the desk.
BOT = 1
MAILBOX = {"address": "support@desk.example", "freescout_mailbox_id": 1, "write": "drafts"}
_DATABASE_PAUSE = 2.0

Loop = Callable[[], Awaitable[None]]


class Owner(Protocol):
    """The stage that a process belongs to."""

    outside: Outside
    store: Store


class Process:
    """One life of a service, as `csm.service.Frame` has it; `run` never ends by itself."""

    def __init__(self, stage: Owner, owner: str) -> None:
        outside = stage.outside
        self.outside = outside
        self.timing = outside.timing
        self.owner = owner
        self.bus = Bus(outside.world, outside.server)
        self.db = SimulatedDatabase(outside.world, stage.store)
        self.freescout = FreeScout(URL, API_KEY, self.timing, transport=Wire(outside.desk))
        publish = partial(publish_event, self.bus)  # type: ignore[arg-type]
        self.loops = Loops(
            Relay(self.db, publish, self.timing, owner),
            DueLoop(self.db, publish, self.timing, owner),
            self.timing,
        )
        self._running: list[Loop] = [self.loops.run]

    def model(self) -> Llm:
        """The model of this process."""
        dice = self.outside.world.dice
        http = client_of(self.outside.model)
        return Llm(self.db, SETTINGS, self.timing.scale, http=http, random=dice)

    def prober(self, probes: dict[str, Probe]) -> Prober:
        """The prober over these dependencies."""
        world = self.outside.world
        prober = Prober(self.db, probes, self.timing, self.loops.kick, world.dice)
        self._running.append(prober.run)
        return prober

    def also(self, *loops: Loop) -> None:
        """Loops of the service's own."""
        self._running += loops

    def consume(self, durable: Durable, workers: int, model: Any, handle: Any, record: Any) -> None:
        """Deliver a durable's events to `handle`, at most `workers` at a time."""
        consumer = self.bus.consumer(model, handle, record, self.timing)
        self._running += [partial(self.bus.pull, durable, consumer)] * workers

    async def begin(self) -> None:
        """What the service does before its loops run."""

    async def run(self) -> None:
        """Run every loop until cancelled."""
        await outlast(self.begin, _DATABASE_PAUSE)
        async with asyncio.TaskGroup() as tasks:
            for loop in self._running:
                tasks.create_task(outlast(loop, _DATABASE_PAUSE))


@cache
def folder() -> Path:
    """Where the secrets of the simulated installation lie."""
    return Path(mkdtemp(prefix="simulation-"))


@cache
def secret(name: str, text: str) -> Path:
    """A file with a secret."""
    path = folder() / name
    path.write_text(text)
    path.chmod(0o600)
    return path


@cache
def desk_settings() -> FreeScoutSettings:
    """How the desk is reached."""
    key = secret("freescout.key", API_KEY)
    return FreeScoutSettings(url=URL, api_key_file=key, user_id=BOT)

"""The demo's installation: both simulators, NATS and gmail_ingest, all gone when it ends."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from csm import admin
from csm.admin import AdminError
from csm.settings import load
from csm_cli.children import Child
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.operate import SERVICE
from csm_cli.provisioning import provision
from csm_cli.simulation import Simulator
from csm_cli.terminal import CommandFailedError, Json
from gmail_ingest.settings import Settings

# Seconds until the service must answer after a start: a cold interpreter on a busy machine.
_START_SECONDS = 60.0
_LOOK = 0.05


@dataclass(slots=True)
class Stage:
    """Everything that runs; the ingest is started again whenever it dies."""

    gmail: Simulator
    desk: Simulator
    bus: EmbeddedNats
    ingest: Child
    life: asyncio.Task[None]

    async def ask(self, verb: str, arguments: Json | None = None, timeout: float = 10) -> Json:
        """An operating verb of the ingest; raises AdminError when it does not answer."""
        return await admin.ask(self.bus.url, SERVICE, verb, arguments, timeout)

    async def status(self) -> Json | None:
        """The ingest's own account, None while it or NATS is dead."""
        if self.life.done():
            self.life.result()
            raise CommandFailedError(f"{SERVICE} is not started again, see {self.ingest.log}")
        with suppress(AdminError):
            return await self.ask("status", timeout=2)
        return None

    async def answers(self) -> None:
        """Wait until the ingest is connected; raises CommandFailedError after a minute."""

        async def is_there() -> bool:
            return await self.status() is not None

        try:
            async with asyncio.timeout(_START_SECONDS):
                await until(is_there, _LOOK)
        except TimeoutError:
            raise CommandFailedError(f"{SERVICE} does not start, see {self.ingest.log}") from None

    async def is_killed(self) -> bool:
        """Whether the ingest died by SIGKILL: nobody but its crash point sends one."""
        return -signal.SIGKILL in self.ingest.ends

    async def is_in_work(self, monitor: httpx.AsyncClient) -> bool:
        """Whether deliveries wait for their ack, by the NATS server's own account."""
        options = {"consumers": 1, "accounts": 1}
        seen = (await monitor.get("/jsz", params=options)).json()
        streams = [s for account in seen["account_details"] for s in account["stream_detail"]]
        consumers = [c for stream in streams for c in stream.get("consumer_detail") or ()]
        return any(consumer["num_ack_pending"] for consumer in consumers)

    def mails(self) -> int:
        """How many messages Gmail holds."""
        return int(self.gmail.get("/control/counters")["messages"])


async def until(holds: Callable[[], Awaitable[bool]], pause: float) -> None:
    """Return when `holds`; `pause` seconds between two looks. The caller sets the deadline."""
    while not await holds():  # noqa: ASYNC110 - another process's state sets no event here
        await asyncio.sleep(pause)


@asynccontextmanager
async def staged(folder: Path, crash_at: str) -> AsyncIterator[Stage]:
    """Start everything in `folder`; the ingest's first life dies at the crash point `crash_at`.

    Raises SimulatorError, EmbeddedNatsError, ProvisioningError.
    """
    async with AsyncExitStack() as stack:
        gmail = stack.enter_context(Simulator("gmail", folder / "gmail.log"))
        bus = EmbeddedNats(folder / "nats")
        stack.callback(bus.kill)
        bus.start()
        desk = stack.enter_context(Simulator("freescout", folder / "desk.log", gmail=gmail.url))
        # Its address is not asked for before the schema is there: it starts meanwhile.
        settings = await _provisioned(folder, gmail, bus, desk)
        ingest = Child(
            SERVICE,
            [sys.executable, "-m", SERVICE],
            folder / f"{SERVICE}.log",
            settings.environment,
            {"CSM_CRASH_AT": crash_at},
        )
        life = asyncio.create_task(ingest.run())
        stack.push_async_callback(_end, life)
        yield Stage(gmail, desk, bus, ingest, life)


async def _provisioned(
    folder: Path, gmail: Simulator, bus: EmbeddedNats, desk: Simulator
) -> Installation:
    installation = Installation(folder, gmail.url, desk.url, bus.url)
    installation.save()
    await provision(load(Settings, installation.config))
    return installation


async def _end(life: asyncio.Task[None]) -> None:
    life.cancel()
    # What it ended with was shown by `status`; here it only has to be over.
    await asyncio.gather(life, return_exceptions=True)

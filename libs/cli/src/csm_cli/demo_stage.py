"""The demo's installation: simulators, NATS and every service, all gone when it ends."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from csm import admin
from csm.admin import AdminError
from csm_cli.children import Child
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.operate import SERVICE
from csm_cli.provisioning import provision
from csm_cli.services import load_all, names
from csm_cli.simulation import Simulator
from csm_cli.terminal import CommandFailedError, Json

# Seconds until the service must answer after a start: a cold interpreter on a busy machine.
_START_SECONDS = 60.0
_LOOK = 0.05
# The simulated model's name; the price of what it says is nothing.
_MODEL = "sim-small"
SELF_TEST_SUBJECT = "[csm self-test]"
# What works on a conversation after its mail is in it.
LATER_STAGES = ("classifier", "draft_writer")


@dataclass(slots=True)
class Stage:
    """Everything that runs; a service is started again whenever it dies."""

    gmail: Simulator
    desk: Simulator
    bus: EmbeddedNats
    ingest: Child
    life: asyncio.Task[None]
    config: Path

    async def ask(
        self,
        verb: str,
        arguments: Json | None = None,
        timeout: float = 10,
        service: str = SERVICE,
    ) -> Json:
        """An operating verb of a service; raises AdminError when it does not answer."""
        return await admin.ask(self.bus.url, service, verb, arguments, timeout)

    async def is_at_rest(self) -> bool:
        """Whether the services behind the ingest answer, owe nothing and have nothing to say."""
        try:
            said = [await self.ask("status", timeout=2, service=s) for s in LATER_STAGES]
        except AdminError:
            return False
        return not any(one["states"].get("wanted") or one["outbox"] for one in said)

    def conversations(self) -> list[Json]:
        """The desk's conversations with their text, without the self-test's."""
        rows: list[Json] = self.desk.get("/control/state?bodies=1")["conversations"]
        return [row for row in rows if SELF_TEST_SUBJECT not in row["subject"]]

    async def status(self) -> Json | None:
        """The ingest's own account, None while it or NATS is dead."""
        if self.life.done():
            self.life.result()
            raise CommandFailedError(f"{SERVICE} is not started again, see {self.ingest.log}")
        with suppress(AdminError):
            return await self.ask("status", timeout=2)
        return None

    async def answers(self, service: str = SERVICE) -> None:
        """Wait until a service is connected; raises CommandFailedError after a minute."""

        async def is_there() -> bool:
            if service == SERVICE:
                return await self.status() is not None
            with suppress(AdminError):
                return bool(await self.ask("status", timeout=2, service=service))
            return False

        try:
            async with asyncio.timeout(_START_SECONDS):
                await until(is_there, _LOOK)
        except TimeoutError:
            log = self.ingest.log.with_name(f"{service}.log")
            raise CommandFailedError(f"{service} does not start, see {log}") from None

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
        model = stack.enter_context(Simulator("llm", folder / "llm.log"))
        # Its address is not asked for before the schema is there: it starts meanwhile.
        settings = await _provisioned(folder, bus, {"gmail": gmail, "desk": desk, "model": model})
        crashes = {SERVICE: {"CSM_CRASH_AT": crash_at}}
        lives: dict[str, asyncio.Task[None]] = {}
        children: dict[str, Child] = {}
        for name in names():
            child = Child(
                name, [sys.executable, "-m", name], folder / f"{name}.log",
                settings.environment, crashes.get(name, {}),
            )  # fmt: skip
            children[name] = child
            lives[name] = asyncio.create_task(child.run())
            stack.push_async_callback(_end, lives[name])
        yield Stage(gmail, desk, bus, children[SERVICE], lives[SERVICE], settings.config)


async def _provisioned(
    folder: Path, bus: EmbeddedNats, simulators: Mapping[str, Simulator]
) -> Installation:
    model = {"base_url": f"{simulators['model'].url}/v1", "data_processing_acknowledged": True}
    installation = Installation(
        folder, simulators["gmail"].url, simulators["desk"].url, bus.url, write="drafts",
        sections={"llm": model, "llm.classify": {"model": _MODEL}, "llm.draft": {"model": _MODEL}},
    )  # fmt: skip
    installation.save()
    await provision(*load_all(installation.config))
    return installation


async def _end(life: asyncio.Task[None]) -> None:
    life.cancel()
    # What it ended with was shown by `status`; here it only has to be over.
    await asyncio.gather(life, return_exceptions=True)

"""What the benchmark runs on: simulators, NATS and gmail_ingest, each a process of its own."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import load

from csm import admin
from csm.settings import load as load_settings
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.parenthood import die_with_parent
from csm_cli.provisioning import provision
from csm_cli.simulation import Simulator
from gmail_ingest.settings import Settings

SERVICE = (sys.executable, "-m", "gmail_ingest")
_POLL = 5.0  # seconds between two looks at Gmail
_PATIENCE = 600.0
_LOOK = 0.1
_TICK = os.sysconf("SC_CLK_TCK")

_TOML = """\
state_dir = "{folder}/var"
log_level = "WARNING"

[gmail_ingest]
health_port = 0

[nats]
url = "{nats}"

[freescout]
url = "{desk}"
api_key_file = "{folder}/api.key"
user_id = 1
"""
_MAILBOX = """
[mailbox.{slug}]
address = "{address}"
freescout_mailbox_id = 1
test_address = "test@desk.example"
write = "tickets"

[mailbox.{slug}.gmail]
token_file = "{folder}/{slug}.json"
api_root = "{gmail}"
poll_seconds = {poll}
quota_units_per_minute = 15000
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used: CPU seconds so far, its greatest resident memory in bytes."""

    cpu: float
    peak_rss: int


@dataclass(frozen=True, slots=True)
class Span:
    """What a load took: wall seconds, and CPU seconds of the service."""

    seconds: float
    cpu: float
    peak_rss: int


class Rig:
    """One installation with production timing; the service is frozen while mail is delivered."""

    def __init__(self, folder: Path, gmail: Simulator, desk: Simulator, nats: EmbeddedNats) -> None:
        """`rigged` makes it."""
        self.folder = folder
        self.desk = desk
        self._gmail = gmail
        self._nats = nats
        self._service: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        """The csm.toml."""
        return self.folder / "csm.toml"

    @property
    def pid(self) -> int:
        """The service's process."""
        assert self._service is not None
        return self._service.pid

    def save(self, mailboxes: int) -> None:
        """Write the settings and secrets of so many mailboxes."""
        common = {"folder": self.folder, "nats": self._nats.url, "desk": self.desk.url}
        config = _TOML.format(**common)
        _secret(self.folder / "api.key", "simulated-key")
        for number in range(mailboxes):
            own = {"slug": load.slug(number), "address": load.address(number), "poll": _POLL}
            config += _MAILBOX.format(folder=self.folder, gmail=self._gmail.url, **own)
            _secret(self.folder / f"{load.slug(number)}.json", self._token(load.address(number)))
        self.config.write_text(config)

    def _token(self, address: str) -> str:
        stored = {
            "token": f"bench:{address}",
            "refresh_token": f"bench:{address}",
            "token_uri": f"{self._gmail.url}/token",
            "client_id": "bench",
            "client_secret": "bench",
            "scopes": ["https://www.googleapis.com/auth/gmail.readonly"],
        }
        return json.dumps(stored)

    async def start(self, command: Sequence[str], mailboxes: int) -> None:
        """Start the service, run its self-test, and wait until it knows every mailbox."""
        with (self.folder / "gmail_ingest.log").open("ab") as log:
            self._service = subprocess.Popen(  # noqa: ASYNC220,S603 - our own program, once
                [*command],
                stdout=log,
                stderr=log,
                env={**os.environ, "CSM_CONFIG": str(self.config)},
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one prepared C call
            )
        await self.until(
            lambda: self._count("SELECT count(history_id) FROM gmail_mailbox") == mailboxes
        )
        await admin.ask(self._nats.url, "gmail_ingest", "self-test", {}, 60)
        answer = {"notified": "yes"}
        await admin.ask(self._nats.url, "gmail_ingest", "self-test-answer", answer, 60)

    def stop(self) -> None:
        """End the service in order."""
        if self._service is not None:
            os.kill(self.pid, signal.SIGCONT)
            self._service.terminate()
            self._service.wait(30)

    async def take(self, deliver: Callable[[Simulator], None], mails: int) -> Span:
        """Deliver while the service is frozen, then time it until every mail has its end."""
        os.kill(self.pid, signal.SIGSTOP)
        thaw_at = time.monotonic() + _POLL
        deliver(self._gmail)
        # So long that each mailbox is looked at the moment the service goes on.
        await asyncio.sleep(max(thaw_at - time.monotonic(), 0))
        before, begun = self.usage(), time.monotonic()
        os.kill(self.pid, signal.SIGCONT)
        await self.until(lambda: self._ended() == mails)
        seconds, after = time.monotonic() - begun, self.usage()
        return Span(seconds, after.cpu - before.cpu, after.peak_rss)

    def usage(self) -> Usage:
        """What the service has used until now."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{self.pid}/status").read_text()
        peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return Usage((int(fields[11]) + int(fields[12])) / _TICK, int(peak) * 1024)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the service."""
        os.kill(self.pid, number)

    def assert_whole(self, mails: int, threads: int) -> None:
        """Every mail is in the desk once, each thread in one conversation."""
        found = [
            row
            for row in self.desk.get("/control/state")["conversations"]
            if "[csm self-test]" not in row["subject"]
        ]
        written = sum(thread["type"] == "customer" for row in found for thread in row["threads"])
        assert (written, len(found)) == (mails, threads), (written, len(found))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition; RuntimeError when the service ends first."""
        async with asyncio.timeout(_PATIENCE):
            while not holds():
                if self._service is not None and self._service.poll() is not None:
                    raise RuntimeError(f"gmail_ingest ended, see {self.folder}/gmail_ingest.log")
                await asyncio.sleep(_LOOK)

    def _ended(self) -> int:
        """Mails with an end; none as long as an event waits for the bus."""
        ended = "SELECT count(*) FROM work WHERE state != 'wanted'"
        return 0 if self._count("SELECT count(*) FROM outbox") else self._count(ended)

    def _count(self, query: str) -> int:
        uri = f"file:{self.folder}/var/gmail_ingest.db?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            return int(connection.execute(query).fetchone()[0])


def deliver_load(gmail: Simulator) -> None:
    """All mails of the load, in as many calls as the longest thread has mails."""
    known: dict[str, str] = {}
    for batch in load.deliveries():
        messages = [{**one, "thread_id": known.get(one["group"])} for one in batch]
        rows: list[dict[str, Any]] = gmail.post("/control/deliver-many", {"messages": messages})[
            "messages"
        ]
        known.update({one["group"]: row["thread_id"] for one, row in zip(batch, rows, strict=True)})


@asynccontextmanager
async def rigged(folder: Path, mailboxes: int) -> AsyncIterator[Rig]:
    """Everything but the service runs, provisioned; all of it ends with the block."""
    _make(folder)
    async with AsyncExitStack() as stack:
        gmail = stack.enter_context(Simulator("gmail", folder / "gmail.log"))
        desk = stack.enter_context(Simulator("freescout", folder / "desk.log"))
        nats = EmbeddedNats(folder / "nats")
        stack.callback(nats.kill)
        nats.start()
        rig = Rig(folder, gmail, desk, nats)
        rig.save(mailboxes)
        await provision(load_settings(Settings, rig.config))
        stack.callback(rig.stop)
        yield rig


def _make(folder: Path) -> None:
    folder.mkdir(parents=True)


def _secret(path: Path, content: str) -> None:
    path.touch(0o600)
    path.write_text(content)

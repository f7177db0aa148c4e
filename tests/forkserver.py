"""A preloaded parent that forks services: a fresh interpreter costs seconds, a fork does not.

Run as a script with the services' names it reads requests from stdin, one JSON object a line:
`{"id", "service", "environment", "log"}` forks a life of a service, `{"id", "signal"}` sends a
signal to one that still lives. It answers on stdout: `{"id", "pid"}` for a birth, `{"id", "code"}`
for an end (negative: the signal). When stdin ends every life is killed.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

_START_SECONDS = 60.0


class Life:
    """One process from fork to end; `code` is None while it lives, then as subprocess gives it."""

    def __init__(self, number: int) -> None:
        """`number` names it towards the server."""
        self.number = number
        self.pid = 0
        self.code: int | None = None
        self.born = threading.Event()


class ForkServer:
    """The client's side: starts the server process, forks lives, learns how they ended."""

    def __init__(self, *services: str) -> None:
        """Returns when the services are imported; raises TimeoutError after a minute."""
        self._lives: dict[int, Life] = {}
        self._ready = threading.Event()
        self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [sys.executable, __file__, *services], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError("the fork server did not start")

    def fork(self, service: str, environment: Mapping[str, str], log: Path) -> Life:
        """A new life of a service with this environment beside ours; its output goes to `log`."""
        life = Life(len(self._lives) + 1)
        self._lives[life.number] = life
        self._send(id=life.number, service=service, environment=dict(environment), log=str(log))
        if not life.born.wait(_START_SECONDS):
            raise TimeoutError("the fork server did not fork")
        return life

    def signal(self, life: Life, number: signal.Signals) -> None:
        """Send a signal to a life; nothing happens when it has ended."""
        self._send(id=life.number, signal=int(number))

    def stop(self) -> None:
        """End the server and with it every life."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(10)
        self._reader.join(10)
        self._server.stdout.close()

    def _send(self, **request: Any) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(request).encode() + b"\n")
        self._server.stdin.flush()

    def _read(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            report = json.loads(line)
            if "ready" in report:
                self._ready.set()
                continue
            life = self._lives[report["id"]]
            life.pid = report.get("pid", life.pid)
            life.code = report.get("code", life.code)
            life.born.set()

    def __enter__(self) -> Self:
        """Already running."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.stop()


class _Server:
    """The server's side: a single thread, so that a fork copies no held lock."""

    def __init__(
        self, services: Mapping[str, Callable[[], None]], in_child: Callable[[], None] | None
    ) -> None:
        """`services` are the programs of the children by name, `in_child` prepares one."""
        self._services = services
        self._in_child = in_child
        self._numbers: dict[int, int] = {}

    def run(self) -> None:
        """Serve until stdin ends."""
        signal.signal(signal.SIGCHLD, self._reap)
        _report(ready=True)
        for line in sys.stdin:
            request = json.loads(line)
            # An end must not be reported before its birth, nor a signal reach a reused pid.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
            if "signal" in request:
                self._kill(request["id"], request["signal"])
            else:
                self._fork(request)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for pid in self._numbers:
            os.kill(pid, signal.SIGKILL)

    def _kill(self, life: int, number: int) -> None:
        # A signal that came before it was blocked may still be handled here: the life has ended.
        for pid, known in list(self._numbers.items()):
            if known == life:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def _fork(self, request: Mapping[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            self._live(request["service"], request["environment"], request["log"])
        self._numbers[pid] = request["id"]
        _report(id=request["id"], pid=pid)

    def _live(self, service: str, environment: Mapping[str, str], log: str) -> None:
        code = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            if self._in_child is not None:
                self._in_child()
            _redirect(log)
            os.environ.update(environment)
            self._services[service]()
            code = 0
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        except BaseException:  # noqa: BLE001 - the edge of the process: as the interpreter does
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    def _reap(self, _number: int, _frame: FrameType | None) -> None:
        for pid in list(self._numbers):
            # When two lives end together, this runs again in the middle of itself: known already.
            with suppress(ChildProcessError):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    _report(id=self._numbers.pop(pid), code=os.waitstatus_to_exitcode(status))


def _redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(written, 1)
    os.dup2(written, 2)


def _report(**facts: object) -> None:
    # One write call: the handler of SIGCHLD may come between two of them.
    os.write(1, json.dumps(facts).encode() + b"\n")


def main() -> None:
    """Import the services once, then serve."""
    import gc  # noqa: PLC0415 - the client needs none of these

    from csm_cli.parenthood import die_with_parent  # noqa: PLC0415 - as above

    services = {name: importlib.import_module(f"{name}.__main__").main for name in sys.argv[1:]}
    gc.collect()
    gc.freeze()
    _Server(services, die_with_parent()).run()


if __name__ == "__main__":
    main()

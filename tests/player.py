"""A service as a real process in a test: its lives, its database, its log."""

import asyncio
import inspect
import json
import signal
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from csm import admin
from csm.admin import AdminError
from csm.settings import EXIT_CONFIG
from csm_cli.installation import Installation
from forkserver import ForkServer, Life
from waiting import until

Row = dict[str, Any]

# Seconds between two looks at a condition of the whole installation.
_LOOK = 0.05
QUIET = 45.0
_PLANNED_ENDS = {0, -signal.SIGKILL, EXIT_CONFIG}


class Player:
    """One service of an installation; it is started again whenever it dies."""

    def __init__(self, service: str, forks: ForkServer, installation: Installation) -> None:
        """Nothing is started."""
        self.service = service
        self.installation = installation
        self.lives: list[Life] = []
        self.environment: dict[str, str] = {}
        self.log_path = installation.folder / f"{service}.log"
        self.ask_postgres: Callable[..., list[tuple[Any, ...]]] | None = None
        self._forks = forks
        self._supervision: asyncio.Task[None] | None = None

    @property
    def database(self) -> Path:
        """The service's SQLite file."""
        return self.installation.folder / "var" / f"{self.service}.db"

    # --- lives of the service

    def start(self, crash_at: str = "", environment: Mapping[str, str] | None = None) -> Life:
        """One life, not started again; `crash_at` as CSM_CRASH_AT."""
        own = {**self.environment, **(environment or {}), "CSM_CRASH_AT": crash_at}
        environment = {**self.installation.environment, **own}
        life = self._forks.fork(self.service, environment, self.log_path)
        self.lives.append(life)
        return life

    def live(self, crash_at: str = "", *, in_every_life: bool = False) -> None:
        """Start the service and start it again after each death, until `stop` or `end`."""
        first = self.start(crash_at)
        later = crash_at if in_every_life else ""
        self._supervision = asyncio.create_task(self._supervise(first, later))

    async def _supervise(self, life: Life, crash_at: str) -> None:
        while await self.ended(life) != EXIT_CONFIG:
            life = self.start(crash_at)

    async def ended(self, life: Life) -> int:
        """Wait for the end of a life; its exit code."""
        await until(lambda: life.code is not None, float("inf"), pause=_LOOK)
        assert life.code is not None
        return life.code

    def kill(self) -> None:
        """SIGKILL the running life."""
        self.signal(self.lives[-1], signal.SIGKILL)

    def signal(self, life: Life, number: signal.Signals) -> None:
        """Send a signal to one life."""
        self._forks.signal(life, number)

    async def stop(self) -> int:
        """End the service in order by SIGTERM; returns its exit code."""
        await self._leave_alone()
        life = self.lives[-1]
        self._forks.signal(life, signal.SIGTERM)
        return await asyncio.wait_for(self.ended(life), 30)

    async def restart(self) -> None:
        """Stop in order and live on, with the settings as they are now."""
        assert await self.stop() == 0, self.tail()
        self.live()

    async def end(self) -> None:
        """Kill every life that is left."""
        await self._leave_alone()
        for life in self.lives:
            self._forks.signal(life, signal.SIGKILL)
        for life in self.lives:
            await asyncio.wait_for(self.ended(life), 10)

    async def _leave_alone(self) -> None:
        if self._supervision is not None:
            self._supervision.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervision
            self._supervision = None

    def deaths(self) -> list[int]:
        """Exit codes of the lives that have ended, in order; -9 is SIGKILL."""
        return [life.code for life in self.lives if life.code is not None]

    # --- what can be seen

    async def ask(self, verb: str, **arguments: Any) -> Row:
        """Run an operating verb of the running service."""
        return await admin.ask(self.installation.nats_url, self.service, verb, arguments)

    async def answers(self, verb: str, **arguments: Any) -> bool:
        """Whether the service answers a verb at this moment; refusals count as silence."""
        try:
            await admin.ask(self.installation.nats_url, self.service, verb, arguments, timeout=2)
        except AdminError:
            return False
        return True

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Read the service's database from beside it."""
        if self.ask_postgres is not None:
            return self.ask_postgres(query, *parameters)
        uri = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            return connection.execute(query, parameters).fetchall()

    def states(self) -> dict[str, int]:
        """How many rows of work are in which state."""
        return dict(self.rows("SELECT state, count(*) FROM work GROUP BY state"))

    def down(self) -> dict[str, str]:
        """What the service holds for down, with the reason."""
        query = "SELECT name, reason FROM dependency WHERE down_since IS NOT NULL"
        return dict(self.rows(query))

    def log(self) -> list[Row]:
        """The JSON lines of all lives; what is none comes as {"event": line}."""
        lines = self.log_path.read_text().splitlines() if self.log_path.exists() else []
        return [_parsed(line) for line in lines]

    def health_url(self) -> str:
        """Where the newest life answers health questions."""
        served = [line for line in self.log() if line["event"] == "health is served"]
        return str(served[-1]["url"])

    def alerts(self, name: str) -> list[Row]:
        """The log lines of one alert."""
        return [line for line in self.log() if line.get("alert") == name]

    def tail(self) -> str:
        """The newest log lines, to explain a failure."""
        return "\n".join(json.dumps(line)[:300] for line in self.log()[-30:])

    # --- waiting

    async def until(self, condition: Callable[[], bool], within: float = QUIET) -> None:
        """Wait for `condition`; AssertionError with the newest log lines after `within` s, or
        at once when a life ended in a way that nobody planned.
        """

        def holds() -> bool:
            assert {*self.deaths()} <= _PLANNED_ENDS, f"ended with {self.deaths()}"
            return condition()

        try:
            await until(holds, within, pause=_LOOK)
        except AssertionError as error:
            wanted = inspect.getsource(condition).strip()
            seen = f"{self.states()} {self.down()}\n{self.tail()}"
            raise AssertionError(f"{error}\n{wanted}\n{seen}") from None


def _parsed(line: str) -> Row:
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError:
        return {"event": line}
    return parsed if isinstance(parsed, dict) else {"event": line}

"""A whole installation for a test: both simulators, NATS, and gmail_ingest as a real process.

The simulators and the fork server serve all tests of a session; state, bus and process are new for
each. What a first start does once (schema, cursor, self-test) is done once and copied.
"""

import asyncio
import base64
import inspect
import json
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from csm import admin
from csm.settings import EXIT_CONFIG, load
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.provisioning import provision, provision_bus
from forkserver import ForkServer, Life
from gmail_ingest.settings import Settings
from simulators.freescout import app as freescout
from simulators.freescout.verdict import Verdict, verdict
from simulators.gmail import app as gmail
from simulators.serve import running
from waiting import until

Row = dict[str, Any]

# Seconds between two looks at a condition of the whole installation.
_LOOK = 0.05
_QUIET = 45.0
_PLANNED_ENDS = {0, -signal.SIGKILL, EXIT_CONFIG}


class Control:
    """A simulator's control endpoints."""

    def __init__(self, url: str) -> None:
        """`url` is the simulator's base address."""
        self.url = url
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def get(self, path: str) -> Any:
        """JSON of `/control/<path>`."""
        answer = self._http.get(f"/control/{path}")
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Call `/control/<path>`; AssertionError with its words when it refuses."""
        answer = self._http.post(f"/control/{path}", json=body)
        assert answer.is_success, f"{path}: {answer.text[:300]}"
        return answer.json()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


@dataclass(frozen=True, slots=True)
class Theatre:
    """What all stages of a session share; `prepared` is the state after a first start."""

    forks: ForkServer
    desk: Control
    gmail: Control
    prepared: Path

    @asynccontextmanager
    async def stage(self, folder: Path, *, is_new: bool = False) -> AsyncIterator["Stage"]:
        """A stage in `folder`, nothing started; `is_new`: without the prepared state."""
        self.gmail.post("reset")
        self.desk.post("reset")
        # The sink is part of every verdict: an agent's answer must not leave 15 s later.
        self.desk.post("settings", reply_delay_seconds=0.0)
        nats = EmbeddedNats(folder / "nats")
        nats.start()
        stage = Stage(self, folder, nats)
        try:
            if is_new:
                await provision(stage.settings())
            else:
                shutil.copytree(self.prepared, folder / "var")
                await provision_bus(stage.settings(), 1)
            yield stage
        finally:
            await stage.end()
            nats.kill()


class Stage:
    """One installation and the lives of its service, which is started again whenever it dies."""

    def __init__(self, theatre: Theatre, folder: Path, nats: EmbeddedNats) -> None:
        """Everything lies in `folder`."""
        self.desk = theatre.desk
        self.gmail = theatre.gmail
        self.nats = nats
        self.folder = folder
        self.log_path = folder / "gmail_ingest.log"
        self.lives: list[Life] = []
        self.environment: dict[str, str] = {}
        self.ask_postgres: Callable[..., list[tuple[Any, ...]]] | None = None
        self._forks = theatre.forks
        self._supervision: asyncio.Task[None] | None = None
        self.installation = Installation(folder, theatre.gmail.url, theatre.desk.url, nats.url)
        self.installation.save()

    def change(self, **settings: Any) -> None:
        """Other settings of the installation, read at the next start."""
        self.installation = replace(self.installation, **settings)
        self.installation.save()

    def settings(self) -> Settings:
        """The settings as the service reads them."""
        return load(Settings, self.installation.config)

    @property
    def database(self) -> Path:
        """The service's SQLite file."""
        return self.folder / "var" / "gmail_ingest.db"

    # --- lives of the service

    def start(self, crash_at: str = "", environment: Mapping[str, str] | None = None) -> Life:
        """One life, not started again; `crash_at` as CSM_CRASH_AT."""
        own = {**self.environment, **(environment or {}), "CSM_CRASH_AT": crash_at}
        environment = {**self.installation.environment, **own}
        life = self._forks.fork(environment, self.log_path)
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

    # --- what happens around it

    def deliver(self, raw: bytes, expect: str = "ticket", **options: Any) -> Row:
        """Bring a mail into the mailbox: {id, thread_id, internal_date_s}; see Gmail's control."""
        encoded = base64.b64encode(raw).decode()
        answer: Row = self.gmail.post("deliver", raw=encoded, expect=expect, **options)
        return answer

    def faults(self, **faults: Any) -> None:
        """What is broken at the desk from now on; nothing: all is well."""
        self.desk.post("faults", **faults)

    async def ask(self, verb: str, **arguments: Any) -> Row:
        """Run an operating verb of the running service."""
        return await admin.ask(self.nats.url, "gmail_ingest", verb, arguments)

    # --- what can be seen

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Read the service's database from beside it."""
        if self.ask_postgres is not None:
            return self.ask_postgres(query, *parameters)
        uri = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            return connection.execute(query, parameters).fetchall()

    def states(self) -> dict[str, int]:
        """How many mails are in which state."""
        return dict(self.rows("SELECT state, count(*) FROM work GROUP BY state"))

    def story(self, gmail_id: str) -> tuple[str | None, str | None]:
        """State and reason of one mail; None when it is not in the journal."""
        found = self.rows("SELECT state, reason FROM work WHERE id LIKE ?", f"%:{gmail_id}")
        return found[0] if found else (None, None)

    def down(self) -> dict[str, str]:
        """What the service holds for down, with the reason."""
        query = "SELECT name, reason FROM dependency WHERE down_since IS NOT NULL"
        return dict(self.rows(query))

    def conversations(self, *, bodies: bool = False) -> list[Row]:
        """The desk's conversations without self-tests."""
        rows = self.desk.get(f"state?bodies={int(bodies)}")["conversations"]
        return [row for row in rows if "[csm self-test]" not in row["subject"]]

    def messages(self) -> list[Row]:
        """Gmail's messages with what a proof knows of them."""
        found: list[Row] = self.gmail.get("messages")
        return found

    def requests(self, method: str = "") -> int:
        """How many requests the desk has seen, of `method` or at all."""
        counted = self.desk.get("counters")["requests"]
        return sum(n for request, n in counted.items() if request.startswith(method))

    def stream(self, name: str) -> int:
        """How many messages a stream holds, by the server's own account."""
        url = f"{self.nats.monitor_url}/jsz"
        answer = httpx.get(url, params={"streams": 1, "accounts": 1}, trust_env=False).json()
        streams = [s for account in answer["account_details"] for s in account["stream_detail"]]
        return sum(s["state"]["messages"] for s in streams if s["name"] == name)

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

    def verdict(self) -> Verdict:
        """What the judge finds."""
        return verdict(self.desk.get("state"), self.messages())

    # --- waiting

    async def until(self, condition: Callable[[], bool], within: float = _QUIET) -> None:
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

    async def quiet(self, within: float = _QUIET) -> None:
        """Wait until every delivered mail has its end and every event is out."""
        await self.until(self.is_quiet, within)

    def is_quiet(self) -> bool:
        """Every mail of Gmail is journaled, none is wanted, no event waits."""
        if self._is_owing():
            return False
        journal = {row[0] for row in self.rows("SELECT gmail_message_id FROM gmail_message")}
        # Owing is looked at again: the journal may have grown between the two.
        return all(row["id"] in journal for row in self.messages()) and not self._is_owing()

    def _is_owing(self) -> bool:
        waiting = self.rows("SELECT count(*) FROM outbox")[0][0]
        return waiting > 0 or "wanted" in self.states()

    def assert_clean(self, *, agent_replies: int = 0) -> None:
        """The judge finds nothing, Gmail saw no forbidden call, only agents sent mail."""
        found = self.verdict().findings()
        assert found == [], f"{found}\n{self.tail()}"
        assert self.gmail.get("counters")["violations"] == 0
        assert len(self.sink()) == agent_replies

    def sink(self) -> Sequence[Mapping[str, Any]]:
        """Mails that the desk sent or will send."""
        mails: list[Row] = self.desk.get("outbox")["mails"]
        return mails


def _parsed(line: str) -> Row:
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError:
        return {"event": line}
    return parsed if isinstance(parsed, dict) else {"event": line}


@contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    """The simulators in threads of this process, the fork server, and the prepared state."""
    with (
        running(gmail.build()) as gmail_url,
        running(freescout.build(gmail=gmail_url)) as desk_url,
        ForkServer() as forks,
        closing(Control(desk_url)) as desk,
        closing(Control(gmail_url)) as mail,
    ):
        opened = Theatre(forks, desk, mail, folder / "prepared")
        asyncio.run(_prepare(opened, folder / "first"))
        yield opened


async def _prepare(opened: Theatre, folder: Path) -> None:
    """A first start as an operator does it: provision, start, self-test."""
    async with opened.stage(folder, is_new=True) as stage:
        stage.live()
        await stage.until(lambda: "mailbox begins" in stage.tail())
        await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_mailbox") != [])
        findings = await stage.ask("self-test")
        assert findings["allowed"] == "drafts", findings
        assert await stage.stop() == 0, stage.tail()
        shutil.copytree(folder / "var", opened.prepared)

"""A whole installation for a test: both simulators, NATS, and gmail_ingest as a real process.

The simulators and the fork server serve all tests of a session; state, bus and process are new for
each. What a first start does once (schema, cursor, self-test) is done once and copied.
"""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from csm.settings import CommonSettings, load
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.provisioning import provision, provision_bus, provision_state
from forkserver import ForkServer
from gmail_ingest.settings import Settings
from player import QUIET, Player, Row
from simulators.freescout import app as freescout
from simulators.freescout.verdict import Verdict, verdict
from simulators.gmail import app as gmail
from simulators.serve import running

# What the fork server can start; a test that needs more services pays for its own.
SERVICES = ("gmail_ingest", "webhook_gateway", "classifier", "draft_writer", "followups")


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


class Stage(Player):
    """One installation: gmail_ingest, and other services that a test asks for."""

    def __init__(self, theatre: Theatre, folder: Path, nats: EmbeddedNats) -> None:
        """Everything lies in `folder`."""
        self.desk = theatre.desk
        self.gmail = theatre.gmail
        self.nats = nats
        self.folder = folder
        self.others: list[Player] = []
        installation = Installation(folder, theatre.gmail.url, theatre.desk.url, nats.url)
        installation.save()
        super().__init__("gmail_ingest", theatre.forks, installation)

    async def join(self, service: str, settings: type[CommonSettings]) -> Player:
        """Another service of this installation, provisioned and not started."""
        await provision_state(load(settings, self.installation.config))
        player = Player(service, self._forks, self.installation)
        self.others.append(player)
        return player

    async def end(self) -> None:
        """Kill every life of every service that is left."""
        for player in self.others:
            await player.end()
        await super().end()

    def change(self, **settings: Any) -> None:
        """Other settings of the installation, read at the next start."""
        self.installation = replace(self.installation, **settings)
        self.installation.save()

    def append(self, section: str, line: str) -> None:
        """One more line in a section of csm.toml, read at the next start."""
        text = self.installation.config.read_text()
        assert section in text
        self.installation.config.write_text(text.replace(section, f"{section}\n{line}", 1))

    def settings(self) -> Settings:
        """The settings as the service reads them."""
        return load(Settings, self.installation.config)

    # --- what happens around it

    def deliver(self, raw: bytes, expect: str = "ticket", **options: Any) -> Row:
        """Bring a mail into the mailbox: {id, thread_id, internal_date_s}; see Gmail's control."""
        encoded = base64.b64encode(raw).decode()
        answer: Row = self.gmail.post("deliver", raw=encoded, expect=expect, **options)
        return answer

    def faults(self, **faults: Any) -> None:
        """What is broken at the desk from now on; nothing: all is well."""
        self.desk.post("faults", **faults)

    # --- what can be seen

    def story(self, gmail_id: str) -> tuple[str | None, str | None]:
        """State and reason of one mail; None when it is not in the journal."""
        found = self.rows("SELECT state, reason FROM work WHERE id LIKE ?", f"%:{gmail_id}")
        return found[0] if found else (None, None)

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

    def verdict(self) -> Verdict:
        """What the judge finds."""
        return verdict(self.desk.get("state"), self.messages())

    async def quiet(self, within: float = QUIET) -> None:
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


@contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    """The simulators in threads of this process, the fork server, and the prepared state."""
    with (
        running(gmail.build()) as gmail_url,
        running(freescout.build(gmail=gmail_url)) as desk_url,
        ForkServer(*SERVICES) as forks,
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

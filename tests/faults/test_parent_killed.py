"""`csm up` is killed under load: its children go with it, and the next `csm up` goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_stack import Up, delivered, free_port, simulators, upped, wait_for
from csm_cli.installation import Installation
from csm_cli.simulation import Simulator
from letters import letter, message_id
from simulators.freescout.verdict import verdict

# Seconds until no process may be left.
LIMIT = 5.0
# Seconds for a start of everything, or for all mail to be written, on a busy machine.
PATIENCE = 200.0
# A burst is so many Gmail threads of two mails.
BURST = 10


class Town:
    """Gmail, the desk and the settings of an installation; `csm up` comes and goes."""

    def __init__(self, gmail: Simulator, desk: Simulator, folder: Path) -> None:
        self.gmail = gmail
        self.desk = desk
        nats_url = f"nats://127.0.0.1:{free_port()}"
        self.installation = Installation(folder, gmail.url, desk.url, nats_url)

    def burst(self, name: str) -> None:
        """Bring mail that is more than the service writes in a moment."""
        for turn in range(2):
            for thread in range(BURST):
                group = f"{name}-{thread}"
                sender = f"{group}@customers.example"
                answers = [message_id(f"{group}-{n}") for n in range(turn)]
                subject = f"Question {group}"
                delivered(
                    self.gmail, letter(f"{group}-{turn}", subject, sender=sender, answers=answers)
                )

    def written(self) -> int:
        """How many customer threads the desk holds, the self-test's too."""
        rows = self.desk.get("/control/state")["conversations"]
        return sum(thread["type"] == "customer" for row in rows for thread in row["threads"])

    def findings(self) -> list[str]:
        """What the judge finds."""
        messages = [{**row, "expect": "ticket"} for row in self.gmail.rows("/control/messages")]
        return verdict(self.desk.get("/control/state"), messages).findings()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with simulators(tmp_path / "outside") as (gmail, desk):
        yield Town(gmail, desk, tmp_path / "inside")


def lives_of(folder: Path) -> list[int]:
    """Processes whose environment or command names the installation's folder; not yet reaped
    ones have neither.
    """
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _is_of(entry, str(folder))]


def _is_of(entry: Path, folder: str) -> bool:
    try:
        told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except OSError:
        return False
    return folder.encode() in told


def killed_under_load(town: Town, name: str, *, is_first: bool) -> None:
    """Start `csm up`, bring mail, kill it in the middle of its writes; nothing of it stays."""
    folder = town.installation.folder
    with upped(town.installation) as up:
        up.answers(PATIENCE)
        if is_first:
            assert up.csm("self-test", "--assume", "yes").exit_code == 0, up.said()
        before = town.written()
        town.burst(name)
        wait_for(lambda: town.written() > before + 1, up.said)
        assert len(lives_of(folder)) >= 3, "csm up, NATS and the service"
        up.process.kill()
        up.process.wait(10)
        wait_for(lambda: lives_of(folder) == [], lambda: str(lives_of(folder)), LIMIT)


def is_all_written(up: Up, number: int) -> bool:
    return bool(up.json("status")["states"].get("done") == number)


def loses_nothing(town: Town, rounds: int) -> None:
    """Kill the parent so often, then let the last one finish."""
    town.desk.post("/control/faults", {"latency_seconds": 0.1})
    for number in range(rounds):
        killed_under_load(town, f"round-{number}", is_first=number == 0)
    town.desk.post("/control/faults")
    with upped(town.installation) as up:
        up.answers(PATIENCE)
        wait_for(lambda: is_all_written(up, 2 * BURST * rounds), up.said, PATIENCE)
    assert town.findings() == []


@pytest.mark.proof
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(600)
def test_a_killed_parent_takes_its_children_along_and_loses_nothing(town: Town) -> None:
    loses_nothing(town, 2)


@pytest.mark.nightly
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(2400)
def test_neither_does_one_that_is_killed_ten_times(town: Town) -> None:
    loses_nothing(town, 10)

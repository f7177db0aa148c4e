"""Some histories of the simulation, in a process of their own: it replaces the clock of a loop."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def simulated(*options: str) -> subprocess.CompletedProcess[str]:
    """What `python -m faults.simulation` says with these options."""
    command = [sys.executable, "-m", "faults.simulation", *options]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONHASHSEED": "0"}
    return subprocess.run(  # noqa: S603  # our own interpreter
        command, env=environment, capture_output=True, text=True, check=False, timeout=240
    )


@pytest.mark.promise(
    "once", "together", "never-sent", "human-wins", "one-draft", "one-verdict", "hint-only",
    "waiting-is-not-failing",
)  # fmt: skip
@pytest.mark.timeout(300)
def test_histories_are_clean() -> None:
    found = simulated("--seeds", "3", "--mails", "5")
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-5_000:]


@pytest.mark.proof
@pytest.mark.promise("one-draft")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", ["22", "31"])
def test_a_history_that_once_failed_is_clean(seed: str) -> None:
    """A draft for an earlier message was taken for the answer to a mail that had to wait."""
    found = simulated("--first", seed, "--mails", "15")
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-5_000:]


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_a_seed_is_one_history() -> None:
    first, second = (told("--first", "3", "--mails", "8", "--trace") for _ in range(2))
    assert first.count("POST /api/conversations") > 5
    assert first.count("model completions") > 5
    assert first == second


@pytest.mark.proof
@pytest.mark.promise("waiting-is-not-failing")
@pytest.mark.timeout(300)
def test_three_hours_of_503_park_nothing_and_end_within_a_minute() -> None:
    returned = json.loads(simulated("--outage", "--first", "1").stdout)
    assert returned["waiting"] == 60
    assert returned["first_write"] <= 60
    assert returned["states"] == {"done": 60}
    assert returned["findings"] == []


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_weakened_copies_of_the_code_are_found_broken() -> None:
    """The quick ones; `make simulate-variants` runs them all."""
    for variant in ("no memory of intents", "note without intent", "draft without a look"):
        found = simulated("--seeds", "5", "--mails", "12", "--variant", variant)
        assert found.returncode == 1, found.stdout[-2_000:] + found.stderr[-2_000:]
        assert "repeat it" in found.stdout


def told(*options: str) -> str:
    """The trace and the findings, without the last line: it says how long it took."""
    return simulated(*options).stdout.rpartition("\n1 histories")[0]

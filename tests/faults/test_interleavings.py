"""People and customers at every moment of a draft's making, in a process of its own.

It replaces the clock of a loop; `faults/interleavings/README.md` says what is explored.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def explored(*options: str, seconds: float = 600) -> None:
    """Explore; AssertionError with the findings and the way to each."""
    command = [sys.executable, "-m", "faults.interleavings", *options]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONHASHSEED": "0"}
    found = subprocess.run(  # noqa: S603  # our own interpreter
        command, env=environment, capture_output=True, text=True, check=False, timeout=seconds
    )
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-5_000:]


@pytest.mark.promise("human-wins", "one-draft", "never-sent")
@pytest.mark.timeout(120)
def test_a_discard_or_an_own_text_at_every_moment() -> None:
    explored("--slice", seconds=100)


@pytest.mark.proof
@pytest.mark.promise("human-wins", "one-draft", "never-sent", "together")
@pytest.mark.timeout(900)
def test_whatever_people_do_at_every_moment() -> None:
    explored(seconds=880)


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_each_weakened_copy_is_found_broken() -> None:
    explored("--weak", seconds=380)


@pytest.mark.nightly
@pytest.mark.promise("human-wins", "one-draft", "never-sent", "together")
@pytest.mark.timeout(14_400)
def test_more_deeds_at_every_moment() -> None:
    explored("--night", seconds=14_000)

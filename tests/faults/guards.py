"""`make guards`: takes each guard out of a copy of the source; its tests must notice.

A guard whose removal nothing notices is a missing test. A patch is a piece of text that must stand
exactly once in its file: when the code changes, the run fails and says which guard it was.
Exit code 1 when a guard was not missed, or could not be taken out.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faults.guard_list import GUARDS, Guard

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("libs", "services", "tests", "pyproject.toml", "docs", "csm.example.toml", "README.md")
_IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info", ".hypothesis")
_TESTS_FAILED = 1
_SECONDS = 400


@dataclass(frozen=True, slots=True)
class Missed:
    """How the run without one guard went."""

    guard: Guard
    words: str
    seconds: float
    red: str = ""

    @property
    def is_noticed(self) -> bool:
        """Whether a test went red."""
        return self.words == "noticed"


class PatchError(ValueError):
    """The guard does not stand in the code as it is listed."""


def without(guard: Guard, source: str) -> str:
    """The source without the guard. Raises PatchError when it does not stand there just once."""
    found = source.count(guard.line)
    if found != 1:
        raise PatchError(f"{guard.file} has it {found} times: {guard.line.strip()[:60]!r}")
    return source.replace(guard.line, guard.removed)


def copied(folder: Path) -> Path:
    """A copy of everything that tests run; the environment stays the checkout's."""
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=_IGNORED)
        else:
            shutil.copy(source, folder / part)
    return folder


def environment(copy: Path) -> dict[str, str]:
    """Where the copy's packages come before the installed ones, for child processes too."""
    members = [
        *copy.glob("libs/*/src"),
        *copy.glob("services/*/src"),
        copy / "tests/simulators/src",
    ]
    paths = os.pathsep.join(str(member) for member in members)
    return {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}


def tested(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    """pytest's exit code over these tests in the copy, and the first test that went red."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider"]
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [*command, "-m", "not nightly and not postgres", *tests], cwd=copy, env=environment(copy),
        capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    red = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)
    return ended.returncode, red[1].rpartition("/")[2] if red else ""


def missed(guard: Guard, copy: Path) -> Missed:
    """Take the guard out of the copy, run its tests, put it back."""
    begun = time.monotonic()
    file = copy / guard.file
    source = file.read_text("utf-8")
    try:
        file.write_text(without(guard, source), "utf-8")
        code, red = tested(copy, guard.tests)
    except PatchError as error:
        return Missed(guard, str(error), 0.0)
    except subprocess.TimeoutExpired:
        return Missed(guard, f"its tests took more than {_SECONDS} s", _SECONDS)
    finally:
        file.write_text(source, "utf-8")
    seconds = time.monotonic() - begun
    if code == _TESTS_FAILED:
        return Missed(guard, "noticed", seconds, red)
    return Missed(guard, "NOT NOTICED" if code == 0 else f"pytest ended with {code}", seconds)


def main(arguments: Sequence[str]) -> int:
    """Take out every guard, or those whose name contains a word; 1 when one is not missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="guards whose name contains this")
    parser.add_argument("--skip", type=int, default=0, help="so many at the beginning")
    parser.add_argument("--fast", action="store_true", help="leave out those with real processes")
    wanted = parser.parse_args(arguments)
    chosen = [g for g in GUARDS if wanted.only in g.name and not (wanted.fast and g.slow)]
    chosen = chosen[wanted.skip :]
    results = []
    with tempfile.TemporaryDirectory(prefix="csm-guards-") as folder:
        copy = copied(Path(folder))
        for guard in chosen:
            result = missed(guard, copy)
            results.append(result)
            sys.stdout.write(f"{result.words:12} {result.seconds:5.1f} s  {guard.name}")
            sys.stdout.write(f"   <- {result.red}\n" if result.red else "\n")
            sys.stdout.flush()
    bad = [result for result in results if not result.is_noticed]
    sys.stdout.write(f"{len(results)} guards, {len(bad)} not missed\n")
    return int(bool(bad) or not results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

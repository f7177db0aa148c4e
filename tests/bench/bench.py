"""`make bench`: how fast gmail_ingest is, what a mail costs, and where that goes.

1,000 mails of 5 KB in 600 Gmail threads go through the real process, over real HTTP, NATS and
SQLite. Each phase has a new installation; the service is frozen until all mail lies in Gmail.
The table is written into docs/performance.md unless `--dry-run` is given.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ceiling
import load
import report
from report import Figures
from rig import SERVICE, Rig, Span, deliver_load, rigged

_PROFILED = (sys.executable, str(Path(__file__).with_name("profiled.py")))
_LARGE = 25_000_000
_DESK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Phase:
    """One run of the load; `slow` are the desk's conditions, `is_profiled` adds the profiler."""

    name: str
    slow: dict[str, object]
    is_profiled: bool = False


FAST = Phase("no latency", {})
PROFILED = Phase("profiled", {}, is_profiled=True)
WRITES = Phase("writes take 50 ms", {"latency_seconds": _DESK_SECONDS})
ALL = Phase("every call takes 50 ms", {"latency_seconds": _DESK_SECONDS, "scope": "all"})


async def run(phase: Phase, folder: Path) -> tuple[Span, dict[str, float]]:
    """One phase in a new folder; what it took, and CPU seconds by kind when it is profiled."""
    _say(phase.name)
    profile = folder / "profile.json"
    command = (*_PROFILED, str(profile)) if phase.is_profiled else SERVICE
    async with rigged(folder, load.MAILBOXES) as rig:
        await rig.start(command, load.MAILBOXES)
        rig.desk.post("/control/faults", phase.slow)
        span, kinds = await _measured(rig, profile if phase.is_profiled else None)
        rig.assert_whole(load.MESSAGES, load.THREADS)
    return span, kinds


async def _measured(rig: Rig, profile: Path | None) -> tuple[Span, dict[str, float]]:
    if profile is None:
        return await rig.take(deliver_load, load.MESSAGES), {}
    rig.signal(signal.SIGUSR1)
    span = await rig.take(deliver_load, load.MESSAGES)
    rig.signal(signal.SIGUSR2)
    await rig.until(profile.exists)
    return span, _kinds(profile)


def _kinds(profile: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(profile.read_text())["kinds"]
    return found


async def run_large(folder: Path) -> Span:
    """One mail of 25 MB through a service that has done nothing else."""
    _say("a mail of 25 MB")
    async with rigged(folder, 1) as rig:
        await rig.start(SERVICE, 1)
        message = load.large_delivery(_LARGE)
        span = await rig.take(lambda gmail: gmail.post("/control/deliver", message), 1)
        rig.assert_whole(1, 1)
    return span


async def measure(folder: Path) -> Figures:
    """All phases, one after the other."""
    before = os.getloadavg()[0]
    fast, _ = await run(FAST, folder / "fast")
    after_fast = os.getloadavg()[0]
    _, kinds = await run(PROFILED, folder / "profiled")
    most = await ceiling.writes_per_second(folder / "ceiling.log", WRITES.slow)
    writes, _ = await run(WRITES, folder / "writes")
    calls, _ = await run(ALL, folder / "calls")
    large = await run_large(folder / "large")
    return Figures(fast, kinds, most, writes, calls, large, (before, after_fast))


def main(arguments: Sequence[str]) -> None:
    """Measure, say it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="leave docs/performance.md alone")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="csm-bench-") as folder:
        figures = asyncio.run(measure(Path(folder)))
    lines = report.lines(figures)
    sys.stdout.write("\n".join(lines) + "\n")
    if not wanted.dry_run:
        report.record(lines)


def _say(phase: str) -> None:
    sys.stderr.write(f"bench: {phase}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

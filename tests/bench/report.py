"""The benchmark's figures as lines of Markdown, and their place in docs/performance.md."""

import os
import platform
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import load
from rig import Span

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_MIB = 2**20
# 4 in flight, 50 ms each.
_CALLS_ALLOWED = 80


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured. `kinds` are CPU seconds; `loads` are load averages around `fast`.

    `ceiling`: writes per second of a client that does nothing else, under the conditions of
    `writes`.
    """

    fast: Span
    kinds: dict[str, float]
    ceiling: float
    writes: Span
    calls: Span
    large: Span
    loads: tuple[float, float]


def lines(figures: Figures) -> list[str]:
    """The recorded part of the document."""
    before, after = figures.loads
    loads = f"Load average before {before:.1f}, after the first phase {after:.1f}."
    return [*machine("make bench"), loads, "", *_aims(figures), "", *_by_kind(figures)]


def machine(command: str) -> list[str]:
    """When and on what `command` measured."""
    return [
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by `{command}`: {os.cpu_count()} cores",
        f"({_processor()}), {_memory()} GiB, Python {platform.python_version()},",
        f"SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.release()}.",
    ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in cpuinfo if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f}"


def _aims(figures: Figures) -> list[str]:
    fast, writes, calls, large = figures.fast, figures.writes, figures.calls, figures.large
    rate = load.MESSAGES / fast.seconds
    cost = 1000 * fast.cpu / load.MESSAGES
    written = load.MESSAGES / writes.seconds
    # An append reads its conversation first: as many further calls as there are answers.
    called = (2 * load.MESSAGES - load.THREADS) / calls.seconds
    return [
        "| figure | measured | aim | |",
        "|---|---|---|---|",
        _row("messages/s, no latency", f"{rate:.1f}", ">= 40", rate >= 40),
        _row("CPU ms per message", f"{cost:.1f}", "<= 12", cost <= 12),
        _row("peak RSS, mails of 5 KB", _mib(fast), "<= 160 MiB", fast.peak_rss <= 160 * _MIB),
        _row("peak RSS, a mail of 25 MB", _mib(large), "<= 512 MiB", large.peak_rss <= 512 * _MIB),
        _row(
            "writes/s, FreeScout's writes take 50 ms, 4 in flight", f"{written:.1f}",
            f">= 90 % of {_CALLS_ALLOWED}", written >= 0.9 * _CALLS_ALLOWED,
        ),
        f"| the same by a client that does nothing else | {figures.ceiling:.1f} | | |",
        _row(
            "calls/s, all its calls take 50 ms, 4 in flight", f"{called:.1f}",
            f">= 90 % of {_CALLS_ALLOWED}", called >= 0.9 * _CALLS_ALLOWED,
        ),
    ]  # fmt: skip


def _row(figure: str, measured: str, aim: str, holds: bool) -> str:  # noqa: FBT001 - one column
    return f"| {figure} | {measured} | {aim} | {'holds' if holds else 'missed'} |"


def _mib(span: Span) -> str:
    return f"{span.peak_rss / _MIB:.0f} MiB"


def _by_kind(figures: Figures) -> list[str]:
    """Shares of the profiled run, applied to what the first run took without the profiler."""
    whole = sum(figures.kinds.values())
    cost = 1000 * figures.fast.cpu / load.MESSAGES
    shares = {kind: spent / whole for kind, spent in figures.kinds.items()}
    summed: Counter[str] = Counter()
    for kind, share in shares.items():
        summed[_heading(kind)] += share
    rows = ["| kind | CPU ms per message | share | in detail |", "|---|---|---|---|"]
    for heading, share in summed.most_common():
        rows.append(
            f"| {heading} | {share * cost:.2f} | {share:.0%} | {_detail(heading, shares, cost)} |"
        )
    return rows


def _heading(kind: str) -> str:
    heading = kind.partition(":")[0]
    return heading if heading in ("db", "http", "bus") else "other"


def _detail(heading: str, shares: dict[str, float], cost: float) -> str:
    own = {k.partition(": ")[2] or k: s for k, s in shares.items() if _heading(k) == heading}
    if len(own) < 2:
        return ""
    return ", ".join(f"{k} {s * cost:.2f}" for k, s in Counter(own).most_common())


def record(recorded: list[str], part: str = "bench") -> None:
    """Put the lines into a part of the document, in place of the earlier ones."""
    first, last = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    before, begin, rest = DOCUMENT.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        sys.exit(f"{DOCUMENT} does not hold {first} and {last}")
    DOCUMENT.write_text(before + "\n".join([first, "", *recorded, "", last]) + after)

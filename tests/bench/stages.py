"""`make bench-stages`: mail through all stages, and how judging scales with replicas.

300 mails in 200 Gmail threads; then 1, 2 and 4 classifiers on one PostgreSQL that wait for a model.
The tables are written into docs/performance.md unless `--dry-run` is given.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import report

from ensemble import ensemble_on
from postgres_server import PostgresServer, installed_postgres, running_postgres
from questions import deliver
from replicas import Replicas
from simulators.llm import app
from simulators.serve import running
from stage import Control, Theatre, theatre
from triage import Triage, triage_on, with_model
from waiting import until

MESSAGES, THREADS = 300, 200
# Seconds that the model and the desk take for each answer.
MODEL, DESK = 0.8, 0.05
REPLICAS = (1, 2, 4)
# Questions that a replica may ask at a time, and messages for each.
IN_FLIGHT, EACH = 2, 40
_PATIENT = 3600
_BEGUN = "SELECT 1 FROM watermark"
LATE = "Where is my order {n}? It was due on Monday and has not arrived. Regards, Jo."


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of the mails, and how long it took in seconds."""

    seconds: float
    verdicts: int
    notes: int
    calls: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What so many replicas did: verdicts per second, paid answers, most of them for one text."""

    replicas: int
    rate: float
    messages: int
    calls: int
    most_per_text: int


async def through_all_stages(opened: Theatre, llm: Control, folder: Path) -> Sorted:
    """All mails, until the last note is there."""
    _say(f"{MESSAGES} mails through all stages")
    async with opened.stage(folder) as stage, ensemble_on(stage, llm) as ensemble:
        await ensemble.begin()
        ensemble.slow(model=MODEL, desk=DESK)
        begun = time.time()
        deliver(stage, MESSAGES, THREADS)
        await ensemble.rest(600)
        ensemble.assert_sorted()
        last = ensemble.writer.rows("SELECT max(done_at) FROM effect")[0][0]
        notes = sum(ensemble.noted().values())
        return Sorted(last - begun, len(ensemble.verdicts()), notes, ensemble.effort().calls)


async def judged_by(
    number: int, opened: Theatre, llm: Control, server: PostgresServer, folder: Path
) -> Judged:
    """So many replicas of the classifier, each with the same share of work."""
    _say(f"{number} classifiers on PostgreSQL")
    database = server.create()
    own = {"database_url": server.url(database), "provisional_after_seconds": _PATIENT}
    sections = {**with_model(llm, in_flight=IN_FLIGHT), "classifier": {"health_port": 0, **own}}
    async with opened.stage(folder) as stage, triage_on(stage, llm, sections) as triage:
        triage.service.ask_postgres = partial(server.rows, database)
        llm.post("settings", latency_s=MODEL)
        written = [triage.write(LATE.format(n=n)) for n in range(EACH * number)]
        async with Replicas(triage.service, number).living() as replicas:
            await until(partial(_listen, triage, number), within=60)
            assert len(replicas.running()) == number
            await triage.service.ask("judge-since", since=1)
            for one in written:
                await triage.hint(one)
            await triage.judged(len(written), within=600)
        times = [r[0] for r in triage.service.rows("SELECT created_at FROM verdict ORDER BY 1")]
        seen = llm.get("counters")
        await triage.service.end()
    server.drop(database)
    return Judged(
        number, _steady(times), len(written), seen["paid"], seen["most_paid_per_body"]
    )  # fmt: skip


async def _listen(triage: Triage, number: int) -> bool:
    """Whether every replica waits for deliveries."""
    found = await triage.bus.consumer_info("CONV", "classifier")
    return (found.num_waiting or 0) >= number and bool(triage.service.rows(_BEGUN))


def _steady(times: Sequence[float]) -> float:
    """Verdicts per second between the first and the last tenth."""
    tenth = len(times) // 10
    middle = times[tenth : len(times) - tenth]
    return (len(middle) - 1) / (middle[-1] - middle[0])


def lines(done: Sorted, judged: Sequence[Judged], loads: tuple[float, float]) -> list[str]:
    """The recorded part of the document."""
    alone = judged[0].rate
    return [
        *report.machine("make bench-stages"),
        f"Load average before {loads[0]:.1f}, after {loads[1]:.1f}.",
        "",
        "| all stages | measured | aim |",
        "|---|---|---|",
        f"| messages/s | {MESSAGES / done.seconds:.1f} | |",
        f"| verdicts, each with its note | {done.verdicts}, {done.notes} notes | one each |",
        f"| calls per verdict | {done.calls / done.verdicts:.2f} | <= 1.0 |",
        "",
        "| classifiers | verdicts/s | of linear | aim | messages | calls | most for one text |",
        "|---|---|---|---|---|---|---|",
        *(_row(one, alone) for one in judged),
    ]


def _row(one: Judged, alone: float) -> str:
    share = one.rate / (one.replicas * alone)
    return (
        f"| {one.replicas} | {one.rate:.2f} | {share:.2f} | >= 0.9 | {one.messages} | {one.calls} "
        f"| {one.most_per_text} |"
    )


@contextmanager
def _model() -> Iterator[Control]:
    with running(app.build()) as url, closing(Control(url)) as control:
        yield control


def measure(folder: Path) -> list[str]:
    """Everything, one after the other."""
    before = os.getloadavg()[0]
    with ExitStack() as stack:
        opened, llm = stack.enter_context(theatre(folder)), stack.enter_context(_model())
        done = asyncio.run(through_all_stages(opened, llm, _made(folder / "all")))
        binaries = stack.enter_context(installed_postgres())
        server = stack.enter_context(running_postgres(binaries))
        judged = [
            asyncio.run(judged_by(n, opened, llm, server, _made(folder / f"replicas-{n}")))
            for n in REPLICAS
        ]
    return lines(done, judged, (before, os.getloadavg()[0]))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _say(phase: str) -> None:
    sys.stderr.write(f"bench: {phase}\n")


def main(arguments: Sequence[str]) -> None:
    """Measure, say it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="leave docs/performance.md alone")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="csm-bench-") as folder:
        measured = measure(Path(folder))
    sys.stdout.write("\n".join(measured) + "\n")
    if not wanted.dry_run:
        report.record(measured, "stages")


if __name__ == "__main__":
    main(sys.argv[1:])

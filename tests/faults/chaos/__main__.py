"""`make chaos MAILS=n DB=sqlite|postgres TIMING=fast|production SEED=k`.

Real processes on a desk and a Gmail that break as the real ones do: random SIGKILL of workers and
NATS, freezes, locks, outages, deleted streams, and a fault for every tenth write. The seed fixes
the mail, the faults and the order of the mischief; the moments are the machine's.
Exit code 1 when anything is lost, doubled, split, out of order, incomplete and untold, parked,
or sent. The service's own word counts for nothing: the desk is compared with Gmail.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

from faults.chaos import report
from faults.chaos.report import Result
from faults.chaos.run import play
from faults.chaos.setting import DatabaseKind, TimingName, Wanted
from postgres_server import PostgresServer, installed_postgres, running_postgres
from replicas import postgres_stage, prepared_database
from stage import Theatre, theatre

_RESULTS = Path(__file__).resolve().parents[3] / "var" / "chaos"


def main(arguments: Sequence[str]) -> int:
    """Play one run; 1 when a promise broke."""
    wanted = _wanted(arguments)
    # Provisioning and every life read the same.
    os.environ["CSM_TIMING_PROFILE"] = wanted.timing
    folder = Path(tempfile.mkdtemp(prefix="csm-chaos-"))
    result = _played(wanted, folder)
    report.show(result)
    file = _RESULTS / f"{wanted.database}-{wanted.timing}-{wanted.mails}-{wanted.seed}.json"
    report.save(result, file)
    sys.stdout.write(f"result file: {file}\n")
    if result.judgement.is_broken:
        sys.stdout.write(f"logs and state: {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _wanted(arguments: Sequence[str]) -> Wanted:
    parser = argparse.ArgumentParser(
        prog="chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--db", choices=get_args(DatabaseKind), default="sqlite")
    parser.add_argument("--timing", choices=get_args(TimingName), default="fast")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    return Wanted(chosen.mails, chosen.db, chosen.timing, chosen.seed)


def _played(wanted: Wanted, folder: Path) -> Result:
    with ExitStack() as stack:
        opened = stack.enter_context(theatre(folder))
        stage_folder = folder / "stage"
        stage_folder.mkdir()
        if wanted.database == "sqlite":
            return asyncio.run(_on_sqlite(opened, wanted, stage_folder))
        binaries = stack.enter_context(installed_postgres())
        server = stack.enter_context(running_postgres(binaries))
        prepared = prepared_database(server, opened.prepared)
        return asyncio.run(_on_postgres(opened, wanted, stage_folder, server, prepared))


async def _on_sqlite(opened: Theatre, wanted: Wanted, folder: Path) -> Result:
    async with opened.stage(folder) as stage:
        return await play(stage, wanted)


async def _on_postgres(
    opened: Theatre, wanted: Wanted, folder: Path, server: PostgresServer, prepared: str
) -> Result:
    async with postgres_stage(opened, server, prepared, folder) as stage:
        return await play(stage, wanted, server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

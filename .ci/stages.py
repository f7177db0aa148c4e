"""Runs the tests in stages, each within its own time, and ends with pytest's closing lines.

`python .ci/stages.py test` runs what needs no database server, `postgres` what does, `deploy` what
ships, `proof` what a sceptic runs, `nightly` what takes long. Every stage runs, also after a failed
one.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_CLOSING = re.compile(r"^=* ?((?:\d+ \w+,? ?)+|no tests ran )in ([\d.]+)s\b.*$")
_COUNT = re.compile(r"(\d+) (\w+)")
# Each worker has simulators and NATS servers of its own.
_MOST_WORKERS = 4
# pytest: nothing was collected.
_NO_TESTS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """Folders that are tested together; `seconds` until they are ended by force.

    That is several times what a stage takes on two idle cores: a busy machine is no defect.

    Tests run side by side, as many as there are cores and `beyond`: some mostly wait.
    """

    name: str
    folders: tuple[str, ...]
    seconds: int
    beyond: int = 0


TEST = (
    Stage("unit", ("tests/unit", "tests/contracts"), 600),
    Stage("integration", ("tests/integration",), 600),
    Stage("faults", ("tests/faults",), 900, beyond=2),
    Stage("e2e", ("tests/e2e",), 900, beyond=3),
)
DEPLOY = (Stage("deploy", ("tests/deploy",), 300),)
POSTGRES = (Stage("postgres", ("tests",), 900, beyond=1),)
PROOF = (Stage("proof", ("tests/faults", "tests/e2e"), 1200),)
NIGHTLY = (Stage("nightly", ("tests",), 3600),)
PLANS = {
    "test": (TEST, "not nightly and not postgres and not proof"),
    "deploy": (DEPLOY, "not nightly and not postgres"),
    "proof": (PROOF, "proof and not nightly"),
    "postgres": (POSTGRES, "postgres and not nightly"),
    "nightly": (NIGHTLY, "nightly"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """How a stage ended: `closing` is pytest's last word, empty when it had none."""

    stage: Stage
    code: int
    closing: str
    took: float

    @property
    def is_good(self) -> bool:
        """Whether every test passed; a stage without tests is a mistake."""
        return self.code == 0


def run(stage: Stage, marks: str) -> Result:
    """Run one stage, its output passed on as it comes."""
    workers = str(min(_MOST_WORKERS, os.cpu_count() or 1) + stage.beyond)
    pytest = [sys.executable, "-m", "pytest", "--no-header", "-m", marks]
    command = [*pytest, "-n", workers, "--dist", "worksteal", *stage.folders]
    say(f"\n---- {stage.name}: {' '.join(stage.folders)} (at most {stage.seconds} s)")
    begun = time.monotonic()
    # A group of its own, so that nothing a hanging test has started outlives the stage.
    process = subprocess.Popen(  # noqa: S603  # our own interpreter
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, process_group=0
    )
    clock = threading.Timer(stage.seconds, end, (process,))
    clock.start()
    try:
        closing = pass_on(process)
    except KeyboardInterrupt:
        end(process)
        raise
    finally:
        clock.cancel()
    return Result(stage, process.wait(), closing, time.monotonic() - begun)


def pass_on(process: subprocess.Popen[str]) -> str:
    """Write every line of the output and return the closing one."""
    assert process.stdout is not None  # noqa: S101  # PIPE above
    closing = ""
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if _CLOSING.match(line.strip()):
            closing = line.strip().strip("= ")
    return closing


def end(process: subprocess.Popen[str]) -> None:
    """Kill the stage's whole group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def summed(results: list[Result]) -> str:
    """All closing lines as one, in pytest's own form."""
    counts: Counter[str] = Counter()
    for result in results:
        for number, word in _COUNT.findall(result.closing.rpartition(" in ")[0]):
            counts[word] += int(number)
        if not result.is_good and not counts["failed"]:
            counts["stage failed"] += 1
    total = sum(result.took for result in results)
    words = ", ".join(f"{number} {word}" for word, number in counts.items())
    return f" {words or 'no tests ran'} in {total:.2f}s "


def verdict(result: Result) -> str:
    """One line about a stage."""
    why = {0: "ok", -signal.SIGKILL: "OUT OF TIME", _NO_TESTS: "NO TESTS"}
    how = why.get(result.code, "FAILED")
    return f"{result.stage.name:12} {how:11} {result.took:6.1f} s  {result.closing}"


def say(text: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(plan: str) -> int:
    """Run every stage of `plan`; 1 if one of them failed."""
    stages, marks = PLANS[plan]
    results = [run(stage, marks) for stage in stages]
    say("")
    for result in results:
        say(verdict(result))
    say(summed(results).center(80, "="))
    return 0 if all(result.is_good for result in results) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PLANS:
        sys.exit(f"usage: stages.py {'|'.join(PLANS)}")
    sys.exit(main(sys.argv[1]))

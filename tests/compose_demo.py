"""`make compose-demo`: mail goes through the running Compose project, and is judged from outside.

Uses docker compose and the published ports only. Ends with 1 and every reason when a promise is
broken; a tool that does not run (Jaeger, Prometheus, Grafana) is named and left out.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from csm_cli.services import names

ROOT = Path(__file__).parents[1]
COMPOSE = shlex.split(os.environ.get("COMPOSE", "docker compose"))
GMAIL = f"http://127.0.0.1:{os.environ.get('CSM_DEMO_GMAIL_PORT', '8091')}"
DESK = f"http://127.0.0.1:{os.environ.get('CSM_DEMO_DESK_PORT', '8092')}"
SELF_TEST = "[csm self-test]"
# What the services take together at rest.
MOST_MIB = 750
# Seconds: production timing waits a minute and more before it believes a killed write lost.
_PATIENCE = 420.0
_LOOK = 2.0

Json = Any


class DemoError(Exception):
    """A step that had to work did not; the text says which and what was seen."""


def compose(*arguments: str) -> str:
    """A command of docker compose; its output. Raises DemoError with its words."""
    run = subprocess.run(  # noqa: S603 - docker compose, with our own words
        [*COMPOSE, "--profile", "demo", "--profile", "tools", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if run.returncode:
        raise DemoError(f"docker compose {' '.join(arguments)}: {run.stderr or run.stdout}")
    return run.stdout


def csm(*arguments: str) -> str:
    """A command of `csm` inside the project."""
    return compose("run", "--rm", "--no-deps", "-T", "cli", *arguments)


def simulators(*arguments: str) -> Json:
    """A command of the simulators, against their published ports."""
    run = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "simulators", *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def get(url: str, **params: str) -> Json:
    """JSON of a tool's answer."""
    return httpx.get(url, params=params, timeout=20, trust_env=False).raise_for_status().json()


def until(holds: Callable[[], bool], words: Callable[[], str]) -> None:
    """Wait for a condition of other processes; DemoError with `words` when it does not come."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise DemoError(words())
        time.sleep(_LOOK)  # noqa: TID251 - the pause between two looks at other processes


def conversations() -> list[Json]:
    """The desk's conversations without self-tests."""
    rows = get(f"{DESK}/control/state", bodies="1")["conversations"]
    return [row for row in rows if SELF_TEST not in row["subject"]]


def is_triaged(row: Json) -> bool:
    """Whether a conversation has its verdict's tags and note."""
    return bool(row["tags"]) and any(thread["type"] == "note" for thread in row["threads"])


def running() -> set[str]:
    """The names of the services that run."""
    return set(compose("ps", "--services", "--status", "running").split())


def play(wanted: argparse.Namespace, say: Callable[[str], None]) -> None:
    """The self-test, the sample mail, deaths on the way, and the wait until all is done."""
    say("self-test")
    csm("self-test", "--assume", "no")
    own = ("--mail", wanted.mail) if wanted.mail else ()
    expected = simulators("deliver", "--gmail", GMAIL, *own)
    say(f"{expected['mails']} mails delivered")
    until(lambda: bool(conversations()), lambda: "no mail reached the desk")
    for service in wanted.kill:
        compose("kill", service)
        compose("up", "-d", "--no-deps", service)
        say(f"killed {service}; it runs again")
    until(lambda: is_done(expected["mails"]), lambda: f"not done: {csm('status', '--json')}")


def is_done(mails: int) -> bool:
    """Whether every mail has its end and every ticket its verdict."""
    try:
        states = json.loads(csm("status", "--json"))["states"]
    except (DemoError, KeyError):
        return False
    ended = sum(states.values()) - states.get("wanted", 0)
    return ended >= mails and not states.get("wanted") and all(map(is_triaged, conversations()))


def findings() -> Iterator[str]:
    """Everything that is not as promised, one line each."""
    judged = simulators("verdict", "--gmail", GMAIL, "--desk", DESK)
    yield from (f"{kind}: {found}" for kind, found in judged["findings"].items() if found)
    if not judged["conversations"]:
        yield "the desk is empty"
    if violations := get(f"{GMAIL}/control/counters")["violations"]:
        yield f"Gmail saw {violations} forbidden calls"
    if (used := memory_mib()) > MOST_MIB:
        yield f"the services take {used:.0f} MiB, more than {MOST_MIB}"


def memory_mib() -> float:
    """What the services take now, in MiB."""
    ids = compose("ps", "-q", *names()).split()
    run = subprocess.run(  # noqa: S603 - as above
        ["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", *ids],  # noqa: S607 - found on PATH
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    units = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}
    used = [line.split(" /")[0] for line in run.stdout.splitlines()]
    return sum(float(text[:-3]) * units[text[-3:]] for text in used)


def seen_by_tools(runs: set[str], say: Callable[[str], None]) -> Iterator[str]:
    """What Jaeger, Prometheus and Grafana do not show although they run."""
    checks = {"jaeger": jaeger, "prometheus": prometheus, "grafana": grafana}
    for tool, check in checks.items():
        if tool in runs:
            yield from check()
        else:
            say(f"{tool} does not run here: not looked at")


def jaeger() -> Iterator[str]:
    """One trace must have spans of every service that a mail passes."""
    way = {"gmail_ingest", "classifier", "draft_writer"}
    traces = get("http://127.0.0.1:16686/api/traces", service="gmail_ingest", limit="200")["data"]
    passed = [{p["serviceName"] for p in trace["processes"].values()} for trace in traces]
    if not any(way <= services for services in passed):
        yield f"no trace passes {', '.join(sorted(way))}"


def prometheus() -> Iterator[str]:
    """Every service must be scraped."""
    targets = get("http://127.0.0.1:9090/api/v1/targets")["data"]["activeTargets"]
    up = {target["labels"]["instance"].partition(":")[0] for target in targets
          if target["health"] == "up"}  # fmt: skip
    yield from (f"Prometheus does not reach {name}" for name in names() if name not in up)


def grafana() -> Iterator[str]:
    """The dashboards of deploy/observability must be there."""
    shown = get("http://127.0.0.1:3000/api/search", type="dash-db")
    wanted = len(list((ROOT / "deploy/observability/dashboards").glob("*.json")))
    if len(shown) < wanted:
        yield f"Grafana shows {len(shown)} of {wanted} dashboards"


def main() -> int:
    """0 when every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--kill", action="append", default=[], metavar="SERVICE",
        help="SIGKILL this one while mail is on its way; may be repeated",
    )  # fmt: skip
    parser.add_argument("--mail", metavar="PATH", help="your own mail instead of the samples")
    wanted = parser.parse_args()

    def say(words: str) -> None:
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()

    try:
        play(wanted, say)
        broken = [*findings(), *seen_by_tools(running(), say)]
    except (DemoError, httpx.HTTPError) as error:
        broken = [str(error)]
    else:
        say(f"{len(conversations())} conversations; the services take {memory_mib():.0f} MiB")
    for line in broken:
        say(f"BROKEN: {line}")
    say("every promise was kept" if not broken else f"{len(broken)} broken")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())

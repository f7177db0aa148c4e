"""`csm up` from start to each kind of end: nothing it started outlives it."""

import fcntl
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cli_stack import Up, csm, free_port, simulators, upped, wait_for
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.services import names
from csm_cli.simulation import Simulator

pytestmark = pytest.mark.timeout(120)
PROCESSES = 1 + len(names())  # NATS and every service


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Simulator]]:
    """Gmail and the desk."""
    with simulators(tmp_path_factory.mktemp("outside")) as both:
        yield both


@pytest.fixture
def installation(outside: tuple[Simulator, Simulator], tmp_path: Path) -> Installation:
    """Settings for a first start; nothing is provisioned."""
    gmail, desk = outside
    return Installation(tmp_path, gmail.url, desk.url, f"nats://127.0.0.1:{free_port()}")


@contextmanager
def held_database(installation: Installation) -> Iterator[None]:
    """Own the service's database as a running service does; BlockingIOError if one runs."""
    lock = installation.folder / "var" / "gmail_ingest.db.lock"
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def started(up: Up) -> list[int]:
    """Wait until the first service answers; pids of NATS and of the services."""
    up.answers()
    children = up.children()
    assert len(children) == PROCESSES, up.said()
    return children


def test_sigterm_ends_everything_in_order(installation: Installation) -> None:
    with upped(installation) as up:
        children = started(up)
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(25) == 0, up.said()
        wait_for(lambda: not any(is_alive(pid) for pid in children), lambda: str(children), 5)
        said = up.said()
        assert f"NATS listens on {installation.nats_url}" in said
        assert "install key made" in said
        assert said.endswith("stopped\n")
        service_log = installation.folder / "var" / "log" / "gmail_ingest.log"
        assert f"gmail_ingest starts, log {service_log}" in said
        assert '"event": "stopped"' in service_log.read_text()


def test_nothing_outlives_a_sigkill(installation: Installation) -> None:
    with upped(installation) as up:
        children = started(up)
        up.process.kill()
        up.process.wait(10)
        wait_for(lambda: not any(is_alive(pid) for pid in children), lambda: str(children))
    with held_database(installation):
        pass  # free: a next start is not refused


def test_a_killed_child_comes_back(installation: Installation) -> None:
    with upped(installation) as up:
        for pid in started(up):
            os.kill(pid, signal.SIGKILL)

        def is_back() -> bool:
            return len(up.children()) == PROCESSES and up.csm("status").exit_code == 0

        wait_for(lambda: is_back() and "child ended" in up.said(), up.said)
        assert up.process.poll() is None


def test_settings_refused_by_a_service_end_with_78_and_its_words(
    installation: Installation,
) -> None:
    installation.save()
    nats = EmbeddedNats(installation.folder / "elsewhere")
    nats.start()
    provisioned = replace(installation, nats_url=nats.url)
    provisioned.save()
    assert csm("provision", "--config", str(provisioned.config)).exit_code == 0
    nats.stop()
    with held_database(installation), upped(installation) as up:
        assert up.process.wait(60) == 78
        assert re.search(r"config error: .*gmail_ingest.db.lock: in use by", up.said())


def test_a_bus_elsewhere_is_refused_in_words(installation: Installation) -> None:
    replace(installation, nats_url="nats://bus.example:4222").save()
    said = csm("up", "--config", str(installation.config))
    assert said.exit_code == 1
    assert "nats.url: nats://bus.example:4222 is not this machine" in said.stderr
    assert "csm provision" in said.stderr


def test_a_port_in_use_is_said(installation: Installation, nats: EmbeddedNats) -> None:
    replace(installation, nats_url=nats.url).save()
    said = csm("up", "--config", str(installation.config))
    assert said.exit_code == 1
    assert "nats-server ended at its start" in said.stderr

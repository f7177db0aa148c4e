"""Fixtures shared by all tests: real servers on loopback, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from csm_cli.embedded_nats import EmbeddedNats


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    """A running NATS server with an empty store."""
    server = EmbeddedNats(tmp_path / "nats")
    server.start()
    yield server
    server.stop()

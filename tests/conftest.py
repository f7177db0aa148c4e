"""Fixtures shared by all tests: real servers on loopback, fresh for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from csm_cli.embedded_nats import EmbeddedNats

if TYPE_CHECKING:
    from stage import Stage, Theatre


# Speed belongs to benchmarks: on a busy machine an example may take long and still be right.
settings.register_profile("csm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("csm")


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    """A running NATS server with an empty store."""
    server = EmbeddedNats(tmp_path / "nats")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Theatre]":
    """Simulators and fork server for all tests with real services."""
    import stage as stages  # noqa: PLC0415 - only tests of whole processes pay for its imports

    with stages.theatre(tmp_path_factory.mktemp("theatre")) as opened:
        yield opened


@pytest.fixture
async def stage(theatre: "Theatre", tmp_path: Path) -> "AsyncIterator[Stage]":
    """An installation with nothing started; every process ends with the test."""
    async with theatre.stage(tmp_path) as opened:
        yield opened

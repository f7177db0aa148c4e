"""Fixtures shared by all tests: real servers on loopback, fresh for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from csm_cli.embedded_nats import EmbeddedNats

if TYPE_CHECKING:
    from postgres_server import PostgresServer
    from stage import Control, Stage, Theatre
    from triage import Triage


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
def postgres_binaries() -> "Iterator[Path]":
    """The programs of PostgreSQL."""
    import postgres_server  # noqa: PLC0415 - only tests of PostgreSQL pay for its imports

    with postgres_server.installed_postgres() as binaries:
        yield binaries


@pytest.fixture(scope="session")
def postgres(postgres_binaries: Path) -> "Iterator[PostgresServer]":
    """A running PostgreSQL, never killed; every test makes a database of its own."""
    import postgres_server  # noqa: PLC0415 - as above

    with postgres_server.running_postgres(postgres_binaries) as server:
        yield server


@pytest.fixture
def mortal_postgres(postgres_binaries: Path) -> "Iterator[PostgresServer]":
    """A PostgreSQL of the test's own, which it may kill: nobody else loses connections."""
    import postgres_server  # noqa: PLC0415 - as above

    with postgres_server.running_postgres(postgres_binaries) as server:
        yield server


@pytest.fixture(scope="session")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Theatre]":
    """Simulators and fork server for all tests with real services."""
    import stage as stages  # noqa: PLC0415 - only tests of whole processes pay for its imports

    with stages.theatre(tmp_path_factory.mktemp("theatre")) as opened:
        yield opened


@pytest.fixture(scope="session")
def prepared_database(theatre: "Theatre", postgres: "PostgresServer") -> str:
    """The state after a first start, in PostgreSQL; tests work on copies of it."""
    import replicas  # noqa: PLC0415 - as above

    return replicas.prepared_database(postgres, theatre.prepared)


@pytest.fixture
async def postgres_stage(
    theatre: "Theatre", postgres: "PostgresServer", prepared_database: str, tmp_path: Path
) -> "AsyncIterator[Stage]":
    """An installation on PostgreSQL with nothing started."""
    import replicas  # noqa: PLC0415 - as above

    async with replicas.postgres_stage(theatre, postgres, prepared_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def mortal_stage(
    theatre: "Theatre", mortal_postgres: "PostgresServer", tmp_path: Path
) -> "AsyncIterator[Stage]":
    """An installation whose PostgreSQL the test may kill."""
    import replicas  # noqa: PLC0415 - as above

    prepared = await asyncio.to_thread(
        replicas.prepared_database, mortal_postgres, theatre.prepared
    )
    async with replicas.postgres_stage(theatre, mortal_postgres, prepared, tmp_path) as opened:
        yield opened


@pytest.fixture
async def stage(theatre: "Theatre", tmp_path: Path) -> "AsyncIterator[Stage]":
    """An installation with nothing started; every process ends with the test."""
    async with theatre.stage(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def llm() -> "Iterator[Control]":
    """A simulated model server for all tests; each begins with a reset."""
    import stage as stages  # noqa: PLC0415 - as above
    from simulators.llm import app  # noqa: PLC0415 - as above
    from simulators.serve import running  # noqa: PLC0415 - as above

    with running(app.build()) as url, closing(stages.Control(url)) as control:
        yield control


@pytest.fixture(scope="session")
def people() -> "Iterator[Control]":
    """Slack, a mail server and others for all tests; each begins with a reset."""
    import stage as stages  # noqa: PLC0415 - as above
    from simulators.people import app  # noqa: PLC0415 - as above
    from simulators.serve import running  # noqa: PLC0415 - as above

    with running(app.build()) as url, closing(stages.Control(url)) as control:
        yield control


@pytest.fixture
async def by_rules(stage: "Stage", llm: "Control") -> "AsyncIterator[Triage]":
    """The classifier without a model; nothing started."""
    import triage  # noqa: PLC0415 - as above

    async with triage.triage_on(stage, llm, {}) as opened:
        yield opened


@pytest.fixture
async def by_model(stage: "Stage", llm: "Control") -> "AsyncIterator[Triage]":
    """The classifier with the simulated model; nothing started."""
    import triage  # noqa: PLC0415 - as above

    async with triage.triage_on(stage, llm, triage.with_model(llm)) as opened:
        yield opened

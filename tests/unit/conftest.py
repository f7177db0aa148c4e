"""Fixtures of the unit tests."""

from collections.abc import Iterator

import pytest

from effect_bench import Bench
from memory_store import Store, shared_store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty database with a clock that tests move; every step runs on both kinds."""
    if request.param == "sqlite":
        yield shared_store().emptied()
    else:
        yield request.getfixturevalue("postgres_store").emptied()


@pytest.fixture(scope="session")
def postgres_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """One database for all tests of a session: emptying it is cheaper than making another."""
    from postgres_store import PostgresStore  # noqa: PLC0415 - as in the fixture `postgres`

    server = request.getfixturevalue("postgres")
    store = PostgresStore(server.url(server.create()))
    yield store
    store.close()


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    """The protocol over an empty store and an empty desk."""
    bench = Bench(store)
    yield bench
    assert bench.in_flight == 0
    assert bench.desk.written("effect") <= 1

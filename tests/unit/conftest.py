"""Fixtures of the unit tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlmodel import SQLModel

from csm.llm_ledger import LLM_TABLES
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def llm_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty ledger of questions to models, on both kinds of database."""
    if request.param == "sqlite":
        store = Store(LLM_TABLES)
        yield store
        store.close()
    else:
        store = request.getfixturevalue("postgres_store").emptied()
        store.run(_empty_ledger)
        yield store


def _empty_ledger(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection, tables=LLM_TABLES)
    for table in LLM_TABLES:
        connection.execute(table.delete())


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    """The protocol over an empty store and an empty desk."""
    bench = Bench(store)
    yield bench
    assert bench.in_flight == 0
    assert bench.desk.written("effect") <= 1

"""The scripts make the schema that the table classes describe, once."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from csm import migrations
from csm_cli.services import names
from gmail_ingest.state import TABLES
from memory_store import Store

SERVICE = "gmail_ingest"


@pytest.fixture
def store() -> Iterator[Store]:
    """A database without a table."""
    store = Store([])
    yield store
    store.close()


def check(connection: Connection) -> None:
    """`alembic check`: raises when autogenerate would write a script."""
    config = migrations._config(SERVICE)
    config.attributes["connection"] = connection
    command.check(config)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def execute(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


@pytest.fixture
def migrated(store: Store) -> Store:
    """A database with the newest schema."""
    store.run(migrations.upgrade, SERVICE)
    return store


def test_an_empty_database_is_brought_to_the_newest_schema(store: Store) -> None:
    newest = migrations.newest(SERVICE)
    assert store.run(migrations.upgrade, SERVICE) == (None, newest)
    assert store.run(migrations.revision) == newest


def test_the_schema_is_what_the_table_classes_say(migrated: Store) -> None:
    assert migrated.run(migrations.drift, SERVICE) == []


@pytest.mark.parametrize("service", names())
def test_every_service_makes_the_schema_of_its_classes(store: Store, service: str) -> None:
    store.run(migrations.upgrade, service)
    assert store.run(migrations.drift, service) == []


def test_alembic_check_finds_nothing_to_write(migrated: Store) -> None:
    migrated.run(check)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE work DROP COLUMN reason",
        "ALTER TABLE work ADD COLUMN colour VARCHAR",
        "DROP INDEX work_resource",
        "DROP TABLE effect",
    ],
)
def test_a_schema_that_is_not_the_classes_is_seen(migrated: Store, change: str) -> None:
    migrated.run(execute, change)
    assert migrated.run(migrations.drift, SERVICE)


def test_an_upgrade_again_changes_nothing(migrated: Store) -> None:
    newest = migrations.newest(SERVICE)
    assert migrated.run(migrations.upgrade, SERVICE) == (newest, newest)
    assert migrated.run(migrations.drift, SERVICE) == []


def test_every_table_of_the_service_is_made_and_no_other(migrated: Store) -> None:
    assert migrated.run(tables) - {"alembic_version"} == {table.name for table in TABLES}


def test_an_empty_schema_says_what_to_run(store: Store) -> None:
    newest = migrations.newest(SERVICE)
    says = f"gmail_ingest: schema is empty, needs {newest}; run `csm provision`"
    assert store.run(migrations.problem, SERVICE) == says


def test_the_newest_schema_is_no_problem(migrated: Store) -> None:
    assert migrated.run(migrations.problem, SERVICE) is None


def test_a_schema_that_this_version_does_not_know_is_named(migrated: Store) -> None:
    migrated.run(execute, "UPDATE alembic_version SET version_num = '9999'")
    assert "schema is 9999" in str(migrated.run(migrations.problem, SERVICE))


@pytest.mark.parametrize("service", names())
def test_every_service_makes_the_schema_of_its_tables(store: Store, service: str) -> None:
    store.run(migrations.upgrade, service)
    assert store.run(migrations.drift, service) == []

"""The scripts make the schema that the table classes describe, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.engine import Engine

from csm import migrations
from csm.db import sqlite_engine
from gmail_ingest.state import TABLES

SERVICE = "gmail_ingest"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database file."""
    engine = sqlite_engine(tmp_path / "service.db")
    yield engine
    engine.dispose()


def differences(connection: Connection) -> list[object]:
    """What autogenerate would write into a new script."""
    metadata = MetaData()
    for table in TABLES:
        table.to_metadata(metadata)
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def test_an_empty_database_is_brought_to_the_newest_schema(engine: Engine) -> None:
    assert migrations.upgrade(engine, SERVICE) == (None, migrations.newest(SERVICE))


def test_the_schema_is_what_the_table_classes_say(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    with engine.begin() as connection:
        assert differences(connection) == []


def test_alembic_check_finds_nothing_to_write(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    config = migrations._config(SERVICE)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_the_comparison_sees_a_missing_column(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE work DROP COLUMN reason"))
        assert len(differences(connection)) == 1


def test_an_upgrade_again_changes_nothing(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    newest = migrations.newest(SERVICE)
    assert migrations.upgrade(engine, SERVICE) == (newest, newest)


def test_every_table_of_the_service_is_made(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    made = set(inspect(engine).get_table_names())
    assert made - {"alembic_version"} == {table.name for table in migrations.tables_of(SERVICE)}


def test_check_says_what_to_run_on_an_empty_database(engine: Engine) -> None:
    newest = migrations.newest(SERVICE)
    says = f"gmail_ingest: schema is empty, needs {newest}; run `csm provision`"
    assert migrations.check(engine, SERVICE) == says


def test_check_is_content_with_the_newest_schema(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    assert migrations.check(engine, SERVICE) is None


def test_check_names_a_schema_it_does_not_know(engine: Engine) -> None:
    migrations.upgrade(engine, SERVICE)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "schema is 9999" in str(migrations.check(engine, SERVICE))

"""Alembic per service: the scripts lie inside the service's package, `csm provision` runs them."""

from collections.abc import Sequence
from importlib import import_module, resources

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table

from csm.db import define_clock, is_postgresql, serialize


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "migrations"))
    return config


def upgrade(connection: Connection, package: str) -> tuple[str | None, str | None]:
    """Bring a database to the newest schema of `package`; returns the revisions before and now."""
    serialize(connection, "migrations")
    if is_postgresql(connection):
        define_clock(connection)
    before = revision(connection)
    config = _config(package)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before, revision(connection)


def revision(connection: Connection) -> str | None:
    """The schema revision of a database, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest(package: str) -> str | None:
    """The revision this version of `package` needs."""
    return ScriptDirectory.from_config(_config(package)).get_current_head()


def problem(connection: Connection, package: str) -> str | None:
    """None when the schema fits, else what to do in one line."""
    have, want = revision(connection), newest(package)
    if have == want:
        return None
    return f"{package}: schema is {have or 'empty'}, needs {want}; run `csm provision`"


def drift(connection: Connection, package: str) -> list[str]:
    """What the tables of `package` have that its scripts do not make, one line each."""
    context_ = MigrationContext.configure(connection, opts={"compare_type": True})
    return [str(difference) for difference in compare_metadata(context_, _metadata(package))]


def run(tables: Sequence[Table]) -> None:
    """The whole of a service's env.py: run the scripts on the connection given by `upgrade`."""
    connection: Connection = context.config.attributes["connection"]
    metadata = _copied(tables)
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def _metadata(package: str) -> MetaData:
    """The tables that `package` declares in its state module."""
    return _copied(import_module(f"{package}.state").TABLES)


def _copied(tables: Sequence[Table]) -> MetaData:
    metadata = MetaData()
    for table in tables:
        table.to_metadata(metadata)
    return metadata

"""Alembic per service: the scripts lie inside the service's package, `csm provision` runs them."""

from collections.abc import Sequence
from importlib import import_module, resources

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table
from sqlalchemy.engine import Engine


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "migrations"))
    return config


def upgrade(engine: Engine, package: str) -> tuple[str | None, str | None]:
    """Bring a database to the newest schema of `package`; returns the revisions before and now."""
    before = revision(engine)
    config = _config(package)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, revision(engine)


def revision(engine: Engine) -> str | None:
    """The schema revision of a database, None for an empty one."""
    with engine.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(package: str) -> str | None:
    """The revision this version of `package` needs."""
    return ScriptDirectory.from_config(_config(package)).get_current_head()


def check(engine: Engine, package: str) -> str | None:
    """None when the schema fits, else what to do in one line."""
    have, want = revision(engine), newest(package)
    if have == want:
        return None
    return f"{package}: schema is {have or 'empty'}, needs {want}; run `csm provision`"


def run(tables: Sequence[Table]) -> None:
    """The whole of a service's env.py: run the scripts on the connection given by `upgrade`."""
    connection: Connection = context.config.attributes["connection"]
    metadata = MetaData()
    for table in tables:
        table.to_metadata(metadata)
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def tables_of(package: str) -> Sequence[Table]:
    """The tables that `package` declares in its state module."""
    tables: Sequence[Table] = import_module(f"{package}.state").TABLES
    return tables

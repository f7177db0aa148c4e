"""One database per service: transactions are plain functions `step(connection, ...)` of Core SQL.

SQLite serves one process, PostgreSQL any number of replicas; the steps are the same.
"""

from csm.db.core import (
    Availability,
    Database,
    DatabaseInUseError,
    DatabaseUnavailableError,
    P,
    Step,
    T,
    csm_now,
    insert_into,
    is_postgresql,
    outlast,
    per_dialect,
    serialize,
    table_of,
)
from csm.db.opening import (
    has_password,
    kind_of,
    open_beside,
    open_database,
    open_read_only,
    shown,
)
from csm.db.postgres import PostgresDatabase, define_clock
from csm.db.sqlite import Clock, InlineDatabase, SqliteDatabase, sqlite_engine

__all__ = [
    "Availability",
    "Clock",
    "Database",
    "DatabaseInUseError",
    "DatabaseUnavailableError",
    "InlineDatabase",
    "P",
    "PostgresDatabase",
    "SqliteDatabase",
    "Step",
    "T",
    "csm_now",
    "define_clock",
    "has_password",
    "insert_into",
    "is_postgresql",
    "kind_of",
    "open_beside",
    "open_database",
    "open_read_only",
    "outlast",
    "per_dialect",
    "serialize",
    "shown",
    "sqlite_engine",
    "table_of",
]

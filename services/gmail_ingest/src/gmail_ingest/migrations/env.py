"""Alembic's entry point of gmail_ingest."""

from csm import migrations
from gmail_ingest.state import TABLES

migrations.run(TABLES)

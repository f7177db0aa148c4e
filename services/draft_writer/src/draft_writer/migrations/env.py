"""Alembic's entry point of draft_writer."""

from csm import migrations
from draft_writer.state import TABLES

migrations.run(TABLES)

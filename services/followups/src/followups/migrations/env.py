"""Alembic's entry point of followups."""

from csm import migrations
from followups.state import TABLES

migrations.run(TABLES)

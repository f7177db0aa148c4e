"""Alembic's entry point of the classifier."""

from classifier.state import TABLES
from csm import migrations

migrations.run(TABLES)

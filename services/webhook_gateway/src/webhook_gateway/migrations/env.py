"""Alembic's entry point of webhook_gateway."""

from csm import migrations
from webhook_gateway.state import TABLES

migrations.run(TABLES)

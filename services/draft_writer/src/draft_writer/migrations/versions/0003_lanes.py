"""Lanes of the owed work: they take turns."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("work", sa.Column("lane", sa.String(), nullable=False, server_default=""))

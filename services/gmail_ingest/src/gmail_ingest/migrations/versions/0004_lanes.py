"""Lanes of the owed work: they take turns."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("work", sa.Column("lane", sa.String(), nullable=False, server_default=""))
    op.execute(
        "UPDATE work SET lane = (SELECT mailbox FROM gmail_message WHERE work_id = work.id)"
        " WHERE EXISTS (SELECT 1 FROM gmail_message WHERE work_id = work.id)"
    )

"""What an open mail names in FreeScout, and an index of the mails that are not fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "gmail_claim",
        sa.Column("work_id", sa.String(), nullable=False),
        sa.Column("freescout_thread_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("work_id", "freescout_thread_id"),
    )
    op.create_index("ix_gmail_claim_freescout_thread_id", "gmail_claim", ["freescout_thread_id"])
    undated = sa.text("internal_date IS NULL")
    op.create_index(
        "gmail_message_undated",
        "gmail_message",
        ["mailbox", "backfill"],
        sqlite_where=undated,
        postgresql_where=undated,
    )
    # What ended before this revision without ever being fetched.
    op.execute(
        "UPDATE gmail_message SET internal_date = (SELECT CAST(created_at * 1000 AS BIGINT)"
        " FROM work WHERE work.id = gmail_message.work_id)"
        " WHERE internal_date IS NULL AND EXISTS (SELECT 1 FROM work"
        " WHERE work.id = gmail_message.work_id AND work.state <> 'wanted')"
    )

"""Webhooks: deliveries, what they told, what they missed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Integer()),
        sa.Column("customer_thread_id", sa.Integer()),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_index("ix_delivery_conversation_id", "delivery", ["conversation_id"])
    op.create_index("ix_delivery_received_at", "delivery", ["received_at"])
    op.create_table(
        "heard",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("customer_thread_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_table(
        "unheard",
        sa.Column("customer_thread_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("customer_thread_id"),
    )
    op.create_table(
        "doorbell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("rang_at", sa.Float()),
        sa.Column("missed_at", sa.Float()),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )

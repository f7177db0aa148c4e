"""Drafts with their outcomes, and the ledger of what a model was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "draft",
        sa.Column("basis_thread_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("llm_key", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("seen_cc", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("thread_id", sa.Integer()),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("made_at", sa.Float()),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_look", sa.Float()),
        sa.Column("sent_text", sa.String(), nullable=False),
        sa.Column("sent_language", sa.String(), nullable=False),
        sa.Column("distance", sa.Float()),
        sa.Column("ended_at", sa.Float()),
        sa.PrimaryKeyConstraint("basis_thread_id"),
    )
    op.create_index("ix_draft_conversation_id", "draft", ["conversation_id"])
    op.create_index("ix_draft_thread_id", "draft", ["thread_id"])
    op.create_index("draft_looks", "draft", ["state", "next_look"])
    op.create_index("draft_days", "draft", ["mailbox_id", "begun_at"])
    op.create_table(
        "llm_call",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger()),
        sa.Column("usage", sa.String(), nullable=False),
        sa.Column("answer", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("request_id", sa.String()),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float()),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_llm_call_state", "llm_call", ["state"])
    op.create_table(
        "llm_spend",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task", "day", "model"),
    )

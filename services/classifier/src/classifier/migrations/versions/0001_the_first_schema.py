"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "verdict",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("covered_by", sa.Integer()),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("llm_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "seq"),
    )
    op.create_index("verdict_conversation", "verdict", ["conversation_id"])
    op.create_table(
        "watermark",
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("is_moved", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox"),
    )
    op.create_table(
        "conversation_seen",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_table(
        "dependency",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("configuration", sa.Boolean(), nullable=False),
        sa.Column("on_trial", sa.Boolean(), nullable=False),
        sa.Column("down_since", sa.Float()),
        sa.Column("next_probe", sa.Float()),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("work_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.Float(), nullable=False),
        sa.Column("quiet_at", sa.Float(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("attachments", sa.String(), nullable=False),
        sa.Column("target", sa.String()),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("husks", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Integer()),
        sa.Column("thread_id", sa.Integer()),
        sa.Column("missing", sa.String(), nullable=False),
        sa.Column("done_at", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_effect_conversation_id", "effect", ["conversation_id"])
    op.create_index("ix_effect_state", "effect", ["state"])
    op.create_index("ix_effect_target", "effect", ["target"])
    op.create_index("ix_effect_work_id", "effect", ["work_id"])
    op.create_table(
        "install",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "lease",
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("resource"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("traceparent", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "work",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("traceparent", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("next_try", sa.Float(), nullable=False),
        sa.Column("waiting_for", sa.String()),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("in_flight", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float()),
        sa.Column("reopened_at", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("work_open", "work", ["state", "next_try"])
    op.create_index("work_resource", "work", ["resource"])
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

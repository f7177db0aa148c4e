"""The table of drafts: one row per customer message for which one was begun or withheld."""

from sqlmodel import Field, Index, SQLModel

from csm.db import table_of


class DraftRow(SQLModel, table=True):
    """The one draft for a customer's message; times in epoch seconds.

    `text` is ours as plain text, `fingerprint` that of the HTML read back. `seen_at` is when
    FreeScout had the conversation last changed before the intent, -1 when that is too close to
    tell a later change; `seen_cc` who was in cc, as JSON. `note` is the HTML of what is
    said beside the draft, empty for nothing.
    """

    __tablename__ = "draft"
    __table_args__ = (
        Index("draft_looks", "state", "next_look"),
        Index("draft_days", "mailbox_id", "begun_at"),
    )

    basis_thread_id: int = Field(primary_key=True)
    conversation_id: int = Field(index=True)
    mailbox_id: int
    purpose: str
    state: str
    source: str = ""
    language: str = ""
    llm_key: str = ""
    text: str = ""
    seen_at: float = -1.0
    seen_cc: str = "[]"
    note: str = ""
    thread_id: int | None = Field(default=None, index=True)
    fingerprint: str = ""
    reason: str = ""
    begun_at: float
    made_at: float | None = None
    looks: int = 0
    next_look: float | None = None
    sent_text: str = ""
    sent_language: str = ""
    distance: float | None = None
    ended_at: float | None = None


DRAFT = table_of(DraftRow)

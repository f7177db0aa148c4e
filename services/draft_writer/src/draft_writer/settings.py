"""Settings of draft_writer: its section of csm.toml and what each mailbox gets."""

from typing import ClassVar, Literal

from pydantic import Field

from csm.contracts import Category, Slug
from csm.settings import CommonSettings, MailboxBase, Section, ServiceSection, WebAddress

Reach = Literal["off", "tags", "note", "draft"]
REACHES: tuple[Reach, ...] = ("off", "tags", "note", "draft")


class DeskSettings(Section):
    """What the bot does in a mailbox of FreeScout, by category of the message."""

    lead: Reach = "draft"
    customer: Reach = "draft"
    other: Reach = "note"
    # FreeScout user who gets what nobody has; left alone when None.
    assign_to: int | None = Field(default=None, gt=0)
    # Custom fields of the mailbox (their ids), for FreeScout has no priority of its own.
    category_field: int | None = Field(default=None, gt=0)
    importance_field: int | None = Field(default=None, gt=0)
    priority_field: int | None = Field(default=None, gt=0)

    def reach(self, category: Category) -> Reach:
        """How far the bot goes for a category."""
        reach: Reach = getattr(self, category)
        return reach


class MailboxSettings(MailboxBase):
    """One mailbox."""

    desk: DeskSettings = DeskSettings()


class DraftWriterSettings(ServiceSection):
    """The service's own section."""

    # Verdicts in work at a time; FreeScout itself sees at most `freescout.in_flight`.
    workers: int = Field(default=8, ge=1, le=64)
    health_port: int = Field(default=8084, ge=0, le=65535)
    # From this importance on a message is tagged high-priority.
    high_priority: int = Field(default=8, ge=1, le=10)
    # Minutes after the first verdict until a message without a note is announced all the same.
    arrival_minutes: float = Field(default=8, gt=0, le=1440)
    # Where a note links to, with the trace's id at its end: https://jaeger.example/trace/
    trace_url: WebAddress | None = None


class Settings(CommonSettings):
    """Everything draft_writer reads at start."""

    section: ClassVar[str] = "draft_writer"

    draft_writer: DraftWriterSettings = DraftWriterSettings()
    mailbox: dict[Slug, MailboxSettings] = Field(min_length=1)

    def mailbox_of(self, freescout_mailbox_id: int) -> MailboxSettings | None:
        """The settings of a FreeScout mailbox, None when it is not ours."""
        ours = (m for m in self.mailbox.values() if m.freescout_mailbox_id == freescout_mailbox_id)
        return next(ours, None)

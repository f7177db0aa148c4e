"""Settings of draft_writer: its section of csm.toml and what each mailbox gets."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from csm.contracts import Category, Slug
from csm.llm_settings import LlmSettings
from csm.settings import CommonSettings, MailboxBase, Section, ServiceSection, WebAddress
from draft_writer.decision import Switches
from draft_writer.policy import CATEGORIES

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


def _readable_folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"names {path}, which is no folder")
    return path


class MailboxDraftSettings(Section):
    """Which drafts a mailbox gets, beside what `desk` says by category."""

    # Drafts in 24 hours; what comes beyond gets none.
    per_day: int = Field(default=200, ge=0, le=100_000)
    # "robot@shop.example" or "@shop.example": judged as any other, but no draft is made.
    not_drafted: tuple[str, ...] = ()
    # Without a model: a short acknowledgement in the customer's language.
    templates: bool = True


class DraftSettings(Section):
    """How drafts are written, and what they may name beside what knowledge and agents wrote."""

    # Who writes, how, and what is always true, each in a few lines: the model is told.
    persona: str = Field(default="", max_length=2000)
    style: str = Field(default="", max_length=4000)
    facts: str = Field(default="", max_length=8000)
    # Hosts ("shop.example"), addresses and phone numbers that any draft may name.
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    words_min: int = Field(default=8, ge=1, le=100)
    words_max: int = Field(default=180, ge=20, le=1000)

    @model_validator(mode="after")
    def _some_length(self) -> "DraftSettings":
        if self.words_min > self.words_max:
            raise ValueError(f"words_min ({self.words_min}) is above words_max ({self.words_max})")
        return self


class KnowledgeSettings(Section):
    """What drafts may build on: Markdown files and saved replies in one folder."""

    folder: Annotated[Path, AfterValidator(_readable_folder)] | None = None
    # The best parts of it are told to the model.
    snippets: int = Field(default=4, ge=1, le=10)


class MailboxSettings(MailboxBase):
    """One mailbox."""

    desk: DeskSettings = DeskSettings()
    drafts: MailboxDraftSettings = MailboxDraftSettings()

    @property
    def switches(self) -> Switches:
        """What decides whether a message may get a draft."""
        wanted = frozenset(c for c in CATEGORIES if self.desk.reach(c) == "draft")
        return Switches(wanted, (*self.excluded_senders, *self.drafts.not_drafted))


class DraftWriterSettings(ServiceSection):
    """The service's own section."""

    # Verdicts in work at a time; FreeScout itself sees at most `freescout.in_flight`.
    workers: int = Field(default=8, ge=1, le=64)
    # Drafts in work at a time: most of the time they wait for the model.
    draft_workers: int = Field(default=16, ge=1, le=128)
    health_port: int = Field(default=8084, ge=0, le=65535)
    # From this importance on a message is tagged high-priority.
    high_priority: int = Field(default=8, ge=1, le=10)
    # Minutes after the first verdict until a message without a note is announced all the same.
    arrival_minutes: float = Field(default=8, gt=0, le=1440)
    # Where a note links to, with the trace's id at its end: https://jaeger.example/trace/
    trace_url: WebAddress | None = None


class Settings(CommonSettings):
    """Everything draft_writer reads at start. Without `[llm.draft]` drafts are templates."""

    section: ClassVar[str] = "draft_writer"

    draft_writer: DraftWriterSettings = DraftWriterSettings()
    llm: LlmSettings | None = None
    drafts: DraftSettings = DraftSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    mailbox: dict[Slug, MailboxSettings] = Field(min_length=1)

    @property
    def has_model(self) -> bool:
        """Whether a model writes drafts."""
        return self.llm is not None and self.llm.draft is not None

    def mailbox_of(self, freescout_mailbox_id: int) -> MailboxSettings | None:
        """The settings of a FreeScout mailbox, None when it is not ours."""
        ours = (m for m in self.mailbox.values() if m.freescout_mailbox_id == freescout_mailbox_id)
        return next(ours, None)

"""Settings of the classifier: its section of csm.toml, the model, the triage side of mailboxes."""

from typing import ClassVar, Literal, get_args

from pydantic import Field, field_validator

from csm.contracts import Slug
from csm.llm_settings import LlmSettings
from csm.settings import CommonSettings, MailboxBase, Section, ServiceSection

Language = Literal["en", "de", "fr", "es", "it", "nl", "pt"]


class TriageSettings(Section):
    """What the classifier does with one mailbox."""

    # Languages that customers write in: the fewer, the surer short mails are recognised.
    languages: tuple[Language, ...] = Field(default=get_args(Language), min_length=1)
    # Below write = "triage" a model is asked only if this is true: it costs money.
    judge_dry: bool = False
    # "robot@shop.example" or "@shop.example": a ticket as any other, but nobody judges it.
    not_judged: tuple[str, ...] = ()

    @field_validator("languages")
    @classmethod
    def _each_once(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        return tuple(dict.fromkeys(languages))


class MailboxSettings(MailboxBase):
    """One mailbox as the classifier sees it."""

    triage: TriageSettings = TriageSettings()

    @property
    def unjudged_senders(self) -> tuple[str, ...]:
        """Senders whose messages nobody judges."""
        return (*self.excluded_senders, *self.triage.not_judged)


class ClassifierSettings(ServiceSection):
    """The service's own section."""

    health_port: int = Field(default=8083, ge=0, le=65535)
    # Conversations in work at a time per process; FreeScout itself sees at most `in_flight`.
    workers: int = Field(default=16, ge=1, le=64)
    # Seconds until the rules speak for a model that has not answered yet.
    provisional_after_seconds: float = Field(default=60, gt=0, le=3600)
    # Who you are and what you sell, in a few lines: the model is told.
    about: str = Field(default="", max_length=4000)


class Settings(CommonSettings):
    """Everything the classifier reads at start. Without `[llm]` the rules judge."""

    section: ClassVar[str] = "classifier"

    classifier: ClassifierSettings = ClassifierSettings()
    llm: LlmSettings | None = None
    mailbox: dict[Slug, MailboxSettings] = Field(min_length=1)

    @property
    def model(self) -> str:
        """The model that judges, empty when the rules do."""
        task = self.llm.classify if self.llm else None
        return task.model if task else ""

    def mailbox_of(self, freescout_mailbox_id: int) -> tuple[str, MailboxSettings] | None:
        """Slug and settings of a mailbox of FreeScout, None when it is not configured."""
        for slug, mailbox in self.mailbox.items():
            if mailbox.freescout_mailbox_id == freescout_mailbox_id:
                return slug, mailbox
        return None

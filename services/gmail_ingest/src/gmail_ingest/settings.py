"""Settings of gmail_ingest: its section of csm.toml and the Gmail side of each mailbox."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from csm.contracts import Slug
from csm.settings import (
    CommonSettings,
    MailboxBase,
    PlainAddress,
    SecretFile,
    Section,
    ServiceSection,
    encrypted,
)

# Labels with a meaning of Gmail's own: putting TRASH on a message deletes it.
SYSTEM_LABELS = frozenset(
    {"INBOX", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "SENT", "DRAFT", "CHAT"}
)


class GmailSettings(Section):
    """The Gmail account behind a mailbox."""

    # One of the two: what `csm gmail auth` wrote, or a service account with domain-wide delegation.
    token_file: SecretFile | None = None
    service_account_file: SecretFile | None = None
    # Opens a token file that is encrypted; what is renewed is encrypted again.
    token_passphrase_file: SecretFile | None = None
    # Put on each message that is in FreeScout; needs the scope gmail.modify, which could also send.
    label: str | None = Field(default=None, min_length=1, max_length=225)
    insecure_http: bool = False
    api_root: PlainAddress | None = None
    query: str = ""
    start: Literal["now", "backfill"] = "now"
    backfill_days: int = Field(default=0, ge=0, le=3650, validate_default=True)
    backfill_status: Literal["closed", "pending", "active"] = "closed"
    reconcile_hours: float = Field(default=6, gt=0, le=48)
    # New Google projects have 6,000 units per minute and user; the rest is left to others.
    quota_units_per_minute: int = Field(default=4000, ge=60, le=15000)
    poll_seconds: float = Field(default=10, gt=0, le=600)

    @field_validator("api_root")
    @classmethod
    def _encrypted(cls, url: str | None, earlier: ValidationInfo) -> str | None:
        return None if url is None else encrypted(url, earlier)

    @field_validator("query")
    @classmethod
    def _narrows_only(cls, query: str) -> str:
        if "is:unread" in query.lower() or "is:read" in query.lower():
            raise ValueError(
                "is:unread is no work queue: people read mail, and what they read would be lost. "
                "Leave it out; every message is taken once, read or not."
            )
        return query.strip()

    @field_validator("label")
    @classmethod
    def _own_label(cls, label: str | None) -> str | None:
        if label is not None and label.strip().upper() in SYSTEM_LABELS:
            raise ValueError(f"{label} is one of Gmail's own labels; choose a name of your own")
        return label.strip() if label is not None else None

    @model_validator(mode="after")
    def _one_way_in(self) -> "GmailSettings":
        if (self.token_file is None) == (self.service_account_file is None):
            raise ValueError("exactly one of token_file and service_account_file is needed")
        if self.token_passphrase_file is not None and self.token_file is None:
            raise ValueError("token_passphrase_file belongs to a token_file")
        return self

    @field_validator("backfill_days")
    @classmethod
    def _days_of_a_backfill(cls, days: int, earlier: ValidationInfo) -> int:
        if (earlier.data.get("start") == "backfill") != (days > 0):
            raise ValueError('start = "backfill" and backfill_days belong together')
        return days


class MailboxSettings(MailboxBase):
    """One mailbox: Gmail account, FreeScout mailbox, what is taken and what is written."""

    filter: Literal["standard", "strict"] = "standard"
    gmail: GmailSettings

    @field_validator("gmail")
    @classmethod
    def _announces_no_old_mail(cls, gmail: GmailSettings, info: ValidationInfo) -> GmailSettings:
        if info.data.get("notify") == "native" and gmail.start == "backfill":
            raise ValueError(
                'start = "backfill" and notify = "native" would announce every old mail'
            )
        return gmail


class GmailIngestSettings(ServiceSection):
    """The service's own section."""

    # The writer's number of deliveries in work; FreeScout itself sees at most `in_flight`.
    workers: int = Field(default=8, ge=1, le=64)
    health_port: int = Field(default=8081, ge=0, le=65535)
    # How often what FreeScout holds is compared with the journal.
    audit_hours: float = Field(default=1, gt=0, le=24)


class Settings(CommonSettings):
    """Everything gmail_ingest reads at start."""

    section: ClassVar[str] = "gmail_ingest"

    gmail_ingest: GmailIngestSettings = GmailIngestSettings()
    mailbox: dict[Slug, MailboxSettings] = Field(min_length=1)

    @property
    def spool(self) -> Path:
        """Folder of raw mails in work."""
        return self.state_dir / "spool"

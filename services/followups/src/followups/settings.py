"""Settings of followups: its section of csm.toml, alerts, and the clock's side of mailboxes."""

from datetime import date, time
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from csm.contracts import Slug
from csm.settings import (
    CommonSettings,
    MailboxBase,
    SecretFile,
    Section,
    ServiceSection,
    is_loopback,
)
from followups.hours import Hours, spans_of
from followups.policy import Rules

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name} is no time zone; write one like Europe/Berlin") from None
    return name


def _opening(text: str) -> str:
    spans_of(text)
    return text


def _address_in(path: Path) -> Path:
    """A file with an address: people put keys into such addresses, so they are secrets."""
    url = path.read_text().strip()
    if not url.startswith("https://") and not is_loopback(url):
        raise ValueError(f"names {path}, which holds no https address")
    return path


Zone = Annotated[str, AfterValidator(_zone)]
Opening = Annotated[str, AfterValidator(_opening)]
AddressFile = Annotated[SecretFile, AfterValidator(_address_in)]


class HoursSettings(Section):
    """When a mailbox is open; a day without times is closed."""

    timezone: Zone = "UTC"
    mon: Opening = ""
    tue: Opening = ""
    wed: Opening = ""
    thu: Opening = ""
    fri: Opening = ""
    sat: Opening = ""
    sun: Opening = ""
    holidays: tuple[date, ...] = ()

    def hours(self) -> Hours:
        """As the policy takes it."""
        days = {number: spans_of(getattr(self, name)) for number, name in enumerate(_DAYS)}
        return Hours(ZoneInfo(self.timezone), days, frozenset(self.holidays))


class MailboxFollowups(Section):
    """When a conversation of a mailbox is stale."""

    hours_without_reply: float = Field(default=24, gt=0, le=2_000)
    required_tags: tuple[str, ...] = ()
    excluded_tags: tuple[str, ...] = ()
    states: tuple[Literal["active", "pending"], ...] = Field(
        default=("active", "pending"), min_length=1
    )
    p0_tags: tuple[str, ...] = ("p0",)


class MailboxSettings(MailboxBase):
    """One mailbox as followups sees it. Without `hours` it is always open."""

    hours: HoursSettings | None = None
    followups: MailboxFollowups = MailboxFollowups()

    def rules(self) -> Rules:
        """As the policy takes them."""
        own = self.followups
        return Rules(
            own.hours_without_reply, own.required_tags, own.excluded_tags, own.states, own.p0_tags,
            None if self.hours is None else self.hours.hours(),
        )  # fmt: skip


class SmtpSettings(Section):
    """A mail server for alerts; an account of its own, never the help desk's."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, gt=0, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password_file: SecretFile | None = None
    sender: str = Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    recipients: tuple[Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")], ...] = Field(
        min_length=1
    )

    @field_validator("security")
    @classmethod
    def _is_safe(cls, security: str, earlier: ValidationInfo) -> str:
        host = earlier.data.get("host", "")
        if security == "none" and not is_loopback(f"smtp://{host}"):
            raise ValueError('"none" sends in clear; it is for this machine only')
        return security


class WebhookSettings(Section):
    """Any other receiver; PagerDuty's events need its routing key."""

    url_file: AddressFile
    format: Literal["json", "pagerduty"] = "json"
    routing_key_file: SecretFile | None = Field(default=None, validate_default=True)

    @field_validator("routing_key_file")
    @classmethod
    def _fits(cls, path: Path | None, earlier: ValidationInfo) -> Path | None:
        is_pagerduty = earlier.data.get("format") == "pagerduty"
        if is_pagerduty and path is None:
            raise ValueError('is required for format = "pagerduty"')
        return path


class AlertSettings(Section):
    """Where alerts go; nowhere without a channel. All of them get all alerts."""

    slack_url_file: AddressFile | None = None
    smtp: SmtpSettings | None = None
    webhook: WebhookSettings | None = None
    # Asked once a minute while nothing is wrong: whoever misses it raises the alarm.
    heartbeat_url_file: AddressFile | None = None
    # One message a day that says how things are.
    summary: bool = True
    summary_at: time = time(8, 0)
    timezone: Zone = "UTC"


class FollowupsSettings(ServiceSection):
    """The service's own section."""

    health_port: int = Field(default=8085, ge=0, le=65535)
    # Minutes between two looks for stale conversations.
    scan_minutes: float = Field(default=10, gt=0, le=1440)
    # Follow-ups that one look may ask for; the rest waits for the next.
    limit: int = Field(default=100, gt=0, le=10_000)
    # Services whose health is looked at once a minute.
    watched: tuple[str, ...] = ("gmail_ingest", "webhook_gateway", "classifier", "draft_writer")
    # Seconds until work without an end, or an event that the bus does not have, is an alert.
    oldest_seconds: float = Field(default=1_800, gt=0)


class Settings(CommonSettings):
    """Everything followups reads at start."""

    section: ClassVar[str] = "followups"

    followups: FollowupsSettings = FollowupsSettings()
    alerts: AlertSettings = AlertSettings()
    mailbox: dict[Slug, MailboxSettings] = Field(min_length=1)

    def mailbox_of(self, freescout_mailbox_id: int) -> MailboxSettings | None:
        """The settings of a mailbox of FreeScout, None when it is not configured."""
        found = (m for m in self.mailbox.values() if m.freescout_mailbox_id == freescout_mailbox_id)
        return next(found, None)

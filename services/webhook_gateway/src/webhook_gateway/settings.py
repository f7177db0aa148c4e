"""Settings of webhook_gateway: its section of csm.toml."""

from typing import ClassVar

from pydantic import Field

from csm.contracts import Slug
from csm.settings import CommonSettings, MailboxBase, ServiceSection


class WebhookGatewaySettings(ServiceSection):
    """The service's own section."""

    health_port: int = Field(default=8082, ge=0, le=65535)
    # Seconds between two looks at what changed in FreeScout.
    poll_seconds: float = Field(default=30, gt=0, le=3600)
    # The sweep publishes every newest customer message again, so that nothing lost stays lost.
    sweep_hours: float = Field(default=1, gt=0, le=24)


class Settings(CommonSettings):
    """Everything webhook_gateway reads at start."""

    section: ClassVar[str] = "webhook_gateway"

    webhook_gateway: WebhookGatewaySettings = WebhookGatewaySettings()
    mailbox: dict[Slug, MailboxBase] = Field(min_length=1)

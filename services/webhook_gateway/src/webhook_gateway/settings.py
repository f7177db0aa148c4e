"""Settings of webhook_gateway: its section of csm.toml."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from csm.contracts import Slug
from csm.settings import CommonSettings, MailboxBase, SecretFile, ServiceSection, WebAddress
from webhook_gateway.policy import PollMode
from webhook_gateway.signature import problem_of

# Shorter secrets of the predecessor's scheme are guessed.
_SHORTEST = 16


def _webhook_secret(path: Path) -> Path:
    if problem := problem_of(path.read_text().strip()):
        raise ValueError(f"names {path}, which {problem}")
    return path


def _network(text: str) -> str:
    ip_network(text)
    return text


SecretOfWebhooks = Annotated[SecretFile, AfterValidator(_webhook_secret)]
Network = Annotated[str, AfterValidator(_network)]


class WebhookGatewaySettings(ServiceSection):
    """The service's own section."""

    health_port: int = Field(default=8082, ge=0, le=65535)
    # Who notices first what happens in FreeScout; the sweep is there in every mode.
    poll_mode: PollMode = "both"
    # Seconds between two looks at what changed in FreeScout, and the same while webhooks arrive.
    poll_seconds: float = Field(default=30, gt=0, le=3600)
    poll_seconds_beside_webhooks: float = Field(default=300, gt=0, le=3600)
    # The sweep publishes every newest customer message again, so that nothing lost stays lost.
    sweep_hours: float = Field(default=1, gt=0, le=24)
    # Where webhooks are taken; without a secret nowhere. A proxy before it brings TLS.
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8000, ge=0, le=65535)
    # Where FreeScout reaches it: `csm webhook register` writes this address into FreeScout.
    public_url: WebAddress | None = None
    # FreeScout's secret; two while it changes.
    secret_files: tuple[SecretOfWebhooks, ...] = Field(default=(), max_length=2)
    # The predecessor's scheme, X-Webhook-Secret or X-Webhook-Signature: taken only with this file.
    header_secret_file: SecretFile | None = None
    # Proxies whose X-Forwarded-For is believed; nobody else's is.
    trusted_proxies: tuple[Network, ...] = ()
    # Requests per second: of all senders together, and of one.
    rate: float = Field(default=1000, gt=0)
    rate_per_sender: float = Field(default=500, gt=0)

    @field_validator("header_secret_file")
    @classmethod
    def _is_long(cls, path: Path | None) -> Path | None:
        if path is not None and len(path.read_text().strip()) < _SHORTEST:
            raise ValueError(f"names {path}, whose secret is shorter than {_SHORTEST} characters")
        return path

    @field_validator("secret_files")
    @classmethod
    def _has_one(cls, files: tuple[Path, ...], earlier: ValidationInfo) -> tuple[Path, ...]:
        if not files and earlier.data.get("poll_mode") == "webhook":
            raise ValueError('poll_mode = "webhook" needs FreeScout\'s secret; or poll too')
        return files

    @property
    def secrets(self) -> list[str]:
        """FreeScout's secrets, read from their files."""
        return [path.read_text().strip() for path in self.secret_files]

    @property
    def header_secret(self) -> str | None:
        """The secret of the predecessor's scheme, None while that is off."""
        path = self.header_secret_file
        return None if path is None else path.read_text().strip()

    @property
    def takes_webhooks(self) -> bool:
        """Whether the route is served."""
        has_secret = bool(self.secret_files) or self.header_secret_file is not None
        return has_secret and self.poll_mode != "poll"


class Settings(CommonSettings):
    """Everything webhook_gateway reads at start."""

    section: ClassVar[str] = "webhook_gateway"

    webhook_gateway: WebhookGatewaySettings = WebhookGatewaySettings()
    mailbox: dict[Slug, MailboxBase] = Field(min_length=1)

"""Settings from one documented `csm.toml`, environment `CSM_...__...` and secret files.

Everything that can be known without a connection is checked at once; unknown keys are errors.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from csm import db
from csm.timing import PROFILES, Profile, Timing

EXIT_CONFIG = 78
WriteLevel = Literal["off", "tickets", "triage", "drafts"]
LEVELS: tuple[WriteLevel, ...] = ("off", "tickets", "triage", "drafts")
# Sections of csm.toml that only some services read; the others ignore them.
SERVICE_SECTIONS = (
    "gmail_ingest", "webhook_gateway", "classifier", "draft_writer", "followups",
    "llm", "triage", "drafts", "knowledge", "alerts",
)  # fmt: skip
# The same inside a mailbox's table.
MAILBOX_SECTIONS = ("gmail", "filter", "triage", "desk", "drafts", "hours", "followups")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ConfigError(Exception):
    """Broken settings, one line per problem, each naming its key."""

    def __init__(self, problems: list[str]) -> None:
        """`problems` are complete lines for the operator."""
        super().__init__("\n".join(problems))
        self.problems = problems


def is_loopback(url: str) -> bool:
    """Whether `url` stays on this machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def _web_address(url: str) -> str:
    plain = _plain_address(url)
    if plain.startswith("http:") and not is_loopback(url):
        raise ValueError("must be https; http is accepted for this machine's own address only")
    return plain


def encrypted(url: str, earlier: ValidationInfo) -> str:
    """`url` if it is https, on this machine, or the section says `insecure_http` before it."""
    if url.startswith("http:") and not (earlier.data.get("insecure_http") or is_loopback(url)):
        raise ValueError("must be https, or set insecure_http = true for your own network")
    return url


def _plain_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address like https://desk.example")
    if parts.username or parts.password or parts.query:
        raise ValueError("must hold neither user, password nor query")
    return url.rstrip("/")


def _readable_secret(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"names {path}, which is no readable file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"names {path}, which cannot be read: {error.strerror}") from None
    if not content.strip():
        raise ValueError(f"names {path}, which is empty")
    return path


def _database_url(url: str) -> str:
    if url:
        db.kind_of(url)
    if url and db.has_password(url):
        raise ValueError("holds a password; write the address into a file, see database_url_file")
    return url


def _database_url_file(path: Path) -> Path:
    db.kind_of(path.read_text().strip())
    return path


WebAddress = Annotated[str, AfterValidator(_web_address)]
PlainAddress = Annotated[str, AfterValidator(_plain_address)]
SecretFile = Annotated[Path, AfterValidator(_readable_secret)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
DatabaseUrlFile = Annotated[SecretFile, AfterValidator(_database_url_file)]
Address = Annotated[
    str, StringConstraints(to_lower=True, pattern=r"^[^@\s<>,;]{1,64}@[A-Za-z0-9.-]{1,120}$")
]


class Section(BaseModel):
    """A table of csm.toml: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NatsSettings(Section):
    """Where the bus is, and who we are there."""

    url: str = Field(default="nats://127.0.0.1:4222", pattern=r"^(nats|tls)://[^\s]+$")
    # NATS' monitoring is http everywhere, takes no password and tells no secret.
    monitor_url: PlainAddress | None = None
    # Folder with the seed of each user, <service>.nk; without one the bus lets everybody in.
    keys_dir: Path | None = None


class ServiceSection(Section):
    """A service's own section: where it tells of its health, which database it has.

    A database address with a password is a file.
    """

    # 0 takes a free one, which the log names.
    health_port: int = Field(ge=0, le=65535)

    database_url: DatabaseUrl = ""
    database_url_file: DatabaseUrlFile | None = None

    @field_validator("database_url_file")
    @classmethod
    def _one_database(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is not None and info.data.get("database_url"):
            raise ValueError("database_url names a database too; remove one of the two")
        return path

    def database_or(self, default: Path) -> str:
        """The address of the database; the SQLite file `default` when none is configured."""
        if self.database_url_file is not None:
            return self.database_url_file.read_text().strip()
        return self.database_url or f"sqlite:///{default}"


class FreeScoutSettings(Section):
    """The help desk. `user_id` is the bot's user, who signs notes and drafts."""

    insecure_http: bool = False
    url: PlainAddress
    api_key_file: SecretFile
    user_id: int = Field(gt=0)
    in_flight: int = Field(default=4, ge=1, le=16)

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: str, earlier: ValidationInfo) -> str:
        return encrypted(url, earlier)

    @property
    def api_key(self) -> str:
        """The key, read from its file."""
        return self.api_key_file.read_text().strip()


class MailboxBase(Section):
    """What every service must know of a mailbox; services add their own tables."""

    address: Address
    aliases: tuple[Address, ...] = ()
    freescout_mailbox_id: int = Field(gt=0)
    test_address: Address | None = None
    write: WriteLevel = "off"
    excluded_senders: tuple[str, ...] = ()
    notify: Literal["note", "none", "native"] = "none"

    @model_validator(mode="before")
    @classmethod
    def _without_foreign_sections(cls, values: Any) -> Any:  # noqa: ANN401 - not validated yet
        return _without(values, MAILBOX_SECTIONS, cls)

    @field_validator("notify")
    @classmethod
    def _notify_fits(cls, notify: str, earlier: ValidationInfo) -> str:
        if notify == "note" and earlier.data.get("write") in ("off", "tickets"):
            raise ValueError('"note" needs write = "triage" or more; use none or native')
        return notify

    @property
    def own_addresses(self) -> frozenset[str]:
        """The mailbox's address and its aliases, lower case."""
        return frozenset({self.address, *self.aliases})

    def allows(self, level: WriteLevel) -> bool:
        """Whether the write ramp has reached `level`."""
        return LEVELS.index(self.write) >= LEVELS.index(level)


class CommonSettings(BaseSettings):
    """The part of csm.toml that all services share; a service adds its own sections."""

    model_config = SettingsConfigDict(
        env_prefix="CSM_", env_nested_delimiter="__", extra="forbid", frozen=True
    )
    toml_path: ClassVar[Path] = Path("csm.toml")
    section: ClassVar[str] = ""

    state_dir: Path = Path("var")
    install_key_file: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    timing_profile: Profile = "production"
    # Where each service answers health questions, on its own `health_port`: this machine, unless
    # Kubernetes or Prometheus ask from another one.
    health_host: str = "127.0.0.1"
    nats: NatsSettings = NatsSettings()
    freescout: FreeScoutSettings

    @property
    def timing(self) -> Timing:
        """The profile's numbers."""
        return PROFILES[self.timing_profile]

    @property
    def install_key_path(self) -> Path:
        """Where the install key lies; `csm provision` makes it."""
        return self.install_key_file or self.state_dir / "install.key"

    @property
    def own(self) -> ServiceSection:
        """The section of this service."""
        section: ServiceSection = getattr(self, self.section)
        return section

    @property
    def health_port(self) -> int:
        """Where this service answers health questions."""
        return self.own.health_port

    @property
    def database_url(self) -> str:
        """The address of this service's database: one SQLite file unless configured otherwise."""
        return self.own.database_or(self.state_dir / f"{self.section}.db")

    @model_validator(mode="before")
    @classmethod
    def _without_foreign_sections(cls, values: Any) -> Any:  # noqa: ANN401 - not validated yet
        return _without(values, SERVICE_SECTIONS, cls)

    @model_validator(mode="after")
    def _fast_only_here(self) -> "CommonSettings":
        if self.timing_profile == "fast" and not is_loopback(self.freescout.url):
            raise ValueError(
                "timing_profile: fast is for the simulator on this machine; "
                f"freescout.url is {self.freescout.url}. Use production."
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=cls.toml_path)
        return init_settings, env_settings, toml


def _without(values: Any, sections: tuple[str, ...], model: type[BaseModel]) -> Any:  # noqa: ANN401 - as its callers
    """`values` without those of `sections` that `model` does not read."""
    if not isinstance(values, Mapping):
        return values
    foreign = set(sections) - model.model_fields.keys()
    return {key: value for key, value in values.items() if key not in foreign}


S = TypeVar("S", bound=CommonSettings)


def load(model: type[S], path: Path | None = None) -> S:
    """Read the settings of one service; raises ConfigError with every problem found.

    `path` defaults to `$CSM_CONFIG`, then `./csm.toml`.
    """
    chosen = path or Path(os.environ.get("CSM_CONFIG", "csm.toml"))
    if not chosen.is_file():
        raise ConfigError([f"{chosen}: no such file; copy csm.example.toml or run `csm setup`"])
    bound = type(model.__name__, (model,), {"toml_path": chosen, "__doc__": model.__doc__})
    try:
        return bound()  # type: ignore[no-any-return]  # a subclass made at run time
    except ValidationError as error:
        raise ConfigError([f"{chosen}: {_line(problem)}" for problem in error.errors()]) from None
    except ValueError as error:  # broken TOML
        raise ConfigError([f"{chosen}: not valid TOML: {error}"]) from None


def _line(problem: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    words: str = problem["msg"].removeprefix("Value error, ")
    key = ".".join(str(part) for part in problem["loc"])
    if not key:
        return words  # a check of the whole file names its key itself
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    if problem["type"] == "missing":
        return f"{key}: is required"
    return f"{key}: {words}"


def exit_config(error: ConfigError) -> NoReturn:
    """Say every problem and end with status 78 (EX_CONFIG)."""
    for problem in error.problems:
        sys.stderr.write(f"config error: {problem}\n")
    raise SystemExit(EXIT_CONFIG)

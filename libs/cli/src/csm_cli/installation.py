"""A throw-away installation in one folder: csm.toml, secrets and state for demo and tests."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from csm.settings import WriteLevel

_TOML = """\
state_dir = {state_dir}
timing_profile = "fast"

[nats]
url = "{nats_url}"

[freescout]
url = "{desk_url}"
api_key_file = {key_file}
user_id = 1

[mailbox.support]
address = "support@desk.example"
freescout_mailbox_id = 1
test_address = "test@desk.example"
write = "{write}"
{mailbox}
[mailbox.support.gmail]
token_file = {token_file}
api_root = "{gmail_url}"
poll_seconds = 0.2
quota_units_per_minute = 15000
{gmail}
{sections}"""
# What every throw-away installation has of the services whose sections a test may change.
_SECTIONS: Mapping[str, Mapping[str, object]] = {
    "gmail_ingest": {"health_port": 0},
    "webhook_gateway": {
        "health_port": 0, "poll_seconds": 0.2, "poll_seconds_beside_webhooks": 0.5,
    },
    "classifier": {"health_port": 0},
    "draft_writer": {"health_port": 0},
    "followups": {"health_port": 0},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything of a throw-away installation is; `mailbox` and `gmail` add settings.

    `sections` are further tables of csm.toml by their dotted names.
    """

    folder: Path
    gmail_url: str
    desk_url: str
    nats_url: str
    api_key: str = "simulated-key"
    write: WriteLevel = "tickets"
    mailbox: Mapping[str, object] = field(default_factory=dict)
    gmail: Mapping[str, object] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The csm.toml."""
        return self.folder / "csm.toml"

    @property
    def environment(self) -> dict[str, str]:
        """What a service needs to find it."""
        return {"CSM_CONFIG": str(self.config)}

    def save(self) -> None:
        """Write settings and secrets; what is there is replaced."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key_file, token_file = self.folder / "api.key", self.folder / "token.json"
        _secret(key_file, self.api_key)
        _secret(token_file, json.dumps(self._token()))
        self.config.write_text(
            _TOML.format(
                state_dir=_quoted(self.folder / "var"), nats_url=self.nats_url,
                desk_url=self.desk_url, key_file=_quoted(key_file), write=self.write,
                mailbox=_lines(self.mailbox), token_file=_quoted(token_file),
                gmail_url=self.gmail_url, gmail=_lines(self.gmail), sections=self._further(),
            )
        )  # fmt: skip

    def _further(self) -> str:
        names = dict.fromkeys((*_SECTIONS, *self.sections))
        texts = (_lines({**_SECTIONS.get(n, {}), **self.sections.get(n, {})}) for n in names)
        return "\n".join(f"[{n}]\n{text}" for n, text in zip(names, texts, strict=True))

    def _token(self) -> dict[str, object]:
        """An authorised-user file as Google's library writes it."""
        return {
            "token": "demo",
            "refresh_token": "demo",
            "token_uri": f"{self.gmail_url}/token",
            "client_id": "demo",
            "client_secret": "demo",
            "scopes": ["https://www.googleapis.com/auth/gmail.readonly"],
        }


def _secret(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content + "\n")


def _quoted(value: object) -> str:
    # JSON strings, numbers and lists are valid TOML values.
    return json.dumps(str(value) if isinstance(value, Path) else value)


def _lines(settings: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in settings.items())

"""What one sample says and how it travels, read from the tables in letters/*.toml."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Any, Literal

SUPPORT = "support@desk.example"

Expect = Literal["ticket", "filtered", "any"]

_HOURS_FROM_UTC = {"en": 0, "de": 1, "fr": 1, "es": 1, "nl": 1, "pl": 1, "ja": 9, "zh": 8, "ar": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One sample before it becomes bytes. `written` and `late` are minutes, see `build.build`."""

    name: str
    written: int  # minutes before the base
    language: str
    sender: str
    subject: str | None = None
    body: str | None = None
    html: str | None = None
    late: int = 0  # minutes from writing to delivery
    answers: str = ""  # name of the letter this one replies to
    quotes: Literal["", "bars", "block"] = ""  # how the answered letter is quoted
    group: str | None = None
    labels: list[str] = field(default_factory=lambda: ["INBOX", "UNREAD"])
    expect: Expect = "ticket"
    note: str = ""
    cc: str = ""
    reply_to: str = ""
    message_id: str | None = None  # None: made from the name; "": the mail has none
    attachments: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    naming: str = "plain"
    charset: str = "utf-8"
    encoded_as: str = ""
    transfer: str = "quoted-printable"
    dmarc: str = "pass"
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return self.sender.rpartition("<")[2].rstrip(">")

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.address.rpartition("@")[2]

    @property
    def id_field(self) -> str:
        """The Message-ID with its angle brackets, or "" when the mail has none."""
        if self.message_id is not None:
            return self.message_id
        return f"<{self.name}.{self.written:x}@{self.domain}>"

    def date(self, base: datetime) -> datetime:
        """When it was written, in the sender's own time zone."""
        zone = timezone(timedelta(hours=_HOURS_FROM_UTC[self.language]))
        return (base - timedelta(minutes=self.written)).astimezone(zone).replace(microsecond=0)


def letters() -> Iterator[Letter]:
    """The letters of every table, in the order of the tables' names."""
    folder = resources.files("simulators.samples").joinpath("letters")
    for table in sorted(folder.iterdir(), key=lambda file: file.name):
        if table.name.endswith(".toml"):
            yield from read_table(table.read_text(encoding="utf-8"))


def read_table(text: str) -> list[Letter]:
    """The [[letter]] entries of one table; `from` is the sender. An unknown key is a TypeError."""
    entries: list[dict[str, Any]] = tomllib.loads(text)["letter"]
    return [Letter(sender=entry.pop("from"), **entry) for entry in entries]

"""`csm setup`: asks, looks ids up in FreeScout, tests, and writes csm.toml and secrets."""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import typer
from pydantic import TypeAdapter, ValidationError

from csm.contracts import Slug
from csm.freescout import (
    FreeScout,
    FreeScoutMisconfiguredError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
    Mailbox,
    User,
)
from csm.settings import Address, WebAddress
from csm.timing import PROFILES
from csm_cli.terminal import CommandFailedError

_TOML = """\
# csm.example.toml explains every key. Passwords and tokens lie in files of their own.
state_dir = {state_dir}

[freescout]
url = {url}
api_key_file = {key_file}
user_id = {user_id}  # {user}

[mailbox.{slug}]
address = {address}
freescout_mailbox_id = {mailbox_id}  # {mailbox}
{test_address}write = "off"  # then tickets, triage, drafts

[mailbox.{slug}.gmail]
{credentials}
{api_root}"""

_ADDRESS: TypeAdapter[str] = TypeAdapter(Address)
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_WEB_ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)
_NOT_WORD = re.compile(r"[^a-z0-9]+")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What FreeScout told about itself."""

    mailboxes: tuple[Mailbox, ...]
    users: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that was asked."""

    address: str
    slug: str
    url: str
    api_key: str
    mailbox: Mailbox
    user: User
    test_address: str | None
    service_account: Path | None
    api_root: str | None


async def look(url: str, api_key: str) -> Desk:
    """The desk's mailboxes and users. Raises CommandFailedError in words."""
    async with FreeScout(url, api_key, PROFILES["production"]) as client:
        try:
            return Desk(await client.mailboxes(), await client.users())
        except FreeScoutMisconfiguredError as error:
            raise CommandFailedError(error.why) from None
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            raise CommandFailedError(str(error)) from None


def ask(look_up: Callable[[str, str], Desk], api_root: str | None) -> Answers:
    """Ask everything, each question until its answer is possible."""
    address: str = _checked("Address of the mailbox", _ADDRESS)
    suggested = _NOT_WORD.sub("-", address.partition("@")[0]).strip("-")[:32] or "support"
    slug: str = _checked("Short name of it", _SLUG, suggested)
    url, api_key, desk = _desk(look_up)
    mailbox = _chosen(
        "Mailbox in FreeScout", desk.mailboxes, lambda one: f"{one.name} <{one.email}>",
        lambda one: one.email.lower() == address,
    )  # fmt: skip
    user = _chosen(
        "User who signs notes and drafts", desk.users, _name_of, lambda one: "bot" in _name_of(one)
    )
    typer.echo("Customers never write from the test address; the self-test makes a ticket for it.")
    test_address: str | None = _checked("Test address (empty: none)", _ADDRESS, "") or None
    return Answers(
        address, slug, url, api_key, mailbox, user, test_address, _service_account(), api_root
    )


def _desk(look_up: Callable[[str, str], Desk]) -> tuple[str, str, Desk]:
    while True:
        url: str = _checked("Address of FreeScout", _WEB_ADDRESS)
        api_key: str = typer.prompt("API key (not shown)", hide_input=True).strip()
        try:
            desk = look_up(url, api_key)
        except CommandFailedError as error:
            typer.echo(f"  {error}", err=True)
            continue
        if not desk.mailboxes or not desk.users:
            typer.echo("  FreeScout shows no mailbox or no user to this key", err=True)
            continue
        found = f"{len(desk.mailboxes)} mailboxes, {len(desk.users)} users"
        typer.echo(f"  FreeScout answers: {found}")
        return url, api_key, desk


def _checked(question: str, adapter: TypeAdapter[str], default: str | None = None) -> str:
    while True:
        typed = str(typer.prompt(question, default=default, show_default=bool(default))).strip()
        if not typed and default == "":
            return ""
        try:
            return adapter.validate_python(typed)
        except ValidationError as error:
            words = error.errors()[0]["msg"].removeprefix("Value error, ")
            typer.echo(f"  {typed!r}: {words}", err=True)


def _chosen(
    title: str, known: Sequence[T], named: Callable[[T], str], is_likely: Callable[[T], bool]
) -> T:
    likely = next((number for number, one in enumerate(known, 1) if is_likely(one)), None)
    typer.echo(f"{title}:")
    for number, one in enumerate(known, 1):
        typer.echo(f"  {number}  {_printable(named(one))}")
    default = likely or (1 if len(known) == 1 else None)
    return known[_number(len(known), default) - 1]


def _number(largest: int, default: int | None) -> int:
    while True:
        number: int = typer.prompt("Number", default=default, type=int)
        if 1 <= number <= largest:
            return number
        typer.echo(f"  {number}: 1 to {largest}", err=True)


def _service_account() -> Path | None:
    typer.echo("How does CSM open the mailbox?")
    typer.echo("  1  a person signs in once (csm gmail auth)")
    typer.echo("  2  a service account with domain-wide delegation (Google Workspace)")
    if _number(2, 1) == 1:
        return None
    while True:
        path = Path(typer.prompt("Key file of the service account")).expanduser()
        if path.is_file():
            return path.resolve()
        typer.echo(f"  {path}: no such file", err=True)


def _name_of(user: User) -> str:
    return f"{user.first_name} {user.last_name} <{user.email}>"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


# --- writing


def write(config: Path, answers: Answers) -> list[str]:
    """Write csm.toml and the key file beside it, asking before anything is replaced.

    What was written, line by line. Raises CommandFailedError.
    """
    folder = config.resolve().parent
    key_file = folder / "secrets" / "freescout-api-key"
    for path in (config, key_file):
        if path.exists() and not typer.confirm(f"{path} exists. Replace it?", default=False):
            raise CommandFailedError(f"{path} stays as it is; nothing was written")
    try:
        key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(key_file, answers.api_key + "\n")
        _replace(config, toml(answers, folder, key_file))
    except OSError as error:
        raise CommandFailedError(f"{error.filename}: {error.strerror}") from None
    return [f"{key_file}: the API key, readable by you only", f"{config}: the settings"]


def toml(answers: Answers, folder: Path, key_file: Path) -> str:
    """The content of csm.toml."""
    if answers.service_account is None:
        token = folder / "secrets" / f"gmail-{answers.slug}.json"
        credentials = f"token_file = {_quoted(token)}  # csm gmail auth {answers.slug} writes it"
    else:
        credentials = f"service_account_file = {_quoted(answers.service_account)}"
    test = f"test_address = {_quoted(answers.test_address)}\n" if answers.test_address else ""
    root = f"api_root = {_quoted(answers.api_root)}\n" if answers.api_root else ""
    return _TOML.format(
        state_dir=_quoted(folder / "var"), url=_quoted(answers.url), key_file=_quoted(key_file),
        user_id=answers.user.id, user=_printable(_name_of(answers.user)), slug=answers.slug,
        address=_quoted(answers.address), mailbox_id=answers.mailbox.id,
        mailbox=_printable(answers.mailbox.name), test_address=test, credentials=credentials,
        api_root=root,
    )  # fmt: skip


def next_steps(config: Path, answers: Answers) -> list[str]:
    """The commands that come next, in order."""
    login = f"csm gmail auth {answers.slug} --client-secret client_secret.json"
    verbs = ["csm provision", "csm check", "csm up", "csm self-test"]
    commands = ([] if answers.service_account else [login]) + verbs
    is_found = config.resolve() == Path("csm.toml").resolve()
    option = "" if is_found else f" --config {config}"
    return [f"{command}{option}" for command in commands]


def _replace(path: Path, content: str) -> None:
    """Mode 0600 from the first byte on, and whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _quoted(value: str | Path) -> str:
    # A JSON string is a TOML string.
    return json.dumps(str(value))

"""First login, service accounts, encrypted files, renewal by several processes, the label."""

import asyncio
import base64
import hashlib
import json
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from csm.settings import ConfigError, load
from csm_cli.gmail_login import Login, LoginSettings, log_in
from csm_cli.installation import Installation
from csm_cli.main import app
from csm_cli.terminal import CommandFailedError
from gmail_ingest.gmail import (
    GmailAccount,
    GmailCallForbiddenError,
    GmailClient,
    GmailCredentialsError,
    GmailScopeError,
    TokenBucket,
)
from gmail_ingest.gmail_scopes import MODIFY, READONLY
from gmail_ingest.settings import Settings
from integration.gmail_server import GmailServer, OpenGmail, mail, token_file

pytest_plugins = ("integration.gmail_fixtures",)

ADDRESS = "support@desk.example"
TOKEN_CALL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


@contextmanager
def opened(account: GmailAccount) -> Iterator[GmailClient]:
    client = GmailClient(account, TokenBucket(1_000_000))
    try:
        yield client
    finally:
        asyncio.run(client.close())


def installed(folder: Path, gmail: GmailServer, **settings: Any) -> LoginSettings:
    """Settings of a mailbox that nobody has signed in for."""
    installation = Installation(folder, gmail.root, "http://127.0.0.1:1", "nats://127.0.0.1:1",
                                gmail=settings)  # fmt: skip
    installation.save()
    (folder / "token.json").unlink()
    return load(LoginSettings, installation.config)


def client_file(folder: Path, gmail: GmailServer) -> Path:
    path = folder / "client_secret.json"
    installed = {
        "client_id": "client",
        "client_secret": "client-secret",
        "auth_uri": f"{gmail.root}/auth",
        "token_uri": f"{gmail.root}/token",
    }
    path.write_text(json.dumps({"installed": installed}))
    return path


class Person:
    """Reads what is said, opens the address in it, and pastes what the browser then shows."""

    def __init__(self, change: str = "", instead: str = "") -> None:
        self.said: list[str] = []
        self._change, self._instead = change, instead

    @property
    def login(self) -> Login:
        return Login(is_console=True, say=self.said.append, ask=self.paste)

    def paste(self, _prompt: str) -> str:
        url = next(line.strip() for line in self.said if "/auth?" in line)
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code == 302, answer.text
        address = answer.headers["location"]
        if self._change == "code only":
            return httpx.URL(address).params["code"]
        return self._instead or address.replace("state=", f"state={self._change}")


@pytest.mark.parametrize("change", ["", "code only"])
async def test_the_first_login_by_console_makes_a_token_that_reads(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail, change: str
) -> None:
    person = Person(change)
    log_in(installed(tmp_path, gmail), "support", client_file(tmp_path, gmail), person.login)
    file = tmp_path / "token.json"
    assert file.stat().st_mode & 0o777 == 0o600
    client = open_gmail(gmail, file)
    assert client.granted_scopes == {READONLY}
    assert (await client.profile()).email == ADDRESS
    assert ADDRESS in person.said[-2]
    assert "could also send" not in " ".join(person.said)


def test_a_second_login_needs_no_client_file(gmail: GmailServer, tmp_path: Path) -> None:
    settings = installed(tmp_path, gmail)
    with pytest.raises(CommandFailedError, match="--client-secret"):
        log_in(settings, "support", None, Person().login)
    log_in(settings, "support", client_file(tmp_path, gmail), Person().login)
    first = (tmp_path / "token.json").read_text()
    log_in(settings, "support", None, Person().login)
    assert (tmp_path / "token.json").read_text() != first


def test_a_label_asks_for_modify_and_says_what_that_is(gmail: GmailServer, tmp_path: Path) -> None:
    person = Person()
    settings = installed(tmp_path, gmail, label="Ticketed")
    log_in(settings, "support", client_file(tmp_path, gmail), person.login)
    assert json.loads((tmp_path / "token.json").read_text())["scopes"] == [MODIFY]
    assert any("could also send" in line for line in person.said)


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (Person("x"), "another login"),
        (Person(instead="http://127.0.0.1:53682/?error=access_denied"), "access_denied"),
        (Person(instead="4/no-such-code"), "invalid_grant"),
    ],
)
def test_a_foreign_refused_or_invented_answer_writes_nothing(
    gmail: GmailServer, tmp_path: Path, person: Person, words: str
) -> None:
    settings = installed(tmp_path, gmail)
    with pytest.raises(CommandFailedError, match=words):
        log_in(settings, "support", client_file(tmp_path, gmail), person.login)
    assert not (tmp_path / "token.json").exists()


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        ({"signs_in": "boss@desk.example"}, "signed in as boss@desk.example"),
        ({"granted": f"{READONLY} https://www.googleapis.com/auth/gmail.send"}, "other scopes"),
        ({"granted": "https://www.googleapis.com/auth/gmail.metadata"}, "other scopes"),
    ],
)
def test_the_wrong_person_or_scope_writes_nothing(
    gmail: GmailServer, tmp_path: Path, consent: dict[str, str], words: str
) -> None:
    gmail.post("consent", **consent)
    settings = installed(tmp_path, gmail)
    with pytest.raises(CommandFailedError, match=words):
        log_in(settings, "support", client_file(tmp_path, gmail), Person().login)
    assert not (tmp_path / "token.json").exists()


# The standard library never waits for a browser that it started in the background.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_first_login_by_browser(
    gmail: GmailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import sys, httpx\nhttpx.get(sys.argv[1], follow_redirects=True, trust_env=False)\n"
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s &")
    # The module keeps the browsers that it once found.
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    installed(tmp_path, gmail)
    secret = client_file(tmp_path, gmail)
    command = ["gmail", "auth", "support", "--client-secret", str(secret)]
    done = CliRunner().invoke(app, [*command, "--config", str(tmp_path / "csm.toml")])
    assert done.exit_code == 0, done.output
    assert "written, readable by you only" in done.output
    assert json.loads((tmp_path / "token.json").read_text())["scopes"] == [READONLY]


# --- one renewal for all


_READER = """
import asyncio, sys
from pathlib import Path
from gmail_ingest.gmail import GmailAccount, GmailClient, TokenBucket
client = GmailClient(GmailAccount("support", Path(sys.argv[1]), sys.argv[2]), TokenBucket(6000))
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(client.profile())
"""


def test_eight_processes_with_an_expired_token_renew_it_once(
    gmail: GmailServer, tmp_path: Path
) -> None:
    file = token_file(tmp_path, gmail, age_s=7200)
    command = [sys.executable, "-c", _READER, str(file), gmail.root]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    readers = [subprocess.Popen(command, **pipes) for _ in range(8)]  # noqa: S603 - ours
    for reader in readers:
        assert reader.stdout
        assert reader.stdout.readline() == "ready\n"
    for reader in readers:
        assert reader.stdin
        reader.stdin.write("go\n")
        reader.stdin.flush()
    for reader in readers:
        reader.communicate(timeout=30)
    assert [reader.returncode for reader in readers] == [0] * 8
    counters = gmail.get("counters")
    assert counters["calls"]["getProfile"] == 8
    assert counters["token_calls"] == 1


# --- service accounts


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return key.private_bytes(*form, serialization.NoEncryption()).decode()


def service_account(folder: Path, key: str, token_uri: str) -> Path:
    path = folder / "service.json"
    stored = {
        "type": "service_account",
        "client_email": "csm@project.example",
        "private_key": key,
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(stored))
    return path


def delegated(path: Path, gmail: GmailServer, label: str | None = None) -> GmailAccount:
    return GmailAccount(
        "support", None, gmail.root, path, subject="sales@desk.example", label=label
    )


def test_a_service_account_reads_the_mailbox_it_stands_for(
    gmail: GmailServer, tmp_path: Path, private_key: str
) -> None:
    path = service_account(tmp_path, private_key, f"{gmail.root}/token")
    with opened(delegated(path, gmail)) as client:
        assert asyncio.run(client.profile()).email == "sales@desk.example"
        gmail.post("expire-tokens")
        assert asyncio.run(client.profile()).email == "sales@desk.example"
        assert client.granted_scopes == {READONLY}
    assert gmail.get("counters")["token_calls"] == 2


def test_a_scope_that_is_not_delegated_needs_an_operator(
    gmail: GmailServer, tmp_path: Path, private_key: str
) -> None:
    path = service_account(tmp_path, private_key, f"{gmail.root}/token")
    with (
        opened(delegated(path, gmail, label="Ticketed")) as client,
        pytest.raises(GmailCredentialsError, match=r"unauthorized_client.*service_account_file"),
    ):
        asyncio.run(client.profile())


@pytest.mark.parametrize("content", ["{", "[]", '{"type": "authorized_user"}'])
def test_a_broken_service_account_file_is_named(
    gmail: GmailServer, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "service.json"
    path.write_text(content)
    with pytest.raises(GmailCredentialsError, match=r"mailbox\.support\.gmail\.service_account"):
        GmailClient(delegated(path, gmail), TokenBucket(6000))


def test_a_key_that_is_none_is_named(gmail: GmailServer, tmp_path: Path) -> None:
    path = service_account(tmp_path, "no key", f"{gmail.root}/token")
    with pytest.raises(GmailCredentialsError, match="no usable private_key"):
        GmailClient(delegated(path, gmail), TokenBucket(6000))


def test_a_foreign_token_address_is_refused(
    gmail: GmailServer, tmp_path: Path, private_key: str
) -> None:
    path = service_account(tmp_path, private_key, "https://evil.example/token")
    with pytest.raises(GmailCredentialsError, match="foreign token_uri"):
        GmailClient(delegated(path, gmail), TokenBucket(6000))


@pytest.mark.parametrize("named", ["https://evil.example/token", "http://127.0.0.1:9/token"])
def test_with_google_the_secret_goes_to_google_whatever_the_file_says(
    tmp_path: Path, private_key: str, named: str
) -> None:
    path = service_account(tmp_path, private_key, named)
    account = GmailAccount("support", None, None, path, subject=ADDRESS)
    with opened(account) as client:
        assert client._token.token_uri == TOKEN_CALL


@pytest.mark.parametrize("chosen", [{}, {"token_file": "a.json", "service_account_file": "b.json"}])
def test_exactly_one_way_in_is_configured(tmp_path: Path, chosen: dict[str, str]) -> None:
    installation = Installation(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:1", "nats://x")
    installation.save()
    text = installation.config.read_text()
    line = next(line for line in text.splitlines() if line.startswith("token_file"))
    for name in chosen.values():
        (tmp_path / name).write_text("{}")
    lines = [f'{key} = "{tmp_path / name}"' for key, name in chosen.items()]
    installation.config.write_text(text.replace(line, "\n".join(lines)))
    words = r"mailbox\.support\.gmail: exactly one of token_file and service_account_file"
    with pytest.raises(ConfigError, match=words):
        load(Settings, installation.config)


# --- encrypted files


def encrypted(file: Path, passphrase: str) -> None:
    """As the predecessor is thought to do it; made here without our own code."""
    salt = hashlib.sha256(passphrase.encode()).digest()[:16]
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, 480_000)
    file.write_bytes(Fernet(base64.urlsafe_b64encode(key)).encrypt(file.read_bytes()))


def passphrase_file(folder: Path, passphrase: str) -> Path:
    path = folder / "passphrase"
    path.write_text(f"{passphrase}\n")
    return path


def test_an_encrypted_token_is_read_and_renewed_encrypted(
    gmail: GmailServer, tmp_path: Path
) -> None:
    file = token_file(tmp_path, gmail, age_s=7200)
    encrypted(file, "open sesame")
    before = file.read_bytes()
    opens = passphrase_file(tmp_path, "open sesame")
    for _ in range(2):
        with opened(GmailAccount("support", file, gmail.root, passphrase_file=opens)) as client:
            assert asyncio.run(client.profile()).email == ADDRESS
    assert gmail.get("counters")["token_calls"] == 1
    assert file.read_bytes() != before
    assert b"refresh" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [(None, "token_passphrase_file is not set"), ("wrong", "does not open with the passphrase")],
)
def test_an_encrypted_token_that_does_not_open_says_what_to_do(
    gmail: GmailServer, tmp_path: Path, passphrase: str | None, words: str
) -> None:
    file = token_file(tmp_path, gmail)
    encrypted(file, "open sesame")
    opens = passphrase_file(tmp_path, passphrase) if passphrase else None
    account = GmailAccount("support", file, gmail.root, passphrase_file=opens)
    with pytest.raises(GmailCredentialsError, match=words) as caught:
        GmailClient(account, TokenBucket(6000))
    assert "csm gmail auth support" in str(caught.value)


# --- the label


def labelling(folder: Path, gmail: GmailServer) -> GmailAccount:
    file = token_file(folder, gmail, scopes=(MODIFY,))
    return GmailAccount("support", file, gmail.root, label="Ticketed")


async def test_a_label_is_made_once_and_put_on_a_message(
    gmail: GmailServer, tmp_path: Path
) -> None:
    message_id = gmail.deliver(mail(1))["id"]
    client = GmailClient(labelling(tmp_path, gmail), TokenBucket(1_000_000))
    first = await client.ensure_label("Ticketed")
    assert await client.ensure_label("ticketed") == first
    await client.add_label(message_id, first)
    assert first in (await client.raw(message_id)).labels
    await client.close()
    assert gmail.get("counters")["calls"]["labels.create"] == 1


async def test_with_a_label_nothing_but_adding_it_passes_the_guard(
    gmail: GmailServer, tmp_path: Path
) -> None:
    client = GmailClient(labelling(tmp_path, gmail), TokenBucket(1_000_000))
    messages = client._users.messages()
    forbidden = [
        messages.modify(userId="me", id="x", body={"removeLabelIds": ["INBOX"]}),
        messages.modify(userId="me", id="x", body={"addLabelIds": ["TRASH"]}),
        messages.modify(userId="me", id="x", body={"addLabelIds": ["Label_1"], "x": 1}),
        messages.modify(userId="me", id="x", body=None),
        messages.send(userId="me", body={"raw": "eA"}),
        messages.trash(userId="me", id="x"),
        messages.batchModify(userId="me", body={"ids": ["x"], "addLabelIds": ["Label_1"]}),
        client._users.threads().modify(userId="me", id="x", body={"addLabelIds": ["Label_1"]}),
        client._users.labels().delete(userId="me", id="Label_1"),
        client._users.drafts().create(userId="me", body={}),
    ]
    for request in forbidden:
        with pytest.raises(GmailCallForbiddenError):
            await asyncio.to_thread(client._answer, "any", request, dict)
    await client.close()
    assert gmail.get("counters")["calls"] == {}


def test_a_label_with_a_token_that_only_reads_is_refused(
    gmail: GmailServer, tmp_path: Path
) -> None:
    account = GmailAccount("support", token_file(tmp_path, gmail), gmail.root, label="Ticketed")
    with pytest.raises(GmailScopeError, match=r"gmail\.modify.*csm gmail auth support"):
        GmailClient(account, TokenBucket(6000))

"""`csm gmail auth`: a person lets CSM read a mailbox; the answer becomes its token file.

Google's console flow (a code shown to copy) is gone since 2022, so without a browser on this
machine the person pastes the address at which their own browser ends up.
"""

import json
import os
import secrets
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from google_auth_oauthlib.flow import (  # type: ignore[import-untyped]
    InstalledAppFlow,
    WSGITimeoutError,
)
from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict

from csm.settings import Address, CommonSettings, SecretFile, WebAddress
from csm_cli.terminal import CommandFailedError
from gmail_ingest.gmail_errors import GmailCredentialsError
from gmail_ingest.gmail_http import GOOGLE_ROOT
from gmail_ingest.gmail_scopes import READONLY, reader_scopes, wanted_scope
from gmail_ingest.token_file import GmailAccount, TokenFile

_GOOGLE_AUTH_URI = "https://accounts.google.com/o/oauth2/auth"
# Nobody listens here: the browser shows an error page, and its address holds the code.
_PASTED_FROM = "http://127.0.0.1:53682/"
_PATIENCE = 300  # seconds for a person to sign in
_SEND_WARNING = (
    "The label needs Google's scope gmail.modify, with which the token itself could also send "
    "mail. CSM makes no such call; remove gmail.label to ask for reading only."
)


class _LoginPart(BaseModel):
    """What the login needs of a table; everything else may still be missing or wrong."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _LoginGmail(_LoginPart):
    token_file: Path | None = None
    token_passphrase_file: SecretFile | None = None
    label: str | None = None
    api_root: WebAddress | None = None


class _LoginMailbox(_LoginPart):
    address: Address
    gmail: _LoginGmail


class LoginSettings(CommonSettings):
    """csm.toml before the first login: the token file need not exist."""

    mailbox: dict[str, _LoginMailbox]


@dataclass(frozen=True, slots=True)
class Login:
    """How a person signs in: `ask` shows a prompt and returns what was typed."""

    is_console: bool
    say: Callable[[str], None]
    ask: Callable[[str], str]


def log_in(settings: LoginSettings, slug: str, client_file: Path | None, login: Login) -> None:
    """Let a person sign in for the mailbox `slug` and write its token file, mode 0600.

    Raises CommandFailedError; then the token file is as it was.
    """
    mailbox = settings.mailbox.get(slug)
    if mailbox is None:
        known = ", ".join(settings.mailbox)
        raise CommandFailedError(f"no mailbox {slug!r} is configured; there is {known}")
    account = _account(slug, mailbox)
    file = TokenFile(account.token_file or Path(), account)
    try:
        flow = _flow(_client(client_file, file), account)
        if account.label:
            login.say(_SEND_WARNING)
        granted = _granted(flow, mailbox.address, login)
        _check(granted, account, mailbox.address)
        file.replace(granted)
    except GmailCredentialsError as error:
        raise CommandFailedError(f"{error}; nothing was written") from None
    except OSError as error:
        raise CommandFailedError(f"{account.token_file}: {error.strerror or error}") from None
    login.say(f"{account.token_file}: written, readable by you only; it opens {mailbox.address}")
    login.say(f"scope: {', '.join(granted['scopes'])}")


def _account(slug: str, mailbox: _LoginMailbox) -> GmailAccount:
    gmail = mailbox.gmail
    if gmail.token_file is None:
        key = f"mailbox.{slug}.gmail.token_file"
        raise CommandFailedError(f"{key} is not set; a service account needs no login")
    return GmailAccount(
        slug,
        gmail.token_file,
        gmail.api_root,
        passphrase_file=gmail.token_passphrase_file,
        label=gmail.label,
    )


def _client(client_file: Path | None, file: TokenFile) -> dict[str, Any]:
    """The installed app: Google's client file, else the app that the old token file names."""
    if client_file is None:
        return _known_client(file)
    try:
        installed = json.loads(client_file.read_bytes()).get("installed")
    except (ValueError, AttributeError):
        installed = None
    if not isinstance(installed, dict) or not installed.get("client_id"):
        words = "is no client file of a desktop app; make one in the Google console"
        raise CommandFailedError(f"{client_file} {words} (Credentials, OAuth client ID)")
    return installed


def _known_client(file: TokenFile) -> dict[str, Any]:
    try:
        return file.stored()
    except GmailCredentialsError:
        words = "the first login needs the OAuth client of your Google project: --client-secret"
        raise CommandFailedError(f"{words} client_secret.json") from None


def _flow(client: dict[str, Any], account: GmailAccount) -> InstalledAppFlow:
    """The flow with PKCE; Google's own addresses unless another server is configured."""
    auth_uri = client.get("auth_uri") if account.api_root else None
    if account.api_root and auth_uri is None:
        auth_uri = f"{account.api_root}/auth"
    installed = {
        "client_id": client.get("client_id"),
        "client_secret": client.get("client_secret", ""),
        "auth_uri": auth_uri or _GOOGLE_AUTH_URI,
        "token_uri": account.token_uri(client.get("token_uri")),
    }
    scopes = [wanted_scope(account.label)]
    return InstalledAppFlow.from_client_config({"installed": installed}, scopes)


def _granted(flow: InstalledAppFlow, address: str, login: Login) -> dict[str, Any]:
    """Run the flow; the content of a token file. Raises CommandFailedError."""
    # Without consent Google gives a refresh token only the first time a person signs in.
    options = {"login_hint": address, "prompt": "consent", "access_type": "offline"}
    try:
        with _plain_http_here(flow.client_config["token_uri"]):
            _console(flow, login, options) if login.is_console else _browser(flow, options)
    except OAuth2Error as error:
        raise CommandFailedError(f"Google refused the login: {error.error}") from None
    except Warning:
        raise CommandFailedError(_other_scopes(flow)) from None
    except WSGITimeoutError:
        raise CommandFailedError(f"nobody signed in within {_PATIENCE} s") from None
    except webbrowser.Error:
        raise CommandFailedError("no browser opens here; use --console") from None
    granted: dict[str, Any] = json.loads(flow.credentials.to_json())
    if not granted.get("refresh_token"):
        raise CommandFailedError("Google gave no refresh token; nothing was written")
    return granted


def _other_scopes(flow: InstalledAppFlow) -> str:
    wanted = ", ".join(flow.oauth2session.scope)
    return f"Google granted other scopes than {wanted}: tick that box and no other"


def _browser(flow: InstalledAppFlow, options: dict[str, str]) -> None:
    flow.run_local_server(
        host="127.0.0.1",
        port=0,
        authorization_prompt_message="Sign in with your browser; if none opens, open\n{url}\n",
        success_message="CSM has its answer. You can close this page.",
        timeout_seconds=_PATIENCE,
        **options,
    )


def _console(flow: InstalledAppFlow, login: Login, options: dict[str, str]) -> None:
    flow.redirect_uri = _PASTED_FROM
    state = secrets.token_urlsafe(24)
    url, _ = flow.authorization_url(state=state, **options)
    login.say("Open this address in a browser on any machine and sign in:\n")
    login.say(f"{url}\n")
    login.say("The browser then fails to open a page of 127.0.0.1; that is as it should be.")
    code = _code(login.ask("Paste the address of that page, or the code in it"), state)
    flow.fetch_token(code=code, timeout=30)


def _code(pasted: str, state: str) -> str:
    """The code in what was pasted; a whole address must carry our `state`."""
    text = pasted.strip()
    if not text.startswith("http"):
        return text
    answer = {key: values[0] for key, values in parse_qs(urlsplit(text).query).items()}
    if "error" in answer:
        raise CommandFailedError(f"Google refused the login: {answer['error']}")
    if not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise CommandFailedError("this address belongs to another login; start again")
    if "code" not in answer:
        raise CommandFailedError("there is no code in this address")
    return answer["code"]


def _check(granted: dict[str, Any], account: GmailAccount, address: str) -> None:
    """Refuse a token that could send, and one for another mailbox, before it is written."""
    scopes = granted.get("scopes") or []
    if not account.label and set(scopes) != {READONLY}:
        raise CommandFailedError(f"Google granted {', '.join(scopes)}; nothing was written")
    reader_scopes(scopes, account.asked, may_label=account.label is not None)
    root = account.api_root or GOOGLE_ROOT
    bearer = {"Authorization": f"Bearer {granted['token']}"}
    try:
        answer = httpx.get(f"{root}/gmail/v1/users/me/profile", headers=bearer, timeout=30)
        email = str(answer.raise_for_status().json()["emailAddress"]).lower()
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        words = "Gmail does not open with the new token (is the Gmail API enabled?)"
        raise CommandFailedError(f"{words}; nothing was written") from None
    if email != address:
        key = f"mailbox.{account.slug}.address"
        raise CommandFailedError(f"you signed in as {email}, but {key} is {address}; start again")


@contextmanager
def _plain_http_here(token_uri: str) -> Iterator[None]:
    """oauthlib sends secrets over https only; a server on this machine has none."""
    name = "OAUTHLIB_INSECURE_TRANSPORT"
    before = os.environ.get(name)
    if token_uri.startswith("http://"):
        os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before

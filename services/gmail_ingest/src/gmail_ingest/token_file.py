"""The token file of a mailbox: read, replaced atomically, one process at a time."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from google.oauth2.credentials import Credentials

from csm.settings import is_loopback
from gmail_ingest import token_cipher
from gmail_ingest.gmail_errors import Asked, GmailCredentialsError
from gmail_ingest.gmail_scopes import reader_scopes
from gmail_ingest.token_cipher import CipherError

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
_NEEDED = ("refresh_token", "client_id", "client_secret")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GmailAccount:
    """A mailbox and what opens it: a token file, or a service account that acts as `subject`.

    `api_root` names another server than Google's; with a `label` the client may put it on mail.
    """

    slug: str
    token_file: Path | None = None
    api_root: str | None = None
    service_account_file: Path | None = None
    subject: str | None = None
    passphrase_file: Path | None = None
    label: str | None = None

    @property
    def asked(self) -> Asked:
        """What an error of the credentials is about."""
        is_delegated = self.service_account_file is not None
        return Asked("token", self.slug, "service_account_file" if is_delegated else "token_file")

    def token_uri(self, named: object) -> str:
        """Where to send the secret; `named` is the file's own word.

        With Google's server it goes to Google whatever the file says, else to Google, to this
        machine or to the host of `api_root`. Raises GmailCredentialsError.
        """
        if self.api_root is None or not isinstance(named, str):
            return GOOGLE_TOKEN_URI
        is_ours = urlsplit(named).netloc == urlsplit(self.api_root).netloc
        if named == GOOGLE_TOKEN_URI or is_loopback(named) or is_ours:
            return named
        asked = self.asked
        raise GmailCredentialsError(f"{asked.key} names a foreign token_uri; {asked.remedy}")


class TokenFile:
    """A token as google-auth writes it: authorized-user JSON. Never logged, mode 0600."""

    def __init__(self, path: Path, account: GmailAccount) -> None:
        """Nothing is read yet."""
        self._path = path
        self._account = account
        self._unwritable = False
        self.asked = account.asked

    def read(self) -> Credentials:
        """The credentials in the file. Raises GmailCredentialsError, GmailScopeError."""
        stored = self.stored()
        missing = [key for key in _NEEDED if not isinstance(stored.get(key), str)]
        if missing:
            raise self._broken(f"has no {missing[0]}")
        may_label = self._account.label is not None
        scopes = reader_scopes(_scopes(stored), self.asked, may_label=may_label)
        return Credentials(  # type: ignore[no-untyped-call]  # google-auth ships no types
            token=stored.get("token"),
            refresh_token=stored["refresh_token"],
            token_uri=self._account.token_uri(stored.get("token_uri")),
            client_id=stored["client_id"],
            client_secret=stored["client_secret"],
            scopes=sorted(scopes),
            expiry=self._expiry(stored.get("expiry")),
        )

    def write(self, credentials: Credentials) -> None:
        """Replace the file by the renewed token, atomically; a read-only file stays as it is."""
        try:
            self.replace({**self.stored(), **json.loads(_json_of(credentials))})
        except OSError as error:
            # A mounted secret is read-only; the renewed token then lives in memory only.
            if not self._unwritable:
                _log.warning("renewed Gmail token kept in memory only: %s", error.strerror)
            self._unwritable = True

    def replace(self, content: dict[str, Any]) -> None:
        """Write the file anew, encrypted when there is a passphrase. Raises OSError."""
        plain = json.dumps(content).encode()
        passphrase = self._passphrase()
        _replace(
            self._path.resolve(), token_cipher.closed(plain, passphrase) if passphrase else plain
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process and no other client renews this file's token meanwhile.

        The lock file lies beside it, as the token file itself is replaced. Where none can be made
        (a mounted secret), nobody can write the token either: each process has its own.
        """
        path = self._path.resolve()
        try:
            lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def stored(self) -> dict[str, Any]:
        """The file's JSON object. Raises GmailCredentialsError."""
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise self._broken(f"cannot be read ({error.strerror})") from None
        if token_cipher.is_encrypted(content):
            content = self._opened(content)
        try:
            stored = json.loads(content)
        except ValueError:
            raise self._broken("is not JSON") from None
        if not isinstance(stored, dict):
            raise self._broken("is not a JSON object")
        return stored

    def _opened(self, content: bytes) -> bytes:
        key = f"mailbox.{self._account.slug}.gmail.token_passphrase_file"
        passphrase = self._passphrase()
        if passphrase is None:
            raise self._broken(f"is encrypted and {key} is not set")
        try:
            return token_cipher.opened(content, passphrase)
        except CipherError:
            raise self._broken(f"does not open with the passphrase in {key}") from None

    def _passphrase(self) -> str | None:
        file = self._account.passphrase_file
        if file is None:
            return None
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise self._broken(f"cannot be opened: {file} is not readable") from None

    def _expiry(self, text: object) -> datetime:
        # google-auth compares naive UTC times. Without a time the token is taken as expired.
        if not isinstance(text, str):
            text = "1970-01-01T00:00:00Z"
        try:
            return datetime.fromisoformat(text.rstrip("Z").split(".")[0]).replace(tzinfo=None)
        except ValueError:
            raise self._broken("has an expiry that is no time") from None

    def _broken(self, what: str) -> GmailCredentialsError:
        return GmailCredentialsError(f"the Gmail token file {what}; {self.asked.remedy}")


def _scopes(stored: dict[str, Any]) -> list[str]:
    scopes = stored.get("scopes") or stored.get("scope") or []
    return scopes.split() if isinstance(scopes, str) else [str(scope) for scope in scopes]


def _json_of(credentials: Credentials) -> str:
    return str(credentials.to_json())  # type: ignore[no-untyped-call]  # as above


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)

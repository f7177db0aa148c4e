"""The token of a mailbox: its file, its scopes, and one refresh at a time."""

import json
import logging
import os
import threading
from collections.abc import Iterable, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any

from google.oauth2.credentials import Credentials

from gmail_ingest.gmail_errors import Asked, GmailCredentialsError, GmailScopeError

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
_PREFIX = "https://www.googleapis.com/auth/gmail."
READONLY = f"{_PREFIX}readonly"
MODIFY = f"{_PREFIX}modify"
# Each of these could mail a customer, or change what is mailed in the mailbox's name.
_REFUSED = frozenset(
    {
        "https://mail.google.com/",
        f"{_PREFIX}send",
        f"{_PREFIX}compose",
        f"{_PREFIX}addons.current.action.compose",
        f"{_PREFIX}insert",
        f"{_PREFIX}settings.basic",
        f"{_PREFIX}settings.sharing",
    }
)
_NEEDED = ("refresh_token", "client_id", "client_secret")

_log = logging.getLogger(__name__)


def reader_scopes(scopes: Iterable[str], asked: Asked) -> frozenset[str]:
    """The scopes, when they are a reader's: gmail.readonly or gmail.modify, and none that sends.

    Raises GmailScopeError naming the scope that is too much or missing.
    """
    granted = frozenset(scopes)
    if too_much := sorted(granted & _REFUSED):
        why = f"the token has scope {too_much[0]}, which could send mail"
        raise GmailScopeError(f"{why}; {asked.remedy}")
    if not granted & {READONLY, MODIFY}:
        raise GmailScopeError(f"the token lacks scope {READONLY}; {asked.remedy}")
    return granted


class TokenFile:
    """A token as google-auth writes it: authorized-user JSON. Never logged, mode 0600."""

    def __init__(self, path: Path, slug: str, token_uri: str | None) -> None:
        """`token_uri` overrides the file's, as google-auth itself does with Google's."""
        self._path = path
        self._token_uri = token_uri
        self._unwritable = False
        self.asked = Asked("token", slug)

    def read(self) -> Credentials:
        """The credentials in the file. Raises GmailCredentialsError, GmailScopeError."""
        stored = self._stored()
        missing = [key for key in _NEEDED if not isinstance(stored.get(key), str)]
        if missing:
            raise self._broken(f"has no {missing[0]}")
        return Credentials(  # type: ignore[no-untyped-call]  # google-auth ships no types
            token=stored.get("token"),
            refresh_token=stored["refresh_token"],
            token_uri=self._token_uri or stored.get("token_uri") or GOOGLE_TOKEN_URI,
            client_id=stored["client_id"],
            client_secret=stored["client_secret"],
            scopes=sorted(reader_scopes(_scopes(stored), self.asked)),
            expiry=self._expiry(stored.get("expiry")),
        )

    def write(self, credentials: Credentials) -> None:
        """Replace the file by the renewed token, atomically; a read-only file stays as it is."""
        content = {**self._stored(), **json.loads(_json_of(credentials))}
        try:
            _replace(self._path.resolve(), json.dumps(content))
        except OSError as error:
            # A mounted secret is read-only; the renewed token then lives in memory only.
            if not self._unwritable:
                _log.warning("renewed Gmail token kept in memory only: %s", error.strerror)
            self._unwritable = True

    def _stored(self) -> dict[str, Any]:
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except OSError as error:
            raise self._broken(f"cannot be read ({error.strerror})") from None
        except ValueError:
            raise self._broken("is not JSON") from None
        if not isinstance(stored, dict):
            raise self._broken("is not a JSON object")
        return stored

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


class KeptToken:
    """What AuthorizedHttp needs of credentials, safe for many threads.

    A shared credential of google-auth is renewed by every thread that finds it expired (4-8 token
    calls measured for 8 threads); here one thread renews and the others use its token.
    """

    def __init__(self, file: TokenFile) -> None:
        """Read the file. Raises GmailCredentialsError, GmailScopeError."""
        self._file = file
        self._credentials = file.read()
        self._one_at_a_time = threading.Lock()
        self._sent = threading.local()

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes the token has."""
        return frozenset(self._credentials.granted_scopes or self._credentials.scopes)

    @property
    def token_uri(self) -> str:
        """The address that renews it."""
        return str(self._credentials.token_uri)

    def before_request(
        self, request: object, _method: str, _url: str, headers: MutableMapping[str, str]
    ) -> None:
        """Put a token that is good by its expiry into the headers."""
        with self._one_at_a_time:
            if not self._credentials.valid:
                self._renew(request)
            self._sent.token = self._credentials.token
        headers["authorization"] = f"Bearer {self._sent.token}"

    def refresh(self, request: object) -> None:
        """After a 401: renew, unless another thread has renewed since this thread's call."""
        with self._one_at_a_time:
            if self._credentials.token == self._sent.token:
                self._renew(request)

    def _renew(self, request: object) -> None:
        # Another process, or the operator, may have put a newer token into the file.
        old, self._credentials = self._credentials, self._file.read()
        if self._credentials.token != old.token and self._credentials.valid:
            return
        self._credentials.refresh(request)  # type: ignore[no-untyped-call]  # as above
        reader_scopes(self.scopes, self._file.asked)
        self._file.write(self._credentials)


def _scopes(stored: dict[str, Any]) -> list[str]:
    scopes = stored.get("scopes") or stored.get("scope") or []
    return scopes.split() if isinstance(scopes, str) else [str(scope) for scope in scopes]


def _json_of(credentials: Credentials) -> str:
    return str(credentials.to_json())  # type: ignore[no-untyped-call]  # as above


def _replace(path: Path, content: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)

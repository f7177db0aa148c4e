"""A service account that reads a mailbox by domain-wide delegation (Google Workspace only)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials

from gmail_ingest.gmail_errors import GmailCredentialsError
from gmail_ingest.gmail_scopes import wanted_scope
from gmail_ingest.token_file import GmailAccount

_NEEDED = ("client_email", "private_key", "token_uri")


class ServiceAccountFile:
    """The key file as Google's console makes it; its tokens live in memory only."""

    def __init__(self, path: Path, account: GmailAccount) -> None:
        """Nothing is read yet."""
        self._path = path
        self._account = account
        self.asked = account.asked

    def read(self) -> Credentials:
        """Credentials without a token yet. Raises GmailCredentialsError."""
        stored = self._stored()
        missing = [key for key in _NEEDED if not isinstance(stored.get(key), str)]
        if missing:
            raise self._broken(f"has no {missing[0]}")
        stored["token_uri"] = self._account.token_uri(stored["token_uri"])
        try:
            return Credentials.from_service_account_info(  # type: ignore[no-untyped-call,no-any-return]  # google-auth ships no types
                stored, scopes=[wanted_scope(self._account.label)], subject=self._account.subject
            )
        except (ValueError, GoogleAuthError):
            raise self._broken("holds no usable private_key") from None

    def write(self, credentials: object) -> None:
        """A token of an hour is not worth a secret on disk."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Every process has tokens of its own."""
        yield

    def _stored(self) -> dict[str, Any]:
        try:
            stored = json.loads(self._path.read_bytes())
        except OSError as error:
            raise self._broken(f"cannot be read ({error.strerror})") from None
        except ValueError:
            raise self._broken("is not JSON") from None
        if not isinstance(stored, dict) or stored.get("type") != "service_account":
            raise self._broken("is not the key file of a service account")
        return stored

    def _broken(self, what: str) -> GmailCredentialsError:
        return GmailCredentialsError(f"the service account file {what}; {self.asked.remedy}")

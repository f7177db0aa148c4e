"""The token of a mailbox in use: one renewal at a time, for all threads and processes."""

import threading
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from gmail_ingest.gmail_errors import Asked
from gmail_ingest.gmail_scopes import reader_scopes
from gmail_ingest.service_account import ServiceAccountFile
from gmail_ingest.token_file import GOOGLE_TOKEN_URI, GmailAccount, TokenFile

__all__ = ["GOOGLE_TOKEN_URI", "GmailAccount", "KeptToken", "TokenSource", "source_of"]


class TokenSource(Protocol):
    """A file from which a mailbox's credentials come."""

    asked: Asked

    def read(self) -> Any:  # noqa: ANN401  # google-auth ships no types
        """The credentials. Raises GmailCredentialsError, GmailScopeError."""

    def write(self, credentials: Any) -> None:  # noqa: ANN401  # as above
        """Keep renewed credentials."""

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else renews meanwhile."""


def source_of(account: GmailAccount) -> TokenSource:
    """Where the account's token comes from; nothing is read."""
    if account.service_account_file is not None:
        return ServiceAccountFile(account.service_account_file, account)
    if account.token_file is not None:
        return TokenFile(account.token_file, account)
    raise ValueError("an account needs token_file or service_account_file")


class KeptToken:
    """What AuthorizedHttp needs of credentials, safe for many threads.

    A shared credential of google-auth is renewed by every thread that finds it expired (4-8 token
    calls measured for 8 threads); here one thread renews and the others use its token.
    """

    def __init__(self, source: TokenSource, *, may_label: bool = False) -> None:
        """Read the file. Raises GmailCredentialsError, GmailScopeError."""
        self._source = source
        self._may_label = may_label
        self._credentials = source.read()
        self._one_at_a_time = threading.Lock()
        self._sent = threading.local()

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes the token has."""
        granted = getattr(self._credentials, "granted_scopes", None)
        return frozenset(granted or self._credentials.scopes)

    @property
    def token_uri(self) -> str:
        """The address that renews it."""
        # google-auth: a service account keeps it to itself.
        uri = getattr(self._credentials, "token_uri", None)
        return str(uri or self._credentials._token_uri)  # noqa: SLF001

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
        with self._source.alone():
            # Another process, or the operator, may have put a newer token into the file.
            old, self._credentials = self._credentials, self._source.read()
            if self._credentials.token != old.token and self._credentials.valid:
                return
            self._credentials.refresh(request)
            reader_scopes(self.scopes, self._source.asked, may_label=self._may_label)
            self._source.write(self._credentials)

"""The way to Gmail: Google's client with a guard that lets only reading calls out."""

import json
import re
import threading
from typing import Any
from urllib.parse import urlsplit

import httplib2
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc

from gmail_ingest.gmail_auth import KeptToken
from gmail_ingest.gmail_errors import GmailCallForbiddenError

GOOGLE_ROOT = "https://gmail.googleapis.com"
_READING = re.compile(r"/gmail/v1/users/me/(profile|messages|messages/[^/]+|history|labels)")
_LABELS = "/gmail/v1/users/me/labels"
_MODIFY = re.compile(r"/gmail/v1/users/me/messages/[^/]+/modify")
_OWN_LABEL = re.compile(r"Label_\w+")


class GuardedHttp:
    """An httplib2.Http that refuses, before anything is sent, all but reading and token calls.

    Where a label is configured, making labels and adding them to a message pass as well.
    """

    def __init__(
        self, http: httplib2.Http, api_root: str, token_uri: str, *, may_label: bool = False
    ) -> None:
        """`api_root` is scheme, host and port of Gmail."""
        self._http = http
        self._may_label = may_label
        self._api_root = urlsplit(api_root)
        self._token_uri = token_uri

    def request(self, uri: str, method: str = "GET", **options: Any) -> Any:  # noqa: ANN401  # httplib2's pair
        """httplib2's request. Raises GmailCallForbiddenError."""
        is_token = method == "POST" and uri == self._token_uri
        if not (is_token or self._reads(uri, method) or self._labels(uri, method, options)):
            raise GmailCallForbiddenError(f"not a reading call: {method} {urlsplit(uri).path}")
        return self._http.request(uri, method, **options)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _reads(self, uri: str, method: str) -> bool:
        return method == "GET" and _READING.fullmatch(self._path(uri)) is not None

    def _labels(self, uri: str, method: str, options: dict[str, Any]) -> bool:
        if not self._may_label or method != "POST":
            return False
        path = self._path(uri)
        if path == _LABELS:
            return True
        return _MODIFY.fullmatch(path) is not None and _only_adds(options.get("body"))

    def _path(self, uri: str) -> str:
        """The path at Gmail's own address, else nothing."""
        asked = urlsplit(uri)
        same = (asked.scheme, asked.netloc) == (self._api_root.scheme, self._api_root.netloc)
        return asked.path if same else ""


def _only_adds(body: object) -> bool:
    """Whether a message only gets labels of a person's making: TRASH and SPAM are labels too."""
    try:
        change = json.loads(body) if isinstance(body, str | bytes) else None
    except ValueError:
        return False
    if not isinstance(change, dict) or change.keys() != {"addLabelIds"}:
        return False
    added = change["addLabelIds"]
    return isinstance(added, list) and all(_OWN_LABEL.fullmatch(str(one)) for one in added)


class _Sealed:
    """Stands in for the service's own Http: each call must bring its thread's."""

    def request(self, uri: str, method: str = "GET", **_options: object) -> None:
        """Raise GmailCallForbiddenError."""
        raise GmailCallForbiddenError(f"a call without its thread's Http: {method} {uri}")


def gmail_service(api_root: str | None) -> Any:  # noqa: ANN401  # Google's client ships no types
    """Google's client from the installed discovery document, for another server if one is named.

    The document itself is changed: with `client_options.api_endpoint` the client would still send
    batches and uploads to Google.
    """
    document = json.loads(get_static_doc("gmail", "v1"))
    if api_root is not None:
        document["rootUrl"] = document["baseUrl"] = document["mtlsRootUrl"] = f"{api_root}/"
    return build_from_document(document, http=_Sealed())


class ThreadHttps:
    """One AuthorizedHttp per thread.

    httplib2.Http shared by threads hands one thread's answer to another (591 of 600 wrong with 8
    threads, nearly all without an error); an own one each was right 1,200 times of 1,200.
    """

    def __init__(
        self, token: KeptToken, api_root: str | None, timeout: float, *, may_label: bool = False
    ) -> None:
        """`timeout` in seconds, for connecting and for each wait for bytes."""
        self._token = token
        self._api_root = api_root or GOOGLE_ROOT
        self._timeout = timeout
        self._may_label = may_label
        self._local = threading.local()
        self._all: list[GuardedHttp] = []

    def mine(self) -> AuthorizedHttp:
        """The calling thread's."""
        if not hasattr(self._local, "http"):
            self._local.http = self._new()
        return self._local.http

    def close(self) -> None:
        """Close every thread's connections; call it when the threads are done."""
        for http in self._all:
            http.close()

    def _new(self) -> AuthorizedHttp:
        http = httplib2.Http(timeout=self._timeout)
        http.follow_redirects = False
        guarded = GuardedHttp(
            http, self._api_root, self._token.token_uri, may_label=self._may_label
        )
        self._all.append(guarded)
        # One renewal after a 401, then the answer stands.
        return AuthorizedHttp(self._token, http=guarded, max_refresh_attempts=1)

"""The Gmail simulator on a free port, and a token file for it."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from gmail_ingest.gmail import GmailClient
from simulators.gmail.app import build
from simulators.gmail.tokens import READONLY
from simulators.serve import running

OpenGmail = Callable[..., GmailClient]


class GmailServer:
    """A running simulator as a test sees it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._http = httpx.Client(base_url=root, timeout=10)

    def post(self, name: str, **body: Any) -> dict[str, Any]:
        """POST /control/<name>."""
        answer = self._http.post(f"/control/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, name: str) -> Any:
        """GET /control/<name>."""
        return self._http.get(f"/control/{name}").raise_for_status().json()

    def deliver(self, raw: bytes, **options: Any) -> dict[str, Any]:
        """One mail into the mailbox."""
        return self.post("deliver", raw=base64.b64encode(raw).decode(), **options)

    def fault(self, kind: str, **options: Any) -> None:
        """One fault rule; hits every call unless told otherwise."""
        self.post("faults", rules=[{"kind": kind, "every": 1, **options}])

    def heal(self) -> None:
        """No faults any more."""
        self.post("faults")

    def close(self) -> None:
        """Leave the connections."""
        self._http.close()


@contextmanager
def gmail_server(**settings: Any) -> Iterator[GmailServer]:
    """A simulator built with these settings, until the block ends."""
    with running(build(**settings)) as root:
        gmail = GmailServer(root)
        try:
            yield gmail
        finally:
            gmail.close()


def token_file(
    folder: Path, gmail: GmailServer, *, scopes: tuple[str, ...] = (READONLY,), age_s: int = 0
) -> Path:
    """A token file for this server; its access token, 3600 s long good, is `age_s` old."""
    expiry = datetime.now(UTC) + timedelta(seconds=3600 - age_s)
    content = {
        "token": "first-access-token",
        "refresh_token": "refresh-token",
        "token_uri": f"{gmail.root}/token",
        "client_id": "client",
        "client_secret": "client-secret",
        "scopes": list(scopes),
        "expiry": f"{expiry:%Y-%m-%dT%H:%M:%S}Z",
    }
    path = folder / "token.json"
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return path


def mail(number: int, text: str = "") -> bytes:
    """A plain mail of a customer; all of a number are alike."""
    return (
        f"From: Ada <ada{number}@customer.example>\r\nTo: support@desk.example\r\n"
        f"Subject: Question {number}\r\nMessage-ID: <question-{number}@customer.example>\r\n\r\n"
        f"Text of mail {number} {text}\r\n"
    ).encode()

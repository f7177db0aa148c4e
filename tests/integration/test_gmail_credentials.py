"""Tokens, scopes and the guard: the Gmail client can read, and nothing else."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httplib2
import pytest
from googleapiclient.discovery_cache import get_static_doc

from gmail_ingest.gmail import (
    GmailAccount,
    GmailCallForbiddenError,
    GmailClient,
    GmailCredentialsError,
    GmailScopeError,
    GmailUnavailableError,
    TokenBucket,
)
from gmail_ingest.gmail_auth import GOOGLE_TOKEN_URI
from gmail_ingest.gmail_http import GOOGLE_ROOT, GuardedHttp
from integration.gmail_server import GmailServer, OpenGmail, token_file
from simulators.gmail.tokens import READONLY

pytest_plugins = ("integration.gmail_fixtures",)

MODIFY = "https://www.googleapis.com/auth/gmail.modify"


def _stored(**changes: str | None) -> str:
    needed = dict.fromkeys(("client_id", "client_secret", "refresh_token"), "x")
    return json.dumps({**needed, **changes})


async def test_an_expired_token_is_renewed_once_for_parallel_calls(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    file = token_file(tmp_path, gmail, age_s=7200)
    client = open_gmail(gmail, file, threads=8)
    await asyncio.gather(*(client.profile() for _ in range(8)))
    stored = json.loads(file.read_text())
    assert gmail.get("counters")["token_calls"] == 1
    assert stored["token"].startswith("access-1")
    assert stored.keys() >= {"refresh_token", "client_secret", "scopes", "expiry"}
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_refused_token_is_renewed_once_for_parallel_calls(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail), threads=8)
    gmail.post("expire-tokens")
    await asyncio.gather(*(client.profile() for _ in range(8)))
    assert gmail.get("counters")["token_calls"] == 1


async def test_a_renewed_token_is_taken_from_the_file_when_another_process_wrote_it(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    clients = [open_gmail(gmail, token_file(tmp_path, gmail, age_s=7200)) for _ in range(2)]
    for client in clients:
        await client.profile()
    assert gmail.get("counters")["token_calls"] == 1


async def test_401_after_one_renewal_needs_an_operator(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    gmail.fault("401")
    with pytest.raises(GmailCredentialsError, match=r"mailbox\.support\.gmail\.token_file"):
        await gmail_client.profile()
    assert gmail.get("counters")["calls"] == {"getProfile": 2, "token": 1}


async def test_a_revoked_token_needs_an_operator_and_works_again_with_a_new_file(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail, age_s=7200))
    gmail.post("revoke")
    with pytest.raises(GmailCredentialsError, match=r"invalid_grant.*csm gmail auth support"):
        await client.profile()
    gmail.post("revoke", revoked=False)
    token_file(tmp_path, gmail)
    assert (await client.profile()).email == "support@desk.example"


async def test_an_insufficient_scope_needs_an_operator(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    gmail.fault("403_scope")
    with pytest.raises(GmailCredentialsError, match="insufficientPermissions"):
        await gmail_client.profile()


async def test_a_sick_token_endpoint_is_unavailable(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail, age_s=7200))
    gmail.fault("500", on="token")
    with pytest.raises(GmailUnavailableError):
        await client.profile()
    gmail.heal()
    assert (await client.profile()).email == "support@desk.example"


@pytest.mark.parametrize(
    "scope",
    [
        "https://mail.google.com/",
        "https://www.googleapis.com/auth/gmail.send",
        "https://www.googleapis.com/auth/gmail.compose",
        "https://www.googleapis.com/auth/gmail.insert",
        "https://www.googleapis.com/auth/gmail.settings.sharing",
    ],
)
def test_a_token_that_could_send_is_refused(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail, scope: str
) -> None:
    file = token_file(tmp_path, gmail, scopes=(READONLY, scope))
    with pytest.raises(GmailScopeError) as caught:
        open_gmail(gmail, file)
    assert isinstance(caught.value, ValueError)
    assert scope in str(caught.value)


def test_a_token_that_cannot_read_is_refused(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    file = token_file(tmp_path, gmail, scopes=("https://www.googleapis.com/auth/gmail.metadata",))
    with pytest.raises(GmailScopeError, match=r"lacks scope .*gmail\.readonly"):
        open_gmail(gmail, file)


async def test_modify_is_fine_and_told(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail, scopes=(READONLY, MODIFY)))
    assert client.granted_scopes == {READONLY, MODIFY}


async def test_a_renewed_token_that_could_send_is_refused(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    file = token_file(tmp_path, gmail, age_s=7200)
    client = open_gmail(gmail, file)
    gmail.post("scope", scope=f"{READONLY} https://www.googleapis.com/auth/gmail.send")
    with pytest.raises(GmailScopeError, match=r"gmail\.send"):
        await client.profile()
    assert gmail.get("counters")["calls"] == {"token": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("not json", "is not JSON"),
        ("[]", "not a JSON object"),
        (_stored(scopes=READONLY, refresh_token=None), "has no refresh_token"),
        (_stored(), "lacks scope"),
        (_stored(scopes=READONLY, expiry="soon"), "no time"),
    ],
)
def test_a_broken_token_file_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "token.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(GmailCredentialsError, match=words) as caught:
        GmailClient(GmailAccount("support", file), TokenBucket(6000))
    assert "mailbox.support.gmail.token_file" in str(caught.value)


async def test_the_guard_refuses_every_writing_call_before_it_is_sent(
    gmail: GmailServer, gmail_client: GmailClient
) -> None:
    users, body = gmail_client._users, {"raw": "eA"}
    forbidden = [
        users.messages().send(userId="me", body=body),
        users.messages().insert(userId="me", body=body),
        users.messages().import_(userId="me", body=body),
        users.messages().trash(userId="me", id="x"),
        users.messages().delete(userId="me", id="x"),
        users.messages().modify(userId="me", id="x", body={}),
        users.drafts().create(userId="me", body={}),
        users.drafts().send(userId="me", body={}),
        users.drafts().list(userId="me"),
        users.threads().list(userId="me"),
        users.settings().getAutoForwarding(userId="me"),
        users.watch(userId="me", body={}),
    ]
    for request in forbidden:
        with pytest.raises(GmailCallForbiddenError):
            await asyncio.to_thread(gmail_client._answer, "any", request, dict)
    with pytest.raises(GmailCallForbiddenError):
        users.getProfile(userId="me").execute()
    counters = gmail.get("counters")
    assert counters["calls"] == {}
    assert counters["violations"] == 0


async def test_nothing_secret_or_personal_is_in_errors(
    gmail: GmailServer, tmp_path: Path, open_gmail: OpenGmail
) -> None:
    client = open_gmail(gmail, token_file(tmp_path, gmail, age_s=7200))
    gmail.post("revoke")
    with pytest.raises(GmailCredentialsError) as caught:
        await client.profile()
    for secret in ("first-access-token", "refresh-token", "client-secret", "@"):
        assert secret not in str(caught.value)


def calls_of(resource: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, HTTP method and path of every call in Google's document, nested ones included."""
    for call in resource.get("methods", {}).values():
        yield call["id"], call["httpMethod"], call["path"]
    for inner in resource.get("resources", {}).values():
        yield from calls_of(inner)


def test_of_all_calls_gmail_has_only_five_pass_the_guard() -> None:
    sent: list[str] = []

    class Recorder:
        def request(self, uri: str, method: str, **_: object) -> None:
            sent.append(f"{method} {uri}")

    guard = GuardedHttp(Recorder(), GOOGLE_ROOT, GOOGLE_TOKEN_URI)  # type: ignore[arg-type]
    document = json.loads(get_static_doc("gmail", "v1"))
    passed, refused = set(), 0
    for name, method, path in calls_of(document):
        url = f"{GOOGLE_ROOT}/{path.format_map(defaultdict(lambda: 'x', userId='me'))}"
        try:
            guard.request(f"{url}?alt=json", method)
            passed.add(name)
        except GmailCallForbiddenError:
            refused += 1
    reading = {"getProfile", "messages.list", "messages.get", "history.list", "labels.list"}
    assert passed == {f"gmail.users.{call}" for call in reading}
    assert refused > 50
    assert len(sent) == len(passed)


@pytest.mark.parametrize(
    "call",
    [
        "POST https://gmail.googleapis.com/gmail/v1/users/me/messages",
        "GET https://gmail.googleapis.com/gmail/v1/users/me/messages/x/attachments/y",
        "GET https://gmail.googleapis.com/gmail/v1/users/boss@desk.example/messages",
        "GET https://gmail.googleapis.com/upload/gmail/v1/users/me/messages",
        "GET http://gmail.googleapis.com/gmail/v1/users/me/profile",
        "GET https://evil.example/gmail/v1/users/me/profile",
        "GET https://gmail.googleapis.com@evil.example/gmail/v1/users/me/profile",
        "GET https://oauth2.googleapis.com/token",
        "POST https://oauth2.googleapis.com/token/revoke",
        "get https://gmail.googleapis.com/gmail/v1/users/me/profile/../drafts",
    ],
)
def test_the_guard_refuses_look_alikes(call: str) -> None:
    guard = GuardedHttp(httplib2.Http(), GOOGLE_ROOT, GOOGLE_TOKEN_URI)
    method, uri = call.split(" ")
    with pytest.raises(GmailCallForbiddenError):
        guard.request(uri, method)

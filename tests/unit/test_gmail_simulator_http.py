"""The Gmail simulator's answers over HTTP: API, control interface and pages."""

import base64
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from simulators.gmail.app import build

NOW = 1_790_000_000


def mail(subject: str = "Question") -> bytes:
    return f"From: Ada <ada@customer.example>\r\nSubject: {subject}\r\n\r\nThe text.".encode()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(clock=lambda: float(NOW), empty_page_every=0))
    headers = {"Authorization": "Bearer token"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gmail", headers=headers
    ) as opened:
        yield opened


async def give(http: httpx.AsyncClient, raw: bytes, **options: Any) -> dict[str, Any]:
    body = {"raw": base64.b64encode(raw).decode(), **options}
    answer = await http.post("/control/deliver", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counters(http: httpx.AsyncClient) -> dict[str, Any]:
    return (await http.get("/control/counters")).json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gmail/v1/users/me/messages/send"),
        ("POST", "/upload/gmail/v1/users/me/messages/send"),
        ("POST", "/gmail/v1/users/me/messages"),
        ("POST", "/gmail/v1/users/me/messages/import"),
        ("DELETE", "/gmail/v1/users/me/messages/1"),
        ("POST", "/gmail/v1/users/me/messages/batchDelete"),
        ("DELETE", "/gmail/v1/users/me/threads/1"),
        ("GET", "/gmail/v1/users/me/drafts"),
        ("POST", "/gmail/v1/users/me/drafts"),
        ("POST", "/gmail/v1/users/me/drafts/send"),
        ("PUT", "/gmail/v1/users/me/settings/vacation"),
        ("POST", "/batch/gmail/v1"),
    ],
)
async def test_whatever_could_write_mail_is_a_violation(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await http.request(method, path)).status_code == 403
    counted = await counters(http)
    assert counted["violations"] == 1
    assert counted["violating_calls"] == [f"{method} {path}"]


async def test_unknown_reads_are_not_found_and_no_violation(http: httpx.AsyncClient) -> None:
    assert (await http.get("/gmail/v1/users/me/threads")).status_code == 404
    assert (await counters(http))["violations"] == 0


@pytest.mark.parametrize("form", ["raw", "full", "metadata", "minimal"])
async def test_get_answers_every_format(http: httpx.AsyncClient, form: str) -> None:
    given = await give(http, mail("Über"))
    answer = (await http.get(f"/gmail/v1/users/me/messages/{given['id']}?format={form}")).json()
    assert answer["id"] == given["id"]
    assert answer["internalDate"] == str(NOW * 1000)
    assert ("raw" in answer) == (form == "raw")
    assert ("payload" in answer) == (form in {"full", "metadata"})


async def test_attachments_are_fetched_on_their_own_in_full_format(
    http: httpx.AsyncClient,
) -> None:
    message = EmailMessage()
    message.set_content("x")
    message.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="a.pdf")
    given = await give(http, message.as_bytes())
    path = f"/gmail/v1/users/me/messages/{given['id']}"
    parts = (await http.get(path)).json()["payload"]["parts"]
    (body,) = [part["body"] for part in parts if part["filename"] == "a.pdf"]
    answer = (await http.get(f"{path}/attachments/{body['attachmentId']}")).json()
    assert base64.urlsafe_b64decode(answer["data"]) == b"%PDF-1"


async def test_lists_leave_out_their_key_when_nothing_is_found(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/gmail/v1/users/me/messages")).json()
    assert answer == {"resultSizeEstimate": 0}


async def test_an_empty_history_page_has_a_token_and_no_history_key(
    http: httpx.AsyncClient,
) -> None:
    await give(http, mail())
    rule = {"kind": "empty_page", "every": 1, "limit": 1}
    await http.post("/control/faults", json={"rules": [rule]})
    path = "/gmail/v1/users/me/history?startHistoryId=1000337"
    empty = (await http.get(path)).json()
    assert "history" not in empty
    full = (await http.get(f"{path}&pageToken={empty['nextPageToken']}")).json()
    assert len(full["history"]) == 1
    assert "nextPageToken" not in full


@pytest.mark.parametrize("user", ["me", "support@desk.example"])
async def test_the_user_is_me_or_the_address(http: httpx.AsyncClient, user: str) -> None:
    assert (await http.get(f"/gmail/v1/users/{user}/profile")).status_code == 200


async def test_another_mailbox_needs_its_own_token(http: httpx.AsyncClient) -> None:
    await give(http, mail(), mailbox="sales@desk.example")
    path = "/gmail/v1/users/sales@desk.example/profile"
    assert (await http.get(path)).status_code == 403
    own = {"Authorization": "Bearer t:sales@desk.example"}
    assert (await http.get(path, headers=own)).json()["messagesTotal"] == 1


async def test_no_token_is_401(http: httpx.AsyncClient) -> None:
    answer = await http.get("/gmail/v1/users/me/profile", headers={"Authorization": ""})
    assert answer.status_code == 401
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"


async def test_enforced_quota_answers_429_with_the_time_to_come_back(
    http: httpx.AsyncClient,
) -> None:
    await http.post("/control/quota", json={"per_minute": 1})
    assert (await http.get("/gmail/v1/users/me/profile")).status_code == 200
    answer = await http.get("/gmail/v1/users/me/profile")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "Retry after 2026-09-21T14:14:20.000Z" in answer.json()["error"]["message"]
    counted = await counters(http)
    assert (counted["most_units_in_a_minute"], counted["quota_refused"]) == (1, 1)


async def test_labels_can_be_made_and_set(http: httpx.AsyncClient) -> None:
    given = await give(http, mail())
    users = "/gmail/v1/users/me"
    label = (await http.post(f"{users}/labels", json={"name": "in the desk"})).json()["id"]
    change = {"addLabelIds": [label], "removeLabelIds": ["UNREAD"]}
    answer = await http.post(f"{users}/threads/{given['thread_id']}/modify", json=change)
    assert answer.json()["messages"][0]["labelIds"] == sorted(["INBOX", label])
    found = (await http.get(f"{users}/messages", params={"q": "label:in-the-desk"})).json()
    assert [message["id"] for message in found["messages"]] == [given["id"]]
    names = {row["name"] for row in (await http.get(f"{users}/labels")).json()["labels"]}
    assert {"INBOX", "in the desk"} <= names
    assert (await counters(http))["violations"] == 0


async def test_control_tells_what_a_proof_joins_on(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/control/deliver-many",
        json={
            "messages": [
                {"raw": base64.b64encode(mail()).decode(), "group": "a", "expect": "ticket"},
                {"raw": base64.b64encode(mail("Spam")).decode(), "labels": ["SPAM"]},
            ]
        },
    )
    newer, older = (await http.get("/control/messages")).json()
    assert [row["id"] for row in answer.json()["messages"]] == [older["id"], newer["id"]]
    assert older["sender"] == "ada@customer.example"
    assert (older["group"], older["expect"], older["attachment_count"]) == ("a", "ticket", 0)
    assert (newer["labels"], newer["expect"]) == (["SPAM"], "any")
    assert newer["internal_date_s"] == older["internal_date_s"] + 1


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("deliver", {}, 400),
        ("deliver", {"raw": "no base64!"}, 400),
        ("delete", {"id": "nothing"}, 404),
        ("relabel", {"id": "nothing"}, 404),
        ("faults", {"rules": [{"kind": "teapot"}]}, 400),
    ],
)
async def test_a_wrong_control_call_is_told(
    http: httpx.AsyncClient, name: str, body: dict[str, Any], status: int
) -> None:
    assert (await http.post(f"/control/{name}", json=body)).status_code == status


async def test_reset_makes_it_as_new(http: httpx.AsyncClient) -> None:
    await give(http, mail())
    await http.post("/control/revoke")
    await http.post("/control/reset")
    profile = (await http.get("/gmail/v1/users/me/profile")).json()
    assert profile["messagesTotal"] == 0
    assert (await http.get("/control/handshake")).json() == {"simulator": "gmail", "version": 1}


async def test_the_page_lists_mail_and_delivers_what_a_customer_writes(
    http: httpx.AsyncClient,
) -> None:
    form = {"sender": "Eve <eve@customer.example>", "subject": "<b>Help</b>", "text": "Hi & bye"}
    answer = await http.post("/write", data=form)
    assert answer.status_code == 303
    message = await http.get(answer.headers["Location"])
    assert "Hi &amp; bye" in message.text
    (row,) = (await http.get("/control/messages")).json()
    form = {**form, "subject": "Re: <b>Help</b>", "in_reply_to": row["message_id"]}
    await http.post("/write", data=form)
    page = (await http.get("/")).text
    assert page.count("&lt;b&gt;Help&lt;/b&gt;") == 2
    assert page.count("2 in thread") == 2
    assert "<script" not in page


async def test_a_form_that_is_no_mail_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/write", data={"sender": "a\nBcc: b@c.example", "subject": "x"})
    assert answer.status_code == 400

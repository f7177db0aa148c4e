"""The FreeScout simulator's webhooks over real HTTP: registered, called, tried again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from desk_client import add_note, client_of, create, eventually
from simulators.freescout.app import build
from simulators.serve import running

ALL = ["convo.created", "convo.note.created", "convo.customer.reply.created", "convo.status"]
MAIL = {"type": "customer", "text": "More"}


@dataclass
class Call:
    """One request that a webhook made."""

    event: str
    signature: str
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The conversation or customer."""
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed


@dataclass
class Receiver:
    """Keeps every call; answers with the given statuses first, then 204."""

    statuses: list[int] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    async def receive(self, request: Request) -> Response:
        """POST /freescout."""
        headers = request.headers
        raw = await request.body()
        self.calls.append(Call(headers["x-freescout-event"], headers["x-freescout-signature"], raw))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 204)

    @property
    def events(self) -> list[str]:
        """The events of all calls in order."""
        return [call.event for call in self.calls]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A FreeScout simulator for all tests of this file."""
    with running(build(seed=3)) as base_url:
        yield base_url


@pytest.fixture
def desk(url: str) -> Iterator[httpx.Client]:
    """A client of an empty FreeScout with nothing broken."""
    with client_of(url) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that webhooks can call."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/freescout", receiver.receive, methods=["POST"])])
    with running(app) as base_url:
        receiver.url = f"{base_url}/freescout"
        yield receiver


def register(desk: httpx.Client, receiver: Receiver, **changes: object) -> int:
    body = {"url": receiver.url, "events": ALL, **changes}
    answer = desk.post("/api/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


def conduct(desk: httpx.Client, **settings: object) -> None:
    desk.post("/control/webhooks", json=settings).raise_for_status()


def deliveries(desk: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = desk.get("/control/webhooks").json()["deliveries"]
    return rows


def test_webhooks_are_registered_listed_and_removed(desk: httpx.Client, receiver: Receiver) -> None:
    number = register(desk, receiver, events=["convo.status", "nonsense"], mailboxes=[1])
    (row,) = desk.get("/api/webhooks").json()["_embedded"]["webhooks"]
    assert row == {
        "id": number,
        "url": receiver.url,
        "events": ["convo.status"],
        "mailboxes": [1],
        "lastRunTime": None,
        "lastRunError": "",
    }
    assert desk.delete(f"/api/webhooks/{number}").status_code == 204
    assert desk.get("/api/webhooks").json()["_embedded"]["webhooks"] == []
    assert desk.delete(f"/api/webhooks/{number}").status_code == 404


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"events": ALL}, "url"),
        ({"url": "http://127.0.0.1:1"}, "events"),
        ({"url": "http://127.0.0.1:1", "events": "convo.status"}, "events"),
        ({"url": "http://127.0.0.1:1", "events": ALL, "mailboxes": "1"}, "mailboxes"),
    ],
)
def test_a_registration_without_its_keys_is_400(
    desk: httpx.Client, body: dict[str, object], path: str
) -> None:
    answer = desk.post("/api/webhooks", json=body)
    assert answer.status_code == 400
    assert answer.json()["_embedded"]["errors"][0]["path"] == path


def test_webhooks_need_the_key(desk: httpx.Client) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/1")):
        headers = {"X-FreeScout-API-Key": "wrong"}
        assert desk.request(method, f"/api/webhooks{path}", headers=headers).status_code == 401


def test_a_call_carries_the_conversation_signed_over_its_raw_bytes(
    desk: httpx.Client, receiver: Receiver
) -> None:
    register(desk, receiver)
    create(desk, subject="Grüße")
    eventually(lambda: receiver.events == ["convo.created"])
    (call,) = receiver.calls
    secret = desk.get("/control/webhooks").json()["secret"]
    digest = hmac.new(secret.encode(), call.raw, hashlib.sha1).digest()
    assert base64.b64decode(call.signature) == digest
    assert call.body["subject"] == "Grüße"
    assert [thread["body"] for thread in call.body["_embedded"]["threads"]] == ["Hello"]
    eventually(lambda: deliveries(desk)[0]["state"] == "delivered")


def test_attachments_in_a_call_can_be_fetched(desk: httpx.Client, receiver: Receiver) -> None:
    register(desk, receiver)
    file = {"fileName": "a.txt", "mimeType": "text/plain", "data": "YWJj"}
    create(desk, threads=[{"type": "customer", "text": "x", "attachments": [file]}])
    eventually(lambda: len(receiver.calls) == 1)
    (thread,) = receiver.calls[0].body["_embedded"]["threads"]
    (row,) = thread["_embedded"]["attachments"]
    assert httpx.get(row["fileUrl"], trust_env=False).content == b"abc"


def test_what_is_not_answered_with_success_comes_again(
    desk: httpx.Client, receiver: Receiver
) -> None:
    register(desk, receiver)
    conduct(desk, time_scale=0.001)
    receiver.statuses = [500, 302, 404]
    create(desk)
    eventually(lambda: len(receiver.calls) == 4)
    assert len({call.raw for call in receiver.calls}) == 1
    eventually(lambda: deliveries(desk)[0]["state"] == "delivered")
    (row,) = deliveries(desk)
    assert (row["tries"], row["errors"]) == (4, ["HTTP 500", "HTTP 302", "HTTP 404"])


def test_after_ten_tries_it_is_lost(desk: httpx.Client) -> None:
    desk.post("/api/webhooks", json={"url": "http://127.0.0.1:1/", "events": ALL})
    conduct(desk, time_scale=0.00001)
    create(desk)
    eventually(lambda: deliveries(desk)[0]["state"] == "failed")
    assert deliveries(desk)[0]["tries"] == 10
    (row,) = desk.get("/api/webhooks").json()["_embedded"]["webhooks"]
    assert row["lastRunError"] == "ConnectError"


def test_duplicates_and_overtaking_are_played_by_the_dice(
    desk: httpx.Client, receiver: Receiver
) -> None:
    register(desk, receiver)
    conduct(desk, duplicate=0.3, reorder=0.5, reorder_seconds=0.1, time_scale=0.001, seed=1)
    create(desk)
    for _ in range(9):
        add_note(desk)

    def settled() -> bool:
        return all(row["state"] == "delivered" for row in deliveries(desk))

    eventually(settled)
    assert len(receiver.calls) > 10
    # The first die of this seed holds back the first event.
    assert receiver.events[0] == "convo.note.created"
    assert [error for row in deliveries(desk) for error in row["errors"]] == ["answer lost"] * (
        len(receiver.calls) - 10
    )


def test_a_late_payload_already_holds_the_next_thread(
    desk: httpx.Client, receiver: Receiver
) -> None:
    register(desk, receiver)
    create(desk)
    eventually(lambda: len(receiver.calls) == 1)
    conduct(desk, delay_seconds=0.5)
    add_note(desk)
    desk.post("/api/conversations/1/threads", json=MAIL)
    eventually(lambda: len(receiver.calls) == 3)
    bodies = [len(call.body["_embedded"]["threads"]) for call in receiver.calls[1:]]
    assert bodies == [3, 3]


def test_dropped_events_never_come_and_later_ones_do(
    desk: httpx.Client, receiver: Receiver
) -> None:
    register(desk, receiver)
    conduct(desk, drop=1.0)
    create(desk)
    conduct(desk)
    add_note(desk)
    eventually(lambda: receiver.events == ["convo.note.created"])
    assert deliveries(desk)[0]["state"] == "dropped"


def test_people_ring_too(desk: httpx.Client, receiver: Receiver) -> None:
    register(desk, receiver)
    create(desk)
    desk.post("/conversation/1/status", data={"status": "closed"})
    eventually(lambda: receiver.events == ["convo.created", "convo.status"])


def test_a_reset_forgets_webhooks(desk: httpx.Client, receiver: Receiver) -> None:
    register(desk, receiver)
    desk.post("/control/reset", json={})
    create(desk)
    assert desk.get("/api/webhooks").json()["_embedded"]["webhooks"] == []
    assert (deliveries(desk), receiver.calls) == ([], [])


@pytest.mark.parametrize("settings", [{"payload": "never"}, {"drop": "all"}, {"speed": 1}])
def test_a_conduct_nobody_knows_is_refused(desk: httpx.Client, settings: object) -> None:
    assert desk.post("/control/webhooks", json=settings).status_code == 400

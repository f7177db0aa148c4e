"""The FreeScout simulator's people: control, mail to Gmail, pages, and its command line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from desk_client import (
    HEADERS,
    client_of,
    conversations,
    create,
    eventually,
)
from simulators.freescout.app import build
from simulators.gmail.app import build as build_gmail
from simulators.serve import running


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


def test_people_merge_move_delete_and_change_by_control(desk: httpx.Client) -> None:
    for _ in range(3):
        create(desk)
    deeds: dict[str, dict[str, object]] = {
        "merge": {"source": 1, "target": 2},
        "delete": {"conversation_id": 2},
        "edit-customer": {"conversation_id": 2, "email": "eve@other.example"},
        "status": {"conversation_id": 2, "status": "spam"},
        "move": {"conversation_id": 2, "mailbox_id": 1},
        "agent-note": {"conversation_id": 2, "text": "Seen"},
        "delete-forever": {"conversation_id": 3},
    }
    for deed, body in deeds.items():
        assert desk.post(f"/control/{deed}", json=body).status_code == 200, deed
    rows = {row["id"]: row for row in conversations(desk)}
    assert [rows[1]["state"], rows[2]["state"], 3 in rows] == ["deleted", "deleted", False]
    assert (rows[2]["customer"], rows[2]["status"]) == ("eve@other.example", "spam")
    assert rows[2]["merged_from"] == [1]
    assert desk.post("/control/delete", json={"conversation_id": 99}).status_code == 404
    assert desk.post("/control/delete", json={}).status_code == 400


@contextmanager
def desk_with(gmail: str) -> Iterator[httpx.Client]:
    """A client of a FreeScout that sends its mail through the account at `gmail`."""
    with (
        running(build(gmail=gmail)) as url,
        httpx.Client(base_url=url, headers=HEADERS, trust_env=False) as client,
    ):
        yield client


def test_an_agents_reply_reaches_the_sent_folder_of_gmail() -> None:
    with running(build_gmail()) as gmail, desk_with(gmail) as desk:
        create(desk)
        desk.post("/control/settings", json={"reply_delay_seconds": 0.05})
        reply = {"conversation_id": 1, "text": "On its way"}
        thread_id = desk.post("/control/agent-reply", json=reply).json()["thread_id"]

        def delivered() -> list[dict[str, Any]]:
            answer = httpx.get(f"{gmail}/control/messages", trust_env=False)
            return list(answer.json())

        eventually(lambda: len(delivered()) == 1)
        (sent,) = delivered()
        assert sent["labels"] == ["SENT"]
        assert f"FS_reply-{thread_id}-" in sent["message_id"]
        (mail,) = desk.get("/control/outbox").json()["mails"]
        assert (mail["state"], mail["recipient"]) == ("sent", "jo@client.example")


def test_a_mail_gmail_refuses_at_first_is_handed_over_again() -> None:
    letters: list[dict[str, Any]] = []

    async def deliver(request: Request) -> Response:
        letters.append(await request.json())
        return Response(status_code=503 if len(letters) < 3 else 200)

    gmail_app = Starlette(routes=[Route("/control/deliver", deliver, methods=["POST"])])
    with running(gmail_app) as gmail, desk_with(gmail) as desk:
        create(desk)
        desk.post("/control/settings", json={"reply_delay_seconds": 0.0})
        desk.post("/control/agent-reply", json={"conversation_id": 1, "text": "Yes"})
        eventually(lambda: desk.get("/control/counters").json()["handovers"] == {"delivered": 1})
    assert len(letters) == 3
    assert set(letters[0]) == {"raw", "mailbox", "labels"}
    assert letters[0]["mailbox"] == "support@desk.example"


def test_the_pages_show_a_mail_without_running_or_loading_anything(desk: httpx.Client) -> None:
    hostile = "<script>alert(1)</script><img src='http://out.example/x'><b>bold</b>"
    create(desk, subject="<i>Order</i>", threads=[{"type": "customer", "text": hostile}])
    listing = desk.get("/").text
    assert "&lt;i&gt;Order&lt;/i&gt;" in listing
    page = desk.get("/conversation/1")
    assert "<b>bold</b>" in page.text
    assert "alert(1)" not in page.text
    assert "out.example" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert desk.get("/conversation/9").status_code == 404


def test_the_list_can_be_searched_and_narrowed(desk: httpx.Client) -> None:
    create(desk, subject="First order")
    create(desk, subject="Second thing")
    desk.post("/control/status", json={"conversation_id": 2, "status": "closed"})
    assert "Second thing" not in desk.get("/", params={"q": "ORDER"}).text
    assert "First order" not in desk.get("/", params={"show": "closed"}).text
    assert "No conversations here yet" in desk.get("/", params={"show": "deleted"}).text


def test_a_person_answers_notes_and_closes_with_the_forms(desk: httpx.Client) -> None:
    create(desk)
    forms = {
        "reply": {"text": "a < b\nsecond"},
        "note": {"text": "Call her"},
        "status": {"status": "closed"},
    }
    for form, fields in forms.items():
        answer = desk.post(f"/conversation/1/{form}", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/conversation/1")
    page = desk.get("/conversation/1").text
    assert "a &lt; b<br>second" in page
    assert "Call her" in page
    assert conversations(desk)[0]["status"] == "closed"
    assert desk.post("/conversation/1/reply", data={"text": " "}).status_code == 400


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "simulators", "freescout", "--port", "0", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


def test_the_command_says_where_it_listens_and_ends_on_sigterm() -> None:
    with start() as process:
        assert process.stdout is not None
        word, base_url = process.stdout.readline().split()
        assert word == "listening"
        handshake = httpx.get(f"{base_url}/control/handshake", trust_env=False).json()
        assert handshake["simulator"] == "freescout"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)


PARENT = """
import json, subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-m", "simulators", "freescout", "--die-with-parent"],
    stdout=subprocess.PIPE, text=True)
print(json.dumps([child.pid, child.stdout.readline()]), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_command_ends_with_its_parent() -> None:
    pipe, command = subprocess.PIPE, [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as parent:  # noqa: S603 - our own
        assert parent.stdout is not None
        child, _line = json.loads(parent.stdout.readline())
        parent.kill()
        parent.wait()
    eventually(lambda: not _alive(child))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan nobody waits for stays a zombie in a container without init.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"

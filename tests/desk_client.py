"""A client of the FreeScout simulator and the calls that tests of it share."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from simulators.freescout.installation import API_KEY

HEADERS = {"X-FreeScout-API-Key": API_KEY, "Accept": "application/json"}


DATE = "2026-01-02T03:04:05Z"


def new_conversation(**changes: object) -> dict[str, Any]:
    thread = {"type": "customer", "text": "Hello", "createdAt": DATE}
    return {
        "type": "email",
        "mailboxId": 1,
        "subject": "Order",
        "customer": {"email": "jo@client.example"},
        "imported": True,
        "createdAt": DATE,
        "threads": [thread],
        **changes,
    }


def create(desk: httpx.Client, **changes: object) -> int:
    answer = desk.post("/api/conversations", json=new_conversation(**changes))
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


NOTE = {"type": "note", "user": 1, "text": "A note"}


def add_note(desk: httpx.Client, **changes: object) -> httpx.Response:
    return desk.post("/api/conversations/1/threads", json={**NOTE, **changes})


def break_down(desk: httpx.Client, **faults: object) -> None:
    desk.post("/control/faults", json=faults).raise_for_status()


def eventually(condition: Callable[[], bool], within: float = 10.0) -> None:
    """Return as soon as `condition` holds; AssertionError after `within` seconds without it."""
    pause, deadline = threading.Event(), time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        pause.wait(0.01)


def conversations(desk: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = desk.get("/control/state").json()["conversations"]
    return rows


def notes(desk: httpx.Client) -> int:
    threads = [thread for row in conversations(desk) for thread in row["threads"]]
    return sum(thread["type"] == "note" for thread in threads)


@contextmanager
def client_of(url: str) -> Iterator[httpx.Client]:
    """A client of an empty FreeScout with nothing broken."""
    with httpx.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=5) as client:
        client.post("/control/reset", json={}).raise_for_status()
        yield client

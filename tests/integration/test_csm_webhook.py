"""`csm webhook` against the FreeScout simulator: registered once, shown, removed."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli_stack import csm
from csm_cli.installation import Installation
from desk_client import client_of
from simulators.freescout.app import build
from simulators.freescout.events import EVENTS
from simulators.serve import running

OURS = "https://csm.example/freescout"
FOREIGN = "https://other.example/hook"


@pytest.fixture(scope="module")
def desk_url() -> Iterator[str]:
    with running(build()) as url:
        yield url


@pytest.fixture
def desk(desk_url: str) -> Iterator[httpx.Client]:
    with client_of(desk_url) as client:
        client.post("/api/webhooks", json={"url": FOREIGN, "events": ["convo.created"]})
        yield client


@pytest.fixture
def config(tmp_path: Path, desk_url: str) -> str:
    sections = {"webhook_gateway": {"public_url": "https://csm.example"}}
    nobody = "nats://127.0.0.1:1"
    made = Installation(tmp_path, "http://127.0.0.1:1", desk_url, nobody, sections=sections)
    made.save()
    return str(made.config)


def addresses(desk: httpx.Client) -> list[str]:
    rows = desk.get("/api/webhooks").json()["_embedded"]["webhooks"]
    return [row["url"] for row in rows]


def test_an_address_is_registered_once_shown_and_removed(desk: httpx.Client, config: str) -> None:
    said = csm("webhook", "register", "--config", config)
    assert said.exit_code == 0, said.output
    assert "12 events" in said.stdout
    assert "already" in csm("webhook", "register", "--config", config).stdout
    assert addresses(desk) == [FOREIGN, OURS]
    status = csm("webhook", "status", "--json", "--config", config)
    shown = json.loads(status.stdout)
    assert [set(row["events"]) for row in shown["registered"]][1] == set(EVENTS)
    assert shown["received"] is None
    assert OURS in csm("webhook", "status", "--config", config).stdout
    assert "1 removed" in csm("webhook", "remove", "--config", config).stdout
    assert "was not registered" in csm("webhook", "remove", "--config", config).stdout
    assert addresses(desk) == [FOREIGN]


def test_an_address_that_lacked_events_is_registered_anew(desk: httpx.Client, config: str) -> None:
    desk.post("/api/webhooks", json={"url": OURS, "events": ["convo.created"]})
    assert csm("webhook", "register", "--config", config).exit_code == 0
    assert addresses(desk) == [FOREIGN, OURS]


def test_a_refused_key_is_said_in_words(desk: httpx.Client, config: str) -> None:
    desk.post("/control/settings", json={"api_key": None})
    refused = csm("webhook", "status", "--config", config)
    desk.post("/control/settings", json={"api_key": "simulated-key"})
    assert refused.exit_code == 1
    assert refused.stderr.startswith("FreeScout: ")

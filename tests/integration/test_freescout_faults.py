"""The FreeScout simulator's faults, each seen from the client's side."""

import time
from collections.abc import Iterator

import httpx
import pytest

from desk_client import (
    NOTE,
    add_note,
    break_down,
    client_of,
    conversations,
    create,
    eventually,
    new_conversation,
    notes,
)
from simulators.freescout.app import build
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


def test_before_answers_503_and_applies_nothing(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, before={"next": 1})
    assert add_note(desk).status_code == 503
    assert notes(desk) == 0
    assert add_note(desk).status_code == 201


def test_after_answers_500_and_has_applied(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, after={"next": 1})
    assert add_note(desk).json() == {"message": "Server Error"}
    assert notes(desk) == 1


def test_lost_applies_and_closes_the_socket_without_an_answer(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, lost={"next": 1})
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        add_note(desk)
    assert notes(desk) == 1


def test_reset_closes_the_socket_and_applies_nothing(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, reset={"next": 1})
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        add_note(desk)
    assert notes(desk) == 0


def test_late_applies_after_the_client_has_given_up(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, late={"next": 1}, late_seconds=0.4)
    with pytest.raises(httpx.ReadTimeout):
        desk.post("/api/conversations/1/threads", json=NOTE, timeout=0.1)
    assert notes(desk) == 0
    eventually(lambda: notes(desk) == 1)


def test_half_leaves_a_conversation_without_threads(desk: httpx.Client) -> None:
    break_down(desk, half=1.0)
    assert desk.post("/api/conversations", json=new_conversation()).status_code == 500
    assert [row["threads"] for row in conversations(desk)] == [[]]
    assert add_note(desk).status_code == 201


@pytest.mark.parametrize("status", [201, 500])
def test_attachments_are_lost_while_the_thread_is_saved(desk: httpx.Client, status: int) -> None:
    break_down(desk, attachments_lost={"next": 1}, attachments_lost_status=status)
    file = {"fileName": "a.txt", "mimeType": "text/plain", "data": "YQ=="}
    thread = {"type": "customer", "text": "x", "attachments": [file]}
    answer = desk.post("/api/conversations", json=new_conversation(threads=[thread]))
    assert answer.status_code == status
    assert [thread["attachments"] for thread in conversations(desk)[0]["threads"]] == [[]]


def test_a_thread_can_vanish_after_it_was_answered(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, thread_lost={"next": 1})
    assert add_note(desk).status_code == 201
    assert notes(desk) == 0


@pytest.mark.parametrize(("fault", "applied"), [("html", 0), ("html_after", 1)])
@pytest.mark.parametrize("status", [200, 502])
def test_an_html_page_stands_where_json_was_expected(
    desk: httpx.Client, fault: str, applied: int, status: int
) -> None:
    create(desk)
    break_down(desk, **{fault: {"next": 1}}, html_status=status)
    answer = add_note(desk)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert notes(desk) == applied


def test_hang_never_answers_and_applies_nothing(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, hang={"next": 1})
    with pytest.raises(httpx.ReadTimeout):
        desk.post("/api/conversations/1/threads", json=NOTE, timeout=0.1)
    assert notes(desk) == 0


def test_slow_dribbles_the_whole_answer(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, slow={"next": 1}, slow_seconds=0.3)
    started = time.monotonic()
    assert add_note(desk).json()["body"] == "A note"
    assert time.monotonic() - started >= 0.25


def test_latency_delays_every_write(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, latency_seconds=0.2)
    started = time.monotonic()
    assert add_note(desk).status_code == 201
    assert time.monotonic() - started >= 0.2


def test_down_answers_503_to_everything(desk: httpx.Client) -> None:
    create(desk)
    break_down(desk, down=True)
    assert add_note(desk).status_code == 503
    assert desk.get("/api/conversations").status_code == 503
    break_down(desk)
    assert desk.get("/api/conversations").status_code == 200


def test_reads_are_spared_unless_the_scope_is_all(desk: httpx.Client) -> None:
    break_down(desk, before=1.0)
    assert desk.get("/api/conversations").status_code == 200
    break_down(desk, before=1.0, scope="all")
    assert desk.get("/api/conversations").status_code == 503


def test_every_nth_request_of_one_path_is_hit(desk: httpx.Client) -> None:
    break_down(desk, before={"every": 3, "path": "/threads"})
    create(desk)
    assert [add_note(desk).status_code for _ in range(6)] == [201, 201, 503, 201, 201, 503]
    assert desk.get("/control/counters").json()["faults"] == {"before": 2}


def test_rates_are_repeatable_by_their_seed(desk: httpx.Client) -> None:
    create(desk)
    runs = []
    for _ in range(2):
        break_down(desk, before=0.3, after=0.3, seed=5)
        runs.append([add_note(desk).status_code for _ in range(30)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {201, 500, 503}


@pytest.mark.parametrize(
    "faults", [{"losst": 1.0}, {"lost": {"rte": 1}}, {"lost": "often"}, {"scope": "some"}]
)
def test_faults_nobody_knows_are_refused_and_change_nothing(
    desk: httpx.Client, faults: dict[str, object]
) -> None:
    break_down(desk, before=1.0)
    assert desk.post("/control/faults", json=faults).status_code == 400
    assert desk.post("/api/conversations", json=new_conversation()).status_code == 503

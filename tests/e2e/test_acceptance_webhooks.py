"""Webhooks at the wire: a real gateway process, real HTTP, FreeScout's own queue of deliveries."""

import asyncio
import signal
import socket
import sqlite3
from contextlib import ExitStack, closing, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from crash_stages import OTHERS
from doorbell import SECRET, address, body_of, ring, signed, takes_webhooks
from player import Player
from simulators.freescout.events import EVENTS
from stage import Stage
from webhook_gateway.settings import Settings

SENDERS = 8
SLOW = 200
OTHER_SECRET = "0123456789abcdef" * 2


@pytest.fixture
async def gateway(stage: Stage) -> Player:
    """A gateway that takes webhooks and looks at FreeScout for itself as well."""
    stage.change(sections={"webhook_gateway": takes_webhooks(stage.folder)})
    return await stage.join("webhook_gateway", Settings)


def hints(gateway: Player, cause: str = "webhook") -> int:
    """How many deliveries of a meaning are stored."""
    meaning = "agent" if cause == "agent" else "hint"
    query = "SELECT count(*) FROM delivery WHERE meaning = ?"
    return int(gateway.rows(query, meaning)[0][0])


@pytest.mark.promise("hint-only")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", OTHERS["webhooks"])
async def test_a_webhook_that_was_answered_is_never_lost(
    gateway: Player, point: str, count: int
) -> None:
    """It dies there; FreeScout tries again what was not answered, and nothing else."""
    gateway.live(crash_at=f"{point}#{count}")
    for conversation in range(1, 2 + count):
        body = body_of(conversation)
        while True:
            with suppress(httpx.TransportError):
                url = await address(gateway)
                if (await asyncio.to_thread(ring, url, body)).status_code == 200:
                    break
    assert gateway.deaths() == [-signal.SIGKILL]
    assert hints(gateway) == 1 + count
    await gateway.until(lambda: gateway.rows("SELECT 1 FROM outbox") == [])


@pytest.mark.promise("hint-only")
async def test_a_kill_in_a_storm_loses_nothing_that_was_answered(gateway: Player) -> None:
    gateway.live()
    url = await address(gateway)
    answered: set[int] = set()

    def send(first: int) -> None:
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
            for number in range(first, 10**6, SENDERS):
                body = body_of(number)
                if http.post("/freescout", content=body, headers=signed(body)).is_success:
                    answered.add(number)

    storm = [asyncio.create_task(asyncio.to_thread(send, n + 1)) for n in range(SENDERS)]
    await gateway.until(lambda: len(answered) >= 100)
    gateway.kill()
    for task in storm:
        with suppress(httpx.TransportError):
            await task
    stored = {row[0] for row in gateway.rows("SELECT conversation_id FROM delivery")}
    assert answered <= stored
    await gateway.until(lambda: gateway.rows("SELECT 1 FROM outbox") == [])


@pytest.mark.promise("hint-only")
async def test_forged_and_crooked_webhooks_are_refused_and_slow_senders_cut(
    gateway: Player,
) -> None:
    gateway.live()
    url = await address(gateway)
    body = body_of(5)
    right = signed(body)
    forged = [
        {**right, "X-FreeScout-Signature": ""},
        {**right, "X-FreeScout-Signature": "ü".encode()},
        {**right, "X-FreeScout-Signature": right["X-FreeScout-Signature"].lower()},
        signed(body, secret=OTHER_SECRET),
        {key: value for key, value in right.items() if "Signature" not in key},
    ]
    assert [ring(url, body, headers).status_code for headers in forged] == [401] * len(forged)
    large = body + b" " * (1024 * 1024 + 1 - len(body))
    assert ring(url, large).status_code == 413
    assert ring(url, body, {**right, "Content-Type": "text/plain"}).status_code == 415
    assert ring(url, body, {**right, "X-Long": "x" * 20_000}).status_code == 431
    assert gateway.rows("SELECT 1 FROM delivery") == []
    parts = urlsplit(url)
    with ExitStack() as stack:
        slow = []
        for number in range(SLOW):
            line = socket.create_connection((parts.hostname, parts.port), timeout=30)
            stack.enter_context(line)
            # Half of them stop in the head, half in the body.
            head = b"POST /freescout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            line.sendall(head + (b"Content-Length: 9\r\n\r\n{" if number % 2 else b"X-A: "))
            slow.append(line)
        assert ring(url, body, right).json() == {"result": "hint"}
        ends = [await asyncio.to_thread(_end_of, line) for line in slow]
    assert {end[:12] for end in ends} <= {b"", b"HTTP/1.1 408"}
    assert sum(end.startswith(b"HTTP/1.1 408") for end in ends) == SLOW // 2
    assert ring(url, body, right).json() == {"result": "repeated"}


def _end_of(line: socket.socket) -> bytes:
    """What came before the connection was closed."""
    found = b""
    with suppress(ConnectionResetError):
        while part := line.recv(1024):
            found += part
    return found


@pytest.mark.promise("hint-only")
async def test_two_secrets_are_known_and_one_that_left_is_not(
    stage: Stage, gateway: Player
) -> None:
    (stage.folder / "old.secret").write_text(OTHER_SECRET)
    files = [str(stage.folder / name) for name in ("webhook.secret", "old.secret")]
    both = takes_webhooks(stage.folder, secret_files=files)
    stage.change(sections={"webhook_gateway": both})
    gateway.live()
    url = await address(gateway)
    for number, secret in enumerate((SECRET, OTHER_SECRET), 1):
        body = body_of(number)
        assert ring(url, body, signed(body, secret=secret)).status_code == 200
    stage.change(sections={"webhook_gateway": takes_webhooks(stage.folder)})
    await gateway.restart()
    url = await address(gateway)
    body = body_of(3)
    assert ring(url, body, signed(body, secret=OTHER_SECRET)).status_code == 401
    assert ring(url, body).status_code == 200


@pytest.mark.promise("hint-only", "waiting-is-not-failing")
async def test_a_locked_database_and_a_bus_that_is_away_lose_no_webhook(
    stage: Stage, gateway: Player
) -> None:
    gateway.live()
    url = await address(gateway)
    stage.nats.kill()
    assert ring(url, body_of(1)).status_code == 200
    with closing(sqlite3.connect(gateway.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = await asyncio.to_thread(ring, url, body_of(2))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert ring(url, body_of(2)).status_code == 200
    stage.nats.restart()
    await gateway.until(lambda: gateway.rows("SELECT 1 FROM outbox") == [])
    assert stage.stream("CONV") >= 2


@pytest.mark.promise("shown")
async def test_what_webhooks_missed_is_found_counted_and_said_once(
    stage: Stage, gateway: Player
) -> None:
    """FreeScout's queue rings; then it falls silent, and the poll notices it and hurries."""
    with httpx.Client(base_url=stage.desk.url, trust_env=False) as http:
        desk = Desk(http, stage)
        gateway.live()
        desk.register(await address(gateway))
        desk.writes(desk.opens())
        await gateway.until(lambda: hints(gateway) >= 2)
        assert gateway.rows("SELECT missed FROM doorbell") == [(0,)]
        stage.desk.post("webhooks", drop=1.0)
        desk.opens()
        await gateway.until(lambda: gateway.rows("SELECT missed FROM doorbell") == [(1,)])
        alerts = [line["alert"] for line in gateway.log() if "alert" in line]
        assert alerts.count("webhook-missed") == 1
        assert (await gateway.ask("status"))["webhooks"]["missed"] == 1
        stage.desk.post("webhooks", drop=0.0)
        desk.opens()
        await gateway.until(lambda: hints(gateway) >= 3)

        async def is_over() -> bool:
            raised = (await gateway.ask("status"))["alerts"]
            return all(one["alert"] != "webhook-missed" for one in raised)

        while not await is_over():
            assert gateway.deaths() == []


class Desk:
    """FreeScout as its people and customers use it."""

    def __init__(self, http: httpx.Client, stage: Stage) -> None:
        self._http = http
        self._stage = stage
        http.headers["X-FreeScout-API-Key"] = "simulated-key"

    def register(self, url: str) -> None:
        """Every event goes to the gateway."""
        body = {"url": f"{url}/freescout", "events": list(EVENTS)}
        assert self._http.post("/api/webhooks", json=body).status_code == 201

    def opens(self) -> int:
        """A customer opens a conversation."""
        body = {
            "type": "email", "mailboxId": 1, "subject": "Order", "status": "active",
            "customer": {"email": "jo@client.example"}, "imported": True,
            "threads": [{"type": "customer", "text": "Where is it?"}],
        }  # fmt: skip
        answer = self._http.post("/api/conversations", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.headers["Resource-ID"])

    def writes(self, conversation: int) -> None:
        """The customer writes again."""
        body = {"type": "customer", "text": "Anything new?"}
        answer = self._http.post(f"/api/conversations/{conversation}/threads", json=body)
        assert answer.status_code == 201, answer.text

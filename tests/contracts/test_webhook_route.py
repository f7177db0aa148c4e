"""The webhook route as an application: every mutated, oversized or crooked request is refused."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from doorbell import body_of, signed, takes_webhooks
from memory_store import Store
from webhook_gateway import state
from webhook_gateway.doorway import Doorway, routes
from webhook_gateway.handlers import Handlers
from webhook_gateway.intake import Intake
from webhook_gateway.limits import MOST_BYTES
from webhook_gateway.settings import WebhookGatewaySettings

MUTATIONS = 3_000
MANY = 300_000


@pytest.fixture
def store() -> Store:
    store = Store(state.TABLES)
    store.run(state.expect_webhooks)
    return store


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    own = takes_webhooks(tmp_path, rate=1e9, rate_per_sender=1e9)
    app = Doorway(routes(Handlers(WebhookGatewaySettings(**own), Intake(store.db, lambda: None))))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


def mutated(chance: random.Random, body: bytes, headers: dict[str, str]) -> tuple[bytes, bytes]:
    """Body and signature, one of them with a few changed, missing or added bytes."""
    parts = [bytearray(body), bytearray(headers["X-FreeScout-Signature"].encode())]
    part = parts[chance.randrange(2)]
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(part))
        match chance.randrange(3):
            case 0:
                part[at] ^= chance.randrange(1, 256)
            case 1:
                del part[at]
            case _:
                part.insert(at, chance.randrange(256))
    changed, given = bytes(parts[0]), bytes(parts[1])
    # A header ends at a line break, and what surrounds it is not part of it.
    return changed, given.translate(None, b"\r\n\0").strip()


async def forge(desk: httpx.AsyncClient, number: int, seed: int) -> None:
    """So many mutated webhooks: none is taken, none breaks anything."""
    chance = random.Random(seed)
    body = body_of(7, (11, 12))
    headers = signed(body)
    for _ in range(number):
        changed, given = mutated(chance, body, headers)
        if changed == body and given == headers["X-FreeScout-Signature"].encode():
            continue
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        raw[-1] = (b"X-FreeScout-Signature", given)
        answer = await desk.post("/freescout", content=changed, headers=raw)
        assert answer.status_code == 401, (changed, given, answer.text)


async def test_no_mutated_webhook_is_taken(desk: httpx.AsyncClient, store: Store) -> None:
    await forge(desk, MUTATIONS, seed=1)
    assert store.rows(state.DELIVERY) == []


@pytest.mark.nightly
@pytest.mark.timeout(1800)
async def test_none_of_300000_mutated_webhooks_is_taken(
    desk: httpx.AsyncClient, store: Store
) -> None:
    await forge(desk, MANY, seed=2)
    assert store.rows(state.DELIVERY) == []


async def test_a_webhook_is_stored_once_with_its_hint(
    desk: httpx.AsyncClient, store: Store
) -> None:
    body = body_of(7, (11, 12))
    answers = [await desk.post("/freescout", content=body, headers=signed(body)) for _ in range(50)]
    assert [a.json()["result"] for a in answers] == ["hint", *["repeated"] * 49]
    assert store.row(state.DELIVERY)["customer_thread_id"] == 12
    assert store.row(state.OUTBOX)["event"] == "conversation.updated"
    assert store.row(state.HEARD) == {"conversation_id": 7, "customer_thread_id": 12}


@pytest.mark.parametrize(
    ("event", "result", "hints"),
    [("convo.status", "agent", 1), ("convo.note.created", "stored", 0), ("x" * 99, "stored", 0)],
)
async def test_what_needs_no_judgement_is_only_stored(
    desk: httpx.AsyncClient, store: Store, event: str, result: str, hints: int
) -> None:
    body = body_of(7)
    answer = await desk.post("/freescout", content=body, headers=signed(body, event))
    assert answer.json() == {"result": result}
    assert len(store.rows(state.OUTBOX)) == hints


async def test_an_older_payload_does_not_unsay_a_newer_one(
    desk: httpx.AsyncClient, store: Store
) -> None:
    for threads in ((1, 5), (1,), (1, 3)):
        body = body_of(7, threads)
        await desk.post("/freescout", content=body, headers=signed(body))
    assert store.row(state.HEARD)["customer_thread_id"] == 5


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/json-patch+json"}, 415),
        (b"x" * (MOST_BYTES + 1), {}, 413),
        (b"{}", {"Content-Length": "9" * 30}, 413),
        (b"{}", {}, 400),
        (b'{"id": 0}', {}, 400),
        (b'{"id": true}', {}, 400),
        (b"[" * 200_000, {}, 400),
        (b'{"id": ' + b"9" * 5_000 + b"}", {}, 400),
        (b'{"id": NaN}', {}, 400),
        (b'{"id": 1, "s": "\\ud83d"}', {}, 400),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_crooked_request_is_refused_with_its_reason(
    desk: httpx.AsyncClient, store: Store, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await desk.post("/freescout", content=body, headers={**signed(body), **headers})
    assert answer.status_code == status
    assert answer.json()["error"]
    assert store.rows(state.DELIVERY) == []


async def test_a_mebibyte_is_taken(desk: httpx.AsyncClient) -> None:
    body = body_of(7)
    body = body + b" " * (MOST_BYTES - len(body))
    assert (await desk.post("/freescout", content=body, headers=signed(body))).status_code == 200


async def test_answers_tell_a_browser_to_do_nothing(desk: httpx.AsyncClient) -> None:
    for answer in (await desk.get("/health"), await desk.get("/freescout"), await desk.get("/")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert (await desk.get("/freescout")).status_code == 405
    assert (await desk.get("/docs")).status_code == (await desk.get("/openapi.json")).status_code
    assert (await desk.get("/docs")).status_code == 404


@pytest.mark.parametrize("scheme", ["plain", "off"])
async def test_the_predecessors_scheme_must_be_switched_on(
    store: Store, tmp_path: Path, scheme: str
) -> None:
    file = tmp_path / "header.secret"
    file.write_text("a long shared secret\n")
    own = takes_webhooks(tmp_path, **({"header_secret_file": file} if scheme == "plain" else {}))
    app = routes(Handlers(WebhookGatewaySettings(**own), Intake(store.db, lambda: None)))
    transport = httpx.ASGITransport(app)
    headers = {"Content-Type": "application/json", "X-Webhook-Secret": "a long shared secret"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.post("/freescout", content=body_of(7), headers=headers)
    assert answer.status_code == (200 if scheme == "plain" else 401)


async def test_who_asks_too_often_is_told_when_to_come_again(store: Store, tmp_path: Path) -> None:
    own = WebhookGatewaySettings(**takes_webhooks(tmp_path, rate_per_sender=5))
    app = routes(Handlers(own, Intake(store.db, lambda: None)))
    body = body_of(7)
    statuses = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gateway"
    ) as client:
        for _ in range(30):
            answer = await client.post("/freescout", content=body, headers=signed(body))
            statuses.append(answer.status_code)
    assert statuses[:10] == [200] * 10
    assert statuses.count(429) >= 10
    assert answer.headers["retry-after"] == "1"


def test_the_route_keeps_to_its_own_description(store: Store, tmp_path: Path) -> None:
    """schemathesis makes requests of every kind from it; each answer is one that it names."""
    own = WebhookGatewaySettings(**takes_webhooks(tmp_path, rate=1e9, rate_per_sender=1e9))
    app = routes(Handlers(own, Intake(store.db, lambda: None)))
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    asked = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=50, suppress_health_check=list(HealthCheck))
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=[not_a_server_error, status_code_conformance])
            asked.append(case.path)

        ask()
    assert set(asked) == {"/freescout", "/health"}

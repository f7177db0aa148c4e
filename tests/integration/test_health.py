"""What a service answers of its health while one thing after the other is away or missing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import nats as client
import pytest

from cli_stack import csm, free_port
from csm import metrics
from csm.admin import Json
from csm.bus import Broker, DurableWatch, build_broker
from csm.db import Database, PostgresDatabase, SqliteDatabase
from csm.health import Health, Vitals
from csm.serving import serving
from csm.streams import FREESCOUT_WRITER, MAIL
from csm.ticks import Tick
from csm.timing import PROFILES
from csm_cli.provisioning import provision_bus
from letters import letter
from stage import Stage, Theatre
from waiting import until

FAST = PROFILES["fast"]


def asked(stage: Stage, path: str) -> httpx.Response:
    """An answer of the running service."""
    return httpx.get(stage.health_url() + path, trust_env=False, timeout=10)


def degraded(stage: Stage) -> dict[str, str]:
    """What makes mail wait, with the reasons; the service is ready all the same."""
    answer = asked(stage, "/readyz")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one["reason"] for one in answer.json()["degraded"]}


def refusals(stage: Stage) -> list[str]:
    """Why the service is not ready, empty when it is."""
    answer = asked(stage, "/readyz")
    assert answer.status_code == (503 if "reasons" in answer.json() else 200)
    reasons: list[str] = answer.json().get("reasons", [])
    return reasons


def is_alive(stage: Stage) -> bool:
    return [asked(stage, path).status_code for path in ("/livez", "/health")] == [200, 200]


async def ready(stage: Stage) -> None:
    """Start, and wait until the service is ready with nothing to complain of."""
    stage.live()
    await stage.until(lambda: "health is served" in stage.tail())
    await stage.until(lambda: not refusals(stage) and not degraded(stage))


def readings(stage: Stage) -> dict[str, float]:
    """The metrics by name with labels, as Prometheus reads them."""
    lines = [line for line in asked(stage, "/metrics").text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize(
    ("name", "dependency"), [("desk", "freescout"), ("gmail", "gmail:support")]
)
async def test_an_outage_of_others_degrades(stage: Stage, name: str, dependency: str) -> None:
    await ready(stage)
    getattr(stage, name).post("faults", down=True)
    stage.deliver(letter("mail"))
    if name == "desk":
        stage.desk.post("faults", down=True, scope="all")
    await stage.until(lambda: dependency in degraded(stage))
    seen = readings(stage)
    assert seen[f'csm_dependency_down{{name="{dependency}"}}'] == 1
    assert is_alive(stage)
    getattr(stage, name).post("faults")
    await stage.until(lambda: degraded(stage) == {})
    await stage.quiet()
    assert readings(stage)[f'csm_dependency_down{{name="{dependency}"}}'] == 0


async def test_a_missing_self_test_degrades(theatre: Theatre, tmp_path: Path) -> None:
    async with theatre.stage(tmp_path, is_new=True) as stage:
        stage.live()
        await stage.until(lambda: "health is served" in stage.tail())
        await stage.until(lambda: not refusals(stage))
        assert "csm self-test" in degraded(stage)["self-test"]
        assert is_alive(stage)


async def test_a_failed_self_test_is_not_ready(stage: Stage) -> None:
    await ready(stage)
    stage.faults(attachments_lost={"rate": 1.0})
    assert (await stage.ask("self-test"))["allowed"] == "off"
    (reason,) = refusals(stage)
    assert "attachment" in reason
    assert is_alive(stage)
    stage.faults()
    await stage.ask("self-test")
    assert refusals(stage) == []


async def test_nats_away_is_not_ready(stage: Stage) -> None:
    await ready(stage)
    stage.nats.kill()
    await stage.until(lambda: refusals(stage) == ["NATS is not connected"])
    assert is_alive(stage)
    stage.nats.start()
    await stage.until(lambda: refusals(stage) == [])


async def test_nats_away_at_the_start_is_not_ready(stage: Stage) -> None:
    stage.nats.kill()
    stage.live()
    await stage.until(lambda: "health is served" in stage.tail())
    await stage.until(lambda: refusals(stage) == ["NATS is not connected"])
    assert is_alive(stage)
    stage.nats.start()
    await stage.until(lambda: refusals(stage) == [])
    assert await stage.stop() == 0


async def test_a_missing_durable_is_not_ready(stage: Stage) -> None:
    await ready(stage)
    connection = await client.connect(stage.nats.url)
    await connection.jetstream().delete_consumer(MAIL.name, FREESCOUT_WRITER.name)
    await connection.close()
    await stage.until(lambda: any("durable" in reason for reason in refusals(stage)))
    assert is_alive(stage)
    alerts = (await stage.ask("status"))["alerts"]
    assert [one["alert"] for one in alerts] == ["durable-missing"]
    await provision_bus(stage.settings(), 1)
    await stage.until(lambda: refusals(stage) == [])
    assert (await stage.ask("status"))["alerts"] == []


async def test_metrics_count_what_happened(stage: Stage) -> None:
    stage.deliver(letter("mail"))
    stage.faults(lost={"next": 1, "method": "POST"})
    await ready(stage)
    await stage.quiet()
    seen = readings(stage)
    assert seen['csm_work_rows{state="done"}'] == 1
    assert seen['csm_work_rows{state="wanted"}'] == seen["csm_outbox_rows"] == 0
    assert seen["csm_oldest_open_seconds"] == seen["csm_quarantined"] == 0
    assert seen['csm_writes_total{kind="create",result="unknown"}'] == 1
    assert seen['csm_writes_total{kind="create",result="found"}'] == 1
    assert seen['csm_write_seconds_count{kind="create"}'] == 1
    assert seen['csm_deliveries_total{outcome="done"}'] >= 1
    assert seen["csm_gmail_units_total"] > 0
    assert seen["csm_database_reachable"] == seen["csm_bus_ready"] == 1
    assert seen['csm_consumer_pending{durable="freescout-writer"}'] == 0
    assert seen['csm_dependency_misconfigured{name="freescout"}'] == 0
    assert seen["process_resident_memory_bytes"] > 0
    loops = {"outbox", "durables", "probes", "discovery:support"}
    assert {f'csm_loop_age_seconds{{loop="{loop}"}}' for loop in loops} <= seen.keys()


async def test_status_is_asked_over_http_when_nats_is_silent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = {"CSM_GMAIL_INGEST__HEALTH_PORT": str(free_port())}
    stage.environment = port
    await ready(stage)
    stage.nats.kill()
    monkeypatch.setenv(*next(iter(port.items())))
    config = str(stage.installation.config)
    result = await asyncio.to_thread(csm, "status", "--json", "--config", config)
    assert result.exit_code == 1, "the other services do not run"
    assert '"durables"' in result.stdout
    assert "NATS does not answer" in result.stderr
    assert "gmail_ingest: answered over HTTP" in result.stderr


async def test_a_taken_port_does_not_stop_the_mail(stage: Stage) -> None:
    async with serving(lambda *_: None, "127.0.0.1", 0) as url:  # type: ignore[arg-type, return-value]
        stage.environment = {"CSM_GMAIL_INGEST__HEALTH_PORT": url.rpartition(":")[2]}
        await ready(stage)
        assert stage.health_url() != url
    assert len(stage.alerts("health-port-taken")) == 1


# --- the endpoints alone, over a database of their own


@pytest.fixture
async def broker() -> Broker:
    """Not connected."""
    return build_broker("nats://127.0.0.1:1")


async def nothing() -> Json:
    return {}


def health(db: Database, broker: Broker, ticks: Callable[[], list[Tick]] = list) -> Any:
    """A client of the endpoints."""
    watch = DurableWatch(broker, FAST)
    vitals = Vitals(
        "gmail_ingest", db, broker, watch, FAST, ticks(), frozenset(), lambda _: [], nothing
    )
    app = Health(vitals).app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://health.example")


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a schema."""
    db = SqliteDatabase(tmp_path / "empty.db")
    yield db
    await db.close()


async def test_a_missing_schema_is_not_ready(empty: Database, broker: Broker) -> None:
    async with health(empty, broker) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert "csm provision" in " ".join(answer.json()["reasons"])


async def test_a_database_that_is_away_is_not_ready(broker: Broker) -> None:
    db = PostgresDatabase("postgresql://nobody@127.0.0.1:1/nothing")
    async with health(db, broker) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert "the database does not answer" in " ".join(answer.json()["reasons"])
        assert (await http.get("/livez")).status_code == 200
        shown = (await http.get("/metrics")).text
    await db.close()
    assert "csm_database_reachable 0.0" in shown
    assert "csm_oldest_open_seconds NaN" in shown
    assert "csm_work_rows{" not in shown


def tick(seconds_ago: float) -> Tick:
    """A loop that moved so long ago."""
    loop = Tick("outbox")
    loop()
    assert loop._at is not None
    loop._at -= seconds_ago
    return loop


async def test_a_loop_that_hangs_is_not_alive(empty: Database, broker: Broker) -> None:
    async with health(empty, broker, lambda: [tick(0), tick(6)]) as http:
        answer = await http.get("/livez")
    assert answer.status_code == 500
    assert answer.json()["loops"] == ["outbox"]


async def test_a_loop_that_waits_for_others_is_alive(empty: Database, broker: Broker) -> None:
    loop = tick(0)
    with loop.elsewhere():
        loop._at = (loop._at or 0.0) - 6
        async with health(empty, broker, lambda: [loop]) as http:
            assert (await http.get("/livez")).status_code == 200


async def test_the_delay_of_the_event_loop_is_measured(empty: Database, broker: Broker) -> None:
    vitals = Vitals(
        "gmail_ingest", empty, broker, DurableWatch(broker, FAST), FAST, [], frozenset(),
        lambda _: [], nothing,
    )  # fmt: skip
    measured = Health(vitals)
    task = asyncio.create_task(measured.measure())
    await until(lambda: len(measured._delays) > 0)
    task.cancel()
    assert 0 <= measured._delays[0] < 1


def test_metrics_are_prometheus_text() -> None:
    assert metrics.exposition().decode().startswith("# HELP csm_")
    assert "text/plain" in metrics.CONTENT_TYPE

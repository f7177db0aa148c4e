"""Paid once and within the budget: replicas, redeliveries, crashes at each point, an outage."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import SQLModel

from csm import alerts, dependency
from csm.crash import POINTS
from csm.db import InlineDatabase, PostgresDatabase, define_clock, sqlite_engine
from csm.dependency import Prober
from csm.llm import (
    Answer,
    Llm,
    LlmBusyError,
    LlmError,
    LlmOverBudgetError,
    LlmUnavailableError,
)
from csm.llm_ledger import CALL
from csm.llm_outage import LLM, later
from csm.outcome import Later
from csm.timing import PROFILES
from memory_store import Store
from model_server import (
    MODEL,
    TABLES,
    ModelServer,
    asked,
    client,
    memory,
    model_server,
    question,
)
from waiting import until

if TYPE_CHECKING:
    from postgres_server import PostgresServer

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def simulator() -> Iterator[ModelServer]:
    """One server for all tests of this file."""
    with model_server() as server:
        yield server


@pytest.fixture
def server(simulator: ModelServer) -> ModelServer:
    """The server as at its start."""
    simulator.order("reset")
    return simulator


@pytest.fixture
def ledger() -> Iterator[Store]:
    """An empty database."""
    store = memory()
    yield store
    store.close()


@asynccontextmanager
async def replicas(
    ledger: Store, url: str, number: int, **changes: Any
) -> AsyncIterator[list[Llm]]:
    """Clients that share a ledger and nothing else."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(client(ledger.db, url, **changes))
            for _ in range(number)
        ]


async def insisting(llm: Llm, mail: str) -> Answer[Any]:
    """As the bus does: again when the same was being asked."""
    while True:
        try:
            return await asked(llm, mail)
        except LlmBusyError:
            await asyncio.sleep(0.05)


async def test_a_second_delivery_costs_nothing(server: ModelServer, ledger: Store) -> None:
    async with client(ledger.db, server.url) as llm:
        first = await asked(llm)
        second = await asked(llm)
    assert second.is_reused
    assert (second.value, second.cost, second.usage) == (first.value, first.cost, first.usage)
    assert server.requests == 1


async def test_replicas_share_one_answer(server: ModelServer, ledger: Store) -> None:
    server.order("settings", latency_s=0.1)
    async with replicas(ledger, server.url, 3) as llms:
        answers = await asyncio.gather(
            *(insisting(llm, f"mail {n}") for llm in llms for n in range(5))
        )
    assert server.paid == 5
    assert sum(not answer.is_reused for answer in answers) == 5


@pytest.mark.postgres
async def test_replicas_on_postgresql_share_one_answer(
    server: ModelServer, postgres: "PostgresServer"
) -> None:
    url = postgres.url(postgres.create())
    databases = [PostgresDatabase(url) for _ in range(3)]
    await databases[0].run(define_clock)
    await databases[0].run(lambda connection: SQLModel.metadata.create_all(connection, TABLES))
    server.order("settings", latency_s=0.1)
    async with AsyncExitStack() as stack:
        llms = [await stack.enter_async_context(client(db, server.url)) for db in databases]
        answers = await asyncio.gather(
            *(insisting(llm, f"mail {n}") for llm in llms for n in range(5))
        )
    for db in databases:
        await db.close()
    assert server.paid == 5
    assert sum(not answer.is_reused for answer in answers) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"prompt_version": "2"},
        {"schema_version": 2},
        {"knowledge_hash": "x"},
        {"style_hash": "x"},
        {"basis": "other words"},
        {"task": "draft"},
    ],
)
async def test_what_may_change_the_answer_is_another_question(
    server: ModelServer, ledger: Store, change: dict[str, Any]
) -> None:
    async with client(ledger.db, server.url) as llm:
        await llm.ask(question())
        assert not (await llm.ask(question(**change))).is_reused
    assert server.paid == 2


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("llm_")])
async def test_a_crash_pays_at_most_once_more(
    server: ModelServer, tmp_path: Path, point: str
) -> None:
    """The process kills itself at the point; its claim runs out; another one asks again."""
    died = subprocess.run(  # noqa: ASYNC221, S603 - nothing else runs here; our own interpreter
        [sys.executable, "-c", LIFE, server.url, str(tmp_path / "ledger.db")],
        env=os.environ | {"CSM_CRASH_AT": point, "PYTHONPATH": str(TESTS)},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    engine = sqlite_engine(tmp_path / "ledger.db", lambda: time.time() + 3600)
    db = InlineDatabase(engine)
    async with client(db, server.url) as llm:
        answer = await asked(llm)
    await db.close()
    paid = {"llm_after_claim": 1, "llm_after_answer": 2, "llm_after_settle": 1}[point]
    assert server.paid == paid
    assert answer.is_reused == (point == "llm_after_settle")


# The life of a process that asks one question on a ledger of its own.
LIFE = """
import asyncio, sys
from pathlib import Path
from sqlmodel import SQLModel
from csm.db import InlineDatabase, sqlite_engine
from model_server import TABLES, asked, client

async def life(url, path):
    engine = sqlite_engine(Path(path))
    SQLModel.metadata.create_all(engine, tables=TABLES)
    async with client(InlineDatabase(engine), url) as llm:
        await asked(llm)

asyncio.run(life(*sys.argv[1:]))
"""


def dear(usd: str) -> dict[str, Any]:
    """A task with a ceiling per day."""
    return {"model": MODEL, "max_output_tokens": 500, "usd_per_day": usd}


async def test_the_ceiling_holds_for_all_replicas_together(
    server: ModelServer, ledger: Store
) -> None:
    """Each question may cost 0.00105 USD at most and promises so much while it is asked."""
    server.order("settings", latency_s=0.02)
    async with replicas(ledger, server.url, 3, classify=dear("0.003")) as llms:
        results = await asyncio.gather(
            *(asked(llm, f"{n} {m}") for n, llm in enumerate(llms) for m in range(30)),
            return_exceptions=True,
        )
    refused = [result for result in results if isinstance(result, LlmOverBudgetError)]
    answers = [result for result in results if isinstance(result, Answer)]
    assert len(refused) + len(answers) == 90
    assert refused
    assert len({answer.key for answer in answers}) == server.paid
    assert sum(answer.cost or 0 for answer in answers) <= Decimal("0.003")
    assert {error.key for error in refused} == {"llm.classify.usd_per_day"}
    assert all(0 < error.retry_in <= 24 * 3600 for error in refused)


async def test_over_budget_is_said_once_and_ends_with_the_day(
    server: ModelServer, ledger: Store
) -> None:
    alerts.over("over-budget", "classify")  # what an earlier test left
    price = {"input": "1", "output": "1"}
    task = dear("0.001")
    async with client(ledger.db, server.url, classify=task, prices={MODEL: price}) as llm:
        await asked(llm, "the first one")
        before = [one for one in alerts.standing() if one["alert"] == "over-budget"]
        for n in range(40):
            try:
                await asked(llm, f"mail {n}")
            except LlmOverBudgetError as error:
                wait = error.retry_in
        standing = [one for one in alerts.standing() if one["alert"] == "over-budget"]
        assert (len(before), len(standing)) == (0, 1)
        paid = server.paid
        assert (await asked(llm, "the first one")).is_reused
        assert server.paid == paid
        ledger.pass_time(wait + 1)
        await asked(llm, "a new day")
    assert not [one for one in alerts.standing() if one["alert"] == "over-budget"]


async def test_an_outage_goes_down_in_the_row_and_comes_back(
    server: ModelServer, ledger: Store
) -> None:
    """What a service does: wait, be woken, ask again; nothing counts as an attempt."""
    timing = PROFILES["fast"]
    server.order("faults", down=True)
    async with client(ledger.db, server.url, scale=timing.scale) as llm:
        prober = Prober(ledger.db, {LLM: llm.probe}, timing, lambda: None)
        outcomes = []
        while not ledger.run(dependency.down, LLM):
            with pytest.raises(LlmUnavailableError) as failed:
                await asked(llm)
            outcomes.append(await later(failed.value, ledger.db, prober, timing))
        assert all(isinstance(outcome, Later) for outcome in outcomes)
        assert outcomes[-1].waiting_for == LLM
        await prober.run_due()
        assert ledger.run(dependency.down, LLM)
        server.order("faults")
        ledger.pass_time(timing.probe_interval[1] + 1)
        await prober.run_due()
        assert ledger.run(dependency.down, LLM) is None
        assert (await asked(llm)).value.category == "customer"
    assert server.paid == 1


@pytest.mark.parametrize("fault", ["401", "insufficient_quota"])
async def test_a_refused_key_is_said_at_once(
    server: ModelServer, ledger: Store, fault: str
) -> None:
    timing = PROFILES["fast"]
    server.fault(fault)
    async with client(ledger.db, server.url, scale=timing.scale) as llm:
        prober = Prober(ledger.db, {LLM: llm.probe}, timing, lambda: None)
        with pytest.raises(LlmUnavailableError) as failed:
            await asked(llm)
        outcome = await later(failed.value, ledger.db, prober, timing)
        assert outcome.waiting_for == LLM
        down = ledger.run(dependency.down, LLM)
        assert down is not None
        assert down.configuration
        trouble = await llm.probe()
        assert trouble is not None
        assert trouble.is_lasting


async def test_a_question_that_is_cancelled_is_given_back(
    server: ModelServer, ledger: Store
) -> None:
    server.fault("hang")
    async with client(ledger.db, server.url) as llm:
        asking = asyncio.create_task(asked(llm))
        await until(lambda: server.requests == 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert ledger.row(CALL)["state"] == "free"
        server.order("faults")
        await asked(llm)


async def test_an_error_names_what_happened(server: ModelServer, ledger: Store) -> None:
    server.fault("404")
    async with client(ledger.db, server.url) as llm:
        with pytest.raises(LlmError, match=r"llm\.base_url"):
            await asked(llm)

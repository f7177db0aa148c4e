"""Replicas of the classifier on one PostgreSQL: no call and no verdict is doubled."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from postgres_server import PostgresServer
from replicas import Replicas
from stage import Control, Stage
from triage import Triage, triage_on, with_model

LATE = "Where is my order? It was due on Monday and has not arrived. Regards, Jo."


@pytest.fixture
async def shared(stage: Stage, llm: Control, postgres: PostgresServer) -> AsyncIterator[Triage]:
    """The classifier with the simulated model on an empty PostgreSQL."""
    database = postgres.create()
    sections = with_model(llm) | {"classifier": {"database_url": postgres.url(database)}}
    async with triage_on(stage, llm, sections) as triage:
        triage.service.ask_postgres = partial(postgres.rows, database)
        yield triage
        await triage.service.end()
    postgres.drop(database)


@pytest.mark.postgres
@pytest.mark.promise("one-verdict")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", [2, 4])
async def test_replicas_double_neither_calls_nor_verdicts(shared: Triage, number: int) -> None:
    shared.llm.post("settings", latency_s=0.2)
    async with Replicas(shared.service, number).living() as replicas:
        begun = "SELECT 1 FROM watermark"
        await shared.service.until(lambda: shared.service.rows(begun) != [])
        await shared.service.until(lambda: len(replicas.running()) == number)
        written = [shared.write(f"{LATE} {n}") for n in range(40)]
        for one in written:
            await asyncio.gather(*(shared.hint(one, c) for c in ("gmail", "webhook", "poll")))
        await shared.judged(40)
        await shared.idle()
        told = await shared.told()
        erased = await shared.service.ask("erase", conversations=[w.conversation for w in written])
    assert erased["rows"] >= 80, "forty verdicts and forty answers"
    assert shared.service.rows("SELECT 1 FROM llm_call") == []
    finals = [one.customer_thread_id for one in told if not one.provisional]
    assert sorted(finals) == sorted(one.thread for one in written)
    counters = shared.llm.get("counters")
    assert counters["most_paid_per_body"] == 1
    assert counters["paid"] == 40

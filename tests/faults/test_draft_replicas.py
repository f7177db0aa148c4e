"""Replicas of draft_writer on one PostgreSQL, killed at any moment: no draft is doubled."""

import signal
from collections.abc import AsyncIterator
from functools import partial

import pytest

from csm.contracts import Event
from drafting import Case, Drafting, drafting_on
from postgres_server import PostgresServer
from replicas import Replicas
from stage import Stage

pytestmark = pytest.mark.postgres


@pytest.fixture
async def shared(stage: Stage, postgres: PostgresServer) -> AsyncIterator[Drafting]:
    """draft_writer with templates on an empty PostgreSQL; nothing started."""
    database = postgres.create()
    own = {"database_url": postgres.url(database), "health_port": 0}
    async with drafting_on(stage, {"draft_writer": own}) as drafting:
        drafting.writer.ask_postgres = partial(postgres.rows, database)
        yield drafting
        await drafting.writer.end()
    postgres.drop(database)


def wish_twice(cases: list[Case]) -> list[Event]:
    """Every verdict, and the wish for its draft from somebody else too."""
    return [event for case in cases for event in (case.verdict(), case.wish())]


def assert_one_each(drafting: Drafting, cases: list[Case]) -> int:
    """One draft each, or a note that nobody knows what became of it; returns how many notes."""
    unknown = [case for case in cases if case.notes("outcome unknown")]
    for case in cases:
        assert len(case.drafts()) + (case in unknown) == 1, case.row()
    assert drafting.mails() == []
    return len(unknown)


@pytest.mark.promise("one-draft", "never-sent")
@pytest.mark.timeout(180)
async def test_two_replicas_double_no_draft(shared: Drafting) -> None:
    cases = [shared.case() for _ in range(20)]
    async with Replicas(shared.writer, 2).living() as replicas:
        await shared.hand_on_findings()
        await shared.writer.until(lambda: len(replicas.running()) == 2)
        await shared.publish(*wish_twice(cases))
        await shared.settled(2 * len(cases))
    assert assert_one_each(shared, cases) == 0


@pytest.mark.proof
@pytest.mark.promise("one-draft", "never-sent")
@pytest.mark.timeout(400)
async def test_neither_do_replicas_that_are_killed_again_and_again(shared: Drafting) -> None:
    cases = [shared.case() for _ in range(30)]
    wanted = 2 * len(cases)
    shared.stage.faults(latency_seconds=0.1, scope="all")
    async with Replicas(shared.writer, 2).living() as replicas:
        await shared.hand_on_findings()
        await shared.publish(*wish_twice(cases))
        kills = await replicas.kill_some(
            (0.5, 2.0), 1, lambda: shared.writer.states() == {"done": wanted}
        )
    assert kills >= 3
    assert {*shared.writer.deaths()} <= {-signal.SIGKILL}
    assert assert_one_each(shared, cases) < kills + 1

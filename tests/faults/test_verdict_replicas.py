"""Two replicas of draft_writer on one PostgreSQL: every verdict at once, and the newest wins."""

import json
import random
from collections.abc import AsyncIterator
from functools import partial

import pytest

from csm.contracts import ConversationClassified
from drafting import Case, Drafting, drafting_on
from postgres_server import PostgresServer
from replicas import Replicas
from stage import Stage

pytestmark = pytest.mark.postgres

CASES = 12
# In the order of their numbers: the last one is the newest.
VERDICTS = ((9, "P0"), (7, "P1"), (5, "P2"), (2, "P3"))


@pytest.fixture
async def shared(stage: Stage, postgres: PostgresServer) -> AsyncIterator[Drafting]:
    """draft_writer on an empty PostgreSQL, with notes and without drafts."""
    database = postgres.create()
    sections = {
        "draft_writer": {"health_port": 0, "database_url": postgres.url(database)},
        "mailbox.support.desk": {"customer": "note"},
    }
    async with drafting_on(stage, sections, notify="note") as drafting:
        drafting.writer.ask_postgres = partial(postgres.rows, database)
        yield drafting
        await drafting.writer.end()
    postgres.drop(database)


def verdicts(case: Case) -> list[ConversationClassified]:
    return [
        case.verdict(seq, importance=importance, priority=priority)
        for seq, (importance, priority) in enumerate(VERDICTS, start=1)
    ]


@pytest.mark.promise("one-verdict", "human-wins")
@pytest.mark.timeout(180)
async def test_two_replicas_leave_the_newest_tags_and_one_note(shared: Drafting) -> None:
    writer = shared.writer
    cases = [shared.case() for _ in range(CASES)]
    for case in cases:
        case.deed("tags", conversation_id=case.id, tags=["vip", "returns"])
    told = [verdict for case in cases for verdict in verdicts(case)]
    random.Random(7).shuffle(told)
    async with Replicas(writer, 2).living() as replicas:
        findings = json.loads(shared.stage.rows("SELECT findings FROM self_test")[0][0])
        while not await writer.answers("self-test-keep", findings=findings):
            assert writer.deaths() == []
        await writer.until(lambda: len(replicas.running()) == 2)
        await shared.publish(*told)
        await shared.publish(*told, again="r1")
        await writer.until(lambda: writer.states() == {"done": len(told)}, within=120)
        owners = replicas.owners()
        erased = await writer.ask("erase", conversations=[case.id for case in cases])
    assert erased["rows"] == len(told)
    assert writer.rows("SELECT 1 FROM work WHERE payload LIKE ?", "%parcel%") == []
    for case in cases:
        assert set(case.row()["tags"]) == {"vip", "returns", "customer", "p3"}
        assert len(case.notes()) == 1
    assert len(owners) == 2, "one replica did everything"
    assert shared.mails() == []

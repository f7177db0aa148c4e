"""Stale conversations at the wire: followups asks, draft_writer decides, once per message."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from clock import CANARY, clockwork_on
from clock_desk import TAG, Desk, desk_on
from drafting import Case
from postgres_server import PostgresServer
from replicas import Replicas
from stage import Control, Stage


@pytest.fixture
async def desk(stage: Stage, people: Control) -> AsyncIterator[Desk]:
    async with desk_on(stage, people) as opened:
        opened.clockwork.service.live()
        await opened.clockwork.is_up()
        yield opened


async def in_five_states(desk: Desk) -> dict[str, Case]:
    """No draft, the bot's, a person's, a discarded one, answered."""
    cases = {n: desk.case() for n in ("none", "bots", "persons", "discarded", "answered")}
    await desk.drafted(cases["bots"])
    thread = await desk.drafted(cases["discarded"])
    persons, answered = cases["persons"], cases["answered"]
    persons.deed("draft-discard", thread_id=thread)
    persons.deed("draft-start", conversation_id=persons.id, text="<p>I look into it.</p>")
    answered.deed("agent-reply", conversation_id=answered.id, text="<p>It is on its way.</p>")
    return cases


def seen(case: Case) -> tuple[bool, int, int]:
    """Tag, drafts, notes about a follow-up."""
    return TAG in case.row()["tags"], len(case.drafts()), len(case.notes("Follow-up"))


RIGHT = {
    "none": (True, 1, 0), "bots": (True, 1, 1), "persons": (True, 1, 0),
    "discarded": (True, 0, 0), "answered": (False, 0, 0),
}  # fmt: skip


@pytest.mark.promise("human-wins", "one-draft")
async def test_each_state_of_a_stale_conversation_gets_what_it_should(desk: Desk) -> None:
    cases = await in_five_states(desk)
    assert (await desk.clockwork.scan(days=0.5))["number"] == 0
    listed = await desk.clockwork.scan(dry_run=True)
    assert listed["number"] == 4
    assert desk.clockwork.service.rows("SELECT 1 FROM stale_period") == []
    for _ in range(3):
        await desk.clockwork.scan()
        await desk.settled(*(case for name, case in cases.items() if name != "answered"))
    assert {name: seen(case) for name, case in cases.items()} == RIGHT
    assert desk.clockwork.service.rows("SELECT max(published) FROM stale_period") == [(1,)]
    assert CANARY not in desk.clockwork.service.tail()
    # What the agent wrote, and nothing else.
    assert [mail["conversation_id"] for mail in desk.drafting.mails()] == [cases["answered"].id]


@pytest.mark.promise("one-draft")
async def test_a_customer_who_writes_again_waits_anew(desk: Desk) -> None:
    case = desk.case()
    await desk.clockwork.scan()
    await desk.settled(case)
    case.write("Hello? Is anybody there?")
    assert (await desk.clockwork.scan())["rows"][0]["result"] == "asked"
    await desk.drafting.writer.until(lambda: len(case.notes("Follow-up")) == 1)
    await desk.clockwork.scan()
    await desk.drafting.settled()
    assert seen(case) == (True, 1, 1)


@pytest.mark.promise("shown")
async def test_a_stale_p0_is_told_once_and_what_was_there_before_is_left_alone(
    desk: Desk,
) -> None:
    case, other = desk.case(), desk.case()
    old = desk.drafting.case()
    for one in (case, old):
        answer = desk.clockwork.desk.put(f"/api/conversations/{one.id}/tags", json={"tags": ["P0"]})
        assert answer.status_code == 204
    await desk.clockwork.scan()
    await desk.settled(case, other)
    await desk.clockwork.scan()
    await desk.clockwork.service.until(lambda: "waits for an answer" in desk.clockwork.texts())
    assert f"conversation/{case.id}" in desk.clockwork.texts()
    assert len(desk.clockwork.told()) == 1
    assert seen(old) == (False, 0, 0)


@pytest.mark.promise("one-draft")
async def test_below_drafts_nothing_is_asked_for(stage: Stage, people: Control) -> None:
    async with clockwork_on(stage, people, write="triage") as clockwork:
        clockwork.service.live()
        await clockwork.is_up()
        clockwork.waits()
        assert [row["result"] for row in (await clockwork.scan())["rows"]] == ["dry-run"]
        assert clockwork.service.rows("SELECT state FROM stale_period") == [("dry-run",)]
        assert stage.stream("WORK") == 0


@pytest.mark.postgres
@pytest.mark.promise("human-wins", "one-draft", "shown")
async def test_two_replicas_over_a_week_do_it_once(
    stage: Stage, people: Control, postgres: PostgresServer
) -> None:
    name = postgres.create()
    async with desk_on(stage, people, database_url=postgres.url(name)) as desk:
        service = desk.clockwork.service
        service.ask_postgres = partial(postgres.rows, name)
        async with Replicas(service, 2).living():
            await desk.clockwork.is_up()
            cases = await in_five_states(desk)
            for day in range(2, 9):
                await desk.clockwork.scan(days=day)
            await desk.settled(*(case for n, case in cases.items() if n != "answered"))
            assert {n: seen(case) for n, case in cases.items()} == RIGHT
            assert service.rows("SELECT count(*), max(published) FROM stale_period") == [(4, 1)]
        await service.end()
    postgres.drop(name)

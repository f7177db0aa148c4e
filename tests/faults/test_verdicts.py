"""Verdicts become tags and one note, whatever people, crashes and the bus do meanwhile."""

import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx
import nats as nats_client
import pytest

from crash_stages import OTHERS
from csm.contracts import ConversationClassified
from desk_client import HEADERS, create
from draft_writer.settings import Settings
from player import Player, Row
from stage import Stage

FOREIGN = ["vip", "returns"]
# FreeScout user of the bot in every installation of the tests.
BOT = 1


@pytest.fixture
async def writer(stage: Stage) -> Player:
    """draft_writer with the findings of the prepared self-test, in a mailbox at `triage`."""
    stage.change(write="triage", mailbox={"notify": "note"})
    return await stage.join("draft_writer", Settings)


@pytest.fixture
async def desk(stage: Stage) -> AsyncIterator[httpx.Client]:
    with httpx.Client(base_url=stage.desk.url, headers=HEADERS, trust_env=False) as client:
        yield client


class Case:
    """One conversation, and verdicts about its messages."""

    def __init__(self, stage: Stage, desk: httpx.Client) -> None:
        self.stage = stage
        self.desk = desk
        self.id = create(desk, subject="Where is my parcel?")

    def row(self) -> Row:
        rows = {row["id"]: row for row in self.stage.desk.get("state?bodies=1")["conversations"]}
        return rows[self.id]

    def newest(self) -> int:
        written = [t["id"] for t in self.row()["threads"] if t["type"] == "customer"]
        return int(written[-1])

    def notes(self) -> list[Row]:
        return [t for t in self.row()["threads"] if t["type"] == "note"]

    def tags(self) -> set[str]:
        return set(self.row()["tags"])

    def tag(self, *tags: str) -> None:
        self.stage.desk.post("tags", conversation_id=self.id, tags=sorted(tags))

    def write(self) -> int:
        body = {"type": "customer", "text": "And the invoice?"}
        answer = self.desk.post(f"/api/conversations/{self.id}/threads", json=body)
        return int(answer.headers["Resource-ID"])

    def verdict(self, seq: int = 1, **change: Any) -> ConversationClassified:
        facts: dict[str, Any] = {
            "conversation_id": self.id, "customer_thread_id": self.newest(), "verdict_seq": seq,
            "category": "customer", "importance": 9, "priority": "P0", "method": "model",
            "provisional": False, "prompt_version": "classify-1", "reason": "A parcel is lost.",
        }  # fmt: skip
        return ConversationClassified(**{**facts, **change})


@pytest.fixture
def case(stage: Stage, desk: httpx.Client) -> Case:
    return Case(stage, desk)


async def publish(stage: Stage, *verdicts: ConversationClassified, again: str = "") -> None:
    client = await nats_client.connect(stage.nats.url)
    try:
        for verdict in verdicts:
            await client.jetstream().publish(
                verdict.subject,
                verdict.model_dump_json().encode(),
                headers={"Nats-Msg-Id": verdict.dedup_id(again)},
            )
    finally:
        await client.close()


async def settled(writer: Player, number: int) -> None:
    """Wait until that many verdicts have their end."""
    query = "SELECT count(*) FROM work WHERE state <> 'wanted'"
    await writer.until(lambda: writer.rows(query)[0][0] == number)


async def begun(stage: Stage, writer: Player, crash_at: str = "") -> None:
    """Start it and hand the self-test's findings on, as `csm self-test` does."""
    writer.live(crash_at=crash_at)
    findings = json.loads(stage.rows("SELECT findings FROM self_test")[0][0])
    while not await writer.answers("self-test-keep", findings=findings):
        assert writer.deaths() == []


@pytest.mark.promise("one-verdict", "human-wins")
async def test_a_verdict_is_tags_and_one_note_and_never_twice(
    stage: Stage, writer: Player, case: Case
) -> None:
    case.tag(*FOREIGN)
    await begun(stage, writer)
    verdict = case.verdict()
    await publish(stage, verdict)
    await settled(writer, 1)
    assert case.tags() == {*FOREIGN, "customer", "p0", "high-priority"}
    (note,) = case.notes()
    assert "P0" in note["body"]
    assert "A parcel is lost." in note["body"]
    writes = stage.requests("P")
    await publish(stage, verdict, again="r1")
    late = case.verdict(2, importance=3, priority="P3", reason="Of an older kind.")
    await publish(stage, late)
    await settled(writer, 2)
    assert case.tags() == {*FOREIGN, "customer", "p3"}
    assert len(case.notes()) == 1
    # The later verdict changed the tags; the message has its note.
    assert stage.requests("P") == writes + 1
    assert [mail for mail in stage.sink() if mail["kind"] != "notification"] == []


@pytest.mark.promise("one-verdict")
async def test_the_newest_verdict_wins_in_any_order(
    stage: Stage, writer: Player, case: Case
) -> None:
    first = case.newest()
    second = case.write()
    await begun(stage, writer)
    older = case.verdict(1, customer_thread_id=first, reason="The first message.")
    newer = case.verdict(2, customer_thread_id=second, category="lead", priority="P2", importance=4)
    early = case.verdict(
        1, customer_thread_id=second, method="rules", provisional=True, priority="P3", importance=1
    )
    for number, verdict in enumerate((newer, early, older), start=1):
        await publish(stage, verdict)
        await settled(writer, number)
    assert case.tags() == {"lead", "p2"}
    (note,) = case.notes()
    assert "lead" in note["body"]


@pytest.mark.promise("human-wins")
async def test_what_a_person_did_to_our_tags_stays(
    stage: Stage, writer: Player, desk: httpx.Client
) -> None:
    cases = [Case(stage, desk) for _ in range(3)]
    removed, added, foreign = cases
    await begun(stage, writer)
    for number, case in enumerate(cases, start=1):
        await publish(stage, case.verdict(1, importance=7, priority="P1"))
        await settled(writer, number)
    removed.tag("customer")
    added.tag("customer", "p1", "p0")
    foreign.tag("customer", "p1", "vip")
    for number, case in enumerate(cases, start=4):
        await publish(stage, case.verdict(2, importance=2, priority="P3"))
        await settled(writer, number)
    assert removed.tags() == {"customer"}
    assert added.tags() == {"customer", "p1", "p0"}
    assert foreign.tags() == {"customer", "p3", "vip"}
    assert [len(case.notes()) for case in cases] == [1, 1, 1]


@pytest.mark.promise("shown")
async def test_a_message_that_no_model_judges_is_announced_once(
    stage: Stage, writer: Player, case: Case
) -> None:
    stage.append("[draft_writer]", "arrival_minutes = 0.5")
    await begun(stage, writer)
    early = case.verdict(1, method="rules", provisional=True, priority="P1", importance=7)
    await publish(stage, early)
    await writer.until(lambda: case.tags() == {"p1", "not-classified"})
    await settled(writer, 1)
    (arrival,) = case.notes()
    assert "not classified" in arrival["body"]
    await publish(stage, case.verdict(2))
    await settled(writer, 2)
    assert case.tags() == {"customer", "p0", "high-priority"}
    assert len(case.notes()) == 2
    imported = [note["imported"] for note in case.notes()]
    assert imported == [False, True]


@pytest.mark.promise("one-verdict")
async def test_a_merged_conversation_is_followed_and_a_deleted_one_left(
    stage: Stage, writer: Player, desk: httpx.Client
) -> None:
    source, target, deleted = (Case(stage, desk) for _ in range(3))
    merged, gone = source.verdict(), deleted.verdict()
    stage.desk.post("merge", source=source.id, target=target.id, user=BOT)
    stage.desk.post("delete-forever", conversation_id=deleted.id)
    await begun(stage, writer)
    await publish(stage, merged, gone)
    await settled(writer, 2)
    assert target.tags() == {"customer", "p0", "high-priority"}
    assert len(target.notes()) == 1
    assert source.row()["state"] == "deleted"
    assert writer.states() == {"done": 1, "gone": 1}


@pytest.mark.promise("waiting-is-not-failing")
async def test_an_outage_makes_verdicts_wait_and_none_fail(
    stage: Stage, writer: Player, desk: httpx.Client
) -> None:
    cases = [Case(stage, desk) for _ in range(6)]
    verdicts = [case.verdict() for case in cases]
    await begun(stage, writer)
    stage.faults(down=True)
    await publish(stage, *verdicts)
    await writer.until(lambda: "freescout" in writer.down())
    stage.faults()
    await settled(writer, len(cases))
    assert writer.states() == {"done": len(cases)}
    assert [len(case.notes()) for case in cases] == [1] * len(cases)


@pytest.mark.proof
@pytest.mark.promise("one-verdict", "human-wins")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "point",
    [*OTHERS["draft_writer"], "after_lease", "after_intent", "request_sent", "after_response",
     "in_record_tx", "after_record", "after_reconcile_found", "after_reconcile_absent",
     "before_ack"],
)  # fmt: skip
async def test_a_death_at_this_point_doubles_no_note_and_loses_no_tag(
    stage: Stage, writer: Player, desk: httpx.Client, point: str, count: int
) -> None:
    cases = [Case(stage, desk) for _ in range(2)]
    await begun(stage, writer, crash_at=f"{point}#{count}")
    notes = "/threads"
    stage.faults(**{
        "after_reconcile_found": {"lost": {"next": 3, "path": notes}},
        "after_reconcile_absent": {"reset": {"next": 2, "path": notes}},
    }.get(point, {}))  # fmt: skip
    await publish(stage, *(case.verdict() for case in cases))
    await settled(writer, 2)
    await writer.until(lambda: writer.deaths() == [-signal.SIGKILL])
    for case in cases:
        assert case.tags() == {"customer", "p0", "high-priority"}
        assert len(case.notes()) == 1
    assert [mail for mail in stage.sink() if mail["kind"] != "notification"] == []

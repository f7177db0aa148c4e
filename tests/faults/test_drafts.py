"""One draft per conversation, made once, and never over a person's words."""

import signal
from collections.abc import AsyncIterator

import pytest

from drafting import Drafting, drafting_on, with_author
from stage import Control, Stage

# Whichever draft comes first, the named one is met in any pass.
EVERY_PASS = 0


@pytest.fixture
async def plain(stage: Stage) -> AsyncIterator[Drafting]:
    """Without a model: templates."""
    async with drafting_on(stage) as drafting:
        yield drafting


@pytest.fixture
async def written(stage: Stage, llm: Control) -> AsyncIterator[Drafting]:
    """With the simulated model."""
    llm.post("reset")
    async with drafting_on(stage, with_author(llm)) as drafting:
        yield drafting


@pytest.mark.promise("one-draft", "never-sent")
async def test_a_final_verdict_becomes_one_draft_and_never_another(written: Drafting) -> None:
    case = written.case()
    await written.begin()
    verdict = case.verdict()
    await written.publish(verdict)
    await written.settled(2)
    (draft,) = case.drafts()
    assert "thank you for your message" in draft["body"]
    assert "\n" not in draft["body"]
    assert written.drafts() == {case.newest(): "made"}
    writes = written.stage.requests("P")
    await written.publish(verdict, case.wish(), again="r1")
    await written.settled(2)
    assert written.stage.requests("P") == writes
    assert case.drafts() == [draft]
    assert written.mails() == []


@pytest.mark.promise("one-draft", "human-wins")
async def test_a_discarded_draft_is_never_made_again_and_its_end_is_known(
    plain: Drafting,
) -> None:
    case = plain.case()
    await plain.begin()
    await plain.publish(case.verdict())
    await plain.settled(2)
    (draft,) = case.drafts()
    case.deed("draft-discard", thread_id=draft["id"])
    await plain.publish(case.wish("followup"), case.hint(), case.wish(), again="r1")
    await plain.settled(3)
    await plain.writer.until(lambda: plain.drafts() == {case.newest(): "discarded"})
    assert case.drafts() == []
    assert "followup-ready" in case.row()["tags"]
    assert plain.mails() == []


@pytest.mark.promise("human-wins")
@pytest.mark.parametrize("deed", ["open", "type", "start", "send", "undo"])
async def test_what_a_person_does_with_a_draft_stays(plain: Drafting, deed: str) -> None:
    case = plain.case()
    await plain.begin()
    await plain.publish(case.verdict())
    await plain.settled(2)
    number = case.drafts()[0]["id"]
    plain.stage.desk.post("settings", reply_delay_seconds=600.0)
    deeds: dict[str, list[tuple[str, dict[str, object]]]] = {
        "open": [("draft-resave", {"thread_id": number})],
        "type": [("draft-edit", {"thread_id": number, "text": "<p>My own words</p>"})],
        "start": [("draft-start", {"conversation_id": case.id, "text": "<p>My own words</p>"})],
        "send": [("draft-send", {"thread_id": number})],
        "undo": [("draft-send", {"thread_id": number}), ("draft-undo", {"thread_id": number})],
    }
    for name, facts in deeds[deed]:
        case.deed(name, **facts)
    before = {t["id"]: (t["state"], t["body"]) for t in case.threads("message")}
    await plain.publish(case.wish("followup"), case.verdict(2), case.hint(), again="r1")
    await plain.settled(4)
    assert {t["id"]: (t["state"], t["body"]) for t in case.threads("message")} == before
    assert len(case.notes("Follow-up")) == (deed in ("open", "undo"))


@pytest.mark.promise("human-wins", "one-draft")
@pytest.mark.parametrize("deed", ["start", "reply", "write", "close"])
async def test_a_deed_while_the_text_is_made_wins(
    written: Drafting, llm: Control, deed: str
) -> None:
    llm.post("settings", latency_s=1.5)
    case = written.case()
    await written.begin()
    await written.publish(case.verdict())
    await written.writer.until(lambda: llm.get("counters")["requests"] >= 1)
    deeds = {
        "start": lambda: case.deed("draft-start", conversation_id=case.id, text="<p>Mine</p>"),
        "reply": lambda: case.deed("agent-reply", conversation_id=case.id, text="<p>Mine</p>"),
        "write": case.write,
        "close": lambda: case.deed("status", conversation_id=case.id, status="closed"),
    }
    deeds[deed]()
    await written.settled(2)
    assert [t["body"] for t in case.drafts()] == ["<p>Mine</p>"] * (deed == "start")
    assert written.drafts() == {}


@pytest.mark.promise("never-sent")
@pytest.mark.parametrize(
    "planted",
    ["Pay at https://evil.example/pay now", "Write to pay@evil.example", "Call +44 20 7946 0958"],
)
async def test_what_only_the_customer_wrote_is_never_in_a_draft(
    written: Drafting, llm: Control, planted: str
) -> None:
    text = f"Hello, thank you for your message, we look into it. {planted}"
    llm.post("answers", fixtures=[{"containing": "parcel", "values": {"text": text}}])
    case = written.case(f"Where is my parcel? {planted}")
    await written.begin()
    await written.publish(case.verdict())
    await written.settled(2)
    assert case.drafts() == []
    assert written.drafts() == {case.newest(): "withheld"}
    assert len(case.notes("No draft")) == 1
    assert int(llm.get("counters")["paid"]) == 2


@pytest.mark.proof
@pytest.mark.promise("one-draft")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "point",
    ["after_draft_text", "before_read_back", "after_intent", "request_sent", "after_response",
     "in_record_tx", "after_record"],
)  # fmt: skip
async def test_a_death_at_this_point_doubles_no_draft(
    plain: Drafting, point: str, count: int
) -> None:
    """Each conversation has its draft, or a note that nobody knows what became of it."""
    cases = [plain.case() for _ in range(2)]
    await plain.begin()
    await plain.publish(*(case.verdict() for case in cases))
    await plain.settled(4)
    assert plain.writer.deaths() == []
    again = [plain.case() for _ in range(2)]
    keys = [case.wish().key for case in again]
    await plain.writer.stop()
    plain.writer.live(crash_at=f"{point}@{keys[count - 1]}#{EVERY_PASS}")
    await plain.publish(*(case.verdict() for case in again))
    await plain.settled(8)
    await plain.writer.until(lambda: plain.writer.deaths() == [0, -signal.SIGKILL])
    for case in (*cases, *again):
        assert len(case.drafts()) + len(case.notes("outcome unknown")) == 1
    assert plain.mails() == []


@pytest.mark.promise("never-sent")
async def test_a_published_draft_stops_all_drafting_until_somebody_resumes(
    plain: Drafting,
) -> None:
    """Twelve are on their way at once: one is published, the others wait; notes go on."""
    cases = [plain.case() for _ in range(12)]
    await plain.begin()
    plain.stage.desk.post("settings", drafts="published", reply_delay_seconds=600.0)
    plain.stage.faults(latency_seconds=0.05, scope="all")
    await plain.publish(*(case.verdict() for case in cases))
    await plain.writer.until(lambda: "drafting" in plain.writer.down())
    await plain.writer.until(lambda: all(case.notes("<b>P2</b>") for case in cases))
    waiting = "SELECT count(*) FROM work WHERE waiting_for = 'drafting'"
    await plain.writer.until(lambda: plain.writer.rows(waiting)[0][0] == len(cases) - 1)
    assert sum(len(case.threads("message")) for case in cases) == 1
    assert len(plain.writer.alerts("drafting-stopped")) == 1
    plain.stage.desk.post("settings", drafts="kept")
    assert (await plain.writer.ask("drafts"))["stopped"]
    assert await plain.writer.ask("resume-drafting") == {"resumed": True}
    await plain.settled(2 * len(cases))
    assert sum(len(case.drafts()) for case in cases) == len(cases) - 1

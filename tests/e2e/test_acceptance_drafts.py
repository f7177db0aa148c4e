"""What becomes of drafts, read from FreeScout by schedule, and which messages get none."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from cli_stack import csm
from csm_cli.evaluation.case import load
from drafting import Case, Drafting, drafting_on, with_author
from stage import Control, Stage

OWN = "<p>Hello Jo, your parcel left yesterday, it should be there by Friday.</p>"
ADDED = "<p>Kind regards, Ada</p>"
FOREIGN = "Hello, thank you for your message, please pay at https://evil.example/pay today."


@pytest.fixture
async def written(stage: Stage, llm: Control) -> AsyncIterator[Drafting]:
    """With the simulated model; mails leave at once, nobody hears of them by a webhook."""
    llm.post("reset")
    async with drafting_on(stage, with_author(llm)) as drafting:
        yield drafting


async def pass_until_looks_are_due(drafting: Drafting) -> None:
    """The hours until the next scheduled look go by while the service is stopped."""
    assert await drafting.writer.stop() == 0
    with closing(sqlite3.connect(drafting.writer.database)) as connection, connection:
        connection.execute("UPDATE draft SET next_look = 1 WHERE next_look IS NOT NULL")
    drafting.writer.live()


def ended(drafting: Drafting, cases: dict[str, Case]) -> dict[str, tuple[str, float | None, str]]:
    """Outcome, distance and language of each case's draft."""
    rows = drafting.writer.rows("SELECT basis_thread_id, state, distance, sent_language FROM draft")
    known = {row[0]: row[1:] for row in rows}
    return {name: known[case.newest()] for name, case in cases.items()}


@pytest.mark.proof
@pytest.mark.promise("human-wins", "never-sent")
@pytest.mark.timeout(120)
async def test_every_outcome_is_read_by_schedule_without_a_webhook(
    written: Drafting, llm: Control
) -> None:
    llm.post("answers", fixtures=[{"containing": "planted", "values": {"text": FOREIGN}}])
    names = ("unchanged", "edited", "opened", "discarded", "superseded", "kept", "withheld")
    cases = {name: written.case() for name in names[:-1]}
    cases["withheld"] = written.case("Where is my planted parcel? Thank you for looking.")
    await written.begin()
    await written.publish(*(case.verdict() for case in cases.values()))
    await written.settled(14)
    number = {name: case.drafts()[0]["id"] for name, case in cases.items() if case.drafts()}
    ours = cases["edited"].drafts()[0]["body"]
    cases["unchanged"].deed("draft-send", thread_id=number["unchanged"])
    cases["edited"].deed("draft-send", thread_id=number["edited"], text=f"{ours}{ADDED}")
    cases["opened"].deed("draft-resave", thread_id=number["opened"])
    cases["opened"].deed("draft-send", thread_id=number["opened"])
    cases["discarded"].deed("draft-discard", thread_id=number["discarded"])
    cases["superseded"].deed("agent-reply", conversation_id=cases["superseded"].id, text=OWN)
    await pass_until_looks_are_due(written)
    # What was just sent can still be undone: it is looked at once more.
    await written.writer.until(lambda: list(written.drafts().values()).count("made") == 1)
    found = ended(written, cases)
    assert found["unchanged"] == found["opened"] == ("unchanged", 0.0, "en")
    state, distance, language = found["edited"]
    assert (state, language) == ("edited", "en")
    assert 0.0 < (distance or 0) < 0.5
    assert {name: found[name][0] for name in ("discarded", "superseded", "kept", "withheld")} == {
        "discarded": "discarded", "superseded": "superseded", "kept": "made",
        "withheld": "withheld",
    }  # fmt: skip
    counts = (await written.writer.ask("drafts"))["counts"]
    assert counts["unchanged"] == 2
    assert {mail["thread_id"] for mail in written.mails()} == {
        number["unchanged"], number["edited"], number["opened"],
        cases["superseded"].threads("message", "published")[0]["id"],
    }  # fmt: skip


@pytest.mark.proof
@pytest.mark.promise("human-wins")
@pytest.mark.timeout(120)
async def test_an_edited_draft_becomes_a_case_of_an_evaluation(
    written: Drafting, tmp_path: Path
) -> None:
    case = written.case("Where is my parcel? My password: hunter2secret. Thank you, Jo")
    await written.begin()
    await written.publish(case.verdict())
    await written.settled(2)
    case.deed("draft-send", thread_id=case.drafts()[0]["id"], text=OWN)
    await pass_until_looks_are_due(written)
    await written.writer.until(lambda: list(written.drafts().values()) == ["edited"])
    config, file = written.stage.installation.config, tmp_path / "cases.jsonl"
    said = await asyncio.to_thread(csm, "drafts", "--export", str(file), "--config", str(config))
    assert said.exit_code == 0, said.output
    assert file.stat().st_mode & 0o777 == 0o600
    (exported,) = load(file)
    assert exported.draft is not None
    assert (
        exported.draft.reference
        == "Hello Jo, your parcel left yesterday, it should be there by Friday."
    )
    assert exported.messages[-1].body is not None
    assert "Where is my parcel?" in exported.messages[-1].body
    assert "hunter2secret" not in file.read_text()


@pytest.mark.proof
@pytest.mark.promise("one-draft", "human-wins")
@pytest.mark.timeout(120)
async def test_a_newer_message_gets_a_suggestion_and_a_merge_is_followed(
    written: Drafting,
) -> None:
    suggested, source, target = (written.case() for _ in range(3))
    await written.begin()
    await written.publish(suggested.verdict(), source.verdict())
    await written.settled(4)
    (draft,) = suggested.drafts()
    suggested.write()
    await written.publish(suggested.verdict())
    await written.settled(6)
    assert suggested.drafts() == [draft]
    assert len(suggested.notes("Newer suggestion")) == 1
    basis = source.newest()
    number = source.drafts()[0]["id"]
    source.deed("merge", source=source.id, target=target.id)
    await written.publish(source.wish("followup", basis))
    await written.settled(7)
    assert [d["id"] for d in target.drafts()] == [number]
    target.deed("draft-discard", thread_id=number)
    await pass_until_looks_are_due(written)
    await written.writer.until(lambda: written.drafts()[basis] == "discarded")
    assert written.mails() == []


@pytest.mark.promise("one-draft")
@pytest.mark.timeout(120)
async def test_switches_senders_and_the_days_ceiling_decide_who_gets_a_draft(
    stage: Stage,
) -> None:
    sections = {
        "mailbox.support.desk": {"lead": "note", "other": "off"},
        "mailbox.support.drafts": {"per_day": 2, "not_drafted": ["@robots.example"]},
    }
    async with drafting_on(stage, sections, excluded_senders=["vip@client.example"]) as drafting:
        robot = drafting.case(customer={"email": "r2@robots.example"})
        vip = drafting.case(customer={"email": "vip@client.example"})
        lead, other, urgent, bulk = (drafting.case() for _ in range(4))
        await drafting.begin()
        await drafting.publish(
            robot.verdict(), vip.verdict(), lead.verdict(category="lead"),
            other.verdict(category="other"), urgent.verdict(importance=9, priority="P0"),
            bulk.verdict(flags="b"),
        )  # fmt: skip
        await drafting.settled(6)
        assert drafting.drafts() == {}
        assert other.row()["tags"] == []
        usual = [drafting.case() for _ in range(4)]
        await drafting.publish(*(case.verdict() for case in usual))
        await drafting.settled(14)
        assert sum(len(case.drafts()) for case in usual) == 2
        reasons = drafting.writer.rows(
            "SELECT reason FROM work WHERE id LIKE 'draft.upsert:%' AND reason LIKE '%of the day%'"
        )
        assert len(reasons) == 2

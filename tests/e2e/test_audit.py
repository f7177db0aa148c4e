"""The audit names what is wrong in the help desk, and nothing that people may do there."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest

from cli_stack import csm
from csm import install
from csm.marker import append_marker, make_marker
from letters import letter, message_id
from stage import Row, Stage

FILE = ("plan.pdf", b"%PDF" + bytes(5000))

pytestmark = pytest.mark.promise("shown")


async def audited(stage: Stage) -> tuple[int, Row]:
    """Exit code and answer of `csm audit`."""
    config = str(stage.installation.config)
    result = await asyncio.to_thread(csm, "audit", "--config", config, "--since", "2h", "--json")
    return result.exit_code, json.loads(result.stdout)


async def only_finding(stage: Stage) -> Row:
    code, answer = await audited(stage)
    assert code == 1
    (finding,) = answer["findings"]
    assert finding["advice"]
    return dict(finding)


async def written(stage: Stage, *mails: bytes) -> list[Row]:
    """These mails of one Gmail thread, written one after the other; Gmail's rows."""
    rows: list[Row] = []
    for mail in mails:
        thread = rows[0]["thread_id"] if rows else None
        rows.append(stage.deliver(mail, thread_id=thread))
        await stage.quiet()
    return rows


def exchange(name: str, **options: Any) -> tuple[bytes, bytes]:
    """A mail and the answer to it."""
    return letter(name, **options), letter(f"{name}-2", answers=[message_id(name)], **options)


def threads(stage: Stage) -> list[Row]:
    rows = stage.conversations(bodies=True)
    return [
        {**thread, "conversation": row["id"]}
        for row in rows
        for thread in row["threads"]
        if thread["type"] == "customer"
    ]


def post(stage: Stage, conversation: int, body: str) -> int:
    """A customer thread by hand; its id."""
    thread = {"type": "customer", "text": body, "imported": True}
    answer = httpx.post(
        f"{stage.desk.url}/api/conversations/{conversation}/threads",
        headers={"X-FreeScout-API-Key": "simulated-key", "Accept": "application/json"},
        json=thread,
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


def tamper(stage: Stage, statement: str, *parameters: object) -> None:
    """A hand in the journal."""
    with closing(sqlite3.connect(stage.database, timeout=20)) as connection, connection:
        assert connection.execute(statement, parameters).rowcount == 1


async def test_a_thread_that_freescout_lost_is_missing(stage: Stage) -> None:
    stage.live()
    stage.faults(thread_lost={"next": 1, "path": "/threads"})
    _, second = await written(stage, *exchange("lost"))
    finding = await only_finding(stage)
    assert (finding["kind"], finding["mail"]) == ("missing", second["id"])
    assert finding["conversation_id"] == stage.conversations()[0]["id"]
    assert finding["advice"].count(second["id"]) == 1
    assert len(threads(stage)) == 1


async def test_a_mail_that_is_there_twice_is_a_double(stage: Stage) -> None:
    stage.live()
    (mail,) = await written(stage, letter("twice"))
    await written(stage, letter("other", sender="bob@customers.example"))
    original, other = threads(stage)
    copy = post(stage, other["conversation"], original["body"])
    finding = await only_finding(stage)
    assert (finding["kind"], finding["mail"]) == ("double", mail["id"])
    assert (finding["conversation_id"], finding["thread_id"]) == (other["conversation"], copy)
    assert f"thread {original['id']} in conversation {original['conversation']}" in finding["words"]


async def test_a_gmail_thread_in_two_conversations_is_split(stage: Stage) -> None:
    stage.live()
    first, second = exchange("split")
    (mail,) = await written(stage, first)
    await written(stage, letter("other", sender="bob@customers.example"))
    older, newer = (row["id"] for row in stage.conversations())
    statement = "UPDATE gmail_thread SET conversation_id = ? WHERE conversation_id = ?"
    await stage.stop()
    tamper(stage, "DELETE FROM gmail_thread WHERE conversation_id = ?", newer)
    tamper(stage, statement, newer, older)
    stage.live()
    moved = stage.deliver(second, thread_id=mail["thread_id"])
    await stage.quiet()
    finding = await only_finding(stage)
    assert (finding["kind"], finding["mail"]) == ("split", moved["id"])
    assert finding["conversation_id"] == newer
    assert f"conversations {older} and {newer}" in finding["words"]


async def test_an_older_mail_after_a_newer_one_is_disordered(stage: Stage) -> None:
    stage.live()
    mails = await written(stage, *exchange("order"), letter("third"))
    # Both were known when the first one was written.
    tamper(
        stage,
        "UPDATE gmail_message SET internal_date = internal_date - 9000 WHERE gmail_message_id = ?",
        mails[1]["id"],
    )
    tamper(stage, "UPDATE work SET created_at = created_at - 60 WHERE id LIKE ?",
           f"%:{mails[1]['id']}")  # fmt: skip
    finding = await only_finding(stage)
    assert (finding["kind"], finding["mail"]) == ("disordered", mails[1]["id"])


async def test_a_file_that_is_gone_is_incomplete(stage: Stage) -> None:
    stage.live()
    (mail,) = await written(stage, letter("file", files=[FILE, ("b.txt", b"b" * 99)]))
    (thread,) = threads(stage)
    stage.desk.post("lose-file", thread_id=thread["id"])
    finding = await only_finding(stage)
    assert (finding["kind"], finding["mail"]) == ("incomplete", mail["id"])
    assert (finding["thread_id"], finding["words"]) == (
        thread["id"], f"thread {thread['id']} has 1 of 2 attachments",
    )  # fmt: skip


async def test_a_thread_with_our_marker_that_nobody_wrote_is_foreign(stage: Stage) -> None:
    stage.live()
    await written(stage, letter("honest"))
    key = install.read_key(stage.settings().install_key_path)
    marker = make_marker(key, "customer-thread:support:unheard-of", "")
    (honest,) = threads(stage)
    foreign = post(stage, honest["conversation"], append_marker("<p>Hello</p>", marker))
    finding = await only_finding(stage)
    assert (finding["kind"], finding["mail"]) == ("foreign", "")
    assert (finding["conversation_id"], finding["thread_id"]) == (honest["conversation"], foreign)


async def test_nobody_plants_a_finding_by_a_marker_of_his_own(stage: Stage) -> None:
    stage.live()
    await written(stage, letter("honest"))
    (honest,) = threads(stage)
    planted = append_marker("<p>Hello</p>", make_marker(b"k" * 32, "customer-thread:support:1", ""))
    post(stage, honest["conversation"], planted)
    assert (await audited(stage))[1]["findings"] == []


async def test_what_people_do_at_the_desk_is_no_finding(stage: Stage) -> None:
    """Merged, moved, closed, answered, deleted for good, edited, another customer."""
    stage.live()
    for name in ("a", "b", "c", "d", "e", "f"):
        await written(stage, *exchange(name, sender=f"{name}@customers.example"))
    a, b, c, d, e, f = (row["id"] for row in stage.conversations())
    desk = stage.desk
    desk.post("merge", source=a, target=b)
    desk.post("delete-forever", conversation_id=c)
    desk.post("delete", conversation_id=d)
    desk.post("move", conversation_id=e, mailbox_id=2)
    desk.post("edit-customer", conversation_id=f, email="boss@customers.example")
    desk.post("status", conversation_id=f, status="closed")
    edited = threads(stage)[-1]["id"]
    desk.post("edit-thread", thread_id=edited, text="<p>What I meant was this.</p>")
    desk.post("agent-note", conversation_id=f, text="A note")
    desk.post("draft-start", conversation_id=f, text="An answer")
    code, answer = await audited(stage)
    assert (code, answer["findings"]) == (0, [])
    # And what goes on there afterwards.
    for name in ("a", "d", "e", "f"):
        again = letter(f"{name}-3", answers=[message_id(name)], sender=f"{name}@customers.example")
        known = {row["subject"]: row["thread_id"] for row in stage.messages()}
        stage.deliver(again, thread_id=known[name])
    stage.faults(lost={"every": 2}, attachments_lost={"every": 3})
    await stage.quiet()
    code, answer = await audited(stage)
    assert (code, answer["findings"]) == (0, [])
    assert answer["conversations"] >= 5


async def test_mail_that_is_made_due_again_may_come_late(stage: Stage) -> None:
    """Filtered for its label, then moved to the inbox by a person: it follows what came later."""
    stage.live()
    first, second = exchange("spam")
    row = stage.deliver(first, labels=["SPAM"], expect="any")
    await stage.quiet()
    stage.deliver(second, thread_id=row["thread_id"])
    await stage.quiet()
    stage.gmail.post("relabel", id=row["id"], add=["INBOX"], remove=["SPAM"])
    await stage.until(lambda: stage.story(row["id"])[0] == "done")
    assert (await audited(stage))[1]["findings"] == []


def asked(stage: Stage, path: str) -> httpx.Response:
    return httpx.get(f"{stage.health_url()}{path}", trust_env=False)


def gauge(metrics: str, name: str) -> float:
    (line,) = [line for line in metrics.splitlines() if line.startswith(name)]
    return float(line.split()[-1])


@pytest.mark.timeout(120)
async def test_the_regular_audit_says_each_cause_once_and_takes_it_back(stage: Stage) -> None:
    stage.environment["CSM_GMAIL_INGEST__AUDIT_HOURS"] = str(1 / 3600)
    stage.live()
    stage.faults(thread_lost={"next": 1, "path": "/threads"})
    mails = await written(stage, *exchange("lost"))
    await stage.until(lambda: stage.alerts("audit-missing") != [])

    async def status() -> Mapping[str, Any]:
        return (await stage.ask("status"))["audit"]

    assert (await status())["findings"]["missing"] == 1
    completed = (await status())["completed_at"]
    await until_audited_after(stage, completed)
    assert len(stage.alerts("audit-missing")) == 1
    assert stage.alerts("audit-missing")[0]["mails"] == [mails[1]["id"]]
    text = asked(stage, "/metrics").text
    assert gauge(text, 'csm_audit_findings{kind="missing"}') == 1
    assert gauge(text, "csm_audit_age_seconds") < 60
    # The audit is a reader: nothing was written since the mails.
    assert stage.states() == {"done": 2}
    conversation = stage.conversations()[0]["id"]
    stage.desk.post("delete-forever", conversation_id=conversation)
    await stage.until(lambda: asked(stage, "/status").json()["alerts"] == [])
    assert (await status())["findings"]["missing"] == 0


async def until_audited_after(stage: Stage, completed: float) -> None:
    def again() -> bool:
        return bool(stage.rows("SELECT 1 FROM audit WHERE completed_at > ?", completed))

    await stage.until(again)


@pytest.mark.timeout(120)
async def test_an_audit_that_is_killed_goes_on_where_it_was(stage: Stage) -> None:
    """More conversations than one slice holds, and a death between two slices."""
    stage.environment["CSM_GMAIL_INGEST__AUDIT_HOURS"] = str(3 / 3600)
    for number in range(60):
        stage.deliver(letter(f"mail {number}", sender=f"c{number}@customers.example"))
    stage.live()
    await stage.quiet()
    await stage.until(lambda: stage.rows("SELECT 1 FROM audit WHERE position IS NOT NULL") != [])
    begun = stage.rows("SELECT begun_at FROM audit")[0][0]
    stage.kill()
    await stage.until(lambda: stage.rows("SELECT 1 FROM audit WHERE completed_at > ?", begun) != [])
    assert stage.rows("SELECT found FROM audit") == [("[]",)]
    stage.assert_clean()

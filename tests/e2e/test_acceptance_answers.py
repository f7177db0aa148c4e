"""Answers that went past FreeScout, mail that no history named, and old mail of a backfill."""

import sqlite3
from contextlib import closing

import pytest

from letters import letter, message_id
from stage import Row, Stage


def notes(stage: Stage) -> list[Row]:
    rows = stage.conversations(bodies=True)
    return [thread for row in rows for thread in row["threads"] if thread["type"] == "note"]


@pytest.mark.promise("together", "shown")
async def test_an_answer_from_gmail_becomes_one_note(stage: Stage) -> None:
    asked = stage.deliver(letter("question"))
    stage.live()
    await stage.quiet()
    answer = letter("answer", sender="support@desk.example", answers=[message_id("question")])
    stage.faults(lost={"next": 1})
    sent = stage.deliver(answer, "filtered", labels=["SENT"], thread_id=asked["thread_id"])
    await stage.quiet()
    assert stage.story(sent["id"])[0] == "done"
    (note,) = notes(stage)
    assert "Answered from Gmail" in note["body"]
    assert stage.sink() == []
    stage.assert_clean()


@pytest.mark.promise("together")
async def test_what_freescout_sent_through_gmail_becomes_no_note(stage: Stage) -> None:
    for number in range(10):
        stage.deliver(letter(f"question {number}", sender=f"c{number}@customers.example"))
    stage.live()
    await stage.quiet()
    for row in stage.conversations():
        stage.desk.post("agent-reply", conversation_id=row["id"], text="Please try again.")
    await stage.until(lambda: len(stage.messages()) == 20)
    await stage.quiet()
    assert stage.states() == {"done": 10, "filtered": 10}
    assert notes(stage) == []


def forget_the_start(stage: Stage) -> None:
    """The prepared database has begun its mailbox for the self-test; here it is new."""
    with closing(sqlite3.connect(stage.database)) as connection, connection:
        connection.execute("delete from gmail_mailbox")


@pytest.mark.promise("once")
async def test_a_backfill_takes_old_mail_closed_and_in_order(stage: Stage) -> None:
    stage.change(gmail={"start": "backfill", "backfill_days": 2})
    forget_the_start(stage)
    first = stage.deliver(letter("old 0"))
    for number in (1, 2, 3):
        mail = letter(f"old {number}", answers=[message_id(f"old {number - 1}")])
        stage.deliver(mail, thread_id=first["thread_id"])
    stage.live(crash_at="after_record#2")
    await stage.quiet()
    (conversation,) = stage.conversations()
    assert conversation["status"] == "closed"
    stage.assert_clean()

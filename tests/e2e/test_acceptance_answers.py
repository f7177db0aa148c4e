"""Answers that went past FreeScout, and mail that no history named."""

import asyncio
import sqlite3
from contextlib import closing

import httpx
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


async def replies(stage: Stage, number: int) -> None:
    """FreeScout sends so many answers of agents through Gmail: the copies become no note."""
    for customer in range(number):
        mail = letter(f"question {customer}", sender=f"c{customer}@customers.example")
        stage.deliver(mail)
    stage.live()
    await stage.quiet(200)
    for row in stage.conversations():
        stage.desk.post("agent-reply", conversation_id=row["id"], text="Please try again.")
    await stage.until(lambda: len(stage.messages()) == 2 * number)
    await stage.quiet(200)
    assert stage.states() == {"done": number, "filtered": number}
    assert notes(stage) == []
    stage.assert_clean(agent_replies=number)


@pytest.mark.promise("together")
async def test_what_freescout_sent_through_gmail_becomes_no_note(stage: Stage) -> None:
    await replies(stage, 10)


@pytest.mark.nightly
@pytest.mark.timeout(450)
@pytest.mark.promise("together")
async def test_neither_do_two_hundred_of_its_replies(stage: Stage) -> None:
    await replies(stage, 200)


@pytest.mark.promise("together")
async def test_an_answer_in_a_new_gmail_thread_waits_for_the_mail_it_answers(stage: Stage) -> None:
    """The first one is in quarantine, and its conversation unknown, when the answer is placed."""
    stage.faults(reset={"next": 1})
    stage.deliver(letter("question"), group="one")
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM effect WHERE state = 'intent'") != [])
    for number in range(3):
        answers = [message_id("question"), *(message_id(f"more-{n}") for n in range(number))]
        more = letter(f"more-{number}", answers=answers)
        stage.deliver(more, group="one", thread_id=f"a{number}")
    await stage.quiet()
    assert stage.states() == {"done": 4}
    assert len(stage.conversations()) == 1
    stage.assert_clean()


@pytest.mark.promise("together")
async def test_a_chain_of_answers_that_arrives_at_once_is_one_conversation(stage: Stage) -> None:
    """Each in a Gmail thread of its own, none of them fetched when the first one is placed."""
    for number in range(8):
        answers = [message_id(f"link-{n}") for n in range(number)]
        stage.deliver(letter(f"link-{number}", answers=answers), group="c", thread_id=f"b{number}")
    stage.live()
    await stage.quiet()
    assert len(stage.conversations()) == 1
    stage.assert_clean()


@pytest.mark.promise("once")
async def test_what_a_create_left_behind_is_filled_though_its_mail_found_a_conversation(
    stage: Stage,
) -> None:
    """Its create failed halfway when it matched nothing; the mail it answers is known by then."""
    stage.start()
    question = stage.deliver(letter("question"), group="q")
    await stage.quiet()
    known = stage.rows("SELECT rfc_message_id FROM gmail_message")[0][0]
    names(stage, question, None)
    stage.faults(half={"next": 1})
    stage.deliver(letter("answer", answers=[message_id("question")]), group="a")
    await stage.until(lambda: len(stage.conversations()) == 2)
    stage.kill()
    await asyncio.wait_for(stage.ended(stage.lives[-1]), 30)
    names(stage, question, known)
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 2}
    assert [len(row["threads"]) for row in stage.conversations()] == [1, 1]
    stage.assert_clean()


def names(stage: Stage, mail: Row, rfc_message_id: str | None) -> None:
    """By which Message-ID the mail is known."""
    with closing(sqlite3.connect(stage.database, timeout=20)) as connection, connection:
        statement = "UPDATE gmail_message SET rfc_message_id = ? WHERE gmail_message_id = ?"
        assert connection.execute(statement, (rfc_message_id, mail["id"])).rowcount == 1


def is_compared_again(stage: Stage, hours: float) -> None:
    """So many hours go by since journal and mailbox were compared."""
    with closing(sqlite3.connect(stage.database)) as connection, connection:
        seconds = (3600 * hours,)
        connection.execute("UPDATE gmail_mailbox SET reconciled_at = reconciled_at - ?", seconds)


def shown_metrics(stage: Stage) -> list[str]:
    return httpx.get(f"{stage.health_url()}/metrics", trust_env=False).text.splitlines()


@pytest.mark.promise("once", "shown")
async def test_a_mail_that_no_history_named_is_found_after_six_hours(stage: Stage) -> None:
    stage.live()
    await stage.until(lambda: stage.rows("SELECT reconciled_at FROM gmail_mailbox") != [(None,)])
    missed = stage.deliver(letter("missed"), named=False)
    named = stage.deliver(letter("named", sender="bob@customers.example"))
    await stage.until(lambda: stage.story(named["id"])[0] == "done")
    assert await stage.stop() == 0
    is_compared_again(stage, hours=5.9)
    stage.live()
    later = stage.deliver(letter("later", sender="cleo@customers.example"))
    await stage.until(lambda: stage.story(later["id"])[0] == "done")
    assert stage.story(missed["id"]) == (None, None)
    assert await stage.stop() == 0
    is_compared_again(stage, hours=0.2)
    stage.live()
    await stage.quiet()
    assert stage.story(missed["id"])[0] == "done"
    assert stage.rows("SELECT recovered FROM gmail_mailbox") == [(1,)]
    assert "csm_recovered_total 1.0" in shown_metrics(stage)
    assert [line["recovered"] for line in stage.alerts("recovered")] == [1]
    stage.assert_clean()

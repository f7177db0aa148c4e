"""What FreeScout or its agents do to conversations while mails of them are under way."""

import pytest

from letters import letter, message_id
from stage import Row, Stage

FILES = (("plan.pdf", b"%PDF" + bytes(5000)), ("photo.png", b"PNG" + bytes(3000)))


def threads(stage: Stage, kind: str = "customer") -> list[Row]:
    rows = stage.conversations(bodies=True)
    return [thread for row in rows for thread in row["threads"] if thread["type"] == kind]


async def write_first(
    stage: Stage, name: str = "first", sender: str = "ann@customers.example"
) -> Row:
    """One mail, written; returns Gmail's row of it."""
    row = stage.deliver(letter(name, sender=sender))
    await stage.quiet()
    return row


@pytest.mark.promise("once", "shown")
async def test_lost_attachments_are_named_in_one_note(stage: Stage) -> None:
    stage.faults(attachments_lost={"next": 1})
    lost = stage.deliver(letter("with files", files=FILES))
    stage.live()
    await stage.quiet()
    state, reason = stage.story(lost["id"])
    assert (state, reason) == ("done", "incomplete: 2 attachments missing in FreeScout")
    notes = threads(stage, "note")
    assert len(notes) == 1
    assert all(name in notes[0]["body"] for name, _ in FILES)
    assert "https://mail.google.com/" in notes[0]["body"]
    assert len(threads(stage)) == 1
    await stage.until(lambda: len(stage.alerts("incomplete")) == 1)
    # The next one of the thread is whole again.
    stage.deliver(letter("whole", answers=[message_id("with files")], files=FILES),
                  thread_id=lost["thread_id"])  # fmt: skip
    await stage.quiet()
    assert [len(thread["attachments"]) for thread in threads(stage)] == [0, 2]
    assert len(stage.conversations()) == 1


@pytest.mark.promise("once", "together")
async def test_a_half_made_conversation_is_adopted(stage: Stage) -> None:
    stage.faults(half={"next": 1})
    first = stage.deliver(letter("half"), group="half")
    answer = letter("second", answers=[message_id("half")])
    stage.deliver(answer, group="half", thread_id=first["thread_id"])
    stage.live()
    await stage.quiet()
    assert len(stage.conversations()) == 1
    assert stage.states() == {"done": 2}
    stage.assert_clean()


@pytest.mark.promise("once", "together")
async def test_two_half_made_conversations_of_one_customer_and_subject_are_left_alone(
    stage: Stage,
) -> None:
    """Which husk is whose cannot be known, so neither is filled; both mails get a conversation."""
    stage.faults(half={"next": 2})
    stage.deliver(letter("one", "Same words"))
    stage.deliver(letter("two", "Same words"), thread_id=None)
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 2}
    verdict = stage.verdict()
    assert verdict.lost == verdict.doubled == verdict.foreign == ()


@pytest.mark.promise("together")
async def test_mail_follows_a_merge_to_its_target(stage: Stage) -> None:
    stage.live()
    await write_first(stage, "target", sender="tom@c.example")
    moved = await write_first(stage, "source")
    target, source = (row["id"] for row in stage.conversations())
    stage.desk.post("merge", source=source, target=target)
    answer = letter("next", answers=[message_id("source")])
    stage.deliver(answer, thread_id=moved["thread_id"])
    await stage.quiet()
    rows = {row["id"]: row for row in stage.conversations()}
    assert rows[source]["state"] == "deleted"
    written = [thread for thread in rows[target]["threads"] if thread["type"] == "customer"]
    assert len(written) == 3
    assert rows[target]["customer"] == "tom@c.example"
    stage.assert_clean()


@pytest.mark.promise("together")
async def test_mail_of_a_conversation_deleted_for_ever_starts_a_new_one(stage: Stage) -> None:
    stage.live()
    first = await write_first(stage)
    gone = stage.conversations()[0]["id"]
    stage.desk.post("delete-forever", conversation_id=gone)
    for name in ("second", "third"):
        answer = letter(name, answers=[message_id("first")])
        stage.deliver(answer, thread_id=first["thread_id"])
    await stage.quiet()
    rows = stage.conversations()
    assert [len(row["threads"]) for row in rows] == [2]
    assert rows[0]["id"] != gone
    assert stage.states() == {"done": 3}


@pytest.mark.promise("together", "once")
async def test_a_customer_changed_by_an_agent_keeps_the_thread_together(stage: Stage) -> None:
    stage.live()
    first = await write_first(stage)
    conversation = stage.conversations()[0]["id"]
    stage.desk.post("edit-customer", conversation_id=conversation, email="boss@c.example")
    stage.faults(lost={"next": 1})
    answer = letter("second", answers=[message_id("first")])
    stage.deliver(answer, thread_id=first["thread_id"])
    await stage.quiet()
    rows = stage.conversations(bodies=True)
    assert [row["customer"] for row in rows] == ["boss@c.example"]
    assert "not the customer of this conversation" in threads(stage)[-1]["body"]
    stage.assert_clean()


@pytest.mark.promise("once")
async def test_a_late_request_is_not_doubled(stage: Stage) -> None:
    """Applied 2 s after the client gave up: within the server's life, so the quarantine waits."""
    stage.faults(late={"next": 2}, late_seconds=1.4)
    stage.deliver(letter("late"))
    stage.deliver(letter("also late", sender="bob@c.example"))
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 2}
    stage.assert_clean()


@pytest.mark.promise("once", "shown")
async def test_html_pages_and_hanging_answers_only_cost_time(stage: Stage) -> None:
    stage.faults(html={"every": 7}, html_after={"every": 5}, hang={"every": 11}, after={"every": 4})
    for i in range(10):
        stage.deliver(letter(f"mail {i}", sender=f"c{i}@c.example"))
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 10}
    stage.assert_clean()

"""What happens to a mailbox between two looks: lost history, deleted, rescued, doubled mail."""

import pytest

from letters import letter, message_id
from stage import Stage


def customer_threads(stage: Stage) -> int:
    rows = stage.conversations()
    return sum(thread["type"] == "customer" for row in rows for thread in row["threads"])


@pytest.mark.promise("once")
async def test_raising_the_write_level_begins_with_what_comes_after_it(stage: Stage) -> None:
    stage.change(write="off")
    dry = [stage.deliver(letter(f"dry {i}"), expect="any") for i in range(3)]
    stage.live()
    await stage.quiet()
    assert stage.states() == {"dry-run": 3}
    assert stage.requests("POST") == 0
    stage.change(write="tickets")
    await stage.restart()
    stage.deliver(letter("new"))
    stage.deliver(letter("dry 0 again", answers=[message_id("dry 0")]),
                  thread_id=dry[0]["thread_id"])  # fmt: skip
    await stage.quiet()
    assert stage.states() == {"dry-run": 3, "done": 2}
    assert customer_threads(stage) == 2
    stage.assert_clean()


@pytest.mark.promise("once")
async def test_nothing_is_lost_when_gmail_forgets_the_history(stage: Stage) -> None:
    stage.deliver(letter("before"))
    stage.live()
    await stage.quiet()
    assert await stage.stop() == 0
    for i in range(4):
        stage.deliver(letter(f"missed {i}", sender=f"m{i}@c.example"))
    stage.gmail.post("expire-history")
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 5}
    assert any("history id expired" in line["event"] for line in stage.log())
    stage.deliver(letter("after"))
    await stage.quiet()
    stage.assert_clean()


@pytest.mark.promise("once", "shown")
async def test_a_mail_deleted_before_it_is_fetched_is_gone(stage: Stage) -> None:
    deleted = stage.deliver(letter("deleted"), expect="any")
    kept = stage.deliver(letter("kept"), thread_id=deleted["thread_id"])
    stage.gmail.post("delete", id=deleted["id"])
    stage.live()
    await stage.quiet()
    assert stage.story(kept["id"])[0] == "done"
    await stage.until(lambda: stage.story(deleted["id"])[0] in {"gone", None})
    stage.assert_clean()


@pytest.mark.promise("once", "shown")
async def test_a_mail_deleted_between_its_notice_and_its_fetch_is_gone(stage: Stage) -> None:
    stage.gmail.post("faults", rules=[{"kind": "503", "every": 1, "on": "messages.get"}])
    deleted = stage.deliver(letter("deleted"), expect="any")
    stage.live()
    await stage.until(lambda: stage.story(deleted["id"])[0] == "wanted")
    stage.gmail.post("delete", id=deleted["id"])
    stage.gmail.post("faults", rules=[])
    await stage.until(lambda: stage.story(deleted["id"])[0] == "gone")
    assert stage.story(deleted["id"])[1] == "deleted in Gmail"
    stage.deliver(letter("next"))
    await stage.quiet()
    stage.assert_clean()


@pytest.mark.promise("once", "shown")
async def test_a_mail_rescued_from_spam_is_written(stage: Stage) -> None:
    spam = stage.deliver(letter("rescued"), expect="any", labels=["SPAM"])
    stage.live()
    await stage.quiet()
    assert stage.story(spam["id"]) == ("filtered", "spam label")
    assert customer_threads(stage) == 0
    stage.gmail.post("relabel", id=spam["id"], add=["INBOX"], remove=["SPAM"])
    await stage.until(lambda: stage.story(spam["id"])[0] == "done")
    await stage.quiet()
    assert customer_threads(stage) == 1
    stage.assert_clean()


@pytest.mark.promise("once", "shown")
async def test_a_query_only_narrows(stage: Stage) -> None:
    stage.change(gmail={"query": "subject:invoice"})
    wanted = stage.deliver(letter("w", "Your invoice of May"))
    other = stage.deliver(letter("o", "Something else"), expect="filtered")
    stage.live()
    await stage.quiet()
    assert stage.story(wanted["id"])[0] == "done"
    assert stage.story(other["id"]) == ("filtered", "does not match gmail.query")
    stage.assert_clean()


@pytest.mark.promise("once")
async def test_two_mails_with_one_message_id_are_two_threads(stage: Stage) -> None:
    same = message_id("same")
    first = letter("same", "Twice")
    second = letter("other", "Twice", sender="bob@c.example").replace(
        message_id("other").encode(), same.encode()
    )
    stage.deliver(first, group="first")
    stage.deliver(second, group="second", thread_id=None)
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 2}
    assert customer_threads(stage) == 2


@pytest.mark.promise("once")
async def test_faults_of_gmail_only_cost_time(stage: Stage) -> None:
    rules = [
        {"kind": "503", "every": 5},
        {"kind": "reset", "every": 7},
        {"kind": "wrong_id", "every": 4},
        {"kind": "429", "every": 11, "retry_after_s": 1},
    ]
    stage.gmail.post("faults", rules=rules)
    for i in range(12):
        stage.deliver(letter(f"mail {i}", sender=f"c{i}@c.example"))
    stage.live()
    await stage.quiet()
    assert stage.states() == {"done": 12}
    stage.assert_clean()

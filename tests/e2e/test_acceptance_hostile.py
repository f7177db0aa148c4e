"""Mails that try to break the reader: each becomes a ticket or a stub, and holds nobody up."""

import signal
from dataclasses import replace

import pytest

from letters import letter
from simulators.hostile import hostile_mails
from stage import Stage

NUMBER = 50
LARGE = 300_000  # bytes: the default run leaves the heavy ones to the nightly run


def cases() -> list[tuple[str, bytes]]:
    """All of them but one: who claims to answer FreeScout is for the tests of matching."""
    return [case for case in hostile_mails() if case[0] != "claims to be FreeScout"]


async def everything_arrives(stage: Stage, mails: list[tuple[str, bytes]], within: float) -> None:
    """Each mail in a Gmail thread of its own, with a plain one behind it that must not wait."""
    for name, raw in mails:
        row = stage.deliver(raw, expect="any", thread_id=None)
        follower = letter(f"after {abs(hash(name))}", sender="kim@customers.example")
        stage.deliver(follower, thread_id=row["thread_id"], group=row["thread_id"])
    stage.live()
    await stage.quiet(within)
    ends = stage.states()
    assert set(ends) <= {"done", "degraded", "filtered"}, ends
    assert stage.deaths() == []
    # What is above a limit is left out and said in the text, so "incomplete" is no finding here.
    assert replace(stage.verdict(), incomplete=()).findings() == []
    filtered = stage.rows("SELECT id, reason FROM work WHERE state = 'filtered'")
    assert len(filtered) <= 2, filtered
    await stage.until(lambda: len(stage.alerts("degraded")) == ends.get("degraded", 0))


@pytest.mark.promise("once", "shown")
@pytest.mark.timeout(240)
async def test_fifty_hostile_mails_become_tickets_or_stubs(stage: Stage) -> None:
    small = [case for case in cases() if len(case[1]) < LARGE]
    assert len(small) >= NUMBER
    # Evenly over all groups of cases, which follow each other in the list.
    chosen = [small[i * len(small) // NUMBER] for i in range(NUMBER)]
    await everything_arrives(stage, chosen, 200)


@pytest.mark.nightly
@pytest.mark.promise("once", "shown")
@pytest.mark.timeout(900)
async def test_every_hostile_mail_becomes_a_ticket_or_a_stub(stage: Stage) -> None:
    await everything_arrives(stage, cases(), 800)


@pytest.mark.promise("once", "shown")
@pytest.mark.timeout(180)
async def test_a_mail_that_kills_the_reader_every_time_becomes_one_stub(stage: Stage) -> None:
    killer = stage.deliver(letter("killer"), group="killer")
    behind = letter("behind", sender="kim@customers.example")
    stage.deliver(behind, group="killer", thread_id=killer["thread_id"])
    others = [stage.deliver(letter(f"other {i}", sender=f"o{i}@c.example")) for i in range(6)]
    stage.live(crash_at=f"before_parse@{killer['id']}#0", in_every_life=True)
    await stage.quiet(150)
    state, reason = stage.story(killer["id"])
    assert state == "degraded"
    assert reason == "reading it stopped the service again and again"
    assert stage.states() == {"degraded": 1, "done": 7}
    assert all(stage.story(other["id"])[0] == "done" for other in others)
    assert set(stage.deaths()) == {-signal.SIGKILL}
    assert len(stage.deaths()) <= 8
    await stage.until(lambda: len(stage.alerts("degraded")) == 1)
    stage.assert_clean()

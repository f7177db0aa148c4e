"""Old mail is taken thread by thread, the newest thread first, whoever kills the service."""

import base64
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import combinations

import pytest

from letters import letter, message_id
from stage import Row, Stage

DAYS = 30
# Seconds between two mails of the mailbox.
PACE = 60
PER_THREAD = 4


def forget_the_start(stage: Stage) -> None:
    """The prepared database has begun its mailbox for the self-test; here it is new."""
    with closing(sqlite3.connect(stage.database)) as connection, connection:
        connection.execute("DELETE FROM gmail_mailbox")


def old_mail(threads: int) -> Iterator[Row]:
    """Deliveries, oldest first; the mails of a thread lie as far apart as the window allows."""
    first = int(time.time()) - threads * PER_THREAD * PACE
    for number in range(threads * PER_THREAD):
        turn, place = divmod(number, threads)
        # Whoever wrote first of all also wrote last of all.
        thread = place if turn < PER_THREAD - 1 else threads - 1 - place
        name = f"old-{thread}"
        answers = [message_id(f"{name}-{earlier}") for earlier in range(turn)]
        sender = f"{name}@customers.example"
        mail = letter(f"{name}-{turn}", f"Question {name}", sender=sender, answers=answers)
        yield {
            "raw": base64.b64encode(mail).decode(),
            "group": name,
            "expect": "ticket",
            "internal_date_s": first + number * PACE,
        }


def written(stage: Stage) -> int:
    return stage.states().get("done", 0)


def customer_threads(conversations: Sequence[Row]) -> list[Row]:
    rows = [thread for row in conversations for thread in row["threads"]]
    return [thread for thread in rows if thread["type"] == "customer"]


def share_of_pairs_newest_first(conversations: Sequence[Row]) -> float:
    """How many pairs of conversations were made in the order newest thread first: 0 to 1."""
    made = sorted(conversations, key=lambda row: int(row["id"]))
    newest = [max(t["created_at"] for t in customer_threads([row])) for row in made]
    pairs = [first > second for first, second in combinations(newest, 2)]
    return sum(pairs) / len(pairs)


async def backfill(stage: Stage, threads: int, kills: int, rules: Sequence[Row] = ()) -> None:
    """Take old mail of so many threads while the service is killed so often; `rules` are Gmail's
    faults.
    """
    number = threads * PER_THREAD
    stage.change(gmail={"start": "backfill", "backfill_days": DAYS})
    forget_the_start(stage)
    mails = list(old_mail(threads))
    for start in range(0, number, 500):
        stage.gmail.post("deliver-many", messages=mails[start : start + 500])
    stage.gmail.post("faults", rules=list(rules))
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_message") != [])
    for kill in range(kills):
        await stage.until(lambda kill=kill: written(stage) >= number * kill // (kills + 1), 900)
        stage.kill()
    await stage.quiet(900)
    assert len(stage.deaths()) == kills
    assert stage.states() == {"done": number}
    conversations = stage.conversations()
    assert len(conversations) == threads
    assert {row["status"] for row in conversations} == {"closed"}
    flags = {
        marker.split(":")[3] for t in customer_threads(conversations) for marker in t["markers"]
    }
    assert flags == {"h"}
    # What was in work at a kill waits for its lease: of few threads these are many.
    in_order = 0.9 if threads > 30 * kills else 0.5
    assert share_of_pairs_newest_first(conversations) > in_order
    stage.assert_clean()


@pytest.mark.promise("once", "together")
@pytest.mark.timeout(180)
async def test_a_backfill_that_is_killed_takes_old_mail_closed_and_in_order(stage: Stage) -> None:
    await backfill(stage, threads=15, kills=1)


@pytest.mark.nightly
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(3000)
async def test_five_thousand_messages_killed_five_times(stage: Stage) -> None:
    await backfill(stage, threads=1250, kills=5)


@pytest.mark.nightly
@pytest.mark.promise("once", "together")
@pytest.mark.timeout(300)
async def test_nothing_is_written_before_the_whole_window_is_listed(stage: Stage) -> None:
    # The second page of 500 is refused so often that the first one could be written meanwhile.
    refused = {"kind": "503", "every": 2, "on": "messages.list", "limit": 5}
    await backfill(stage, threads=130, kills=0, rules=[refused])

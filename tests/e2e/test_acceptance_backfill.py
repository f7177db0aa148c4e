"""Old mail is taken thread by thread, the newest thread first, whoever kills the service."""

from collections.abc import Sequence
from itertools import combinations

import pytest

from past import DAYS, PER_THREAD, bring_old_mail
from stage import Row, Stage


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
    bring_old_mail(stage, threads)
    stage.gmail.post("faults", rules=list(rules))
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_message") != [])
    for kill in range(kills):
        enough = number * (kill + 1) // (kills + 1)
        await stage.until(lambda enough=enough: written(stage) >= enough, 900)
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
    await backfill(stage, threads=24, kills=1)


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

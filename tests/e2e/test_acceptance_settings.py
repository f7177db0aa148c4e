"""What a connection shows to be wrong is said once in words; mail waits until it is right."""

import asyncio
from collections.abc import Callable

import pytest

from csm.settings import EXIT_CONFIG
from letters import letter
from stage import Stage

WATCHED = 3.0  # seconds; more than five passes of the due loop


async def degraded_then_right(
    stage: Stage, dependency: str, words: str, repair: Callable[[], None]
) -> None:
    """Started with wrong settings: one line, few requests, no write; all is written after."""
    stage.deliver(letter("waits"))
    stage.live()
    await stage.until(lambda: dependency in stage.down())
    asked = stage.requests()
    stage.deliver(letter("waits too", sender="bob@c.example"))
    await asyncio.sleep(WATCHED)  # how much is asked in a time, not what happens after it
    probes = WATCHED / stage.settings().timing.probe_interval[0]
    # Two calls a probe (mailboxes, users), and nothing else.
    assert stage.requests() - asked <= 2 * probes
    assert stage.requests("POST") == 0
    lines = stage.alerts("misconfigured")
    assert [line["dependency"] for line in lines] == [dependency]
    assert words in lines[0]["reason"]
    assert stage.deaths() == []
    repair()
    await stage.restart()
    await stage.quiet()
    assert stage.states() == {"done": 2}
    stage.assert_clean()


@pytest.mark.promise("waiting-is-not-failing", "shown")
async def test_a_wrong_api_key_at_start(stage: Stage) -> None:
    right = stage.installation.api_key
    stage.change(api_key="wrong")
    await degraded_then_right(
        stage, "freescout", "refused the API key", lambda: stage.change(api_key=right)
    )


@pytest.mark.promise("waiting-is-not-failing", "shown")
async def test_an_unknown_mailbox_id_at_start(stage: Stage) -> None:
    config = stage.installation.config
    config.write_text(config.read_text().replace("mailbox_id = 1", "mailbox_id = 99"))
    words = "mailbox.support.freescout_mailbox_id: FreeScout has no mailbox 99"
    await degraded_then_right(stage, "freescout", words, stage.change)


@pytest.mark.promise("waiting-is-not-failing", "shown")
async def test_an_unknown_bot_user_at_start(stage: Stage) -> None:
    config = stage.installation.config
    config.write_text(config.read_text().replace("user_id = 1", "user_id = 77"))
    words = "freescout.user_id: FreeScout has no user 77"
    await degraded_then_right(stage, "freescout", words, stage.change)


@pytest.mark.promise("once")
async def test_a_second_process_on_the_same_database_ends_and_names_the_holder(
    stage: Stage,
) -> None:
    stage.deliver(letter("first"))
    stage.live()
    await stage.quiet()
    holder = stage.lives[-1]
    second = stage.start()
    await stage.until(lambda: second.code is not None)
    assert second.code == EXIT_CONFIG
    refusal = [line["event"] for line in stage.log() if "config error" in line["event"]]
    assert len(refusal) == 1
    assert f"in use by pid {holder.pid}" in refusal[0]
    stage.deliver(letter("second"))
    await stage.quiet()
    assert holder.code is None
    stage.assert_clean()

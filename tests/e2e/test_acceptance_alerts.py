"""Alerts at the wire: who is told what, once, and that nothing of a mail is among it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from clock import CANARY, Clockwork, clockwork_on, verdict
from csm.streams import FOLLOWUPS
from stage import Control, Stage

SECONDS = 10.0
STORM = 40


@pytest.fixture
async def clockwork(stage: Stage, people: Control) -> AsyncIterator[Clockwork]:
    async with clockwork_on(stage, people, "slack", "smtp", "json", "heartbeat") as opened:
        yield opened


@pytest.mark.promise("shown", "private")
async def test_a_p0_reaches_people_on_every_channel_once(clockwork: Clockwork) -> None:
    clockwork.service.live()
    await clockwork.is_up()
    conversation, thread = clockwork.waits()
    event = verdict(conversation, thread)
    await clockwork.publish(event)
    begun = time.monotonic()
    await clockwork.service.until(
        lambda: all(clockwork.told(c) for c in ("slack", "smtp", "json")), within=SECONDS
    )
    assert time.monotonic() - begun < SECONDS
    again = event.model_copy(update={"verdict_seq": 2, "provisional": False})
    await clockwork.publish(again)
    while (await clockwork.bus.consumer_info("WORK", FOLLOWUPS.name)).num_pending:
        assert clockwork.service.deaths() == []
    assert len(clockwork.told("slack")) == 1
    (mail,) = clockwork.told("smtp")
    assert mail["subject"].startswith("CSM: P0")
    assert f"/conversation/{conversation}" in mail["text"]
    (said,) = clockwork.told("json")
    assert said["alerts"][0]["conversation_id"] == conversation
    for channel in ("slack", "smtp", "json"):
        assert CANARY not in clockwork.texts(channel)
        assert "jo@client.example" not in clockwork.texts(channel)


@pytest.mark.promise("shown")
async def test_a_provisional_p0_is_told_and_its_downgrade_too(clockwork: Clockwork) -> None:
    clockwork.service.live()
    await clockwork.is_up()
    conversation, thread = clockwork.waits()
    rules = {"method": "rules", "provisional": True}
    await clockwork.publish(verdict(conversation, thread, **rules))
    await clockwork.service.until(lambda: "by rules" in clockwork.texts())
    final = {"verdict_seq": 2, "importance": 5, "priority": "P2"}
    await clockwork.publish(verdict(conversation, thread, **final))
    await clockwork.service.until(lambda: "Downgraded" in clockwork.texts())
    # What comes late says nothing any more.
    await clockwork.publish(verdict(conversation, thread, **rules).model_copy())
    other, second = clockwork.waits()
    await clockwork.publish(
        verdict(other, second, verdict_seq=2, importance=4, priority="P2"),
        verdict(other, second, **rules),
    )
    third = clockwork.waits()
    await clockwork.publish(verdict(*third))
    await clockwork.service.until(lambda: f"conversation/{third[0]}" in clockwork.texts())
    assert f"conversation/{other}" not in clockwork.texts()
    assert len(clockwork.told()) == 3


@pytest.mark.promise("shown")
async def test_an_answer_that_is_lost_is_asked_for_once_more_and_marked(
    clockwork: Clockwork,
) -> None:
    clockwork.service.live()
    await clockwork.is_up()
    lost = ["lost", "lost", "lost"]
    clockwork.people.post("faults", slack=lost, smtp=lost, json=["503", "503", "503"])
    await clockwork.publish(verdict(*clockwork.waits()))
    state = "SELECT channel, state FROM notice WHERE channel != 'all'"
    await clockwork.service.until(
        lambda: {s for _, s in clockwork.service.rows(state)} == {"unknown"}
    )
    for channel in ("slack", "smtp"):
        first, second = clockwork.told(channel)
        assert "perhaps again" not in str(first)
        assert "perhaps again" in str(second)
    assert clockwork.told("smtp")[0]["message-id"] == clockwork.told("smtp")[1]["message-id"]
    assert clockwork.told("json") == []


@pytest.mark.promise("shown", "waiting-is-not-failing")
async def test_a_channel_that_refuses_is_tried_again_and_delays_no_other(
    clockwork: Clockwork,
) -> None:
    clockwork.service.live()
    await clockwork.is_up()
    clockwork.people.post("faults", slack=["404", "429", "403"], smtp=["refused"])
    await clockwork.publish(verdict(*clockwork.waits()))
    await clockwork.service.until(lambda: all(clockwork.told(c) for c in ("json", "smtp", "slack")))
    assert [len(clockwork.told(c)) for c in ("json", "smtp", "slack")] == [1, 1, 1]
    raised = [line["about"] for line in clockwork.service.log() if "alert" in line]
    assert sorted(raised) == ["slack", "smtp"]


@pytest.mark.promise("shown")
async def test_a_storm_comes_in_few_messages_with_every_alert_in_it(
    clockwork: Clockwork,
) -> None:
    clockwork.service.live()
    await clockwork.is_up()
    made = [clockwork.waits(f"Storm {n}") for n in range(STORM)]
    await asyncio.gather(*(clockwork.publish(verdict(*one)) for one in made))
    told = "SELECT count(*) FROM notice WHERE channel = 'webhook' AND state = 'sent'"
    await clockwork.service.until(lambda: clockwork.service.rows(told) == [(STORM,)])
    alerts = [alert for message in clockwork.told("json") for alert in message["alerts"]]
    assert sorted(a["conversation_id"] for a in alerts) == sorted(c for c, _ in made)
    assert len(clockwork.told("json")) <= STORM // 2


@pytest.mark.promise("shown")
async def test_silence_is_told_once_and_its_end_too(clockwork: Clockwork) -> None:
    """gmail_ingest does not run; then it does. The heartbeat beats only while all is well."""
    clockwork.stage.change(
        sections={
            **clockwork.stage.installation.sections,
            "followups": {"watched": ["gmail_ingest"]},
        }
    )
    clockwork.service.live()
    await clockwork.service.until(lambda: "gmail_ingest does not answer" in clockwork.texts())
    assert clockwork.people.get("inbox")["heartbeats"] == 0
    clockwork.stage.live()
    await clockwork.service.until(lambda: "Over: gmail_ingest" in clockwork.texts())
    await clockwork.service.until(lambda: clockwork.people.get("inbox")["heartbeats"] > 0)
    assert len(clockwork.told()) == 2
    assert (await clockwork.service.ask("status"))["told"] == []


@pytest.mark.promise("shown", "private")
async def test_the_day_is_summed_up_once(clockwork: Clockwork) -> None:
    clockwork.stage.live()
    watched = {"followups": {"watched": ["gmail_ingest"]}}
    clockwork.stage.change(sections={**clockwork.stage.installation.sections, **watched})
    clockwork.service.live()
    await clockwork.is_up()
    await clockwork.publish(verdict(*clockwork.waits()))
    await clockwork.service.until(
        lambda: clockwork.service.rows("SELECT 1 FROM heard_verdict") != []
    )
    while not await clockwork.stage.answers("status"):
        assert clockwork.stage.deaths() == []
    first = await clockwork.service.ask("summary")
    await clockwork.service.ask("summary")
    assert "mails in: 0" in first["text"]
    assert "P0: 1" in first["text"]
    await clockwork.service.until(lambda: "mails in" in clockwork.texts("smtp"))
    assert clockwork.texts("slack").count("mails in") == 1
    assert CANARY not in clockwork.texts("smtp")


@pytest.mark.promise("shown")
async def test_pagerduty_opens_and_resolves_by_the_cause(stage: Stage, people: Control) -> None:
    async with clockwork_on(stage, people, "pagerduty") as clockwork:
        clockwork.service.live()
        await clockwork.is_up()
        conversation, thread = clockwork.waits()
        await clockwork.publish(verdict(conversation, thread))
        await clockwork.service.until(lambda: len(clockwork.told("pagerduty")) >= 1)
        final = {"verdict_seq": 2, "importance": 5, "priority": "P2"}
        await clockwork.publish(verdict(conversation, thread, **final))
        key = f"p0:{thread}"

        def actions() -> list[str]:
            events = [e for e in clockwork.told("pagerduty") if e["dedup_key"] == key]
            return [event["event_action"] for event in events]

        await clockwork.service.until(lambda: actions() == ["trigger", "resolve"])

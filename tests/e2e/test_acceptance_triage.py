"""The classifier by rules: a customer's message gets one verdict, however it was noticed."""

import pytest

from letters import letter
from stage import Stage
from triage import Triage, Written

LATE = "Where is my order 4412? It was due on Monday and has not arrived."
QUOTE = "We are looking for a till system for 12 shops. Could you send us a quote?"
OLD = 40


@pytest.mark.promise("one-verdict", "traced")
async def test_a_mail_becomes_a_ticket_and_a_verdict_in_one_trace(
    stage: Stage, by_rules: Triage
) -> None:
    await by_rules.begin()
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_mailbox") != [])
    stage.deliver(letter("mail", "Order 4412 has not arrived"))
    await stage.quiet()
    await by_rules.judged(1)
    (told,) = await by_rules.told()
    (ticket,) = stage.conversations()
    assert told.conversation_id == ticket["id"]
    assert told.customer_thread_id == ticket["threads"][0]["id"]
    assert (told.method, told.provisional, told.flags) == ("rules", False, "")
    assert (told.category, told.language, told.confidence) == ("customer", "en", None)


@pytest.mark.promise("one-verdict")
async def test_every_further_notice_of_a_message_adds_nothing_but_the_sweeps_own(
    by_rules: Triage,
) -> None:
    await by_rules.begin()
    written = by_rules.write(LATE)
    await by_rules.hint(written, "webhook")
    await by_rules.judged(1)
    for cause in ("gmail", "poll", "webhook"):
        await by_rules.hint(written, cause, "again")
    await by_rules.hint(written, "sweep", "again")
    await by_rules.idle()
    first, again = await by_rules.told()
    assert first == again
    assert by_rules.verdicts() == [(written.thread, 1, "final", "rules")]


@pytest.mark.promise("one-verdict")
async def test_several_messages_in_a_row_get_one_verdict_that_covers_them(
    by_rules: Triage,
) -> None:
    await by_rules.begin()
    first = by_rules.write("Hello, a question.")
    second = by_rules.write("It is about the invoice.", first.conversation)
    third = by_rules.write("The amount is wrong.", first.conversation)
    # The newest one is noticed first, then those before it.
    for written in (third, first, second):
        await by_rules.hint(written)
    await by_rules.idle()
    (told,) = await by_rules.told(1)
    assert told.customer_thread_id == third.thread
    assert {(row[0], row[2]) for row in by_rules.verdicts()} == {
        (first.thread, "covered"), (second.thread, "covered"), (third.thread, "final"),
    }  # fmt: skip


@pytest.mark.promise("one-verdict")
async def test_what_was_there_before_is_left_alone(by_rules: Triage) -> None:
    old = [old_conversation(by_rules, n) for n in range(OLD)]
    await by_rules.begin()
    for written in old:
        await by_rules.hint(written, "sweep")
    answered = by_rules.write(LATE)
    by_rules.stage.desk.post("agent-reply", conversation_id=answered.conversation, text="Soon")
    closed = by_rules.write(LATE)
    by_rules.stage.desk.post("status", conversation_id=closed.conversation, status="closed")
    for written in (answered, closed):
        await by_rules.hint(written)
    await by_rules.idle()
    assert by_rules.verdicts() == []
    assert await by_rules.told() == []
    reasons = dict(
        by_rules.service.rows("SELECT reason, count(*) FROM conversation_seen GROUP BY reason")
    )
    assert reasons == {
        "older than the installation": OLD, "an agent has answered": 1, "status closed": 1,
    }  # fmt: skip


def old_conversation(triage: Triage, number: int) -> Written:
    thread = {"type": "customer", "text": LATE, "createdAt": "2026-01-02T03:04:05Z"}
    return triage.write(LATE, subject=f"Old {number}", threads=[thread])


@pytest.mark.promise("waiting-is-not-failing", "hint-only")
async def test_hints_wait_while_freescout_is_away(by_rules: Triage) -> None:
    await by_rules.begin()
    written = [by_rules.write(LATE), by_rules.write(QUOTE)]
    by_rules.stage.faults(down=True)
    for one in written:
        await by_rules.hint(one)
    await by_rules.service.until(lambda: "freescout" in by_rules.service.down())
    by_rules.stage.faults()
    await by_rules.judged(2)
    told = {event.customer_thread_id: event.category for event in await by_rules.told()}
    assert told == {written[0].thread: "customer", written[1].thread: "lead"}
    assert "parked" not in by_rules.service.states()


@pytest.mark.promise("shown")
async def test_a_dry_run_is_listed_and_judged_again_on_request(by_rules: Triage) -> None:
    by_rules.stage.change(write="tickets")
    await by_rules.begin()
    written = by_rules.write(LATE)
    await by_rules.hint(written)
    await by_rules.judged(1, "dry-run")
    assert await by_rules.told() == []
    (shown,) = (await by_rules.service.ask("verdicts", states=["dry-run"]))["verdicts"]
    assert shown["told"]["category"] == "customer"
    by_rules.stage.change(write="triage")
    await by_rules.service.restart()
    await by_rules.hint(written, "sweep", "again")
    await by_rules.idle()
    assert await by_rules.told() == [], "what was withheld stays so"
    replayed = await by_rules.service.ask("replay", states=["dry-run"], reason="raised")
    assert replayed["number"] == 1
    await by_rules.judged(1)
    (told,) = await by_rules.told()
    assert told.customer_thread_id == written.thread


@pytest.mark.promise("shown")
async def test_the_past_is_judged_when_somebody_asks_for_it(by_rules: Triage) -> None:
    old = old_conversation(by_rules, 1)
    await by_rules.begin()
    await by_rules.hint(old, "sweep")
    await by_rules.idle()
    assert by_rules.verdicts() == []
    answer = await by_rules.service.ask("judge-since", since=1_700_000_000)
    assert answer["mailboxes"] == ["support"]
    await by_rules.hint(old, "sweep", "again")
    await by_rules.judged(1)
    story = await by_rules.service.ask("show", id=str(old.conversation))
    verdicts = story["about"][str(old.conversation)]["verdicts"]
    assert [row["state"] for row in verdicts] == ["final"]

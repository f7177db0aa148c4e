"""Customers, agents and strangers write while every third answer of FreeScout is lost."""

from typing import Any

import pytest

from simulators.samples import bounce_of, customer_answer, customer_mail, forged_answer
from stage import Row, Stage

EVERY_THIRD_LOST = {"lost": {"every": 3}}


def number_of(address: str) -> int:
    """The number of the sample customer with this address."""
    return int(address.partition("@")[0].removeprefix("owner"))


def customers_write(stage: Stage, number: int) -> None:
    for i in range(number):
        stage.deliver(customer_mail(i), group=f"customer {i}")


async def agents_answer(stage: Stage) -> None:
    """An agent answers every conversation; the copies reach Gmail as threads of their own."""
    conversations = stage.conversations()
    for row in conversations:
        text = f"Dear customer {number_of(row['customer'])}, please try again."
        stage.desk.post("agent-reply", conversation_id=row["id"], text=text)
    wanted = len(conversations)
    await stage.until(lambda: len(agent_mails(stage)) == wanted)


def agent_mails(stage: Stage) -> list[Row]:
    return [message for message in stage.messages() if "SENT" in message["labels"]]


def customers_answer(stage: Stage, turn: int) -> None:
    """Each customer answers in the Gmail thread of the agent's mail."""
    by_message_id = {mail["message_id"]: mail for mail in stage.sink()}
    for copy in agent_mails(stage):
        mail = by_message_id[f"<{copy['message_id'].strip('<>')}>"]
        i = number_of(mail["recipient"])
        answer = customer_answer(i, mail["message_id"], mail["subject"], turn)
        stage.deliver(answer, group=f"customer {i}", thread_id=copy["thread_id"])


async def exchange(stage: Stage, number: int) -> None:
    """Customer, agent, customer."""
    customers_write(stage, number)
    stage.live()
    await stage.quiet(200)
    await agents_answer(stage)
    customers_answer(stage, 1)
    await stage.quiet(200)


def threads_of(conversation: Row, kind: str) -> list[Any]:
    return [thread for thread in conversation["threads"] if thread["type"] == kind]


async def many_exchanges(stage: Stage, number: int) -> None:
    stage.faults(**EVERY_THIRD_LOST)
    await exchange(stage, number)
    stage.assert_clean(agent_replies=number)
    conversations = stage.conversations()
    assert len(conversations) == number
    assert all(len(threads_of(row, "customer")) == 2 for row in conversations)
    # The copies of the agents' mails are the mailbox's own.
    assert stage.states() == {"done": 2 * number, "filtered": number}
    assert stage.desk.get("counters")["faults"]["lost"] >= number / 2


@pytest.mark.promise("once", "together", "never-sent")
@pytest.mark.timeout(180)
async def test_sixty_exchanges_stay_in_sixty_conversations(stage: Stage) -> None:
    await many_exchanges(stage, 60)


@pytest.mark.nightly
@pytest.mark.promise("once", "together", "never-sent")
@pytest.mark.timeout(450)
async def test_two_hundred_exchanges_stay_in_two_hundred_conversations(stage: Stage) -> None:
    await many_exchanges(stage, 200)


@pytest.mark.promise("together")
@pytest.mark.timeout(180)
async def test_twenty_forged_answers_of_strangers_get_conversations_of_their_own(
    stage: Stage,
) -> None:
    # FreeScout: the number people see is not the id everywhere.
    stage.desk.post("settings", number_offset=7000)
    await exchange(stage, 20)
    real = {row["id"]: row for row in stage.conversations()}
    for i, mail in enumerate(stage.sink()):
        stage.deliver(forged_answer(i, mail["thread_id"]))
    await stage.quiet()
    claims = {mail["thread_id"]: real[mail["conversation_id"]]["number"] for mail in stage.sink()}
    stage.assert_clean(agent_replies=20)
    rows = {row["id"]: row for row in stage.conversations(bodies=True)}
    forged = [row for row in rows.values() if row["id"] not in real]
    assert len(forged) == 20
    first_lines = sorted(row["threads"][0]["body"].partition("</p>")[0] for row in forged)
    assert len(set(first_lines)) == 20
    for number in claims.values():
        assert any(f"claims to answer conversation #{number}," in line for line in first_lines)
    assert all(rows[id_]["threads_count"] == row["threads_count"] for id_, row in real.items())


@pytest.mark.promise("together")
async def test_a_bounce_of_an_agents_mail_joins_its_conversation(stage: Stage) -> None:
    await exchange(stage, 3)
    mail = stage.sink()[1]
    bounce = bounce_of(mail["message_id"], mail["recipient"])
    stage.deliver(bounce, group=f"customer {number_of(mail['recipient'])}")
    await stage.quiet()
    stage.assert_clean(agent_replies=3)
    rows = {row["id"]: row for row in stage.conversations(bodies=True)}
    bounced = rows[mail["conversation_id"]]
    assert len(rows) == 3
    assert bounced["customer"] == mail["recipient"]
    report = threads_of(bounced, "customer")[-1]
    assert report["created_by"] == mail["recipient"]
    assert "not the customer of this conversation" in report["body"]

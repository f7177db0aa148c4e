"""Answers in new Gmail threads wait out an outage beside later mails of the same talk."""

from collections.abc import Iterator
from typing import Any

import pytest

from letters import letter, message_id
from replicas import Replicas
from simulators.samples import customer_answer
from simulators.samples.exchange import customer_address
from stage import Row, Stage

OUTAGE = "freescout"


def number_of(address: str) -> int:
    """The number of the sample customer with this address."""
    return int(address.partition("@")[0].removeprefix("owner"))


def write(stage: Stage, customer: int, turn: int, thread: str | None = None) -> str:
    """A customer writes in the first Gmail thread of the talk; returns that thread."""
    answers = [message_id(f"talk-{customer}-{n}") for n in range(turn)]
    mail = letter(
        f"talk-{customer}-{turn}",
        f"Talk {customer}",
        sender=customer_address(customer),
        answers=answers,
    )
    row = stage.deliver(mail, group=f"customer {customer}", thread_id=thread)
    return str(row["thread_id"])


async def agents_answer(stage: Stage, times: int) -> None:
    """An agent answers every conversation so often; each copy reaches Gmail as a new thread."""
    conversations = stage.conversations()
    for turn in range(times):
        for row in conversations:
            text = f"Dear customer, answer {turn}."
            stage.desk.post("agent-reply", conversation_id=row["id"], text=text)
    wanted = times * len(conversations)
    await stage.until(lambda: len(agent_mails(stage)) == wanted)
    await stage.quiet()


def agent_mails(stage: Stage) -> list[Row]:
    return [message for message in stage.messages() if "SENT" in message["labels"]]


def answers(stage: Stage) -> Iterator[tuple[int, bytes, str]]:
    """Customer, answer and Gmail thread of every agent's mail, oldest first."""
    by_message_id = {mail["message_id"]: mail for mail in stage.sink()}
    for turn, copy in enumerate(reversed(agent_mails(stage))):
        mail = by_message_id[f"<{copy['message_id'].strip('<>')}>"]
        customer = number_of(mail["recipient"])
        answer = customer_answer(customer, mail["message_id"], mail["subject"], turn)
        yield customer, answer, copy["thread_id"]


async def outage(stage: Stage, customers: int, agents: int, **afterwards: Any) -> None:
    """Each customer answers every mail of the agents, then writes in the first thread again.

    All of that waits while FreeScout answers 503, and is written when it is back; `afterwards`
    are the faults it comes back with.
    """
    stage.live()
    await outage_of_a_running(stage, customers, agents, **afterwards)


async def outage_of_a_running(stage: Stage, customers: int, agents: int, **afterwards: Any) -> None:
    threads = [write(stage, customer, 0) for customer in range(customers)]
    await stage.quiet(100)
    await agents_answer(stage, agents)
    stage.faults(down=True)
    waiting = list(answers(stage))
    for customer in range(customers):
        for other, answer, thread in waiting:
            if other == customer:
                stage.deliver(answer, group=f"customer {customer}", thread_id=thread)
        write(stage, customer, 1, threads[customer])
    wanted = customers * (agents + 1)
    await stage.until(lambda: stage.states().get("wanted") == wanted)
    await stage.until(lambda: OUTAGE in stage.down())
    stage.faults(**afterwards)
    await stage.quiet(200)
    stage.assert_clean(agent_replies=customers * agents)
    assert len(stage.conversations()) == customers
    assert stage.states() == {
        "done": customers * (agents + 2),
        "filtered": customers * agents,
    }


@pytest.mark.promise("together", "waiting-is-not-failing")
@pytest.mark.timeout(180)
async def test_an_answer_in_a_new_gmail_thread_is_not_overtaken_after_an_outage(
    stage: Stage,
) -> None:
    await outage(stage, customers=12, agents=1)


@pytest.mark.promise("together", "waiting-is-not-failing")
@pytest.mark.timeout(180)
async def test_answers_in_two_new_gmail_threads_keep_their_order_after_an_outage(
    stage: Stage,
) -> None:
    await outage(stage, customers=6, agents=2)


@pytest.mark.promise("together", "once")
@pytest.mark.timeout(180)
async def test_order_outlives_answers_that_are_lost_after_the_outage(stage: Stage) -> None:
    await outage(stage, customers=4, agents=1, lost={"every": 3})


@pytest.mark.postgres
@pytest.mark.promise("together", "waiting-is-not-failing")
@pytest.mark.timeout(180)
async def test_replicas_keep_the_order_of_new_gmail_threads_over_an_outage(
    postgres_stage: Stage,
) -> None:
    async with Replicas(postgres_stage, 3).living():
        await outage_of_a_running(postgres_stage, customers=12, agents=1)


@pytest.mark.promise("together")
async def test_a_mail_waits_for_an_earlier_answer_that_gmail_does_not_give_out_yet(
    stage: Stage,
) -> None:
    thread = write(stage, 0, 0)
    stage.live()
    await stage.quiet()
    await agents_answer(stage, 1)
    ((_, answer, new_thread),) = answers(stage)
    stage.gmail.post(
        "faults", rules=[{"kind": "500", "every": 1, "limit": 2, "on": "messages.get"}]
    )
    stage.deliver(answer, group="customer 0", thread_id=new_thread)
    write(stage, 0, 1, thread)
    await stage.quiet()
    stage.assert_clean(agent_replies=1)
    assert len(stage.conversations()) == 1


@pytest.mark.nightly
@pytest.mark.promise("together", "waiting-is-not-failing")
@pytest.mark.timeout(450)
async def test_two_hundred_exchanges_keep_their_order_over_an_outage(stage: Stage) -> None:
    await outage(stage, customers=200, agents=1)

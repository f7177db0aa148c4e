"""Mails as customers write them: questions and answers, no two alike."""

from collections.abc import Iterator

from letters import letter, message_id
from stage import Row, Stage

SUBJECTS = (
    "Order {n}",
    "Invoice {n}",
    "A quote for {n} tills",
    "Refund for order {n}",
    "Login {n}",
)
TEXTS = (
    "Hello, where is my order {n}? It was due on Monday and has not arrived. Regards, Jo",
    "Hello, the invoice {n} is wrong: the amount is not what we agreed on. Please check it.",
    "Good morning, we need {n} tills for our new shops. Could you send us a quote? Thank you.",
    "Hello, I sent order {n} back two weeks ago and wait for my refund. When will it come?",
    "Hi, the login with customer number {n} fails with an error since today. Please help me.",
)


def mails(messages: int, threads: int) -> Iterator[tuple[int, bytes]]:
    """Number of the Gmail thread and mail; the second mails come after all the first ones."""
    for n in range(messages):
        thread = n % threads
        answers = [message_id(f"m{earlier}") for earlier in range(thread, n, threads)]
        text = TEXTS[thread % len(TEXTS)].format(n=1000 + n)
        subject = SUBJECTS[thread % len(SUBJECTS)].format(n=1000 + thread)
        sender = f"c{thread}@customers.example"
        yield thread, letter(f"m{n}", subject, sender=sender, answers=answers, text=text)


def deliver(stage: Stage, messages: int, threads: int) -> None:
    """So many mails in so many Gmail threads arrive."""
    known: dict[int, str] = {}
    for thread, mail in mails(messages, threads):
        row: Row = stage.deliver(mail, group=f"g{thread}", thread_id=known.get(thread))
        known[thread] = row["thread_id"]

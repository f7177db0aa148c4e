"""Conversations and threads for tests that drive the simulated desk directly."""

from dataclasses import dataclass, replace

from simulators.freescout.desk import Desk
from simulators.freescout.records import Conversation, CustomerRef, NewConversation, NewThread

BOT, AGENT = 1, 2
START = 1_800_000_000
MAILED = START - 86_400
CC = ("boss@client.example",)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    seconds: float = START

    def __call__(self) -> float:
        return self.seconds


def customer_mail(text: str = "Hello", **changes: object) -> NewThread:
    return replace(NewThread("customer", text, imported=True), **changes)  # type: ignore[arg-type]


def note(**changes: object) -> NewThread:
    return replace(NewThread("note", "A note", user=BOT, imported=True), **changes)  # type: ignore[arg-type]


def message(**changes: object) -> NewThread:
    return replace(NewThread("message", "An answer", user=BOT), **changes)  # type: ignore[arg-type]


def opened(desk: Desk, **changes: object) -> Conversation:
    new = NewConversation(
        mailbox_id=1,
        subject="Order",
        customer=CustomerRef(email="jo@client.example"),
        threads=(customer_mail(cc=CC),),
        imported=True,
    )
    return desk.create_conversation(replace(new, **changes))  # type: ignore[arg-type]

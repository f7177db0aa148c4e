"""Conversations and threads for tests that drive the simulated desk directly."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace

from simulators.freescout.desk import Desk
from simulators.freescout.hours import next_due, pass_time
from simulators.freescout.records import (
    Conversation,
    CustomerRef,
    NewConversation,
    NewThread,
    Thread,
)

BOT, AGENT, BEN = 1, 2, 3
START = 1_800_000_000
MAILED = START - 86_400
CC = ("boss@client.example",)
MARKER = "<!-- csm:1:ABCDEFGHIJKLMNOP:b -->"
CANONICAL = f'<p>Dear Jo,<br>a &lt; b &amp; é</p><div data-x="1"><br></div>{MARKER}'


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


def bot_draft(desk: Desk, text: str = CANONICAL, status: str = "active") -> Thread:
    """A draft of the bot in a new conversation, made a minute ago, with nothing left to fire."""
    conversation = opened(desk)
    draft = message(state="draft", text=text, status=status, cc=CC)
    thread = desk.append_thread(conversation.id, draft)
    later(desk, 60)
    desk.events.fired.clear()
    return thread


def later(desk: Desk, seconds: float) -> None:
    """Move the clock and let everything happen that falls due on the way."""
    assert isinstance(desk.clock, Clock)
    until = desk.clock.seconds + seconds
    while (due := next_due(desk)) is not None and due <= until:
        desk.clock.seconds = max(due, desk.clock.seconds)
        pass_time(desk)
        desk.send_due()
    desk.clock.seconds = until


def events(desk: Desk) -> list[str]:
    return [event.name for event in desk.events.fired]


def untouched(desk: Desk, act: Callable[[], object]) -> bool:
    """Whether `act` leaves the conversation's own row as it was and fires nothing."""
    fired = len(desk.events.fired)
    before = deepcopy(desk.conversation(1))
    act()
    after = deepcopy(desk.conversation(1))
    before.threads = after.threads = []
    return before == after and len(desk.events.fired) == fired

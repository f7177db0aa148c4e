"""What FreeScout tells the world: events by name, at once or after the undo time.

Fired by the API's own writes too, also for imported threads. Tags, custom fields, the subject and
edit, discard and undo of a draft fire nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

EVENTS = (
    "convo.assigned",
    "convo.created",
    "convo.customer.reply.created",
    "convo.agent.reply.created",
    "convo.note.created",
    "convo.deleted",
    "convo.deleted_forever",
    "convo.restored",
    "convo.moved",
    "convo.status",
    "customer.created",
    "customer.updated",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `subject_id` is a conversation's or, for `customer.*`, a customer's id.

    `at` is in seconds since 1970, `mailbox_id` None for customers.
    """

    number: int
    name: str
    subject_id: int
    mailbox_id: int | None
    at: float


@dataclass(frozen=True, slots=True)
class Delayed:
    """An event that waits for the end of the undo time and then looks at its thread again."""

    name: str
    thread_id: int
    due_at: float
    by_api: bool


class EventBook:
    """All events in the order in which they were fired, and those that wait.

    `listener` is called with each event while it is fired: rows that are about to go still exist.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.fired: list[Event] = []
        self.listener: Callable[[Event], object] | None = None
        self._clock = clock
        self._delayed: list[Delayed] = []

    def fire(self, name: str, subject_id: int, mailbox_id: int | None) -> None:
        """Fire one event now."""
        event = Event(len(self.fired) + 1, name, subject_id, mailbox_id, self._clock())
        self.fired.append(event)
        if self.listener is not None:
            self.listener(event)

    def later(self, delayed: Delayed) -> None:
        """Keep an event until it is due."""
        self._delayed.append(delayed)

    def cancel(self, thread_id: int) -> None:
        """Forget the sending of this thread, which was undone; what the API caused still waits."""
        self._delayed = [
            waiting for waiting in self._delayed if waiting.thread_id != thread_id or waiting.by_api
        ]

    def take_due(self) -> list[Delayed]:
        """Return the events whose time has come, in their order, and forget them here."""
        now = self._clock()
        due = [waiting for waiting in self._delayed if waiting.due_at <= now]
        self._delayed = [waiting for waiting in self._delayed if waiting.due_at > now]
        return sorted(due, key=lambda waiting: waiting.due_at)

    def next_due(self) -> float | None:
        """Return when the next waiting event is due, in seconds since 1970."""
        return min((waiting.due_at for waiting in self._delayed), default=None)

"""One Gmail mailbox in memory: messages, labels, threads and history. No I/O, clock given."""

import bisect
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from simulators.gmail.mail import Envelope, attachment_count, base_subject, envelope, plain_text
from simulators.gmail.query import Query

_STATES = ("INBOX", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "SENT", "DRAFT", "CHAT")
_TABS = ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS")
SYSTEM_LABELS = (*_STATES, *(f"CATEGORY_{tab}" for tab in _TABS))
_FIRST_MESSAGE = 0x18C5_0000_0000_0000
_MESSAGE_STEP = 0x1_3579_BDF1  # ids look as scattered as Gmail's and stay unique


class MessageGoneError(LookupError):
    """No such message in this mailbox."""


class HistoryExpiredError(LookupError):
    """The start history id is too old, or not of this mailbox."""


class Change(Enum):
    """The four kinds of history records, named as the API's `historyTypes`."""

    MESSAGE_ADDED = "messageAdded"
    MESSAGE_DELETED = "messageDeleted"
    LABEL_ADDED = "labelAdded"
    LABEL_REMOVED = "labelRemoved"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail on its way in. `at_s` asks for an accept time in the past (epoch seconds).

    One that is not `named` stands in lists and searches, but no history page ever names it.
    """

    raw: bytes
    labels: tuple[str, ...] = ("INBOX", "UNREAD")
    thread_id: str | None = None
    group: str | None = None
    expect: str = "any"
    at_s: int | None = None
    named: bool = True


@dataclass(slots=True)
class Message:
    """A stored message; `group` and `expect` are the sender's notes for a later proof."""

    id: str
    thread_id: str
    internal_date_s: int
    raw: bytes
    envelope: Envelope
    labels: set[str]
    history_id: int
    group: str | None
    expect: str
    _attachments: int | None = field(default=None, repr=False)
    _text: str | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Bytes of the source."""
        return len(self.raw)

    @property
    def attachment_count(self) -> int:
        """Attachments a help desk should show; parsed once, when first asked for."""
        if self._attachments is None:
            self._attachments = attachment_count(self.raw)
        return self._attachments

    @property
    def text(self) -> str:
        """The readable text, parsed once, when first asked for."""
        if self._text is None:
            self._text = plain_text(self.raw)
        return self._text


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One change; the labels are those at the time of the change, so they may be stale."""

    id: int
    change: Change
    message_id: str
    thread_id: str
    message_labels: tuple[str, ...]
    changed_labels: tuple[str, ...] = ()


class Mailbox:
    """The mailbox of one address. `history_digits` sets how long its history ids are."""

    def __init__(
        self, address: str, clock: Callable[[], float], *, history_digits: int = 7, seed: int = 0
    ) -> None:
        self.address = address
        self.history_id = 10 ** (history_digits - 1) + 337
        self._oldest_valid = self.history_id
        self._clock = clock
        self._random = random.Random(seed)  # gaps between ids, not a secret
        self._messages: dict[str, Message] = {}
        self._by_message_id: dict[str, list[Message]] = {}
        self._history: list[HistoryRecord] = []
        self._seconds: set[int] = set()
        self._last_second = 0
        self._delivered = 0
        self.user_labels: dict[str, str] = {}

    def deliver(self, delivery: Delivery) -> Message:
        """Accept a mail: own id, thread, unique accept second, history record."""
        read = envelope(delivery.raw)
        message_id = f"{_FIRST_MESSAGE + self._delivered * _MESSAGE_STEP:016x}"
        self._delivered += 1
        message = Message(
            id=message_id,
            thread_id=delivery.thread_id or self._thread_of(read) or message_id,
            internal_date_s=self._free_second(delivery.at_s),
            raw=delivery.raw,
            envelope=read,
            labels=set(delivery.labels),
            history_id=self.history_id,
            group=delivery.group,
            expect=delivery.expect,
        )
        self._messages[message.id] = message
        if read.message_id:
            self._by_message_id.setdefault(read.message_id, []).append(message)
        if delivery.named:
            self._record(message, Change.MESSAGE_ADDED)
        return message

    def relabel(self, message_id: str, add: Iterable[str], remove: Iterable[str]) -> Message:
        """Add and remove labels; only real changes are recorded. Raises MessageGoneError."""
        message = self.get(message_id)
        added = sorted(set(add) - message.labels)
        removed = sorted(set(remove) & message.labels)
        message.labels |= set(added)
        message.labels -= set(removed)
        if added:
            self._record(message, Change.LABEL_ADDED, added)
        if removed:
            self._record(message, Change.LABEL_REMOVED, removed)
        return message

    def delete(self, message_id: str) -> None:
        """Remove a message for good. Raises MessageGoneError."""
        message = self.get(message_id)
        del self._messages[message_id]
        if message.envelope.message_id:
            self._by_message_id[message.envelope.message_id].remove(message)
        self._record(message, Change.MESSAGE_DELETED)

    def expire_history(self) -> None:
        """From now on every history id handed out so far is too old."""
        self.history_id += self._random.randint(2, 40)
        self._history.clear()
        self._oldest_valid = self.history_id

    def get(self, message_id: str) -> Message:
        """The message. Raises MessageGoneError."""
        try:
            return self._messages[message_id]
        except KeyError:
            raise MessageGoneError(message_id) from None

    def another_than(self, message: Message) -> Message:
        """Any other message; the same one when it is alone."""
        return next((m for m in self._messages.values() if m.id != message.id), message)

    def thread(self, thread_id: str) -> list[Message]:
        """The messages of a thread, oldest first."""
        found = [m for m in self._messages.values() if m.thread_id == thread_id]
        return sorted(found, key=lambda message: message.internal_date_s)

    def messages(self) -> list[Message]:
        """Every message, newest first."""
        return sorted(self._messages.values(), key=lambda m: m.internal_date_s, reverse=True)

    def search(self, query: Query, *, spam_trash: bool = False) -> list[Message]:
        """The messages a search finds, newest first; without spam and trash unless asked for."""
        pool = self.messages() if query.message_id is None else self._same_id(query.message_id)
        if not (spam_trash or query.everywhere):
            pool = [m for m in pool if not m.labels & {"SPAM", "TRASH"}]
        return [message for message in pool if query.matches(message)]

    def history_since(self, start: int) -> list[HistoryRecord]:
        """The records after `start`, oldest first. Raises HistoryExpiredError."""
        if not self._oldest_valid <= start <= self.history_id:
            raise HistoryExpiredError(start)
        first = bisect.bisect_right(self._history, start, key=lambda record: record.id)
        return self._history[first:]

    def create_label(self, name: str) -> str:
        """The id of the user label with this name, made when it is new."""
        return self.user_labels.setdefault(name, f"Label_{len(self.user_labels) + 1}")

    def thread_count(self) -> int:
        """How many threads the mailbox holds."""
        return len({message.thread_id for message in self._messages.values()})

    def message_count(self) -> int:
        """How many messages the mailbox holds."""
        return len(self._messages)

    def _same_id(self, rfc_message_id: str) -> list[Message]:
        found = self._by_message_id.get(rfc_message_id, [])
        return sorted(found, key=lambda m: m.internal_date_s, reverse=True)

    def _thread_of(self, read: Envelope) -> str | None:
        # Gmail joins a mail to a referenced one only under the same base subject.
        subject = base_subject(read.subject)
        for reference in reversed(read.references):
            for parent in reversed(self._by_message_id.get(reference, [])):
                if base_subject(parent.envelope.subject) == subject:
                    return parent.thread_id
        return None

    def _free_second(self, wanted: int | None) -> int:
        second = wanted if wanted is not None else max(int(self._clock()), self._last_second + 1)
        while second in self._seconds:
            second += 1
        self._seconds.add(second)
        self._last_second = max(self._last_second, second)
        return second

    def _record(self, message: Message, change: Change, labels: Iterable[str] = ()) -> None:
        self.history_id += self._random.randint(1, 37)
        message.history_id = self.history_id
        self._history.append(
            HistoryRecord(
                id=self.history_id,
                change=change,
                message_id=message.id,
                thread_id=message.thread_id,
                message_labels=tuple(sorted(message.labels)),
                changed_labels=tuple(labels),
            )
        )

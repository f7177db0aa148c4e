"""What deserves a hint, and which time a sweep covers: no I/O, no clock."""

from dataclasses import dataclass
from typing import Literal

from csm.freescout_model import Conversation, Thread

_HOUR = 3600.0
_DAY = 24 * _HOUR
# A sweep looks back over more than a day, and once a day over two weeks: the age of a stream.
_NARROW = 26 * _HOUR
_WIDE = 14 * _DAY
_OVERLAP = _HOUR
_SPOKEN = ("customer", "message")
# Webhooks count as arriving when the last one is younger than this.
_ARRIVING = _HOUR

PollMode = Literal["webhook", "poll", "both"]
Meaning = Literal["hint", "agent", "stored"]

# Every event that FreeScout has. A hint makes the conversation be judged if it has to be; `agent`
# wakes only who watches what became of drafts. The rest changes nothing that anybody here does.
EVENTS: dict[str, Meaning] = {
    "convo.created": "hint",
    "convo.customer.reply.created": "hint",
    "convo.restored": "hint",
    "convo.moved": "hint",
    "convo.agent.reply.created": "agent",
    "convo.status": "agent",
    "convo.assigned": "stored",
    "convo.note.created": "stored",
    "convo.deleted": "stored",
    "convo.deleted_forever": "stored",
    "customer.created": "stored",
    "customer.updated": "stored",
}


@dataclass(frozen=True, slots=True)
class Swept:
    """The last completed sweeps of a mailbox, as the start times (epoch seconds); None: never."""

    narrow: float | None = None
    wide: float | None = None


@dataclass(frozen=True, slots=True)
class Doorbell:
    """When webhooks were first expected, last came, and were last found missing (epoch seconds)."""

    since: float | None = None
    rang_at: float | None = None
    missed_at: float | None = None

    def is_silent(self, now: float) -> bool:
        """Whether nothing came for a while, or something else noticed first what it should tell."""
        if self.rang_at is None or now - self.rang_at > _ARRIVING:
            return True
        return self.missed_at is not None and self.missed_at >= self.rang_at


@dataclass(frozen=True, slots=True)
class Paces:
    """Seconds between two polls: without webhooks, and while they arrive."""

    alone: float
    beside_webhooks: float


@dataclass(frozen=True, slots=True)
class Window:
    """What a sweep covers: everything that changed since `since` (epoch seconds)."""

    since: float
    is_wide: bool


def meaning_of(event: str) -> Meaning:
    """What a webhook's event is to us; a name we do not know is stored."""
    return EVENTS.get(event, "stored")


def pace(mode: PollMode, paces: Paces, doorbell: Doorbell, now: float) -> float:
    """Seconds until the next poll at `now`: seldom only while webhooks are seen to work."""
    if mode == "poll" or doorbell.is_silent(now):
        return paces.alone
    return paces.beside_webhooks


def should_have_rung(conversation: Conversation, doorbell: Doorbell) -> bool:
    """Whether a webhook had to tell of what changed there: nothing before the first could."""
    if doorbell.since is None:
        return False
    # FreeScout cuts its times to whole seconds.
    return conversation.updated_at.timestamp() + 1 > doorbell.since


def newest_customer_thread(conversation: Conversation) -> Thread | None:
    """The customer's newest message of an email conversation; None where there is none.

    Deleted conversations and merged-away shells have none: an append would revive them.
    """
    if conversation.type != "email" or conversation.state != "published":
        return None
    written = [t for t in conversation.threads if t.type == "customer" and t.state == "published"]
    return written[-1] if written else None


def awaits_answer(conversation: Conversation) -> bool:
    """Whether a customer spoke last in a conversation that is open; notes and drafts do not count.

    Only the poll asks: whoever closes or merges hundreds of conversations must not cause hundreds
    of hints.
    """
    if conversation.status not in ("active", "pending"):
        return False
    spoken = [t for t in conversation.threads if t.type in _SPOKEN and t.state == "published"]
    return bool(spoken) and spoken[-1].type == "customer"


def next_sweep(now: float, last: Swept, newest_stream: float | None, every: float) -> Window | None:
    """The sweep that is due at `now`, None when none is. Times in epoch seconds, `every` seconds.

    Wide once a day, and when a stream was made after the last wide one: its events are gone.
    """
    if _needs_wide(now, last, newest_stream):
        return Window(now - _WIDE, is_wide=True)
    if last.narrow is not None and now < last.narrow + every:
        return None
    return Window(narrow_start(now, last), is_wide=False)


def narrow_start(now: float, last: Swept) -> float:
    """Since when a narrow sweep looks: over an outage of ours of any length."""
    return min(now - _NARROW, (last.narrow if last.narrow is not None else now) - _OVERLAP)


def _needs_wide(now: float, last: Swept, newest_stream: float | None) -> bool:
    if last.wide is None or now >= last.wide + _DAY:
        return True
    return newest_stream is not None and newest_stream > last.wide

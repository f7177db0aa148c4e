"""What deserves a hint, and which time a sweep covers: no I/O, no clock."""

from dataclasses import dataclass

from csm.freescout_model import Conversation, Thread

_HOUR = 3600.0
_DAY = 24 * _HOUR
# A sweep looks back over more than a day, and once a day over two weeks: the age of a stream.
_NARROW = 26 * _HOUR
_WIDE = 14 * _DAY
_OVERLAP = _HOUR
_SPOKEN = ("customer", "message")


@dataclass(frozen=True, slots=True)
class Swept:
    """The last completed sweeps of a mailbox, as the start times (epoch seconds); None: never."""

    narrow: float | None = None
    wide: float | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What a sweep covers: everything that changed since `since` (epoch seconds)."""

    since: float
    is_wide: bool


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

"""What is worth judging, and what a judgement comes to: no I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from csm.contracts import Category, Priority
from csm.freescout_model import Conversation, Thread
from csm.senders import is_excluded

SELF_TEST_PREFIX = "[csm self-test]"
# Seconds for which our own marker makes a message ours although it is older than the installation.
MARKED_AGE = 14 * 86_400.0
# Without a sign of severity a single mail cannot say of itself that it is a P0.
CLAMP = 8
NEEDS_REVIEW = "needs-review: the importance was lowered, nothing in the text bears it out"
_SPOKEN = ("customer", "message")

VerdictState = Literal["provisional", "final", "covered", "dry-run"]
# Ends a message's judgement: nobody asks about it again.
FINAL: frozenset[VerdictState] = frozenset({"final", "covered", "dry-run"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge says about a burst, whoever the judge is."""

    category: Category
    importance: int
    language: str
    reason: str = ""
    facts: tuple[str, ...] = ()
    uncertainty: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What the settings and the database say of a conversation's mailbox.

    `watermark` in epoch seconds: older messages were there before us. `is_moved`: an operator set
    it, so that even what a backfill wrote may be judged.
    """

    watermark: float
    is_moved: bool = False
    excluded_senders: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Burst:
    """The threads to judge together, oldest first; the verdict belongs to the last one.

    `earlier` are the messages before them. `flags` are those of the last one's marker.
    """

    threads: tuple[Thread, ...]
    earlier: tuple[Thread, ...]
    flags: str | None

    @property
    def newest(self) -> Thread:
        """The thread that the verdict belongs to."""
        return self.threads[-1]


@dataclass(frozen=True, slots=True)
class Settled:
    """The newest customer thread has its final verdict.

    Told again may be what was said of `thread_ids`: the messages since the agent's last one before
    it, oldest first.
    """

    thread_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotOurs:
    """Nobody judges this, and why not, as a short stable phrase."""

    reason: str


def worth(
    conversation: Conversation,
    states: Mapping[int, VerdictState],
    flags: Mapping[int, str | None],
    scope: Scope,
    now: float,
) -> Burst | Settled | NotOurs:
    """What is to be judged in a conversation, with `states` of the verdicts there are.

    `flags` by thread id: those of a genuine marker, None without one. `now` in epoch seconds.
    """
    spoken = [t for t in conversation.threads if t.type in _SPOKEN and t.state == "published"]
    customers = [t for t in spoken if t.type == "customer"]
    if not customers:
        return NotOurs("no message of a customer")
    newest = customers[-1]
    if states.get(newest.id) in FINAL:
        return Settled(tuple(thread.id for thread in _unanswered(spoken, newest)))
    if reason := _not_a_case(conversation, newest, scope):
        return NotOurs(reason)
    if spoken[-1].type != "customer":
        return NotOurs("an agent has answered")
    if not _is_ours(newest, flags.get(newest.id), scope, now):
        return NotOurs("older than the installation")
    return _burst(spoken, states, flags.get(newest.id))


def _not_a_case(conversation: Conversation, newest: Thread, scope: Scope) -> str | None:
    writer = newest.customer_email or conversation.customer_email
    reasons = {
        "not an email conversation": conversation.type != "email",
        "a self-test": conversation.subject.startswith(SELF_TEST_PREFIX),
        "deleted, merged or a draft": conversation.state != "published",
        f"status {conversation.status}": conversation.status not in ("active", "pending"),
        "excluded sender": is_excluded(writer, scope.excluded_senders),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_ours(newest: Thread, flags: str | None, scope: Scope, now: float) -> bool:
    written = newest.created_at.timestamp()
    is_backfill = "h" in (flags or "")
    # FreeScout's times have no fractions: a message of the same second counts as newer.
    if written >= int(scope.watermark):
        return scope.is_moved or not is_backfill
    return flags is not None and not is_backfill and now - written < MARKED_AGE


def _burst(
    spoken: Sequence[Thread], states: Mapping[int, VerdictState], flags: str | None
) -> Burst:
    """Everything the customer wrote since the last agent's message and nobody has judged."""
    threads = tuple(t for t in _unanswered(spoken, spoken[-1]) if states.get(t.id) not in FINAL)
    ids = {t.id for t in threads}
    return Burst(threads, tuple(t for t in spoken if t.id not in ids), flags)


def _unanswered(spoken: Sequence[Thread], newest: Thread) -> Sequence[Thread]:
    """What the customer wrote since the agent's last message, up to `newest`."""
    until = spoken[: spoken.index(newest) + 1]
    begin = max((n for n, t in enumerate(until) if t.type == "message"), default=-1) + 1
    return until[begin:]


def priority_of(importance: int) -> Priority:
    """P0 from 9, P1 from 7, P2 from 4, else P3."""
    if importance >= 9:
        return "P0"
    if importance >= 7:
        return "P1"
    return "P2" if importance >= 4 else "P3"


def clamped(opinion: Opinion, *, is_grave: bool) -> Opinion:
    """An opinion whose importance the text bears out: a mail must not make itself a P0."""
    if opinion.importance <= CLAMP or is_grave:
        return opinion
    uncertainty = (NEEDS_REVIEW, *opinion.uncertainty)
    return replace(opinion, importance=CLAMP, uncertainty=uncertainty)

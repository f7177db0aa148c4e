"""The closed world of the write protocol: mails, bus, database, FreeScout, workers, faults."""

from dataclasses import dataclass, field
from typing import NamedTuple

from faults.model.search import put, spend

NONE = -1
# Row states. An intent names what it began: a create or an append.
UNLISTED, WANTED, CREATING, APPENDING = "unlisted", "wanted", "creating", "appending"
DONE, INCOMPLETE, PARKED = "done", "done (incomplete)", "parked"
OPEN = (WANTED, CREATING, APPENDING)
INTENTS = (CREATING, APPENDING)
# How far FreeScout is with a request. It saves conversation, thread and files one by one.
SENT, HALF, BARE, STORED = "sent", "half", "bare", "stored"
# Whether a lease is still its holder's: `RUN_OUT` until somebody takes it, then `LOST`.
LOST, RUN_OUT, HELD = 0, 1, 2
# A thread by somebody else: an agent's reply, or what was there before.
AGENT, OTHER = -1, -2

FAULTS = (
    "crash", "lost", "error", "refused", "timeout", "half", "strip", "redeliver", "lose", "unheard",
    "expire", "outage", "merge", "stale",
)  # fmt: skip
CRASH, LOST_ANSWER, ERROR, REFUSED, TIMEOUT, DIES, STRIP, REDELIVER, LOSE, UNHEARD, EXPIRE = range(
    11
)
OUTAGE, MERGE, STALE = range(11, 14)


class Mail(NamedTuple):
    """A mail: its Gmail thread, and whether it answers what an agent wrote in FreeScout.

    Such a mail is in a Gmail thread of its own and names its conversation by FS_reply only.
    """

    name: str
    gmail_thread: int
    answers_agent: bool = False
    has_files: bool = False


class Thread(NamedTuple):
    """A thread in FreeScout. `mail` is its marker; `is_whole` when all files are there."""

    mail: int
    is_whole: bool = True


class Conversation(NamedTuple):
    """A conversation: where it was merged to, for which intents it was updated since, threads.

    `touched` holds bit m when it was updated after the open intent of mail m: all that a list by
    updatedSince can tell.
    """

    merged_into: int = NONE
    touched: int = 0
    threads: tuple[Thread, ...] = ()


class Row(NamedTuple):
    """Work row and effect of a mail. The last two are counted by weak variants only."""

    status: str = WANTED
    conversation: int = NONE
    attempts: int = 0
    is_published: bool = False


class Request(NamedTuple):
    """A request that nobody waits for any more."""

    mail: int
    conversation: int
    stage: str


class Event(NamedTuple):
    """The outgoing event of a mail: outbox row ("", "waits", "out"), bus, next service."""

    outbox: str = ""
    on_bus: bool = False
    is_heard: bool = False


class Worker(NamedTuple):
    """A delivery in work. `driven` is the mail it writes, of the scope of `gmail_thread`.

    That is the delivery's own, or one that must go first. `also` is a second lease, which only a
    weak variant holds.
    """

    at: str = "idle"
    mail: int = NONE
    gmail_thread: int = NONE
    scope: int = NONE
    lease: int = LOST
    driven: int = NONE
    conversation: int = NONE
    stage: str = ""
    also: int = NONE


class State(NamedTuple):
    """Everything there is. Scopes: a conversation by its number, a Gmail thread t as -2 - t."""

    bus: tuple[int, ...]
    rows: tuple[Row, ...]
    mapped: tuple[int, ...]
    dead_leases: tuple[int, ...]
    desk: tuple[Conversation, ...]
    orphans: tuple[Request, ...]
    workers: tuple[Worker, ...]
    events: tuple[Event, ...]
    budget: tuple[int, ...]
    failures: int = 0
    is_away: bool = False
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The protocol; every switch turned is a weak variant."""

    intent_first: bool = True
    mark_first: bool = False
    lease: bool = True
    fence: bool = True
    fence_withdrawal: bool = True
    quarantine: bool = True
    looks_afresh: bool = True
    retry_in_client: bool = False
    sees_husks: bool = True
    counts_rivals: bool = True
    waiting_is_failing: bool = False
    bucket: bool = True
    due_loop: bool = True
    map_first: bool = True
    conversation_lease: bool = True
    one_lease: bool = True
    compares_files: bool = True
    waits_for_files: bool = True
    sweep: bool = True
    lists_by_update: bool = True
    follows_merges: bool = True
    oldest_first: bool = True
    sees_elders: bool = True
    # Assumptions about the world, not rules of ours.
    pause_is_bounded: bool = True
    no_merge_in_flight: bool = True
    answers_come_after_the_record: bool = False
    # The search's own short cut.
    chain_first: bool = True


FULL = Rules()
FAILURES_UNTIL_DOWN = 2
A0, A1, A2 = (Mail(name, 0) for name in ("a0", "a1", "a2"))
A0_FILES = Mail("a0", 0, has_files=True)
B0 = Mail("b0", 1, answers_agent=True)
C0 = Mail("c0", 1)


@dataclass(frozen=True, slots=True)
class World:
    """What is in the world and how often each fault may strike."""

    mails: tuple[Mail, ...]
    faults: dict[str, int]
    workers: int = 2
    is_other_there: bool = False
    rules: Rules = field(default=FULL)

    def first(self) -> State:
        """Nothing was done yet; the first mail is journaled."""
        number = len(self.mails)
        unlisted = (Row(UNLISTED),) * (number - 1)
        other = (Conversation(threads=(Thread(OTHER),)),) if self.is_other_there else ()
        return State(
            bus=(0,) * number,
            rows=(Row(), *unlisted),
            mapped=(NONE,) * (1 + max(mail.gmail_thread for mail in self.mails)),
            dead_leases=(),
            desk=other,
            orphans=(),
            workers=(Worker(),) * self.workers,
            events=(Event(),) * number,
            budget=tuple(self.faults.get(name, 0) for name in FAULTS),
        )


def gthread_scope(gmail_thread: int) -> int:
    """The scope of a Gmail thread without a conversation."""
    return -2 - gmail_thread


def scope_of(rules: Rules, state: State, gmail_thread: int) -> int:
    """The scope a Gmail thread belongs to at this moment."""
    conversation = state.mapped[gmail_thread]
    if conversation == NONE or not rules.conversation_lease:
        return gthread_scope(gmail_thread)
    return conversation


def touch(state: State, conversation: Conversation) -> Conversation:
    """The conversation, updated now: later than every open intent."""
    since = sum(1 << m for m, row in enumerate(state.rows) if row.status in INTENTS)
    return conversation._replace(touched=since)


def forget_touch(desk: tuple[Conversation, ...], mail: int) -> tuple[Conversation, ...]:
    """The desk as seen by an intent of this very moment: nothing was updated since."""
    bit = 1 << mail
    return tuple(c._replace(touched=c.touched & ~bit) if c.touched & bit else c for c in desk)


def with_worker(state: State, at: int, worker: Worker, **changes: object) -> State:
    """The state with another worker there; workers are alike, so they are kept sorted."""
    workers = tuple(sorted(put(state.workers, at, worker)))
    return state._replace(workers=workers, **changes)  # type: ignore[arg-type]


def with_row(state: State, mail: int, row: Row) -> State:
    """The state with another row."""
    return state._replace(rows=put(state.rows, mail, row))


def spent(state: State, fault: int) -> State:
    """The state with one fault less to come."""
    return state._replace(budget=spend(state.budget, fault))

"""The world of the one-draft rule: one conversation, a person in the browser, bots, the desk.

FreeScout lets the bot create a draft and read the conversation. A discarded draft leaves nothing,
not even a newer updatedSince; creating one does move it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from faults.model.search import put

PERSON = 0  # author of a draft that a person began; a bot's is the number of its basis
BOT_TEXT, OWN_TEXT = "the bot's", "a person's"
DRAFT, SENT_OUT = "draft", "sent"
# A basis in our own table.
FREE, INTENT, DRAFTED, OVER = "free", "intent", "drafted", "over"
UNRESOLVED = (FREE, INTENT)
FAULTS = ("crash", "lost", "error", "timeout", "redeliver", "expire", "followup", "again")
CRASH, LOST_ANSWER, ERROR, TIMEOUT, REDELIVER, EXPIRE, FOLLOWUP, AGAIN = range(8)


class Draft(NamedTuple):
    """A draft, or what was sent from it. `basis` is the customer's message it answers."""

    basis: int
    text: str = BOT_TEXT
    state: str = DRAFT


class Bot(NamedTuple):
    """A delivery in work. `seen` is whether its first look allowed a draft."""

    at: str = "idle"
    basis: int = 0
    lease: int = 0
    is_applied: bool = False
    target: int = 0


class Desk(NamedTuple):
    """The conversation: newest customer message, the newest that was answered, drafts.

    `touched` holds bit b when it was updated after the open intent of basis b.
    """

    newest: int = 1
    answered: int = 0
    drafts: tuple[Draft, ...] = ()
    touched: int = 0


class State(NamedTuple):
    """Everything there is. `removed` (bases) only the judge knows: the bot cannot see it."""

    desk: Desk
    records: tuple[str, ...]
    bus: tuple[int, ...]
    bots: tuple[Bot, ...]
    orphans: tuple[int, ...]
    dead_lease: bool
    editor: tuple[int, str] | None
    deeds: int
    budget: tuple[int, ...]
    removed: int = 0


@dataclass(frozen=True, slots=True)
class DraftRules:
    """The rule; every switch turned is a weak variant."""

    lease: bool = True
    rereads: bool = True
    intent_first: bool = True
    quarantine: bool = True
    withholds: bool = True
    remembers: bool = True
    sees_other_drafts: bool = True
    settles_others: bool = True
    fence: bool = True
    # How a draft of ours is brought up to date: never, or by a write that FreeScout compares
    # itself, that we compared just before, or that we compared before the text was generated.
    replaces: str = "never"


@dataclass(frozen=True, slots=True)
class Room:
    """How many bots, how many deeds of the person, which faults."""

    faults: dict[str, int]
    bots: int = 2
    deeds: int = 3
    rules: DraftRules = field(default_factory=DraftRules)

    def first(self) -> State:
        """The customer wrote; nobody did anything."""
        messages = 1 + self.faults.get("again", 0)
        return State(
            desk=Desk(), records=(OVER,) + (FREE,) * messages, bus=(0,) * (messages + 1),
            bots=(Bot(),) * self.bots, orphans=(), dead_lease=False, editor=None,
            deeds=self.deeds, budget=tuple(self.faults.get(name, 0) for name in FAULTS),
        )  # fmt: skip


def touched(state: State, desk: Desk) -> Desk:
    """The conversation, updated now."""
    since = sum(1 << b for b, record in enumerate(state.records) if record == INTENT)
    return desk._replace(touched=since)


def with_bot(state: State, at: int, bot: Bot, **changes: object) -> State:
    """The state with another bot there, kept sorted: bots are alike."""
    return state._replace(bots=tuple(sorted(put(state.bots, at, bot))), **changes)  # type: ignore[arg-type]


def with_record(state: State, basis: int, record: str) -> State:
    """The state with another record; an intent of now has seen no update yet."""
    desk = state.desk._replace(touched=state.desk.touched & ~(1 << basis))
    return state._replace(records=put(state.records, basis, record), desk=desk)


def draft_of(desk: Desk, basis: int) -> Draft | None:
    """What is there of the draft for a basis, sent or not."""
    return next((draft for draft in desk.drafts if draft.basis == basis), None)


def open_drafts(desk: Desk) -> list[Draft]:
    """Every draft that is neither sent nor discarded."""
    return [draft for draft in desk.drafts if draft.state == DRAFT]


def create(state: State, basis: int) -> tuple[State, str | None]:
    """FreeScout stores a draft of the bot; what that breaks."""
    breaks = "discarded" if state.removed >> basis & 1 else None
    drafts = tuple(sorted((*state.desk.drafts, Draft(basis))))
    return state._replace(desk=touched(state, state.desk._replace(drafts=drafts))), breaks


def changed(state: State, draft: Draft, now: Draft | None) -> State:
    """One draft became another, or vanished."""
    rest = list(state.desk.drafts)
    rest.remove(draft)
    drafts = tuple(sorted([*rest, now] if now else rest))
    return state._replace(desk=state.desk._replace(drafts=drafts))


def in_flight(state: State) -> Iterator[int]:
    """Bases whose create is still travelling, or about to be sent: their quarantine goes on."""
    yield from state.orphans
    for bot in state.bots:
        if bot.at == "intended" or (bot.at == "waiting" and not bot.is_applied):
            yield bot.target

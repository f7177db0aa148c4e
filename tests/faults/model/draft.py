"""The one-draft rule as a model: bots, a person who edits, sends and discards, faults."""

from collections.abc import Iterator
from dataclasses import dataclass

from faults.model.draft_bot import PROGRAM, ends
from faults.model.draft_steps import DraftStep, Person
from faults.model.drafts import (
    AGAIN,
    CRASH,
    ERROR,
    EXPIRE,
    FOLLOWUP,
    LOST_ANSWER,
    OWN_TEXT,
    PERSON,
    REDELIVER,
    SENT_OUT,
    TIMEOUT,
    UNRESOLVED,
    Bot,
    Draft,
    Room,
    State,
    changed,
    create,
    open_drafts,
    touched,
    with_bot,
)
from faults.model.search import Move, distinct, put, spend
from faults.model.world import HELD, RUN_OUT

Moves = Iterator[Move[State]]
INVARIANTS = {
    "one-draft": "I10: at most one draft of the bot",
    "human-wins": "I10: a person's text or a sent reply is never rewritten",
    "discarded": "I10: no draft again for a message whose draft a person removed",
    "fencing": "I8: a record is only changed by the holder of the lease's epoch",
    "loss": "from everywhere every message can still get its outcome",
}


@dataclass(frozen=True, slots=True)
class DraftModel:
    """The rule in one room."""

    room: Room

    def start(self) -> State:
        """Nobody did anything."""
        return self.room.first()

    def moves(self, state: State) -> Moves:
        """Everything that may happen next."""
        for at, bot in distinct(state.bots):
            yield from PROGRAM[bot.at](self.room, state, at)
            yield from _requests(state, at)
            yield from _deaths(self.room, state, at)
        yield from _hints(state)
        yield from _abandoned(state)
        yield from _person(state)
        if state.dead_lease:
            yield Move(Person.RUN_OUT, (), state._replace(dead_lease=False))

    def broken(self, state: State) -> str | None:
        """The invariant that does not hold here."""
        ours = [draft for draft in open_drafts(state.desk) if draft.basis != PERSON]
        return "one-draft" if len(ours) > 1 else None

    def is_good(self, state: State) -> bool:
        """Every message has its outcome and nothing is under way."""
        written = state.records[: state.desk.newest + 1]
        quiet = all(bot == Bot() for bot in state.bots) and not any(state.bus)
        return quiet and not state.orphans and not any(r in UNRESOLVED for r in written)


def _spent(state: State, fault: int) -> State:
    return state._replace(budget=spend(state.budget, fault))


def _requests(state: State, at: int) -> Moves:
    """FreeScout with a request, and every way in which its answer does not arrive."""
    bot = state.bots[at]
    if bot.at != "waiting":
        return
    basis = bot.target
    if bot.is_applied:
        if state.budget[LOST_ANSWER]:
            yield Move(Person.LOST_ANSWER, (basis,), ends(_spent(state, LOST_ANSWER), at))
        return
    stored, breaks = create(state, basis)
    yield Move(Person.STORED, (basis,), with_bot(stored, at, bot._replace(is_applied=True)), breaks)
    if state.budget[ERROR]:
        yield Move(Person.ERROR, (basis,), ends(_spent(state, ERROR), at))
    if state.budget[TIMEOUT]:
        late = ends(_spent(state, TIMEOUT), at)
        orphans = tuple(sorted((*late.orphans, basis)))
        yield Move(Person.TIMEOUT, (basis,), late._replace(orphans=orphans))


def _deaths(room: Room, state: State, at: int) -> Moves:
    bot = state.bots[at]
    if bot.at != "idle" and state.budget[CRASH]:
        left = state.orphans
        if bot.at == "waiting" and not bot.is_applied:
            left = tuple(sorted((*left, bot.target)))
        held = state.dead_lease or (bot.lease == HELD and room.rules.lease)
        bus = put(state.bus, bot.basis, 1)
        dead = with_bot(_spent(state, CRASH), at, Bot(), orphans=left, dead_lease=held, bus=bus)
        yield Move(Person.CRASH, (bot.at,), dead)
    if bot.lease == HELD and state.budget[EXPIRE] and bot.at not in ("intended", "waiting"):
        gone = with_bot(_spent(state, EXPIRE), at, bot._replace(lease=RUN_OUT))
        yield Move(Person.EXPIRE, (bot.at,), gone)


def _hints(state: State) -> Moves:
    for basis in range(1, state.desk.newest + 1):
        on_bus = state._replace(bus=put(state.bus, basis, 1))
        in_work = any(bot.basis == basis for bot in state.bots)
        if state.bus[basis]:
            continue
        if state.records[basis] in UNRESOLVED and not in_work:
            yield Move(DraftStep.PUBLISH, (basis,), on_bus)
        if in_work and state.budget[REDELIVER]:
            yield Move(Person.REDELIVER, (basis,), _spent(on_bus, REDELIVER))
        if state.budget[FOLLOWUP]:
            yield Move(Person.FOLLOWUP, (basis,), _spent(on_bus, FOLLOWUP))


def _abandoned(state: State) -> Moves:
    for at, basis in distinct(state.orphans):
        rest = state._replace(orphans=(*state.orphans[:at], *state.orphans[at + 1 :]))
        late, breaks = create(rest, basis)
        yield Move(Person.LATE, (basis,), late, breaks)
        yield Move(Person.VANISH, (basis,), rest)


def _person(state: State) -> Moves:
    """One person with a browser; the customer may write again."""
    desk = state.desk
    if state.budget[AGAIN]:
        newer = touched(state, desk._replace(newest=desk.newest + 1))
        yield Move(Person.AGAIN, (), _spent(state, AGAIN)._replace(desk=newer))
    if not state.deeds:
        return
    one_less = state._replace(deeds=state.deeds - 1)
    for draft in dict.fromkeys(open_drafts(desk)):
        yield from _on_draft(one_less, draft)
    if not any(draft.basis == PERSON for draft in desk.drafts):
        own = Draft(PERSON, OWN_TEXT)
        drafts = tuple(sorted((*desk.drafts, own)))
        yield Move(Person.OWN, (), one_less._replace(desk=desk._replace(drafts=drafts)))
    replied = touched(state, desk._replace(answered=desk.newest))
    yield Move(Person.REPLY, (), one_less._replace(desk=replied))


def _on_draft(state: State, draft: Draft) -> Moves:
    """FreeScout saves what the editor holds without comparing: the last write wins."""
    is_open = state.editor is not None and state.editor[0] == draft.basis
    if not is_open:
        editor = (draft.basis, draft.text)
        yield Move(Person.OPEN, (draft.basis,), state._replace(editor=editor))
    else:
        typed = changed(state, draft, draft._replace(text=OWN_TEXT))
        typed = typed._replace(editor=(draft.basis, OWN_TEXT))
        yield Move(Person.TYPE, (draft.basis,), typed)
        text = state.editor[1] if state.editor else draft.text
        sent = changed(state, draft, Draft(draft.basis, text, SENT_OUT))
        out = touched(sent, sent.desk._replace(answered=sent.desk.newest))
        yield Move(Person.SEND, (draft.basis,), sent._replace(desk=out, editor=None))
    removed = state.removed | (1 << draft.basis if draft.basis != PERSON else 0)
    gone = changed(state, draft, None)._replace(editor=None, removed=removed)
    yield Move(Person.DISCARD, (draft.basis,), gone)

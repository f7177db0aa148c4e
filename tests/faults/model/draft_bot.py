"""What a bot does to bring a draft into the conversation: generate first, lease after, re-read."""

from collections.abc import Callable, Iterator

from faults.model.draft_steps import DraftStep as Step
from faults.model.drafts import (
    BOT_TEXT,
    DRAFT,
    DRAFTED,
    FREE,
    INTENT,
    OVER,
    OWN_TEXT,
    SENT_OUT,
    UNRESOLVED,
    Bot,
    Desk,
    Room,
    State,
    changed,
    draft_of,
    in_flight,
    open_drafts,
    with_bot,
    with_record,
)
from faults.model.search import Move, put
from faults.model.world import HELD, LOST

Moves = Iterator[Move[State]]


def ends(state: State, at: int) -> State:
    """The bot gives its lease back; the hint has an outcome."""
    return with_bot(state, at, Bot("ending", state.bots[at].basis))


def idle(room: Room, state: State, at: int) -> Moves:
    """Take a hint; whoever is owed nothing stops here."""
    for basis, copies in enumerate(state.bus):
        if not copies:
            continue
        taken = state._replace(bus=put(state.bus, basis, 0))
        if _is_owed(room, state, basis):
            place = "generating" if room.rules.rereads else "looking"
            yield Move(Step.TAKE, (basis,), with_bot(taken, at, Bot(place, basis)))
        else:
            yield Move(Step.SKIP, (basis,), with_bot(taken, at, Bot("ending", basis)))


def _is_owed(room: Room, state: State, basis: int) -> bool:
    """One draft per basis for ever: also when its draft is gone, whatever the purpose."""
    if state.records[basis] in UNRESOLVED:
        return True
    return not room.rules.remembers and draft_of(state.desk, basis) is None


def looking(room: Room, state: State, at: int) -> Moves:
    """Weak variants look before the seconds that the text takes."""
    basis = state.bots[at].basis
    if may_draft(room, state.desk, basis) or _replaceable(room, state, basis):
        yield Move(Step.DECIDE, (basis,), with_bot(state, at, Bot("generating", basis)))
    else:
        yield Move(Step.DECLINE, (basis,), ends(with_record(state, basis, OVER), at))


def may_draft(room: Room, desk: Desk, basis: int) -> bool:
    """The pure decision of the stock back end."""
    if basis != desk.newest or desk.answered >= basis:
        return False
    there = open_drafts(desk)
    if not room.rules.sees_other_drafts:
        there = [draft for draft in there if draft.basis == basis]
    return not there


def generating(_room: Room, state: State, at: int) -> Moves:
    """Seconds pass; no lease is held."""
    basis = state.bots[at].basis
    yield Move(Step.GENERATE, (basis,), with_bot(state, at, Bot("written", basis)))


def written(room: Room, state: State, at: int) -> Moves:
    """Take the conversation's lease."""
    basis = state.bots[at].basis
    is_busy = state.dead_lease or any(bot.lease == HELD for bot in state.bots)
    if is_busy and room.rules.lease:
        yield Move(Step.BUSY, (basis,), ends(state, at))
    else:
        bots = tuple(bot._replace(lease=LOST) if bot.lease != HELD else bot for bot in state.bots)
        leased = with_bot(state._replace(bots=bots), at, Bot("leased", basis, HELD))
        yield Move(Step.LEASE, (basis,), leased)


def leased(room: Room, state: State, at: int) -> Moves:
    """Under the lease: unresolved intents first, then the decision on what is there now.

    Whatever is recorded here is fenced, for another bot may have begun since.
    """
    bot = state.bots[at]
    if bot.lease == LOST and room.rules.lease and room.rules.fence:
        yield Move(Step.LOST, (bot.basis,), ends(state, at))
        return
    intents = [b for b, record in enumerate(state.records) if record == INTENT]
    if not room.rules.settles_others:
        intents = [b for b in intents if b == bot.basis]
    if intents:
        yield from _resolve(room, state, at, intents[0])
    elif not _is_owed(room, state, bot.basis):
        yield Move(Step.SKIP, (bot.basis,), ends(state, at))
    elif not room.rules.rereads or may_draft(room, state.desk, bot.basis):
        is_write = not room.rules.rereads and _replaceable(room, state, bot.basis)
        yield Move(Step.DECIDE, (bot.basis,), _goes_on(state, at, is_write=is_write))
    elif _replaceable(room, state, bot.basis):
        yield Move(Step.DECIDE, (bot.basis,), _goes_on(state, at, is_write=True))
    else:
        yield Move(Step.DECLINE, (bot.basis,), ends(with_record(state, bot.basis, OVER), at))


def _goes_on(state: State, at: int, *, is_write: bool) -> State:
    place = "replacing" if is_write else "ready"
    return with_bot(state, at, state.bots[at]._replace(at=place))


def _replaceable(room: Room, state: State, basis: int) -> bool:
    """An older draft of ours that still has our text; only where a back end can rewrite."""
    if room.rules.replaces == "never" or basis != state.desk.newest:
        return False
    there = [draft for draft in open_drafts(state.desk) if 0 < draft.basis < basis]
    return any(draft.text == BOT_TEXT for draft in there)


def _resolve(room: Room, state: State, at: int, basis: int) -> Moves:
    """Is the draft there? Absent after the quarantine: again only if nobody touched anything."""
    bot = state.bots[at]
    if draft_of(state.desk, basis):
        yield Move(Step.FOUND, (basis,), _at(state, at, "found", basis))
    elif room.rules.quarantine and basis in in_flight(state):
        yield Move(Step.UNSURE, (basis,), ends(state, at))
    elif room.rules.withholds and state.desk.touched >> basis & 1:
        withheld = with_bot(with_record(state, basis, OVER), at, bot._replace(at="leased"))
        yield Move(Step.WITHHOLD, (basis,), withheld)
    else:
        free = with_bot(with_record(state, basis, FREE), at, bot._replace(at="leased"))
        yield Move(Step.ABSENT, (basis,), free)


def _at(state: State, at: int, place: str, target: int) -> State:
    return with_bot(state, at, state.bots[at]._replace(at=place, target=target))


def ready(room: Room, state: State, at: int) -> Moves:
    """The intent, under a lease that outlives the request."""
    bot = state.bots[at]
    if bot.lease != HELD and room.rules.lease:
        yield Move(Step.LOST, (bot.basis,), ends(state, at))
        return
    began = with_record(state, bot.basis, INTENT) if room.rules.intent_first else state
    yield Move(Step.INTENT, (bot.basis,), _at(began, at, "intended", bot.basis))


def intended(_room: Room, state: State, at: int) -> Moves:
    """One request: type message, state draft."""
    yield Move(
        Step.SEND, (state.bots[at].target,), _at(state, at, "waiting", state.bots[at].target)
    )


def waiting(_room: Room, state: State, at: int) -> Moves:
    """The answer, once FreeScout has stored the draft."""
    bot = state.bots[at]
    if bot.is_applied:
        answered = with_bot(state, at, bot._replace(at="found", is_applied=False))
        yield Move(Step.ANSWER, (bot.target,), answered)


def found(room: Room, state: State, at: int) -> Moves:
    """Our own record is all that will ever tell a discard from a draft never made."""
    bot = state.bots[at]
    if bot.lease == LOST and room.rules.lease and room.rules.fence:
        yield Move(Step.LOST, (bot.target,), ends(state, at))
        return
    recorded = with_bot(
        with_record(state, bot.target, DRAFTED), at, Bot("leased", bot.basis, bot.lease)
    )
    breaks = "fencing" if bot.lease == LOST and room.rules.lease else None
    yield Move(Step.RECORD, (bot.target,), recorded, breaks)


def replacing(room: Room, state: State, at: int) -> Moves:
    """Rewrite our own older draft. Only FreeScout itself can compare and write in one."""
    basis = state.bots[at].basis
    older = [draft for draft in state.desk.drafts if 0 < draft.basis < basis]
    over = ends(with_record(state, basis, OVER), at)
    is_untouched = bool(older) and older[0].text == BOT_TEXT and older[0].state == DRAFT
    if not older or (room.rules.replaces == "compares inside" and not is_untouched):
        yield Move(Step.REPLACE, (basis, "- refused: a person was there"), over)
        return
    lost = older[0].text == OWN_TEXT or older[0].state == SENT_OUT
    now = changed(over, older[0], older[0]._replace(text=BOT_TEXT))
    yield Move(Step.REPLACE, (basis,), now, "human-wins" if lost else None)


def ending(_room: Room, state: State, at: int) -> Moves:
    """The answer to the bus."""
    yield Move(Step.ACK, (state.bots[at].basis,), with_bot(state, at, Bot()))


PROGRAM: dict[str, Callable[[Room, State, int], Moves]] = {
    "idle": idle,
    "looking": looking,
    "generating": generating,
    "written": written,
    "leased": leased,
    "ready": ready,
    "intended": intended,
    "waiting": waiting,
    "found": found,
    "replacing": replacing,
    "ending": ending,
}

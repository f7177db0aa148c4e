"""Looking before repeating: presence is believed at once, absence only after the quarantine."""

from collections.abc import Iterator

from faults.model import desk
from faults.model.search import Move
from faults.model.steps import Around, Step
from faults.model.world import (
    CREATING,
    DONE,
    FAILURES_UNTIL_DOWN,
    INCOMPLETE,
    INTENTS,
    LOST,
    PARKED,
    STALE,
    STORED,
    WANTED,
    Row,
    State,
    Thread,
    Worker,
    World,
    forget_touch,
    spent,
    with_row,
    with_worker,
)

Moves = Iterator[Move[State]]
# Stands for any limit.
ATTEMPTS = 2


def is_quiet(world: World, state: State, mail: int) -> bool:
    """The quarantine is over: no request of this mail can still be at work, or still be sent.

    It may end later than that, never earlier: Q > pause + deadline + server life.
    """
    if not world.rules.quarantine:
        return True
    on_its_way = any(
        w.driven == mail
        and ((w.at == "waiting" and w.stage != STORED)
             or (w.at == "intended" and world.rules.pause_is_bounded))
        for w in state.workers
    )  # fmt: skip
    return not on_its_way and all(request.mail != mail for request in state.orphans)


def placed(world: World, state: State, at: int) -> Moves:
    """Look for the marker of an unresolved intent."""
    worker = state.workers[at]
    mail = worker.driven
    name = world.mails[mail].name
    status = state.rows[mail].status
    if state.is_away:
        failures = min(FAILURES_UNTIL_DOWN, state.failures + 1)
        yield Move(Around.AWAY, (name,), _ends(state, at)._replace(failures=failures))
        return
    if status not in INTENTS:
        # Somebody else resolved it: only a worker whose lease is gone can see that.
        yield Move(Step.LOST, (name,), _ends(state, at))
        return
    there = _look(world, state, worker)
    if there is None:
        yield from _absent(world, state, at)
        return
    yield from _present(world, state, at, there)
    if state.budget[STALE]:
        yield Move(Around.STALE, (name,), _after_absence(world, spent(state, STALE), at))


def _look(world: World, state: State, worker: Worker) -> tuple[int, Thread] | None:
    """First where the mail should be, then in the list: an agent may have moved it.

    Weak variant: in what was read before it was known that the quarantine is over.
    """
    mail, here = worker.driven, worker.conversation
    if world.rules.looks_afresh or worker.scope < 0:
        return desk.look_for(world.rules, state, mail, here)
    if worker.stage == "seen":
        return here, Thread(mail, is_whole=True)
    return None


def _present(world: World, state: State, at: int, there: tuple[int, Thread]) -> Moves:
    worker = state.workers[at]
    place, thread = there
    name = world.mails[worker.driven].name
    is_whole = thread.is_whole or not world.rules.compares_files
    if not is_whole and world.rules.waits_for_files and not is_quiet(world, state, worker.driven):
        yield Move(Step.UNSURE, (name, "has not all files yet"), _ends(state, at))
        return
    status = DONE if is_whole else INCOMPLETE
    found = worker._replace(at="found", conversation=place, stage=status)
    yield Move(Step.FOUND, (name,), with_worker(state, at, found))


def _absent(world: World, state: State, at: int) -> Moves:
    worker = state.workers[at]
    name = world.mails[worker.driven].name
    if not is_quiet(world, state, worker.driven):
        yield Move(Step.UNSURE, (name, "may still be written"), _ends(state, at))
        return
    looks_for_husks = worker.scope < 0 and world.rules.sees_husks
    husks = desk.husks_of(world.rules, state, worker.driven) if looks_for_husks else []
    if husks and world.rules.counts_rivals and _rivals(world, state, worker.driven):
        # Whose is it? Left where it is, and reported.
        state, husks = state._replace(is_reported=True), []
    if husks:
        adopts = worker._replace(at="matched", conversation=min(husks))
        yield Move(Step.ADOPT, (min(husks), "for", name), with_worker(state, at, adopts))
    else:
        yield Move(Step.ABSENT, (name,), _after_absence(world, state, at))


def _after_absence(world: World, state: State, at: int) -> State:
    """A create that is matched by now is withdrawn and mapped, everything else is sent again."""
    worker = state.workers[at]
    is_matched = worker.scope < 0 and worker.conversation >= 0 and world.rules.map_first
    if is_matched and world.rules.conversation_lease:
        return with_worker(state, at, worker._replace(at="settled", stage=""))
    return with_worker(state, at, worker._replace(at="ready", stage=""))


def _rivals(world: World, state: State, mail: int) -> bool:
    """Other unfinished creates. All mails of a world have one customer and one subject."""
    others = (m for m in range(len(world.mails)) if m != mail)
    return any(state.rows[m].status == CREATING for m in others)


def withdrawn(world: World, state: State, worker: Worker) -> State:
    """The state without the worker's intent, unless the fence refuses."""
    row = state.rows[worker.driven]
    is_fenced = world.rules.fence_withdrawal and world.rules.lease and worker.lease == LOST
    if row.status not in INTENTS or is_fenced:
        return state
    plain = with_row(state, worker.driven, row._replace(status=WANTED))
    return plain._replace(desk=forget_touch(plain.desk, worker.driven))


def counted(row: Row) -> Row:
    """Weak variant: an outcome without an end is an attempt, and attempts are limited."""
    attempts = row.attempts + 1
    return Row(PARKED) if attempts >= ATTEMPTS else row._replace(attempts=attempts)


def _ends(state: State, at: int) -> State:
    return with_worker(state, at, Worker("ending", state.workers[at].mail))

"""Faults that strike a worker: its death, and every way a request can fail."""

from collections.abc import Iterator

from faults.model.search import Move, put
from faults.model.steps import Around
from faults.model.worker import away, ends
from faults.model.world import (
    BARE,
    CRASH,
    CREATING,
    DIES,
    ERROR,
    HALF,
    HELD,
    LOST_ANSWER,
    NONE,
    REFUSED,
    SENT,
    STORED,
    STRIP,
    TIMEOUT,
    Request,
    State,
    Worker,
    World,
    spent,
    with_worker,
)

Moves = Iterator[Move[State]]


def crash(world: World, state: State, at: int) -> Moves:
    """Death at any place: the delivery comes back, the lease runs out by itself."""
    worker = state.workers[at]
    if worker.at == "idle" or not state.budget[CRASH]:
        return
    mail = worker.mail
    dead = set(state.dead_leases)
    if worker.lease == HELD and world.rules.lease:
        dead.add(worker.scope)
    changes = {
        "bus": put(state.bus, mail, min(2, state.bus[mail] + 1)),
        "dead_leases": tuple(sorted(dead)),
        "orphans": _left_travelling(state, worker),
    }
    gone = with_worker(spent(state, CRASH), at, Worker(), **changes)
    yield Move(Around.CRASH, (worker.at, "with", world.mails[mail].name), gone)


def _left_travelling(state: State, worker: Worker) -> tuple[Request, ...]:
    if worker.at != "waiting" or worker.stage == STORED:
        return state.orphans
    request = Request(worker.driven, worker.conversation, worker.stage)
    return tuple(sorted((*state.orphans, request)))


def request(world: World, state: State, at: int) -> Moves:
    """Every way in which the answer does not arrive."""
    worker = state.workers[at]
    if worker.at != "waiting":
        return
    name = (world.mails[worker.driven].name,)
    if worker.stage == SENT:
        yield from _before_it_was_applied(world, state, at, name)
    if worker.stage != STORED and state.budget[TIMEOUT]:
        late = spent(state, TIMEOUT)._replace(orphans=_left_travelling(state, worker))
        yield Move(Around.TIMEOUT, name, unknown(world, late, at))
    if worker.stage == STORED and state.budget[LOST_ANSWER]:
        yield Move(Around.LOST_ANSWER, name, unknown(world, spent(state, LOST_ANSWER), at))
    if worker.stage == HALF and state.budget[DIES]:
        yield Move(Around.HALF, name, unknown(world, spent(state, DIES), at))
    if worker.stage == BARE and state.budget[STRIP]:
        stripped = with_worker(spent(state, STRIP), at, worker._replace(stage=STORED))
        yield Move(Around.STRIP, name, stripped)


def _before_it_was_applied(world: World, state: State, at: int, name: tuple[str]) -> Moves:
    if state.budget[ERROR]:
        yield Move(Around.ERROR, name, unknown(world, spent(state, ERROR), at))
    if state.budget[REFUSED]:
        refused = state.workers[at]._replace(at="refused", stage="")
        yield Move(Around.REFUSED, name, with_worker(spent(state, REFUSED), at, refused))
    if state.is_away:
        yield Move(Around.AWAY, name, away(state, at))


def unknown(world: World, state: State, at: int) -> State:
    """The intent stays, the lease is given back; whoever comes next must look first."""
    if world.rules.retry_in_client:
        worker = state.workers[at]
        is_create = state.rows[worker.driven].status == CREATING
        where = NONE if is_create else worker.conversation
        again = worker._replace(at="intended", stage="", conversation=where)
        return with_worker(state, at, again)
    return ends(state, at)

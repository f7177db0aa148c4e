"""What a worker does: the write protocol, one function per place where it can stand.

The order is that of gmail_ingest's handlers and writer and of csm.effects. Between two functions
anything may happen: other workers, FreeScout, people, faults.
"""

from collections.abc import Callable, Iterator

from faults.model import desk, reconcile
from faults.model.search import Move, put
from faults.model.steps import Around, Step
from faults.model.world import (
    APPENDING,
    CREATING,
    DONE,
    FAILURES_UNTIL_DOWN,
    HELD,
    INCOMPLETE,
    INTENTS,
    LOST,
    NONE,
    OPEN,
    SENT,
    STORED,
    Event,
    Row,
    State,
    Worker,
    World,
    forget_touch,
    gthread_scope,
    scope_of,
    with_row,
    with_worker,
)

Moves = Iterator[Move[State]]


def ends(state: State, at: int, **changes: object) -> State:
    """The worker gives its lease back; its delivery has an outcome, but no answer yet."""
    return with_worker(state, at, Worker("ending", state.workers[at].mail), **changes)


def is_shut(state: State) -> bool:
    """The gate: while FreeScout's dependency row says down, nothing is begun."""
    return state.failures >= FAILURES_UNTIL_DOWN


def reopened(world: World, state: State, at: int, gmail_thread: int = NONE) -> State:
    """The worker gives its lease back and reads the scope anew, or that of another thread."""
    worker = state.workers[at]
    thread = worker.gmail_thread if gmail_thread == NONE else gmail_thread
    again = _of(world, state, worker.mail, thread)
    if not world.rules.one_lease:
        again = again._replace(also=worker.scope)
    return with_worker(state, at, again)


def _of(world: World, state: State, mail: int, gmail_thread: int) -> Worker:
    """A delivery with the scope of a Gmail thread at this moment, before its lease."""
    scope = scope_of(world.rules, state, gmail_thread)
    return Worker("fetched", mail, gmail_thread, scope)


def away(state: State, at: int) -> State:
    """FreeScout does not answer: the failure counts, the lease is given back, the row waits."""
    return ends(state, at, failures=min(FAILURES_UNTIL_DOWN, state.failures + 1))


def idle(world: World, state: State, at: int) -> Moves:
    """Take any delivery that the bus holds."""
    for mail, copies in enumerate(state.bus):
        if copies:
            name = world.mails[mail].name
            taken = state._replace(bus=put(state.bus, mail, copies - 1))
            if state.rows[mail].status not in OPEN:
                ended = with_worker(taken, at, Worker("ending", mail))
                yield Move(Step.SKIP, (name,), ended)
            elif is_shut(state):
                yield Move(Step.SHUT, (name,), with_worker(taken, at, Worker("ending", mail)))
            else:
                begun = with_worker(
                    taken, at, _of(world, state, mail, world.mails[mail].gmail_thread)
                )
                yield Move(Step.TAKE, (name,), begun)


def fetched(world: World, state: State, at: int) -> Moves:
    """Take the lease of the scope, or come back later. One that ran out is lost by this."""
    worker = state.workers[at]
    others = [w for w in state.workers if w.scope == worker.scope and w.lease != LOST]
    is_busy = worker.scope in state.dead_leases or any(w.lease == HELD for w in others)
    if is_busy and worker.also != NONE:
        return  # weak variant: it waits and gives nothing back
    if is_busy and world.rules.lease:
        yield Move(Step.BUSY, (_scope(worker.scope),), ends(state, at))
        return
    taken = put(state.workers, at, worker._replace(at="leased", lease=HELD))
    if world.rules.lease:
        taken = tuple(w._replace(lease=LOST) if w in others else w for w in taken)
    leased = state._replace(workers=tuple(sorted(taken)))
    yield Move(Step.LEASE, (_scope(worker.scope),), leased)


def leased(world: World, state: State, at: int) -> Moves:
    """One transaction: gate, scope, lease, then the oldest open mail of the scope."""
    worker = state.workers[at]
    mail = world.mails[worker.mail]
    if is_shut(state):
        yield Move(Step.SHUT, (mail.name,), ends(state, at))
    elif scope_of(world.rules, state, worker.gmail_thread) != worker.scope:
        yield Move(Step.MOVE, (mail.name,), reopened(world, state, at))
    elif worker.lease != HELD and world.rules.lease:
        yield Move(Step.LOST, (mail.name,), ends(state, at))
    else:
        yield from _pick(world, state, at)


def _pick(world: World, state: State, at: int) -> Moves:
    worker = state.workers[at]
    mine = [
        m for m, row in enumerate(state.rows)
        if row.status in OPEN
        and scope_of(world.rules, state, world.mails[m].gmail_thread) == worker.scope
    ]  # fmt: skip
    if not world.rules.oldest_first:
        mine = [m for m in mine if m == worker.mail]
    own = world.mails[worker.mail].gmail_thread
    if not mine and worker.gmail_thread != own:
        name = world.mails[worker.mail].name
        yield Move(Step.MOVE, (name,), reopened(world, state, at, own))
        return
    if not mine:
        yield Move(Step.FINISH, (world.mails[worker.mail].name,), ends(state, at))
        return
    threads_lease = gthread_scope(world.mails[mine[0]].gmail_thread)
    if any(w.also == threads_lease for w in state.workers if w != worker):
        return  # weak variant: it holds one lease and waits for the other
    picked_one = worker._replace(at="picked", driven=mine[0])
    yield Move(Step.PICK, (world.mails[mine[0]].name,), with_worker(state, at, picked_one))


def picked(world: World, state: State, at: int) -> Moves:
    """Which conversation? A mapped Gmail thread reads its own, another one is matched."""
    worker = state.workers[at]
    name = world.mails[worker.driven].name
    if state.is_away:
        yield Move(Around.AWAY, (name,), away(state, at))
    elif (current := _current(world, state, worker)) != NONE:
        yield from _read(world, state, at, current)
    else:
        found = desk.answered_by_agent(state) if world.mails[worker.driven].answers_agent else None
        where = NONE if found is None else found
        words = (name, f"to conversation {where}" if where != NONE else "to nothing: a create")
        yield Move(Step.MATCH, words, _placed(world, state, at, where))


def _current(world: World, state: State, worker: Worker) -> int:
    """The conversation that the scope names; by the map only where leases ignore it."""
    if worker.scope >= 0:
        return worker.scope
    is_weak = not world.rules.conversation_lease
    return state.mapped[_thread(world, worker)] if is_weak else NONE


def _read(world: World, state: State, at: int, current: int) -> Moves:
    """GET the mapped conversation; follow it through a merge by the threads we wrote."""
    name = world.mails[state.workers[at].driven].name
    if state.desk[current].merged_into == NONE or not world.rules.follows_merges:
        elder = _elder(world, state, state.workers[at].driven, current)
        if elder != NONE:
            first = reopened(world, state, at, world.mails[elder].gmail_thread)
            yield Move(Step.BEHIND, (world.mails[elder].name,), first)
            return
        yield Move(Step.READ, (name,), _placed(world, state, at, current))
        return
    ours = [m for m, row in enumerate(state.rows) if _is_in(row, current)]
    found = (c for c in range(len(state.desk)) if any(desk.marked_in(state, c, m) for m in ours))
    # Nothing of ours was in it: the map forgets it, and the mail is matched again.
    target = next(found, NONE)
    rows = tuple(
        row._replace(conversation=target) if _is_in(row, current) else row for row in state.rows
    )
    mapped = tuple(target if place == current else place for place in state.mapped)
    followed = state._replace(rows=rows, mapped=mapped)
    yield Move(Step.FOLLOW, (current, "to", target), reopened(world, followed, at))


def _elder(world: World, state: State, mail: int, conversation: int) -> int:
    """The oldest open mail before this one that names a thread of the conversation.

    Unless its Gmail thread is mapped to another one. What a mail names is known once it is
    journaled: a writer fetches what was noticed earlier, or waits for it.
    """
    if not world.rules.sees_elders or desk.answered_by_agent(state) != conversation:
        return NONE
    claims = (m for m in range(mail) if world.mails[m].answers_agent)
    return next(
        (m for m in claims
         if state.rows[m].status in OPEN
         and state.mapped[world.mails[m].gmail_thread] in (NONE, conversation)),
        NONE,
    )  # fmt: skip


def _is_in(row: Row, conversation: int) -> bool:
    """Whether an effect of ours was recorded there."""
    return row.conversation == conversation and row.status in (DONE, INCOMPLETE)


def _placed(world: World, state: State, at: int, where: int) -> State:
    """A finished effect ends it, an unresolved one is looked for, a match is committed first."""
    worker = state.workers[at]
    if state.rows[worker.driven].status not in OPEN:
        return with_worker(state, at, _at_the_top(worker))
    if state.rows[worker.driven].status in INTENTS:
        is_seen = where != NONE and desk.marked_in(state, where, worker.driven) is not None
        known = "seen" if is_seen and not world.rules.looks_afresh else ""
        return with_worker(state, at, worker._replace(at="placed", conversation=where, stage=known))
    is_matched = worker.scope < 0 and where != NONE and state.mapped[_thread(world, worker)] == NONE
    place = "matched" if is_matched and world.rules.map_first else "ready"
    return with_worker(state, at, worker._replace(at=place, conversation=where))


def matched(world: World, state: State, at: int) -> Moves:
    """Commit the map row under the Gmail thread's lease; the top of the loop then moves on."""
    worker = state.workers[at]
    name = world.mails[worker.driven].name
    if worker.lease == LOST and world.rules.lease and world.rules.fence:
        yield Move(Step.LOST, (name,), ends(state, at))
        return
    mapped = put(state.mapped, _thread(world, worker), worker.conversation)
    on = _at_the_top(worker)
    committed = with_worker(state, at, on, mapped=mapped)
    yield Move(Step.MAP, (name,), committed, _unfenced(world, worker))


def settled(world: World, state: State, at: int) -> Moves:
    """Nothing was written by the create that is no longer wanted."""
    worker = state.workers[at]
    withdrawn = reconcile.withdrawn(world, state, worker)
    on = with_worker(withdrawn, at, worker._replace(at="matched"))
    yield Move(Step.WITHDRAW, (world.mails[worker.driven].name,), on)


def ready(world: World, state: State, at: int) -> Moves:
    """Commit the intent under a lease that outlives the request."""
    worker = state.workers[at]
    name = world.mails[worker.driven].name
    if worker.lease != HELD and world.rules.lease:
        yield Move(Step.LOST, (name,), ends(state, at))
        return
    row = state.rows[worker.driven]
    if row.status not in OPEN:
        pass  # the row stays as it is: an effect that is done gets no second intent
    elif world.rules.mark_first:
        row = row._replace(status=DONE)
    elif world.rules.intent_first:
        row = row._replace(status=CREATING if worker.conversation == NONE else APPENDING)
    began = with_row(state, worker.driven, row)
    began = began._replace(desk=forget_touch(began.desk, worker.driven))
    yield Move(Step.INTENT, (name,), with_worker(began, at, worker._replace(at="intended")))


def intended(world: World, state: State, at: int) -> Moves:
    """One request on the wire."""
    worker = state.workers[at]
    kind = "create" if worker.conversation == NONE else f"append to {worker.conversation}"
    sent = with_worker(state, at, worker._replace(at="waiting", stage=SENT))
    breaks = None
    if state.rows[worker.driven].status not in INTENTS and world.rules.intent_first:
        breaks = None if world.rules.mark_first else "intent"
    yield Move(Step.SEND, (world.mails[worker.driven].name, f"({kind})"), sent, breaks)


def waiting(world: World, state: State, at: int) -> Moves:
    """The answer arrives. One that shows lost files is not believed before the quarantine."""
    worker = state.workers[at]
    if worker.stage != STORED:
        return
    thread = next(
        found for c in range(len(state.desk)) if (found := desk.marked_in(state, c, worker.driven))
    )
    if thread.is_whole or not world.rules.compares_files:
        answered = with_worker(state, at, worker._replace(at="answered", stage=""))
    else:
        answered = ends(state, at)
    yield Move(Step.ANSWER, (world.mails[worker.driven].name,), answered)


def answered(world: World, state: State, at: int) -> Moves:
    """Row, map row and outbox row in one transaction, fenced by the lease's epoch."""
    yield from record(world, state, at, DONE)


def record(world: World, state: State, at: int, status: str) -> Moves:
    """The result transaction; then the top of the loop."""
    worker = state.workers[at]
    name = world.mails[worker.driven].name
    if worker.lease == LOST and world.rules.lease and world.rules.fence:
        yield Move(Step.REFUSED_RECORD, (name,), ends(state, at))
        return
    recorded = with_row(state, worker.driven, Row(status, worker.conversation))._replace(
        mapped=put(state.mapped, _thread(world, worker), worker.conversation),
        events=put(state.events, worker.driven, Event("waits")),
        desk=forget_touch(state.desk, worker.driven),
        failures=0,
    )
    on = _at_the_top(worker)
    words = (f"{name} as {status} in conversation {worker.conversation}",)
    yield Move(Step.RECORD, words, with_worker(recorded, at, on), _unfenced(world, worker))


def refused(world: World, state: State, at: int) -> Moves:
    """A connection that was refused: surely nothing was written, so the intent is withdrawn."""
    worker = state.workers[at]
    name = world.mails[worker.driven].name
    yield Move(Step.WITHDRAW, (name,), ends(reconcile.withdrawn(world, state, worker), at))


def ending(world: World, state: State, at: int) -> Moves:
    """The answer to the bus. Waiting counts nothing."""
    mail = state.workers[at].mail
    row = state.rows[mail]
    if world.rules.waiting_is_failing and row.status in OPEN:
        state = with_row(state, mail, reconcile.counted(row))
    yield Move(Step.ACK, (world.mails[mail].name,), with_worker(state, at, Worker()))


def found(world: World, state: State, at: int) -> Moves:
    """Record what the look found."""
    yield from record(world, state, at, state.workers[at].stage)


def _at_the_top(worker: Worker) -> Worker:
    """It still has its lease and looks for what comes next."""
    return Worker("leased", worker.mail, worker.gmail_thread, worker.scope, worker.lease)


def _thread(world: World, worker: Worker) -> int:
    return world.mails[worker.driven].gmail_thread


def _unfenced(world: World, worker: Worker) -> str | None:
    return "fencing" if worker.lease == LOST and world.rules.lease else None


def _scope(scope: int) -> str:
    if scope >= 0:
        return f"conv:{scope}"
    return f"gthread:{'ab'[-2 - scope]}"


PROGRAM: dict[str, Callable[[World, State, int], Moves]] = {
    "idle": idle,
    "fetched": fetched,
    "leased": leased,
    "picked": picked,
    "placed": reconcile.placed,
    "matched": matched,
    "settled": settled,
    "ready": ready,
    "intended": intended,
    "waiting": waiting,
    "answered": answered,
    "found": found,
    "refused": refused,
    "ending": ending,
}

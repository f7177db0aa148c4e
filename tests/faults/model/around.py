"""What happens around the workers: bus, FreeScout, people, time, the chain behind the record."""

from collections.abc import Iterator

from faults.model import desk
from faults.model.search import Move, distinct, put
from faults.model.steps import Around, Step
from faults.model.world import (
    BARE,
    DIES,
    EXPIRE,
    FAILURES_UNTIL_DOWN,
    HALF,
    HELD,
    LOSE,
    MERGE,
    NONE,
    OPEN,
    OUTAGE,
    REDELIVER,
    RUN_OUT,
    SENT,
    STORED,
    STRIP,
    UNHEARD,
    UNLISTED,
    WANTED,
    Event,
    Request,
    State,
    World,
    spent,
    with_row,
    with_worker,
)

Moves = Iterator[Move[State]]


def chain(world: World, state: State) -> Moves:
    """From the outbox to the next service: nobody else reads or writes this."""
    for mail, event in enumerate(state.events):
        name = (world.mails[mail].name,)
        if state.rows[mail].status in (*OPEN, UNLISTED):
            continue
        for step, changed in _links(world, event):
            on = state._replace(events=put(state.events, mail, changed))
            yield Move(step, name, on)
        if event.on_bus and state.budget[UNHEARD]:
            gone = put(state.events, mail, event._replace(on_bus=False))
            yield Move(Around.UNHEARD, name, spent(state, UNHEARD)._replace(events=gone))


def _links(world: World, event: Event) -> Iterator[tuple[Step | Around, Event]]:
    """What may become of an event; a death of the relay needs no budget, it only comes again."""
    if event.outbox == "waits":
        yield Step.RELAY, event._replace(outbox="out", on_bus=True)
    elif event.outbox == "out":
        yield Step.RELAYED, event._replace(outbox="")
        yield Around.RELAY_CRASH, event._replace(outbox="waits")
    if event.on_bus:
        yield Step.HEAR, event._replace(on_bus=False, is_heard=True)
    elif event.outbox == "" and not event.is_heard and world.rules.sweep:
        yield Step.SWEEP, event._replace(on_bus=True)


def bus(world: World, state: State) -> Moves:
    """Discovery, due loop, and what the bus does to deliveries."""
    yield from _discovery(world, state)
    for mail, copies in enumerate(state.bus):
        name = world.mails[mail].name
        in_work = any(w.mail == mail for w in state.workers)
        if copies and state.budget[LOSE]:
            lost = spent(state, LOSE)._replace(bus=put(state.bus, mail, copies - 1))
            yield Move(Around.LOSE, (name,), lost)
        if state.budget[REDELIVER] and (copies == 1 or (in_work and not copies)):
            twice = spent(state, REDELIVER)._replace(bus=put(state.bus, mail, copies + 1))
            yield Move(Around.REDELIVER, (name,), twice)
        if not copies and not in_work and _is_due(world, state, mail):
            yield Move(Step.PUBLISH, (name,), _published(world, state, mail))


def _discovery(world: World, state: State) -> Moves:
    """Mails are journaled in Gmail's order; an answer exists after what it answers."""
    unlisted = (m for m, row in enumerate(state.rows) if row.status == UNLISTED)
    for mail in list(unlisted)[:1]:
        if not world.mails[mail].answers_agent or _is_answerable(world, state):
            row = state.rows[mail]._replace(status=WANTED)
            yield Move(Step.JOURNAL, (world.mails[mail].name,), with_row(state, mail, row))


def _is_answerable(world: World, state: State) -> bool:
    """An agent has replied; in some worlds the answer takes longer than our record."""
    is_recorded = state.rows[0].status not in OPEN
    in_time = is_recorded or not world.rules.answers_come_after_the_record
    return in_time and desk.answered_by_agent(state) is not None


def _is_due(world: World, state: State, mail: int) -> bool:
    """Only the oldest open row of a Gmail thread is published, none while it would wait."""
    row = state.rows[mail]
    if row.status not in OPEN or state.failures >= FAILURES_UNTIL_DOWN:
        return False
    if row.is_published and not (world.rules.due_loop and world.rules.bucket):
        return False
    thread = world.mails[mail].gmail_thread
    older = (m for m in range(mail) if world.mails[m].gmail_thread == thread)
    return not any(state.rows[m].status in OPEN for m in older)


def _published(world: World, state: State, mail: int) -> State:
    """Remembered only where it matters: without a bucket the next one would be a duplicate."""
    on_bus = state._replace(bus=put(state.bus, mail, 1))
    if world.rules.bucket and world.rules.due_loop:
        return on_bus
    return with_row(on_bus, mail, state.rows[mail]._replace(is_published=True))


def freescout(world: World, state: State) -> Moves:
    """FreeScout works on requests, whether or not somebody still waits for them."""
    for at, worker in distinct(state.workers):
        if worker.at != "waiting" or worker.stage == STORED:
            continue
        if worker.stage == SENT and state.is_away:
            continue
        now, place, stage = desk.serve(
            world, state, worker.driven, worker.conversation, worker.stage
        )
        changed = worker._replace(conversation=place, stage=stage)
        name = world.mails[worker.driven].name
        yield Move(_saved(worker.stage, stage), (name,), with_worker(now, at, changed))
    for at, request in distinct(state.orphans):
        yield from _abandoned(world, state, at, request)


def _abandoned(world: World, state: State, at: int, request: Request) -> Moves:
    """A request that nobody waits for is finished or dropped at any point."""
    name = world.mails[request.mail].name
    rest = (*state.orphans[:at], *state.orphans[at + 1 :])
    if not (request.stage == SENT and state.is_away):
        now, place, stage = desk.serve(
            world, state, request.mail, request.conversation, request.stage
        )
        going_on = request._replace(conversation=place, stage=stage)
        left = rest if stage == STORED else tuple(sorted((*rest, going_on)))
        words = (name, "(nobody waits for it)")
        yield Move(_saved(request.stage, stage), words, now._replace(orphans=left))
    fault = {HALF: DIES, BARE: STRIP}.get(request.stage)
    if fault is None or state.budget[fault]:
        dropped = state if fault is None else spent(state, fault)
        yield Move(Around.VANISH, (name,), dropped._replace(orphans=rest))


def _saved(before: str, after: str) -> Around:
    if before == BARE:
        return Around.FILES
    return Around.CONVERSATION if after == HALF else Around.THREAD


def people(world: World, state: State) -> Moves:
    """An agent replies once, where a mail will answer it, and merges."""
    if any(mail.answers_agent for mail in world.mails) and desk.answered_by_agent(state) is None:
        for place, one in enumerate(state.desk):
            if any(t.mail == 0 for t in one.threads):
                yield Move(Around.REPLY, (place,), desk.reply(state, place))
    if state.budget[MERGE]:
        for source, target in _mergeable(world, state):
            merged = desk.merge(spent(state, MERGE), source, target)
            yield Move(Around.MERGE, (source, "into", target), merged)


def _mergeable(world: World, state: State) -> Iterator[tuple[int, int]]:
    live = [c for c, one in enumerate(state.desk) if one.merged_into == NONE and one.threads]
    for source in live:
        if world.rules.no_merge_in_flight and _is_written(state, source):
            continue
        yield from ((source, target) for target in live if target != source)


def _is_written(state: State, conversation: int) -> bool:
    """A worker has read the conversation and is about to write into it, or its request travels."""
    places = ("placed", "ready", "intended", "waiting")
    return any(
        w.conversation == conversation and w.at in places and w.stage != STORED
        for w in state.workers
    ) or any(r.conversation == conversation for r in state.orphans)


def time(world: World, state: State) -> Moves:
    """Leases run out, an outage begins and ends."""
    for scope in state.dead_leases:
        left = tuple(one for one in state.dead_leases if one != scope)
        yield Move(Around.RUN_OUT, (scope,), state._replace(dead_leases=left))
    if state.budget[EXPIRE]:
        for at, worker in distinct(state.workers):
            # A2: the lease outlives pause and request, so it cannot run out from intent to answer.
            is_guarded = worker.at in ("intended", "waiting") and world.rules.pause_is_bounded
            if worker.lease == HELD and not is_guarded:
                gone = with_worker(spent(state, EXPIRE), at, worker._replace(lease=RUN_OUT))
                yield Move(Around.EXPIRE, (f"it was {worker.at}",), gone)
    if state.budget[OUTAGE] and not state.is_away:
        yield Move(Around.OUTAGE, (), spent(state, OUTAGE)._replace(is_away=True))
    if state.is_away:
        yield Move(Around.BACK, (), state._replace(is_away=False))
    elif state.failures >= FAILURES_UNTIL_DOWN:
        yield Move(Around.PROBE, (), state._replace(failures=0))

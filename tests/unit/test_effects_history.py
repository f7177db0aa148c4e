"""The write protocol under every fault at every seam, by two workers, in virtual time.

Each worker is a coroutine that stops before and after every transaction and at both sides of the
wire, so a rule can crash it, starve it or let the other worker overtake it exactly there.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection

from csm import lease as leases
from csm.db import P, Step, T
from csm.effects import EFFECT, Adopt, Effects, Intent, Seen, Wait, Write, Written
from csm.freescout_errors import FreeScoutUnavailableError
from csm.timing import Timing
from memory_desk import LOST, REFUSED, Desk
from memory_store import Clock, Store, shared_store

TIMING = Timing(deadline=10, send_by=2, server_life=20, margin=1)
DEADLINE = TIMING.request_deadline(0)
EFFECTS = ("first", "second")
WORKERS = ("one", "two")
# Weights: most deliveries are for one effect and come to their end.
effect_ids = st.sampled_from(["first", "first", "first", "second"])
seams = st.sampled_from(
    ["the end", "the end", "the end", "on the wire", "before commit_intent", "after commit_intent"]
)
fates = st.sampled_from(["answer", "answer", "lose", "travel", "half", "refuse"])
# Nothing; a lease runs out; a quarantine is over (and the server's life with it).
pauses = st.sampled_from([0.0, 16.0, 34.0])


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that lives in the time of the test."""

    clock: Clock

    def time(self) -> float:
        """Seconds, as `send_until` counts them."""
        return self.clock.now


class Stop:
    """Where a worker stands still until the test sends it on."""

    def __init__(self, seam: str) -> None:
        self.seam = seam

    def __await__(self) -> Generator["Stop", Any, Any]:
        """Give the seam out, take the test's answer in."""
        return (yield self)


class StoppingDatabase:
    """The store with a stop on both sides of every transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction; nothing can come between its statements."""
        await Stop(f"before {step.__name__}")
        done = self._store.run(step, *args, **kwargs)
        await Stop(f"after {step.__name__}")
        return done

    async def close(self) -> None:
        """Nothing of its own to close."""


@dataclass
class Request:
    """A request on the wire; FreeScout may apply it until `dies_at`, in one step or two."""

    write: Write
    conversation_id: int | None
    gives_up_at: float
    dies_at: float
    husk: int | None = None
    applied: Written | None = None


@dataclass
class Worker:
    """A running attempt: its coroutine and what it stands at."""

    attempt: Coroutine[Any, Any, Written | Wait | Adopt | None]
    effect_id: str
    at: Stop
    request: Request | None = None


@asynccontextmanager
async def no_limit() -> AsyncIterator[None]:
    """A slot for everybody."""
    yield


class History(RuleBasedStateMachine):
    """Two creates of one Gmail thread's resource, two workers, one desk."""

    def __init__(self) -> None:
        super().__init__()
        self.store = shared_store().emptied()
        self.loop = VirtualLoop()
        self.loop.clock = self.store.clock
        self.desk = Desk()
        self.effects = Effects(StoppingDatabase(self.store), TIMING, no_limit)
        self.workers: dict[str, Worker] = {}
        self.travelling: list[Request] = []
        self.adopted: dict[str, int] = {}
        self.broken: list[str] = []

    @initialize(shared=st.booleans())
    def choose_targets(self, *, shared: bool) -> None:
        """Two creates may have the same customer and subject."""
        self.targets = {name: "same" if shared else name for name in EFFECTS}

    # What a worker does

    def write_of(self, worker: str, effect_id: str) -> Write:
        """The write as this worker makes it: into an adopted conversation, or a new one."""
        conversation_id = self.adopted.get(effect_id)

        async def send(send_until: float) -> Written:
            if self.store.clock() > send_until:
                raise REFUSED
            self.check_intent(effect_id)
            now = self.store.clock()
            request = Request(plain, conversation_id, now + DEADLINE, 0)
            request.dies_at = request.gives_up_at + TIMING.server_life
            self.workers[worker].request = request
            return await Stop("on the wire")  # type: ignore[no-any-return]

        async def find(_intent: Intent) -> Seen:
            seen = self.desk.look(effect_id)
            await Stop("after a look")
            return replace(seen, husks=()) if conversation_id else seen

        plain = self.desk.write(effect_id, conversation_id=conversation_id)
        return replace(plain, send=send, find=find, target=self.targets[effect_id])

    async def attempt(self, worker: str, effect_id: str) -> Written | Wait | Adopt | None:
        """One delivery: lease, protocol, lease back."""
        database = StoppingDatabase(self.store)
        seconds = TIMING.lease(DEADLINE)
        lease = await database.run(leases.acquire, f"for {effect_id}", worker, seconds)
        if lease is None:
            return None
        made: Written | Wait | Adopt | None
        try:
            made = await self.effects.perform(lease, self.write_of(worker, effect_id), _nothing)
        except FreeScoutUnavailableError:
            made = None
        await database.run(leases.release, lease)
        if isinstance(made, Adopt):
            self.adopted.setdefault(effect_id, made.conversation_id)
        return made

    def go_on(self, worker: str, answer: object = None, error: Exception | None = None) -> Any:
        """Let a worker run to its next stop; its outcome when it has ended, else the stop."""
        state = self.workers[worker]
        attempt = state.attempt

        async def to_the_next_stop() -> Any:
            if error is not None:
                return attempt.throw(error)
            return attempt.send(answer)

        try:
            state.at = self.loop.run_until_complete(to_the_next_stop())
        except RuntimeError as ended:
            # A coroutine that returns inside another one: PEP 479 wraps its StopIteration.
            if not isinstance(ended.__cause__, StopIteration):
                raise
            del self.workers[worker]
            return ended.__cause__.value
        return state.at

    def is_on_the_wire(self, worker: str) -> bool:
        """Whether a worker waits for FreeScout."""
        return self.workers[worker].at.seam == "on the wire"

    # What may happen

    @precondition(lambda self: len(self.workers) < len(WORKERS))
    @rule(effect_id=effect_ids, seam=seams, fate=fates, pause=pauses)
    def begin(self, effect_id: str, seam: str, fate: str, pause: float) -> None:
        """A free worker takes a delivery and goes on to a seam, then everybody stands still."""
        worker = next(name for name in WORKERS if name not in self.workers)
        attempt = self.attempt(worker, effect_id)
        self.workers[worker] = Worker(attempt, effect_id, Stop("start"))
        self.go_to(worker, seam, fate)
        self.store.pass_time(pause)

    @precondition(lambda self: self.workers)
    @rule(worker=st.sampled_from(WORKERS), seam=seams, fate=fates, pause=pauses)
    def go_on_with(self, worker: str, seam: str, fate: str, pause: float) -> None:
        """A worker that stood still goes on."""
        if worker in self.workers:
            self.go_to(worker, seam, fate)
            self.store.pass_time(pause)

    @precondition(lambda self: self.workers)
    @rule(worker=st.sampled_from(WORKERS), pause=pauses)
    def crash(self, worker: str, pause: float) -> None:
        """A process dies where it stands; what it had sent travels on."""
        if worker in self.workers:
            if self.is_on_the_wire(worker):
                self.travelling.append(self.taken_from(worker))
            self.workers.pop(worker).attempt.close()
            self.store.pass_time(pause)

    def go_to(self, worker: str, seam: str, fate: str) -> None:
        """Run to a seam or to the end; a request on the way meets its fate."""
        while worker in self.workers:
            if self.is_on_the_wire(worker):
                self.meet(worker, fate)
            else:
                self.go_on(worker)
            if worker in self.workers and self.workers[worker].at.seam == seam:
                return

    def meet(self, worker: str, fate: str) -> None:
        """FreeScout applies a request or not, and the client hears of it or not."""
        if fate == "answer":
            self.answer(worker)
            return
        request = self.taken_from(worker)
        if fate == "lose":
            self.apply(request)
        elif fate == "travel":
            self.travelling.append(request)
        elif fate == "half":
            self.travelling.append(request)
            self.apply_half(request)
        self.go_on(worker, error=REFUSED if fate == "refuse" else LOST)

    def apply_half(self, request: Request) -> None:
        """FreeScout makes the conversation and not, or not yet, its thread."""
        alive = self.store.clock() <= request.dies_at
        if alive and not request.conversation_id and request.husk is None:
            request.husk = self.desk.open()

    @precondition(lambda self: self.travelling)
    @rule(data=st.data())
    def apply_late(self, data: st.DataObject) -> None:
        """A request nobody waits for is applied, as long as its server lives."""
        request = data.draw(st.sampled_from(self.travelling))
        self.travelling.remove(request)
        self.apply(request)

    # What must hold

    def apply(self, request: Request) -> None:
        """FreeScout carries a request out if it still lives."""
        if self.store.clock() <= request.dies_at:
            into = request.conversation_id or request.husk
            request.applied = self.desk.apply(request.write, into)

    def taken_from(self, worker: str) -> Request:
        """The request a worker waits for."""
        request = self.workers[worker].request
        assert request is not None
        self.workers[worker].request = None
        return request

    def check_intent(self, effect_id: str) -> None:
        """Every request has its committed intent, not older than the pause allows."""
        (row,) = [row for row in self.store.rows(EFFECT) if row["id"] == effect_id]
        if row["state"] != "intent" or self.store.clock() > row["sent_at"] + TIMING.send_by:
            self.broken.append(f"request without a fresh intent: {row}")

    @invariant()
    def every_request_had_its_intent(self) -> None:
        """Intent first."""
        assert self.broken == []

    @invariant()
    def nothing_is_written_twice(self) -> None:
        """Exactly once is at most once here, and at least once in the end."""
        for effect_id in EFFECTS:
            assert self.desk.written(effect_id) <= 1, effect_id

    @invariant()
    def what_is_recorded_is_there(self) -> None:
        """No phantom results."""
        there = {(t.effect_id, t.conversation_id, t.thread_id) for t in self.desk.threads}
        for row in self.store.rows(EFFECT):
            if row["state"] == "done":
                assert (row["id"], row["conversation_id"], row["thread_id"]) in there

    def teardown(self) -> None:
        """When faults stop, everything gets done."""
        self.finish_what_runs()
        for begun in self.store.rows(EFFECT):
            self.bring_to_the_end(begun["id"])
            assert self.desk.written(begun["id"]) == 1
        self.every_request_had_its_intent()
        self.nothing_is_written_twice()
        self.what_is_recorded_is_there()
        self.loop.close()

    def finish_what_runs(self) -> None:
        """No more faults: whoever runs comes to an end, what travels arrives."""
        for request in self.travelling:
            self.apply(request)
        for worker in sorted(self.workers):
            self.run_to_the_end(worker)

    def run_to_the_end(self, worker: str) -> Any:
        """A worker whose request is answered."""
        made: Any = None
        while worker in self.workers:
            if self.is_on_the_wire(worker):
                self.answer(worker)
            else:
                made = self.go_on(worker)
        return made

    def answer(self, worker: str) -> None:
        """Apply a request and answer it, or break it off when its client has given up."""
        request = self.taken_from(worker)
        self.apply(request)
        if request.applied and self.store.clock() <= request.gives_up_at:
            self.go_on(worker, answer=request.applied)
        else:
            self.go_on(worker, error=LOST)

    def bring_to_the_end(self, effect_id: str) -> None:
        """The due loop delivers again until the write is done."""
        for _ in range(12):
            attempt = self.attempt("one", effect_id)
            self.workers["one"] = Worker(attempt, effect_id, Stop("start"))
            made = self.run_to_the_end("one")
            if isinstance(made, Written):
                return
            self.store.pass_time(made.delay if isinstance(made, Wait) else 5)
        raise AssertionError(f"{effect_id} is never done")


def _nothing(_connection: Connection, _written: Written) -> None:
    """No work row, no map, no outbox: only the effect is looked at."""


# A failure takes minutes to shrink. More histories: CSM_TEST_HISTORIES=2000.
TestHistory = pytest.mark.timeout(600)(History.TestCase)
TestHistory.settings = settings(
    max_examples=int(os.environ.get("CSM_TEST_HISTORIES", "40")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

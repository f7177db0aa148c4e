"""JetStream in memory, as the provisioning table makes it: streams, durables, deliveries.

What it keeps to: ids are remembered for the duplicate window, a message is delivered again after
ack_wait or a nak, at most `max_deliver` times, at most `max_ack_pending` are in work, and a stream
with `max_msgs_per_subject` keeps the newest. What it may lose: anything (see `lose`, `erase`).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from csm.streams import DUPLICATE_WINDOW, Durable, Stream
from csm.timing import Timing
from faults.simulation.virtual import Life
from faults.simulation.world import World


@dataclass(frozen=True, slots=True)
class Stored:
    """A message in a stream; `at` is when it was published, in seconds of the history."""

    sequence: int
    subject: str
    payload: bytes
    headers: dict[str, str]
    at: float


@dataclass(slots=True)
class StreamState:
    """A stream on the server."""

    table: Stream
    made_at: float = 0.0
    messages: dict[int, Stored] = field(default_factory=dict)
    ids: dict[str, float] = field(default_factory=dict)
    last: int = 0


@dataclass(slots=True)
class Waiting:
    """A pull request: who asked, and the way to answer with a message and its delivery's number."""

    life: Life | None
    answer: "asyncio.Future[tuple[Stored, int]]"


@dataclass(slots=True)
class DurableState:
    """A consumer on the server: how far it is, what is in work, what comes again."""

    table: Durable
    read: int = 0
    pending: dict[int, int] = field(default_factory=dict)  # sequence -> number of its timer
    again: dict[int, float] = field(default_factory=dict)  # sequence -> when it is due
    counts: dict[int, int] = field(default_factory=dict)
    acked: dict[int, float] = field(default_factory=dict)
    exhausted: set[int] = field(default_factory=set)
    timers: int = 0


class JetStream:
    """The server."""

    def __init__(
        self, world: World, timing: Timing, streams: Sequence[Stream], durables: Sequence[Durable]
    ) -> None:
        self._world = world
        self._timing = timing
        self._tables = (streams, durables)
        self.is_up = True
        self.accepted: set[str] = set()
        self.streams: dict[str, StreamState] = {}
        self.durables: dict[str, DurableState] = {}
        self._waiting: dict[str, deque[Waiting]] = {d.name: deque() for d in durables}
        self.provision()

    def provision(self) -> None:
        """Make what is missing."""
        for stream in self._tables[0]:
            self.streams.setdefault(stream.name, StreamState(stream, self._world.loop.time()))
        for durable in self._tables[1]:
            self.durables.setdefault(durable.name, DurableState(durable))

    def store(self, name: str, subject: str, payload: bytes, headers: dict[str, str]) -> bool:
        """Keep a message; False when its id is known. KeyError without the stream."""
        stream = self.streams[name]
        now, msg_id = self._world.loop.time(), headers["Nats-Msg-Id"]
        self.accepted.add(msg_id)
        if stream.ids.get(msg_id, -DUPLICATE_WINDOW) > now - DUPLICATE_WINDOW:
            self._world.note("duplicate", msg_id)
            return False
        stream.ids[msg_id] = now
        if self._world.hit("publish_forgotten"):
            return True
        stream.last += 1
        if stream.table.max_msgs_per_subject == 1:
            older = [m.sequence for m in stream.messages.values() if m.subject == subject]
            for sequence in older:
                del stream.messages[sequence]
        stream.messages[stream.last] = Stored(stream.last, subject, payload, headers, now)
        self._world.note("stored", msg_id)
        self.pump()
        return True

    def ask(self, durable: str, waiting: Waiting) -> None:
        """A pull request of one message."""
        self._waiting[durable].append(waiting)
        self._world.loop.later(0, self.pump)

    def pump(self) -> None:
        """Answer pull requests."""
        if not self.is_up:
            return
        for name, state in self.durables.items():
            while self._waiting[name] and (message := self._next(state)) is not None:
                self._deliver(state, message)

    def _next(self, state: DurableState) -> Stored | None:
        stream = self.streams.get(state.table.stream)
        if stream is None or len(state.pending) >= state.table.max_ack_pending:
            return None
        now = self._world.loop.time()
        for sequence in [s for s, due in state.again.items() if due <= now]:
            del state.again[sequence]
            if sequence in stream.messages and self._may_come_again(state, sequence):
                return stream.messages[sequence]
        while state.read < stream.last:
            state.read += 1
            message = stream.messages.get(state.read)
            if message and _matches(state.table.filter_subjects, message.subject):
                return message
        return None

    def _may_come_again(self, state: DurableState, sequence: int) -> bool:
        if state.counts.get(sequence, 0) < state.table.max_deliver:
            return True
        state.exhausted.add(sequence)
        return False

    def _deliver(self, state: DurableState, message: Stored) -> None:
        waiting = self._waiting[state.table.name].popleft()
        sequence = message.sequence
        is_dead = waiting.life is not None and waiting.life.is_dead
        if is_dead and self._world.dice.random() < 0.7:
            # The server knows that this client is gone.
            state.again[sequence] = 0.0
            return
        state.counts[sequence] = state.counts.get(sequence, 0) + 1
        self._arm(state, sequence, self._timing.ack_wait)
        self._world.note("delivered", message.headers["Nats-Msg-Id"], state.counts[sequence])
        if not is_dead and not waiting.answer.done():
            waiting.answer.set_result((message, state.counts[sequence]))
        if self._world.hit("redelivered"):
            self._arm(state, sequence, 0.5)

    def _arm(self, state: DurableState, sequence: int, seconds: float) -> None:
        state.timers += 1
        state.pending[sequence] = state.timers
        self._world.loop.later(seconds, self._expired, state, sequence, state.timers)

    def _expired(self, state: DurableState, sequence: int, timer: int) -> None:
        if state.pending.get(sequence) == timer:
            self._back(state, sequence, 0.0)

    def _back(self, state: DurableState, sequence: int, delay: float) -> None:
        state.pending.pop(sequence, None)
        state.again[sequence] = self._world.loop.time() + delay
        self._world.loop.later(delay, self.pump)

    def acked(self, state: DurableState, sequence: int) -> None:
        """The message is done with."""
        state.pending.pop(sequence, None)
        state.again.pop(sequence, None)
        state.acked[sequence] = self._world.loop.time()
        self.pump()

    def naked(self, state: DurableState, sequence: int, delay: float) -> None:
        """The message comes again after `delay` seconds."""
        if sequence in state.pending:
            self._back(state, sequence, delay)

    def in_progress(self, state: DurableState, sequence: int) -> None:
        """Somebody works on it: ack_wait begins anew."""
        if sequence in state.pending:
            self._arm(state, sequence, self._timing.ack_wait)

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a message in work, and none waits for anybody."""
        return not any(self._is_owing(state) for state in self.durables.values())

    def _is_owing(self, state: DurableState) -> bool:
        stream = self.streams.get(state.table.stream)
        if stream is None:
            return False
        back = [one for one in state.again if state.counts.get(one, 0) < state.table.max_deliver]
        waiting = any(one in stream.messages for one in (*state.pending, *back))
        filters = state.table.filter_subjects
        return waiting or any(
            number > state.read and _matches(filters, message.subject)
            for number, message in stream.messages.items()
        )

    def lose(self, seconds: float) -> int:
        """A power failure: what was acknowledged in the last `seconds` is gone, acks too."""
        since = self._world.loop.time() - seconds
        lost = 0
        for stream in self.streams.values():
            young = [m.sequence for m in stream.messages.values() if m.at > since]
            lost += len(young)
            for sequence in young:
                del stream.messages[sequence]
            stream.ids = {key: at for key, at in stream.ids.items() if at <= since}
        for state in self.durables.values():
            for sequence in [s for s, at in state.acked.items() if at > since]:
                del state.acked[sequence]
                self._back(state, sequence, 0.0)
            for sequence in list(state.pending):
                self._back(state, sequence, self._timing.ack_wait)
        return lost

    def erase(self) -> None:
        """Streams and durables are gone until somebody provisions; who asks keeps asking."""
        self.streams.clear()
        self.durables.clear()
        self._world.loop.later(self._world.dice.uniform(5, 120), self._restore)

    def _restore(self) -> None:
        self.provision()
        self.pump()


def _matches(patterns: Sequence[str], subject: str) -> bool:
    return any(_fits(pattern, subject) for pattern in patterns)


def _fits(pattern: str, subject: str) -> bool:
    """NATS wildcards: `*` is one token, `>` the rest."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    return len(wanted) == len(given) and all(map(fnmatchcase, given, wanted))

"""Who may ask at this moment: places whose number follows the server, and a breaker before them.

A place lasts for one question with all its attempts. What waits for a place looks at the breaker
again when it gets one: otherwise everything that queued during an outage would still be sent.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from csm import metrics
from csm.llm_errors import LlmMisconfiguredError, LlmUnavailableError

# Consecutive failures until nobody asks any more.
_FAILURES = 5
# Seconds for which nobody asks then, doubled by each trial that fails. The longest is that of the
# dependency's probes: another replica's trial must not meet a breaker that sleeps on.
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 20.0
# A server that names a longer pause is believed, within reason.
LONGEST_WAIT = 15 * 60.0
# A hold stops every place at once: a 600 s Retry-After would freeze the worker.
LONGEST_HOLD = 30.0
# Seconds between two halvings: one burst of refusals is one piece of news.
_HALVE_EVERY = 0.5
# Places at the start: few enough that a dead server costs few calls, soon more.
_FIRST_LIMIT = 4.0

Clock = Callable[[], float]


def running_time() -> float:
    """The clock of the running loop, in seconds: that of its timers."""
    return asyncio.get_running_loop().time()


class Breaker:
    """Stops asking after failures in a row; when its pause is over one question may try."""

    def __init__(self, scale: float = 1.0, clock: Clock = running_time) -> None:
        """Closed: everybody may ask. `scale` is the timing's; `clock` in seconds."""
        self._scale = scale
        self._clock = clock
        self._failures = 0
        self._opened = 0
        self._until = 0.0
        self._trial = False
        self._is_told = False
        self.why = ""
        self.is_lasting = False

    @property
    def is_open(self) -> bool:
        """Whether failures have stopped the asking, a trial's time or not."""
        return self._opened > 0

    def enter(self) -> bool:
        """Pass, or raise LlmUnavailableError at once. True: this one is the trial."""
        if not self.is_open:
            return False
        wait = self._until - self._clock()
        if wait > 0 or self._trial:
            kind = LlmMisconfiguredError if self.is_lasting else LlmUnavailableError
            raise kind(self.why, max(wait, self._scale))
        self._trial = True
        return True

    def leave(self, *, trial: bool) -> None:
        """The trial ended without news (it had nothing to ask): the next one may try."""
        if trial:
            self._trial = False

    def succeeded(self) -> None:
        """The server answered usefully, or refused for a reason that lies in the question."""
        self._failures = self._opened = 0
        self._trial = self._is_told = self.is_lasting = False
        metrics.LLM_BREAKER_OPEN.set(0)

    def failed(self, why: str) -> None:
        """It did not; enough of that in a row opens the breaker."""
        self._failures += 1
        self.why = why
        if self.is_open:
            if self._trial:
                pause = min(_FIRST_PAUSE * 2**self._opened, _LONGEST_PAUSE)
                self._open_for(pause * self._scale)
        elif self._failures >= _FAILURES:
            self._open_for(_FIRST_PAUSE * self._scale)

    def open_for(self, seconds: float, why: str, *, is_lasting: bool) -> None:
        """Nobody asks for so long: the server, the key or the quota says so."""
        self.why, self.is_lasting, self._is_told = why, is_lasting, True
        self._open_for(min(seconds, LONGEST_WAIT))

    @property
    def told_wait(self) -> float:
        """Seconds that are left of a pause which the server asked for, 0 for any other."""
        return max(0.0, self._until - self._clock()) if self._is_told else 0.0

    def try_now(self) -> None:
        """A probe succeeded: the next question is the trial, whatever is left of our own pause."""
        if not self._is_told:
            self._until = self._clock()

    def _open_for(self, seconds: float) -> None:
        self._opened += 1
        self._trial = False
        self._until = max(self._until, self._clock() + seconds)
        metrics.LLM_BREAKER_OPEN.set(1)


@dataclass(slots=True)
class Place:
    """The right to ask one question."""

    gate: "Gate"
    is_trial: bool = False
    is_held: bool = True

    async def again(self, patience: float) -> None:
        """Stand in line once more after a 429: there are fewer places now."""
        self.is_held = False
        self.gate.free()
        await self.gate.wait(patience, is_first=True)
        self.is_held = True
        self.check()

    def check(self) -> None:
        """Raise LlmUnavailableError when the breaker has opened since; the trial may go on."""
        if not self.is_trial:
            self.gate.breaker_is_closed()


class Gate:
    """Places to ask: one more after as many successes as there are, half as many after a 429."""

    def __init__(
        self,
        most: int,
        scale: float = 1.0,
        clock: Clock = running_time,
        random: Random | None = None,
    ) -> None:
        """At most `most` questions at a time; `scale` is the timing's."""
        # Spreads repetitions; nothing secret depends on it.
        self.random = random or Random()  # noqa: S311
        self.breaker = Breaker(scale, clock)
        self.limit = min(_FIRST_LIMIT, float(most))
        self.in_flight = 0
        self._most = float(most)
        self._clock = clock
        self._halved_at = float("-inf")
        self._held_until = float("-inf")
        self._queue: deque[asyncio.Future[None]] = deque()
        self._alarm: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, patience: float) -> AsyncIterator["Place"]:
        """A place within `patience` seconds; raises LlmUnavailableError without one."""
        self.breaker_is_closed()
        await self.wait(patience)
        place = Place(self)
        try:
            place.is_trial = self.breaker.enter()
            yield place
        finally:
            self.breaker.leave(trial=place.is_trial)
            if place.is_held:
                self.free()

    def breaker_is_closed(self) -> None:
        """Raise what an open breaker means, without taking its trial."""
        self.breaker.leave(trial=self.breaker.enter())

    def succeeded(self) -> None:
        """An answer came: a little more at a time, and the breaker closes."""
        self.breaker.succeeded()
        self.limit = min(self.limit + 1 / self.limit, self._most)
        metrics.LLM_LIMIT.set(self.limit)
        self._let_in()

    def slow_down(self, hold: float | None) -> None:
        """A 429: half as many at a time, and nobody new for `hold` seconds."""
        now = self._clock()
        if now - self._halved_at >= _HALVE_EVERY:
            self._halved_at = now
            self.limit = max(1.0, self.limit / 2)
            metrics.LLM_LIMIT.set(self.limit)
        if hold is not None:
            self._held_until = max(self._held_until, now + min(hold, LONGEST_HOLD))

    async def wait(self, patience: float, *, is_first: bool = False) -> None:
        """Take a place, in the order of asking; before all others when its time runs already."""
        if not self._queue and self._has_room():
            self._take()
            return
        turn = asyncio.get_running_loop().create_future()
        if is_first:
            self._queue.appendleft(turn)
        else:
            self._queue.append(turn)
        self._wake_after_hold()
        try:
            async with asyncio.timeout(patience):
                await turn
        except TimeoutError:
            self._give_up(turn)
            why = f"no free place to ask the model within {patience:g} s"
            raise LlmUnavailableError(why, patience / 4, is_outage=False) from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.free()
        elif turn in self._queue:
            self._queue.remove(turn)

    def _has_room(self) -> bool:
        return self.in_flight < int(self.limit) and self._clock() >= self._held_until

    def _take(self) -> None:
        self.in_flight += 1
        metrics.LLM_IN_FLIGHT.set(self.in_flight)

    def free(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        metrics.LLM_IN_FLIGHT.set(self.in_flight)
        self._let_in()

    def _let_in(self) -> None:
        """Give free places to who waits longest; a hold ends with a look of its own."""
        while self._queue and self._has_room():
            turn = self._queue.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)
        self._wake_after_hold()

    def _wake_after_hold(self) -> None:
        left = self._held_until - self._clock()
        if self._queue and left > 0:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = asyncio.get_running_loop().call_later(left, self._let_in)

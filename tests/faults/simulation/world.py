"""What a history is made of: its chance, its clock, its faults, and the trace of all of it."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields

from faults.simulation.virtual import LIFE, KilledError, Life, OverError, VirtualLoop

# Where virtual time begins, seconds since 1970: a Monday at noon.
EPOCH = 1_767_614_400.0


@dataclass(frozen=True, slots=True)
class Rates:
    """How often each fault strikes where it can; 0 to 1."""

    # Per step of a life (transaction, request, publish, answer).
    crash: float = 0.001
    stall: float = 0.002
    # Per seam that is reached (csm.crash.POINTS).
    crash_point: float = 0.002
    # Per transaction: refused; done, but its answer is lost.
    locked: float = 0.005
    commit_unknown: float = 0.002
    # Per POST to FreeScout.
    refused: float = 0.005
    before: float = 0.04
    after: float = 0.01
    lost: float = 0.01
    late: float = 0.008
    half: float = 0.01
    attachments_lost: float = 0.02
    attachments_lost_silently: float = 0.02
    # Per GET.
    look_fails: float = 0.01
    # Per publish: stored without an answer, not stored; answered, remembered and then gone.
    publish_unknown: float = 0.005
    publish_fails: float = 0.005
    publish_forgotten: float = 0.01
    # Per answer to a delivery; per delivery that comes again though it is being worked on.
    answer_lost: float = 0.01
    redelivered: float = 0.01
    # Per request to the model: 503; answered and paid, but the answer is lost; very slow.
    model_fails: float = 0.02
    model_lost: float = 0.01
    model_slow: float = 0.02
    # Per call to Gmail; per mail listed.
    gmail_fails: float = 0.01

    @classmethod
    def none(cls) -> "Rates":
        """Nothing ever goes wrong by itself."""
        return cls(**{field.name: 0.0 for field in fields(cls)})


class World:
    """Everything that one seed decides. Times are seconds since the start of the history."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.rates = rates
        self.loop = VirtualLoop()
        self.is_faulty = True
        # A loop that never ends takes virtual time too; so many lines no sound history has.
        self.patience = 30_000
        self.is_hot = False
        self.deaths = 0
        self.fired: Counter[str] = Counter()
        self.trace: list[tuple[float, str, str, tuple[object, ...]]] = []
        self.on_death: Callable[[Life], None] = lambda _life: None

    def now(self) -> float:
        """The clock of everybody: seconds since 1970."""
        return EPOCH + self.loop.time()

    def note(self, what: str, *about: object) -> None:
        """Remember for the trace what happened; texts are made when somebody reads it."""
        life = LIFE.get()
        self.trace.append((self.loop.time(), life.name if life else "world", what, about))

    def hit(self, fault: str) -> bool:
        """Whether this fault strikes now."""
        if not self.is_faulty or self.dice.random() >= getattr(self.rates, fault):
            return False
        self.fired[fault] += 1
        self.note("fault", fault)
        return True

    async def step(self, what: str) -> None:
        """One step of a life: it takes a moment, may take longer, may be the last."""
        if self.loop.is_over:
            raise OverError
        life = LIFE.get()
        if len(self.trace) > self.patience:
            self.is_hot = True
            self.loop.stop()
        if self.is_hot or (life is not None and life.is_dead):
            await self.loop.create_future()
        if self.hit("crash"):
            self.kill(life, what)
            await self.loop.create_future()
        stall = self.dice.uniform(1, 25) if self.hit("stall") else 0.0
        await asyncio.sleep(self.dice.uniform(0.0005, 0.02) + stall)

    def seam(self, name: str, key: str) -> None:
        """csm.crash asks here who dies at a crash point."""
        if self.loop.is_over:
            raise OverError
        if self.hit("crash_point"):
            self.fired[f"crash_point {name}"] += 1
            self.kill(LIFE.get(), f"{name} {key}")
            raise KilledError

    def kill(self, life: Life | None, where: str) -> None:
        """End a life at once."""
        if life is None or life.is_dead:
            return
        life.is_dead = True
        self.deaths += 1
        self.note("killed", where)
        self.on_death(life)

    def story(self, last: int | None = None) -> str:
        """The trace for people: one line per step."""
        rows = self.trace[-last:] if last else self.trace
        return "\n".join(
            f"{at:10.3f}  {life:8} {what:10} {' '.join(map(str, about))}"
            for at, life, what, about in rows
        )

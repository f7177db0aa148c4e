"""One history: a seed decides its faults, its mails, its people; at the end it is judged."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from csm import crash
from csm.streams import STREAMS
from csm.timing import PROFILES, Timing
from faults.simulation.agents import Agents
from faults.simulation.classifier_stage import Classifier
from faults.simulation.customers import Customers
from faults.simulation.gateway_stage import WebhookGateway
from faults.simulation.gmail_stage import GmailIngest
from faults.simulation.stage import Outside, Stage
from faults.simulation.stream import JetStream
from faults.simulation.troubles import Troubles
from faults.simulation.virtual import Life
from faults.simulation.world import Rates, World
from faults.simulation.writer_stage import DraftWriter

# Who takes part, in the order of the chain; a later stage joins here.
STAGES: tuple[type[Stage], ...] = (GmailIngest, WebhookGateway, Classifier, DraftWriter)
# Seconds of virtual time after the last fault until all work must have ended: below the duplicate
# window, so that a rescue which the bus swallows counts as lost.
PATIENCE = 3600.0
_LOOK = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a history is made of. `span` in seconds; `replicas` None lets the seed choose 1 to 3."""

    mails: int = 60
    threads: int = 20
    deeds: int = 20
    span: float = 1200.0
    replicas: int | None = None
    rates: Rates = field(default_factory=Rates)
    has_troubles: bool = True
    stages: Sequence[type[Stage]] = STAGES


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a history ended: `findings` empty is clean; `seconds` of virtual time."""

    seed: int
    findings: tuple[str, ...]
    seconds: float
    mails: int
    fired: Counter[str]
    story: str = ""


class History:
    """One seed, run once."""

    def __init__(self, seed: int, plan: Plan, timing: Timing = PROFILES["production"]) -> None:
        self.world = World(seed, plan.rates)
        self.plan = plan
        self.outside = Outside(self.world, timing)
        crash.decide_by(self.world.seam)
        self.stages = [
            kind(self.outside, plan.replicas or self.world.dice.choice((1, 1, 2, 2, 3)))
            for kind in plan.stages
        ]
        durables = [durable for stage in self.stages for durable in stage.durables]
        self.outside.server = JetStream(self.world, timing, STREAMS, durables)
        self.customers = Customers(self.outside, plan.mails, plan.threads, plan.span)
        self.agents = Agents(self.outside, self.customers, plan.deeds, plan.span)
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._born: Counter[str] = Counter()
        self._surprises: list[str] = []
        self.world.on_death = self._died
        end = plan.span
        if plan.has_troubles:
            end = Troubles(self.outside, plan.span, self._restart_one).end
        self.world.loop.later(end, self._calm)
        self._faults_end = end

    def run(self) -> Outcome:
        """From the first mail to the judgement."""
        loop = self.world.loop
        loop.later(0, self._begin)
        try:
            self.pass_time(self._faults_end)
            self._settle()
            self._reconcile()
            self._settle()
            findings = tuple(self._findings())
        finally:
            ended = loop.time()
            loop.finish()
        mails = self.outside.post.box.message_count()
        return Outcome(self.world.seed, findings, ended, mails, self.world.fired)

    def pass_time(self, seconds: float) -> None:
        """Let so much virtual time pass."""
        self.world.loop.later(seconds, self.world.loop.stop)
        self.world.loop.run_forever()

    def _settle(self) -> None:
        """Until nobody owes anything, or it has taken too long."""
        until = self.world.loop.time() + PATIENCE
        self.pass_time(_LOOK)
        while not self.world.is_hot and self.world.loop.time() < until and not self.is_quiet():
            self.pass_time(_LOOK)

    def is_quiet(self) -> bool:
        """Whether no stage owes anything, and the bus holds nothing for any."""
        return self.outside.server.is_idle and all(stage.is_quiet() for stage in self.stages)

    def _findings(self) -> list[str]:
        owing = [f"owing: {stage.name}" for stage in self.stages if not stage.is_quiet()]
        if self.world.is_hot:
            owing.append("hot: a loop goes round and round")
        found = [finding for stage in self.stages for finding in stage.findings()]
        return owing + self._surprises + [f"error: {e}" for e in self.world.loop.errors] + found

    def _reconcile(self) -> None:
        """One sweep more when all is quiet: what a lost hint costs is time."""
        for stage in self.stages:
            if isinstance(stage, WebhookGateway):
                self.world.loop.later(
                    0, lambda it=stage: self.world.loop.create_task(it.reconcile())
                )

    def _calm(self) -> None:
        self.world.is_faulty = False
        self.world.note("world", "no more faults")

    # --- lives

    def _begin(self) -> None:
        for stage in self.stages:
            for number in range(stage.replicas):
                self._start(stage, number)

    def _start(self, stage: Stage, number: int) -> None:
        place = f"{stage.name[:5]}{number}"
        self._born[place] += 1
        life = Life(f"{place}.{self._born[place]}")
        self.world.note("starts", life.name)
        life.again = lambda: self._start(stage, number)
        task = life.enter(lambda: self.world.loop.create_task(stage.life(life.name)))
        self._lives[life.name] = task
        outside = self.world.loop.outside
        task.add_done_callback(lambda done: self._ended(life, done), context=outside)

    def _died(self, life: Life) -> None:
        self._lives.pop(life.name)
        self.world.loop.later(self.world.dice.uniform(1, 20), life.again)

    def _ended(self, life: Life, task: "asyncio.Task[None]") -> None:
        """A life that ended by itself: told to stop, or by an error that nobody expected."""
        if life.is_dead:
            return
        if not task.cancelled():
            self._surprises.append(f"ended: {life.name} by {task.exception()!r}")
        life.is_dead = True
        self._died(life)

    def _restart_one(self) -> None:
        """Stop one process in order."""
        if self._lives:
            name = self.world.dice.choice(sorted(self._lives))
            self.world.note("world", "stops", name)
            self._lives[name].cancel()

"""The great troubles of a history: outages, power failures, erased streams, restarts."""

import math
from collections.abc import Callable

from faults.simulation.desk import Desk
from faults.simulation.model import Model
from faults.simulation.post import Post
from faults.simulation.stage import Outside


class Troubles:
    """Draws them for one history; `end` is when the last one is over."""

    def __init__(self, outside: Outside, span: float, restart: Callable[[], None]) -> None:
        self._outside = outside
        self._world = outside.world
        self._span = span
        self._restart = restart
        self.end = span
        dice = self._world.dice
        for _ in range(dice.choice((0, 1, 1, 2))):
            down = dice.choice(("refused", "503"))
            self._outage(f"FreeScout {down}", self._long(), outside.desk, down)
        for _ in range(dice.choice((0, 0, 1))):
            self._outage("Gmail", self._long(), outside.post, "503")
        for _ in range(dice.choice((0, 0, 1))):
            down = dice.choice(("refused", "503"))
            self._outage(f"model {down}", self._long(), outside.model, down)
        for _ in range(dice.randrange(4)):
            self._at(self._power_fails)
        if dice.random() < 0.3:
            self._at(self._erase)
        if dice.random() < 0.2:
            self._at(outside.post.box.expire_history)
        for _ in range(dice.randrange(3)):
            self._at(restart)

    def _long(self) -> float:
        """Minutes, now and then an hour."""
        return math.exp(self._world.dice.uniform(math.log(30), math.log(3600)))

    def _at(self, trouble: Callable[[], object]) -> None:
        self._world.loop.later(self._world.dice.uniform(30, self._span), trouble)

    def _outage(self, who: str, seconds: float, what: Desk | Post | Model, down: str) -> None:
        begin = self._world.dice.uniform(0, self._span)
        self.end = max(self.end, begin + seconds)
        self._world.loop.later(begin, self._set, who, what, down)
        self._world.loop.later(begin + seconds, self._set, who, what, "")

    def _set(self, who: str, what: Desk | Post | Model, down: str) -> None:
        self._world.fired[f"outage {who}"] += bool(down)
        self._world.note("outage", who, "begins" if down else "is over")
        what.down = down

    def _power_fails(self) -> None:
        """NATS loses what it acknowledged lately and is away for some seconds."""
        server, dice = self._outside.server, self._world.dice
        lost = server.lose(dice.uniform(0, 120))
        server.is_up = False
        self._world.fired["power failure"] += 1
        self._world.fired["events lost in power failures"] += lost
        self._world.note("trouble", "NATS loses", lost, "events")
        self._world.loop.later(dice.uniform(2, 30), self._power_is_back)

    def _power_is_back(self) -> None:
        self._outside.server.is_up = True
        self._outside.server.pump()

    def _erase(self) -> None:
        self._world.fired["streams erased"] += 1
        self._world.note("trouble", "all streams are erased")
        self._outside.server.erase()

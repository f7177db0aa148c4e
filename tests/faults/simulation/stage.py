"""What a service brings into the simulation: its lives, what it reads, what must hold at the end.

The README says how a service joins.
"""

from collections.abc import Coroutine, Iterator
from typing import Any

from csm.streams import Durable
from csm.timing import Timing
from faults.simulation.desk import Desk
from faults.simulation.post import Post
from faults.simulation.stream import JetStream
from faults.simulation.world import World


class Outside:
    """What survives every life and belongs to nobody: FreeScout, Gmail, NATS."""

    def __init__(self, world: World, timing: Timing) -> None:
        self.world = world
        self.timing = timing
        self.desk = Desk(world, timing)
        self.post = Post(world)
        self.server: JetStream


class Stage:
    """One service with its own database. `durables` are what it reads, on the provisioned streams.

    A stage is made anew for every history, before the first life.
    """

    name = ""
    durables: tuple[Durable, ...] = ()

    def __init__(self, outside: Outside, replicas: int) -> None:
        self.outside = outside
        self.world = outside.world
        self.replicas = replicas

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """Everything a process of the service does from its start on; `owner` names it in leases.

        All its work goes through `World.step`: database, requests, publishes, answers. There it
        may be killed. It is cancelled to be stopped in order.
        """
        raise NotImplementedError

    def is_quiet(self) -> bool:
        """Whether the service owes nothing."""
        return True

    def findings(self) -> Iterator[str]:
        """What is wrong at the end, seen from outside: desk, mailbox, bus, recorded reasons."""
        yield from ()

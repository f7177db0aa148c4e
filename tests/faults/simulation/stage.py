"""What a service brings into the simulation: its lives, what it reads, what must hold at the end.

The README says how a service joins.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from csm.streams import Durable
from csm.timing import Timing
from faults.simulation.desk import Desk
from faults.simulation.model import Model
from faults.simulation.people import Deeds
from faults.simulation.post import Post
from faults.simulation.store import Store, store_of
from faults.simulation.stream import JetStream
from faults.simulation.world import World


class Outside:
    """What survives every life and belongs to nobody: FreeScout, Gmail, NATS, the model."""

    def __init__(self, world: World, timing: Timing) -> None:
        self.world = world
        self.timing = timing
        self.desk = Desk(world, timing)
        self.post = Post(world)
        self.model = Model(world)
        self.deeds = Deeds()
        # Whether the bot knows that it made this draft.
        self.knows: Callable[[int], bool] = lambda _thread_id: True
        self.server: JetStream


class Stage:
    """One service with its own database. `durables` are what it reads, on the provisioned streams.

    A stage is made anew for every history, before the first life.
    """

    name = ""
    durables: tuple[Durable, ...] = ()
    most_replicas = 3

    def __init__(self, outside: Outside, replicas: int) -> None:
        self.outside = outside
        self.world = outside.world
        self.replicas = min(replicas, self.most_replicas)
        self.store: Store = store_of(self.name).emptied(outside.world.now)

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """Everything a process of the service does from its start on; `owner` names it in leases.

        All its work goes through `World.step`: database, requests, publishes, answers. There it
        may be killed. It is cancelled to be stopped in order.
        """
        raise NotImplementedError

    def is_quiet(self) -> bool:
        """Whether the service owes nothing."""
        owes = "SELECT 1 FROM work WHERE state = 'wanted' UNION ALL SELECT 1 FROM outbox"
        return not self.store.any(owes)

    def findings(self) -> Iterator[str]:
        """What is wrong at the end, seen from outside: desk, mailbox, bus, recorded reasons."""
        query = "SELECT id, state, reason FROM work WHERE state IN ('parked', 'degraded')"
        for work_id, ended, reason in self.store.rows(query):
            yield f"{ended}: {work_id} ({reason})"

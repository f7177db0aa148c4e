"""The present end of the chain: who hears of changed conversations, and who would rescue a hint.

Both stand in for services that are not built yet. When one joins, its stand-in goes.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from csm.bus import BusUnavailableError, publish_event
from csm.contracts import ConversationUpdated
from csm.streams import Durable
from faults.simulation.bus import Bus
from faults.simulation.stage import Outside, Stage
from faults.simulation.stream import Waiting
from simulators.freescout.records import Conversation

EAR = Durable("simulated-ear", "CONV", ("conversation.updated.*.*",))
# Seconds between two sweeps, as the design has them.
SWEEP = 3600.0


class Ear(Stage):
    """Reads every hint and remembers when it heard of which conversation."""

    name = "ear"
    durables = (EAR,)

    def __init__(self, outside: Outside, replicas: int) -> None:
        super().__init__(outside, replicas)
        self._heard: dict[int, float] = {}

    async def life(self, owner: str) -> None:  # noqa: ARG002  # one reader needs no name
        """Listen until the end; nothing ever happens to the listener itself."""
        server = self.outside.server
        while True:
            answer: Any = self.world.loop.create_future()
            server.ask(EAR.name, Waiting(None, answer))
            stored, _count = await answer
            event = ConversationUpdated.model_validate_json(stored.payload)
            self._heard[event.conversation_id] = self.world.now()
            server.acked(server.durables[EAR.name], stored.sequence)

    def findings(self) -> Iterator[str]:
        """Every customer thread of which nobody heard after it was there."""
        for row in self.outside.desk.site.desk.conversations.values():
            for thread in row.threads:
                heard = max(self._heard.get(id_, 0.0) for id_ in (row.id, thread.posted_to))
                if thread.type == "customer" and heard < self.outside.desk.applied_at[thread.id]:
                    yield f"unheard: nobody was told of thread {thread.id} in {row.id}"


class Sweep(Stage):
    """Lists the desk every hour and hints at the newest customer thread of each conversation.

    The webhook gateway will do this with FreeScout's list; it heals a hint that the bus lost after
    it had accepted it, and nothing else.
    """

    name = "sweep"

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """Sweep until the end."""
        return self._run(owner)

    async def _run(self, _owner: str) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            await self.pass_over()

    async def pass_over(self) -> None:
        """One sweep."""
        bucket = self.outside.timing.bucket(self.world.now())
        bus = Bus(self.world, self.outside.server)
        for event in map(_hint, list(self.outside.desk.site.desk.conversations.values())):
            while event is not None:
                try:
                    await publish_event(bus, event, bucket=bucket)  # type: ignore[arg-type]
                except BusUnavailableError:
                    await asyncio.sleep(self.outside.timing.due_interval)
                else:
                    break


def _hint(row: Conversation) -> ConversationUpdated | None:
    ids = [thread.id for thread in row.threads if thread.type == "customer"]
    if not ids:
        return None
    return ConversationUpdated(conversation_id=row.id, customer_thread_id=max(ids), cause="sweep")

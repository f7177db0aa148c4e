"""One life's connection to the simulated JetStream, as csm.bus and csm.delivery use a real one."""

import asyncio
from types import SimpleNamespace
from typing import Any, TypeVar

from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import NoStreamResponseError

from csm.bus import _copy_to_dead_letters
from csm.contracts import Event
from csm.delivery import Consumer, Handle, Record
from csm.streams import Durable
from csm.timing import Timing
from faults.simulation.stream import JetStream, Stored, Waiting
from faults.simulation.virtual import LIFE
from faults.simulation.world import World

E = TypeVar("E", bound=Event)


class Delivery:
    """A message in work: what nats-py's `Msg` offers, in a simulated world."""

    def __init__(
        self, world: World, server: JetStream, durable: Durable, stored: Stored, count: int
    ) -> None:
        self.data = stored.payload
        self.headers = stored.headers
        self.subject = stored.subject
        self.metadata = SimpleNamespace(
            num_delivered=count,
            stream=durable.stream,
            consumer=durable.name,
            sequence=SimpleNamespace(stream=stored.sequence),
        )
        self._world = world
        self._server = server
        self._durable = durable.name
        # What is answered after an erasure must not answer another message of the same number.
        self._state = server.durables[durable.name]
        self._sequence = stored.sequence

    async def in_progress(self) -> None:
        """A sign of life."""
        await self._answer("in_progress")

    async def nak(self, delay: float) -> None:
        """Give it back."""
        await self._answer("naked", delay)

    async def term(self) -> None:
        """Never again."""
        await self._answer("acked")

    async def ack_sync(self, _timeout: float) -> None:
        """It is done with."""
        await self._answer("acked")

    async def _answer(self, what: str, *args: float) -> None:
        await self._world.step(what)
        is_known = self._server.durables.get(self._durable) is self._state
        if not self._server.is_up or not is_known or self._world.hit("answer_lost"):
            raise NatsTimeoutError
        self._world.note(what, self.headers["Nats-Msg-Id"])
        getattr(self._server, what)(self._state, self._sequence, *args)


class Bus:
    """Stands where csm.bus expects a broker: connection and JetStream context in one."""

    def __init__(self, world: World, server: JetStream) -> None:
        self._world = world
        self._server = server
        self.connection = self

    @property
    def is_connected(self) -> bool:
        """Whether the server is there."""
        return self._server.is_up

    def jetstream(self) -> "Bus":
        """The JetStream context."""
        return self

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        timeout: float,
        stream: str,
        headers: dict[str, str],
    ) -> SimpleNamespace:
        """Store a message. Raises what nats-py raises."""
        await self._world.step(f"publish {subject}")
        if not self._server.is_up or self._world.hit("publish_fails"):
            await asyncio.sleep(timeout)
            raise NatsTimeoutError
        if stream not in self._server.streams:
            raise NoStreamResponseError
        is_new = self._server.store(stream, subject, payload, headers)
        if self._world.hit("publish_unknown"):
            await asyncio.sleep(timeout)
            raise NatsTimeoutError
        return SimpleNamespace(duplicate=not is_new)

    async def pull(self, durable: Durable, consumer: Consumer[Any]) -> None:
        """One of a subscription's workers: a delivery, its answer, the next one."""
        while True:
            answer: asyncio.Future[tuple[Stored, int]] = self._world.loop.create_future()
            self._server.ask(durable.name, Waiting(LIFE.get(), answer))
            stored, count = await answer
            delivery = Delivery(self._world, self._server, durable, stored, count)
            await asyncio.create_task(consumer.deliver(delivery))  # type: ignore[arg-type]

    def consumer(
        self, model: type[E], handle: Handle[E], record: Record[E], timing: Timing
    ) -> Consumer[E]:
        """The consumer that csm.bus.subscribe would make."""

        async def dead_letter(message: Any, why: str) -> None:
            await _copy_to_dead_letters(self, message, why)  # type: ignore[arg-type]

        return Consumer(model, handle, record, dead_letter, timing)

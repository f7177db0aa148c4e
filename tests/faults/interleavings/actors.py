"""A service's code as one actor: it runs until its next request, and waits there to be let on."""

import hashlib
from asyncio import Future
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from starlette.responses import Response

from csm.outcome import Done, Later, Outcome, Rejected
from faults.simulation.desk import http_date
from faults.simulation.world import World

E = TypeVar("E")

# Seconds until a delivery that was given back comes again.
_AGAIN = 5.0
# Nobody waits more often for one event: a loop that goes round and round is an error.
_NAPS = 100


@dataclass(slots=True)
class Asked:
    """A request that waits at the gate, and who waits for its answer."""

    request: httpx.Request
    answer: "Future[Response]"

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.request.method} {self.request.url.path.removeprefix('/api')}"


@dataclass(slots=True)
class Nap:
    """Nothing to do for so many seconds."""

    seconds: float
    answer: "Future[None]"

    name = "nap"


@dataclass(slots=True)
class Actor:
    """Who takes part. `told` is what it was answered since its event began."""

    name: str
    world: World
    waiting: Asked | Nap | None = None
    events: int = 0
    naps: int = 0
    is_over: bool = False
    told: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    async def play(self, script: Callable[[], Awaitable[None]]) -> None:
        """Everything it does, from the first event to the last."""
        try:
            await script()
        finally:
            self.is_over = True
            self.world.loop.stop()

    async def deliver(
        self,
        handle: Callable[[E], Awaitable[Outcome]],
        record: Callable[[E, Outcome], Awaitable[None]],
        event: E,
    ) -> None:
        """One event until it is done with, as the bus and the due loop bring it."""
        self.begin()
        while True:
            outcome = await handle(event)
            await record(event, outcome)
            self.story.append(f"{outcome}")
            if isinstance(outcome, Done | Rejected):
                return
            await self.nap(outcome.delay if isinstance(outcome, Later) else _AGAIN)

    def begin(self) -> None:
        """A new event: what was answered before is in the database by now."""
        self.events += 1
        self.naps = 0
        self.told.clear()

    async def nap(self, seconds: float) -> None:
        """Let time pass; other things happen meanwhile."""
        self.naps += 1
        assert self.naps < _NAPS, f"{self.name} waits for ever: {self.story[-5:]}"
        self.waiting = Nap(max(seconds, 0.001), self.world.loop.create_future())
        self.world.loop.stop()
        await self.waiting.answer


class Gate(httpx.AsyncBaseTransport):
    """The transport of one actor's FreeScout client: every request waits to be let on."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait at the gate; whoever lets it on sets the answer or the error."""
        actor, world = self._actor, self._actor.world
        trace: Any = request.extensions["trace"]
        await trace("http11.send_request_headers.started", {})
        asked = Asked(request, world.loop.create_future())
        actor.waiting = asked
        world.loop.stop()
        response = await asked.answer
        actor.told.append(hashlib.sha256(bytes(response.body)).hexdigest())
        headers = [*response.raw_headers, (b"date", http_date(world.now()))]
        return httpx.Response(response.status_code, headers=headers, content=bytes(response.body))

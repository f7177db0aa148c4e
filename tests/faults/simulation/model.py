"""The model server on the wire of the real client: the LLM simulator's own routes, no sockets.

What a request costs is spent when the server has answered, whether the answer arrives or not.
"""

from typing import Any

import httpx2 as httpx
from openai import DefaultAsyncHttpxClient
from starlette.responses import Response

from csm.llm_settings import LlmSettings, TaskSettings
from faults.simulation.routes import Routes
from faults.simulation.world import World
from simulators.llm.api import Api, error
from simulators.llm.server import Server

URL = "http://127.0.0.1:11434/v1"
SETTINGS = LlmSettings(
    base_url=URL,
    classify=TaskSettings(model="sim-small"),
    draft=TaskSettings(model="sim-large"),
)


class Model:
    """One model server; `down` is why it does not answer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.down = ""
        self.server = Server(world.seed)
        self._routes = Routes(Api(self.server).routes())

    def answer(self, request: httpx.Request) -> Response:
        """What it says to a request now."""
        found = self._routes.answer(request)
        assert found is not None, f"the model server has no {request.method} {request.url.path}"
        return found

    @property
    def paid_again(self) -> int:
        """Answers that were paid for although the same had been answered before."""
        return sum(times - 1 for times in self.server.seen.paid.values())


def client_of(model: Model) -> DefaultAsyncHttpxClient:
    """What one life asks the model with."""
    return DefaultAsyncHttpxClient(transport=ModelWire(model), trust_env=False)


class ModelWire(httpx.AsyncBaseTransport):
    """The transport of one life's model client."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._world = model.world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request with everything that may happen to it."""
        world = self._world
        name = f"model {request.url.path.rpartition('/')[2]}"
        await world.step(name)
        if self._model.down == "refused":
            raise httpx.ConnectError("connection refused", request=request)
        answer: Any = world.loop.create_future()
        seconds = world.dice.uniform(0.4, 4.0)
        if world.hit("model_slow"):
            seconds += world.dice.uniform(30, 100)
        world.loop.later(seconds, self._apply, request, answer, world.hit("model_fails"))
        response: Response = await answer
        world.note("answered", name, response.status_code)
        return httpx.Response(
            response.status_code, headers=response.raw_headers, content=bytes(response.body)
        )

    def _apply(self, request: httpx.Request, answer: Any, fails: bool) -> None:  # noqa: FBT001
        if self._model.down or fails:
            response: Response = error(503, "The engine is overloaded.", None)
        else:
            response = self._model.answer(request)
        if not self._world.hit("model_lost") and not answer.done():
            answer.set_result(response)

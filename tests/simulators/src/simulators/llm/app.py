"""The LLM simulator as one web application."""

from starlette.applications import Starlette

from simulators.llm.api import Api
from simulators.llm.control import Control
from simulators.llm.server import Server


def build(*, seed: int = 0) -> Starlette:
    """A fresh simulator; its state is `app.state.server`. `seed`: of the fault dice."""
    server = Server(seed)
    app = Starlette(routes=[*Api(server).routes(), *Control(server).routes()])
    app.state.server = server
    return app

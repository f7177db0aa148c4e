"""The simulator's own interface: order faults and answers, read what arrived.

POST /control/faults    {"down"?: bool, "rules"?: [{"kind", "every"?, "rate"?, "limit"?,
                         "on"?: model, "containing"?, "retry_after_s"?, "hang_s"?}]};
                        replaces what was ordered
POST /control/settings  {"schema"?: json_schema | json_object | text, "refuses"?: [parameter, ...],
                         "vague"?: bool, "models"?: [...], "lists_models"?: bool, "api_key"?,
                         "latency_s"?, "in_flight"?: more at a time get a 429, "context_tokens"?,
                         "counts_usage"?: bool, "obeys"?: its drafts do what mails say}
POST /control/answers   {"fixtures": [{"containing", "values": {property: value}}]}
POST /control/reset
GET  /control/counters, /control/requests (bodies as they came), /control/handshake
"""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.llm.server import Fixture, Server

Body = Mapping[str, Any]


class Control:
    """The back door of a `Server`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def routes(self) -> list[Route]:
        """All of them, below `/control`."""
        deeds = {
            "faults": self._faults,
            "settings": self._settings,
            "answers": self._answers,
            "reset": self._reset,
        }
        looks = {
            "counters": self._server.counters,
            "requests": lambda: self._server.seen.requests,
            "handshake": lambda: {"simulator": "llm", "version": 1},
        }
        return [_post(name, deed) for name, deed in deeds.items()] + [
            _get(name, look) for name, look in looks.items()
        ]

    def _faults(self, body: Body) -> dict[str, Any]:
        self._server.faults.replace(body.get("rules", ()), down=bool(body.get("down", False)))
        return {"rules": len(self._server.faults.rules), "down": self._server.faults.down}

    def _settings(self, body: Body) -> dict[str, Any]:
        self._server.abilities.replace(body)
        return {"set": sorted(body)}

    def _answers(self, body: Body) -> dict[str, Any]:
        self._server.fixtures = [Fixture(**fixture) for fixture in body["fixtures"]]
        return {"fixtures": len(self._server.fixtures)}

    def _reset(self, _body: Body) -> dict[str, Any]:
        self._server.reset()
        return {"reset": True}


def _post(name: str, deed: Callable[[Body], dict[str, Any]]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(deed(await request.json() if await request.body() else {}))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return Route(f"/control/{name}", endpoint, methods=["POST"])


def _get(name: str, look: Callable[[], Any]) -> Route:
    async def endpoint(_request: Request) -> Response:
        return JSONResponse(look())

    return Route(f"/control/{name}", endpoint, methods=["GET"])

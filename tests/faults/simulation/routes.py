"""Asks a simulator's own routes as its HTTP server would, without sockets and at once."""

from collections.abc import Coroutine, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Routes:
    """The routes of one simulator; `prefix` stands before each of their paths."""

    def __init__(self, routes: Sequence[Route], prefix: str = "") -> None:
        self._routes = routes
        self._prefix = prefix

    def answer(self, request: Any, **extra: Any) -> Response | None:
        """The answer now, None without such a route; `extra` goes into the ASGI scope."""
        path = request.url.path.removeprefix(self._prefix)
        for route in self._routes:
            found = route.path_regex.match(path)
            if found and request.method in (route.methods or ()):
                converted = {
                    name: route.param_convertors[name].convert(value)
                    for name, value in found.groupdict().items()
                }
                asked = _received(request, converted, extra)
                answer: Response = _at_once(route.endpoint(asked))
                return answer
        return None


def _received(request: Any, parameters: dict[str, Any], extra: dict[str, Any]) -> Request:
    scope = {
        "type": "http", "method": request.method, "path": request.url.path, "root_path": "",
        "scheme": "http", "server": (request.url.host, 80), "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "path_params": parameters, **extra,
    }  # fmt: skip
    body = request.content

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The answer of a coroutine that waits for nothing but its turn."""
    while True:
        try:
            waits_for = coroutine.send(None)
        except StopIteration as end:
            return end.value
        assert waits_for is None, "the simulator's route waits for something"

"""Answers that never come: a connection that is cut, one that says nothing."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulators.serve import abort_connection


class ResetResponse(Response):
    """Cuts the TCP connection instead of answering; without a real socket it is a plain 503."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "simulators.transport" in scope.get("extensions", {}):
            await abort_connection(scope, receive)
        else:
            await super().__call__(scope, receive, send)


class HangResponse(Response):
    """Says nothing until the client leaves or `hang_s` seconds are over; then 503."""

    def __init__(self, hang_s: float) -> None:
        super().__init__(status_code=503)
        self.hang_s = hang_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.wait_for(_disconnected(receive), self.hang_s)
        except TimeoutError:
            await super().__call__(scope, receive, send)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

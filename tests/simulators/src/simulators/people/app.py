"""All receivers of alerts as one web application.

POST /slack, /json, /pagerduty  -> as the real ones; GET /heartbeat
GET  /control/handshake   -> {"simulator": "people", "smtp_port": n}
GET  /control/inbox       -> {"messages": [{"channel", "content", "at"}], "heartbeats": n}
POST /control/faults      {channel: ["lost" | "refused" | "<HTTP status>", ...]}: the next messages'
POST /control/reset       {}
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulators.people.inbox import Inbox
from simulators.people.mail_server import MailServer
from simulators.serve import abort_connection

_CHANNELS = ("slack", "json", "pagerduty")


class People:
    """The endpoints over one inbox."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.mail = MailServer(self.inbox)

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            *(Route(f"/{name}", self.receive, methods=["POST"]) for name in _CHANNELS),
            Route("/heartbeat", self.heartbeat),
            Route("/control/handshake", self.handshake),
            Route("/control/inbox", self.shown),
            Route("/control/faults", self.break_down, methods=["POST"]),
            Route("/control/reset", self.reset, methods=["POST"]),
        ]

    async def receive(self, request: Request) -> Response:
        """POST: one message on the channel that the path names."""
        channel = request.url.path.strip("/")
        fault = self.inbox.next_fault(channel)
        if fault.isdigit():
            return PlainTextResponse("no", int(fault))
        content = await request.json()
        if channel == "slack" and not isinstance(content.get("text"), str):
            return PlainTextResponse("no_text", 400)
        if fault == "refused":
            await abort_connection(request.scope, request.receive)
            return Response()
        self.inbox.take(channel, content)
        if fault == "lost":
            await abort_connection(request.scope, request.receive)
        return PlainTextResponse("ok")

    async def heartbeat(self, _request: Request) -> Response:
        """GET: somebody is well."""
        self.inbox.heartbeats += 1
        return PlainTextResponse("ok")

    async def handshake(self, _request: Request) -> Response:
        """GET: says that these are no real people."""
        return JSONResponse({"simulator": "people", "smtp_port": self.mail.port})

    async def shown(self, _request: Request) -> Response:
        """GET: what arrived."""
        return JSONResponse(self.inbox.shown())

    async def break_down(self, request: Request) -> Response:
        """POST: the faults of the next messages, by channel."""
        for channel, faults in (await request.json()).items():
            self.inbox.faults[channel] = list(faults)
        return JSONResponse({})

    async def reset(self, _request: Request) -> Response:
        """POST: an empty inbox."""
        self.inbox.reset()
        return JSONResponse({})


def build() -> Starlette:
    """A fresh simulator."""
    people = People()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await people.mail.start()
        yield
        await people.mail.stop()

    return Starlette(routes=people.routes(), lifespan=lifespan)

"""The fault gate: stands before the API and plays the faults of the plan on the wire."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.freescout.answers import core_error, html_page, refusal
from simulators.freescout.api import CUT
from simulators.freescout.faults import FaultName
from simulators.freescout.installation import Installation
from simulators.freescout.records import Cut, RefusedError
from simulators.serve import abort_connection

_NUMBER = re.compile(r"/\d+")


@dataclass(slots=True)
class Answer:
    """What the API answered, held back from the client."""

    messages: list[Message] = field(default_factory=list)

    async def keep(self, message: Message) -> None:
        """Stand in for ASGI's send."""
        self.messages.append(message)

    @property
    def status(self) -> int:
        """The HTTP status, 0 before there is one."""
        return next((int(m["status"]) for m in self.messages if "status" in m), 0)

    @property
    def resource_id(self) -> int | None:
        """The header Resource-ID of a 201."""
        headers = self.messages[0].get("headers", []) if self.messages else []
        return next((int(value) for name, value in headers if name == b"resource-id"), None)

    async def pass_on(self, send: Send) -> None:
        """Give the answer to the client after all."""
        for message in self.messages:
            await send(message)


@dataclass(slots=True)
class Exchange:
    """One request with its body already read, and the way back to its client."""

    scope: Scope
    receive: Receive
    send: Send
    body: bytes

    def wants_json(self) -> bool:
        """Whether the client accepts application/json."""
        accepted = [value for name, value in self.scope["headers"] if name == b"accept"]
        return any(b"application/json" in value for value in accepted)

    async def refuse(self, response: Response) -> int:
        """Answer without the API; return the status."""
        await response(self.scope, self.receive, self.send)
        return response.status_code

    async def cut(self) -> int:
        """Close the client's socket; return 0 for "no status"."""
        await abort_connection(self.scope, self.receive)
        return 0


Play = Callable[[Exchange], Awaitable[int]]


class FaultGate:
    """ASGI application around the API; counts every request as (method, pattern, status)."""

    def __init__(self, app: ASGIApp, site: Installation) -> None:
        self._app = app
        self._site = site
        self._plan = site.plan
        self._plays: dict[FaultName, Play] = {
            "before": self._before,
            "refused": self._refused,
            "reset": self._reset,
            "html": self._html,
            "hang": self._hang,
            "half": self._half,
            "attachments_lost": self._attachments_lost,
            "late": self._late,
            "after": self._after,
            "html_after": self._html_after,
            "lost": self._lost,
            "thread_lost": self._thread_lost,
            "slow": self._slow,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, broken or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, await _read_all(receive))
        status = await self._play(exchange)
        pattern = _NUMBER.sub("/{id}", scope["path"])
        self._site.requests[f"{scope['method']} {pattern} {status or 'cut'}"] += 1

    async def _play(self, exchange: Exchange) -> int:
        method, path = exchange.scope["method"], exchange.scope["path"]
        if self._plan.conditions.down:
            self._plan.fired["down"] += 1
            return await self._before(exchange)
        if self._plan.conditions.latency_seconds and self._plan.conditions.concern(method):
            await asyncio.sleep(self._plan.conditions.latency_seconds)
        fault = self._plan.pick(method, path)
        return await (self._plays[fault] if fault else self._whole)(exchange)

    async def _apply(self, exchange: Exchange, cut: Cut = Cut.NOTHING) -> Answer:
        answer = Answer()
        scope = {**exchange.scope, CUT: cut}
        await self._app(scope, _replay(exchange.body, exchange.receive), answer.keep)
        return answer

    async def _whole(self, exchange: Exchange) -> int:
        answer = await self._apply(exchange)
        await answer.pass_on(exchange.send)
        return answer.status

    async def _before(self, exchange: Exchange) -> int:
        return await exchange.refuse(core_error(503, wants_json=exchange.wants_json()))

    async def _refused(self, exchange: Exchange) -> int:
        return await exchange.refuse(refusal(RefusedError("threads", "Invalid", status=400)))

    async def _reset(self, exchange: Exchange) -> int:
        return await exchange.cut()

    async def _html(self, exchange: Exchange) -> int:
        return await exchange.refuse(html_page(self._plan.conditions.html_status))

    async def _hang(self, exchange: Exchange) -> int:
        while (await exchange.receive())["type"] != "http.disconnect":
            pass
        return 0

    async def _half(self, exchange: Exchange) -> int:
        answer = await self._apply(exchange, Cut.THREADS)
        await answer.pass_on(exchange.send)
        return answer.status

    async def _attachments_lost(self, exchange: Exchange) -> int:
        answer = await self._apply(exchange, Cut.ATTACHMENTS)
        if self._plan.conditions.attachments_lost_status == 500 and answer.status == 201:
            return await exchange.refuse(core_error(500, wants_json=exchange.wants_json()))
        await answer.pass_on(exchange.send)
        return answer.status

    async def _late(self, exchange: Exchange) -> int:
        # uvicorn does not end a request whose client has gone: it is applied all the same.
        desk = self._site.desk
        await asyncio.sleep(self._plan.conditions.late_seconds)
        # What a reset has ended must not reach the desk that came after it.
        return await (self._whole if self._site.desk is desk else self._before)(exchange)

    async def _after(self, exchange: Exchange) -> int:
        await self._apply(exchange)
        return await exchange.refuse(core_error(500, wants_json=exchange.wants_json()))

    async def _html_after(self, exchange: Exchange) -> int:
        await self._apply(exchange)
        return await self._html(exchange)

    async def _lost(self, exchange: Exchange) -> int:
        await self._apply(exchange)
        return await exchange.cut()

    async def _thread_lost(self, exchange: Exchange) -> int:
        answer = await self._apply(exchange)
        if exchange.scope["path"].rstrip("/").endswith("/threads") and answer.resource_id:
            self._site.desk.drop_thread(answer.resource_id)
        await answer.pass_on(exchange.send)
        return answer.status

    async def _slow(self, exchange: Exchange) -> int:
        answer = await self._apply(exchange)
        for message in _dribble(answer.messages):
            await exchange.send(message)
            await asyncio.sleep(self._plan.conditions.slow_seconds / 10)
        return answer.status


def _dribble(messages: list[Message]) -> list[Message]:
    body: bytes = b"".join(message.get("body", b"") for message in messages)
    step = max(1, len(body) // 9)
    parts = [body[start : start + step] for start in range(0, len(body), step)] or [b""]
    chunks: list[dict[str, Any]] = [
        {"type": "http.response.body", "body": part, "more_body": True} for part in parts
    ]
    return [messages[0], *chunks[:-1], {**chunks[-1], "more_body": False}]


async def _read_all(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed

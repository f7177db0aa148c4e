"""A web server that says exactly what a test wants: for answers no sane program gives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Respond = Callable[[Request], Awaitable[bytes]]


@dataclass(slots=True)
class ScriptedServer:
    """Where it listens and what it saw; `most_at_once` counts requests without an answer yet."""

    respond: Respond
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client leaves; an empty answer closes it."""
        try:
            while answer := await self._answer(await _read(reader)):
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()

    async def _answer(self, request: Request) -> bytes:
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.respond(request)
        finally:
            self.at_once -= 1


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


def answer(
    status: int, body: str = "", headers: tuple[str, ...] = ("Content-Type: application/json",)
) -> bytes:
    """A whole HTTP/1.1 answer."""
    content = body.encode()
    lines = [f"HTTP/1.1 {status} Scripted", *headers, f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


@asynccontextmanager
async def scripted(respond: Respond) -> AsyncIterator[ScriptedServer]:
    """Serve `respond` on a free port of loopback."""
    script = ScriptedServer(respond)
    server = await asyncio.start_server(script.handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    script.url = f"http://{host}:{port}"
    try:
        yield script
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def always(*answers: bytes) -> AsyncIterator[ScriptedServer]:
    """Give one answer after the other; the last one for ever."""
    left = list(answers)

    async def respond(_request: Request) -> bytes:
        return left.pop(0) if len(left) > 1 else left[0]

    async with scripted(respond) as server:
        yield server

"""Run a simulator, on loopback unless told otherwise.

One line on stdout says where; SIGTERM ends it.
"""

import ctypes
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "simulators.transport"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class AbortableProtocol(H11Protocol):
    """HTTP/1.1 that lets the application cut its own connection, see `abort_connection`."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[_TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


async def abort_connection(scope: MutableMapping[str, Any], receive: Receive) -> None:
    """Close the client's socket at once (RST), without an answer; return when it is closed.

    The request's body may or may not have been read before.
    """
    transport = scope["extensions"][_TRANSPORT]
    peer = transport.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class _AnnouncingServer(uvicorn.Server):
    """Says its address once it accepts connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        sys.stdout.write(f"listening http://{host}:{port}\n")
        sys.stdout.flush()


class _SignallingServer(uvicorn.Server):
    """Sets an event once it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=AbortableProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        # A hanging request is a fault we play ourselves: it must not delay the end.
        timeout_graceful_shutdown=1,
    )


def _listen(port: int, host: str = "127.0.0.1") -> socket.socket:
    # With protocol 0 asyncio would not set TCP_NODELAY: 44 ms for every answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    return listener


def die_with_parent() -> None:
    """Ask Linux to send SIGTERM to this process when its parent ends; nothing elsewhere."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have ended before prctl took hold.
    if os.getppid() != parent:
        raise SystemExit(0)


def serve(app: ASGIApp, port: int, host: str = "127.0.0.1") -> None:
    """Serve `app` on `host`:`port` (0 = any free port) until SIGTERM or SIGINT."""
    listener = _listen(port, host)
    _AnnouncingServer(_config(app)).run(sockets=[listener])


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve `app` from a thread of this process; yield its base URL.

    Raises TimeoutError if it does not start within 10 s.
    """
    listener = _listen(0)
    port = listener.getsockname()[1]
    server = _SignallingServer(_config(app))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    if not server.ready.wait(10):
        raise TimeoutError("the simulator did not start within 10 s")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()

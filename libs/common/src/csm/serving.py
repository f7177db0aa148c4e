"""Serves an ASGI application inside a service's own event loop."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from csm.alerts import alert
from csm.logs import get_logger
from csm.settings import ConfigError

# Seconds until the head of a request must be there, from its first byte or the connection on.
HEAD_SECONDS = 10.0
_MOST_HEAD_BYTES = 16 * 1024

_log = get_logger("serving")


class _Server(uvicorn.Server):
    """Leaves the signals to the service, which has its own way to end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing."""
        yield


class _Impatient(H11Protocol):
    """Cuts a sender that takes too long for its request's head; uvicorn would wait for ever."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self._wait()
        super().data_received(data)
        # uvicorn has no cycle before the first request's head is complete.
        if not getattr(self.cycle, "response_complete", True):
            self._wait_no_more()

    def on_response_complete(self) -> None:
        self._wait_no_more()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str, port: int, *, what: str = "health", proxies: Sequence[str] = ()
) -> AsyncIterator[str]:
    """Serve while the block runs; the address. Port 0 takes a free one, which the log names.

    `proxies` may say whom they speak for. Raises ConfigError, naming `<what>_host`, for an address
    that this machine does not have.
    """
    listening = _listen(host, port, what)
    address = "http://{}:{}".format(*listening.getsockname()[:2])
    config = uvicorn.Config(
        app, loop="none", http=_Impatient, ws="none", lifespan="off", log_config=None,
        access_log=False, timeout_graceful_shutdown=1, server_header=False,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies),
    )  # fmt: skip
    server = _Server(config)
    served = asyncio.create_task(server.serve([listening]))
    _log.info(f"{what} is served", url=address)
    try:
        yield address
    finally:
        server.should_exit = True
        await served


def _listen(host: str, port: int, what: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not port:
            raise ConfigError([f"{what}_host: {host}:{port} cannot be used: {error}"]) from None
    # Mail is worth more than the port of a second replica on one machine.
    words = f"port {port} for {what} is taken, another one is used"
    alert("health-port-taken", words, about=str(port))
    return socket.create_server((host, 0), family=family)

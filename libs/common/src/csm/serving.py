"""Serves an ASGI application inside a service's own event loop."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from csm.alerts import alert
from csm.logs import get_logger
from csm.settings import ConfigError

_log = get_logger("serving")


class _Server(uvicorn.Server):
    """Leaves the signals to the service, which has its own way to end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """Serve while the block runs; the address. Port 0 takes a free one, which the log names.

    Raises ConfigError for an address that this machine does not have.
    """
    listening = _listen(host, port)
    address = "http://{}:{}".format(*listening.getsockname()[:2])
    config = uvicorn.Config(
        app, loop="none", http="h11", ws="none", lifespan="off", log_config=None,
        access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config)
    served = asyncio.create_task(server.serve([listening]))
    _log.info("health is served", url=address)
    try:
        yield address
    finally:
        server.should_exit = True
        await served


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not port:
            raise ConfigError([f"health_host: {host}:{port} cannot be used: {error}"]) from None
    # Mail is worth more than the probe of a second replica on one machine.
    alert("health-port-taken", f"port {port} is taken, another one is used", about=str(port))
    return socket.create_server((host, 0), family=family)

"""Puts the simulator together: API behind its faults, control, attachments, pages."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.freescout.api import Api, core_exception
from simulators.freescout.control import Control
from simulators.freescout.gate import FaultGate
from simulators.freescout.installation import Installation
from simulators.freescout.pages import Pages
from simulators.freescout.postman import Postman


class _WakingPostman:
    """Lets the postman look after every request: any of them may have made mail."""

    def __init__(self, app: ASGIApp, postman: Postman) -> None:
        self._app = app
        self._postman = postman

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            self._postman.wake()


def build(
    *, gmail: str | None = None, seed: int = 0, clock: Callable[[], float] = time.time
) -> ASGIApp:
    """Return the FreeScout simulator as an ASGI application with an empty desk.

    `gmail` is the base URL of the Gmail simulator that gets the mail sent to customers, `clock`
    returns seconds since 1970.
    """
    site = Installation(clock, seed, gmail)
    postman = Postman(site)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(postman.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    errors = {HTTPException: core_exception}
    api = Starlette(routes=Api(site).routes(), exception_handlers=errors)
    routes = [
        Mount("/api", FaultGate(api, site)),
        Mount("/control", routes=Control(site).routes()),
        *Pages(site).routes(),
    ]
    app = Starlette(routes=routes, exception_handlers=errors, lifespan=lifespan)
    return _WakingPostman(app, postman)

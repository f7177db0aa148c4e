"""Puts the simulator together: API behind its faults, control, attachments, pages."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.freescout.api import Api, core_exception
from simulators.freescout.control import Control
from simulators.freescout.courier import Courier
from simulators.freescout.gate import FaultGate
from simulators.freescout.hours import pass_time
from simulators.freescout.installation import Installation
from simulators.freescout.pages import Pages
from simulators.freescout.postman import Postman


class _Attending:
    """Lets time pass before every request, and wakes the background tasks after it."""

    def __init__(self, app: ASGIApp, site: Installation, wake: Callable[[], None]) -> None:
        self._app = app
        self._site = site
        self._wake = wake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._site.base_url = str(URL(scope=scope).replace(path="", query=""))
            pass_time(self._site.desk)
        try:
            await self._app(scope, receive, send)
        finally:
            self._wake()


def build(
    *, gmail: str | None = None, seed: int = 0, clock: Callable[[], float] = time.time
) -> ASGIApp:
    """Return the FreeScout simulator as an ASGI application with an empty desk.

    `gmail` is the base URL of the Gmail simulator that gets the mail sent to customers, `clock`
    returns seconds since 1970.
    """
    site = Installation(clock, seed, gmail)
    postman, courier = Postman(site), Courier(site)
    site.on_event = courier.wake

    def wake() -> None:
        postman.wake()
        courier.wake()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(postman.run()), asyncio.create_task(courier.run())]
        yield
        for task in tasks:
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
    return _Attending(app, site, wake)

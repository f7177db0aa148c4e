"""Serves the page: a token opens it, nothing on it changes anything or comes from elsewhere."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from csm.admin import AdminError
from csm.serving import serving
from csm.settings import CommonSettings
from csm_cli import story, timeline
from csm_cli.asking import Answers, each
from csm_cli.page import view
from csm_cli.terminal import Json, age, moment
from gmail_ingest.settings import Settings

_COOKIE = "csm_page"
# Seconds that a service may take to answer: the page says who did not.
_PATIENCE = 5.0
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TEMPLATES = Environment(
    loader=PackageLoader("csm_cli.page"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_TEMPLATES.filters |= {"age": age, "moment": moment}


class _Gate(BaseHTTPMiddleware):
    """Lets in who brings the token once in the address; a cookie remembers it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        super().__init__(app)
        self._token = token.encode()

    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        given = request.query_params.get("token")
        if given is not None and self._is_right(given):
            opened = RedirectResponse(request.url.path, 303, headers=_HEADERS)
            opened.set_cookie(_COOKIE, given, httponly=True, samesite="strict")
            return opened
        if not self._is_right(request.cookies.get(_COOKIE, "")):
            words = "The token is missing or wrong: open the address that csm page printed.\n"
            return PlainTextResponse(words, 401, headers=_HEADERS)
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    def _is_right(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token)


class _Page:
    """The routes; each asks the running services anew."""

    def __init__(self, settings: Settings, services: Sequence[CommonSettings]) -> None:
        self._settings = settings
        self._services = services

    async def overview(self, _request: Request) -> Response:
        """Flow, unfinished work, alerts, drafts."""
        said = await self._ask("status", {})
        rows = {s.section: {"states": list(view.UNFINISHED)} for s in self._services}
        work = await each(self._services, "list", rows, _PATIENCE)
        drafts = await each(self._services, "drafts", {"draft_writer": {}}, _PATIENCE)
        shown = view.overview([s.section for s in self._services], said, work, drafts)
        return _rendered("overview.html", shown)

    async def story(self, request: Request) -> Response:
        """Everything about one mail or conversation."""
        wanted = request.query_params.get("id", "").strip()
        try:
            found = await story.told(self._services, wanted)
        except AdminError as error:
            return _rendered("unknown.html", {"wanted": wanted, "words": str(error)}, 404)
        rows = [(name, row) for name, said in found["services"].items() for row in said["rows"]]
        return _rendered(
            "story.html",
            {
                "wanted": wanted, "desk": self._settings.freescout.url,
                "conversations": found["conversations"], "rows": rows,
                "events": timeline.events(found["services"]),
                "advice": timeline.advice(wanted, rows),
            },
        )  # fmt: skip

    async def _ask(self, verb: str, arguments: Json) -> Answers:
        asked = {service.section: arguments for service in self._services}
        return await each(self._services, verb, asked, _PATIENCE)


async def _style(_request: Request) -> Response:
    return Response(_TEMPLATES.get_template("style.css").render(), media_type="text/css")


def _rendered(template: str, shown: Json, status: int = 200) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(shown), status)


def application(settings: Settings, services: Sequence[CommonSettings], token: str) -> Starlette:
    """The page as an ASGI application; opens nothing yet."""
    page = _Page(settings, services)
    routes = [
        Route("/", page.overview), Route("/story", page.story), Route("/style.css", _style),
    ]  # fmt: skip
    return Starlette(routes=routes, middleware=[Middleware(_Gate, token=token)])


async def serve(
    app: Starlette, host: str, port: int, token: str, say: Callable[[str], None] | None
) -> None:
    """Until cancelled; `say` gets the address that opens the page."""
    async with serving(app, host, port, what="page") as url:
        if say is not None:
            say(f"{url}/?token={quote(token)}")
        await asyncio.Event().wait()

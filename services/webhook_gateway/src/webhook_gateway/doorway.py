"""The web application in front of the handlers: its routes, and headers on every answer."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhook_gateway.handlers import Handlers

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'"),
    (b"permissions-policy", b"interest-cohort=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_REFUSALS = {
    400: "No webhook of FreeScout's", 401: "Not signed by a known secret",
    408: "Too slow", 413: "Too large", 415: "Not JSON", 429: "Too often",
    431: "Too long a head", 503: "Try again later",
}  # fmt: skip
_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}


def routes(handlers: Handlers) -> FastAPI:
    """Two routes, and no page that explains them to strangers."""
    app = FastAPI(title="CSM webhooks", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route(
        "/freescout", handlers.freescout, methods=["POST"], response_class=Response,
        response_model=None, openapi_extra={"requestBody": _BODY},
        responses={status: {"description": words} for status, words in _REFUSALS.items()},
    )  # fmt: skip
    app.add_api_route(
        "/health", handlers.health, methods=["GET"], response_class=Response, response_model=None
    )
    return app


class Doorway:
    """The routes, with the headers that leave a browser nothing to do with an answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Around `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add the headers to the answer."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            await send(message)

        await self._app(scope, receive, send_on)

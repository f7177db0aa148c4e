"""Google's token endpoint: a refresh token in, an access token out."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.gmail.broken import faulty
from simulators.gmail.counting import counted
from simulators.gmail.world import World


class TokenEndpoint:
    """POST /token. Faults ordered `on` "token" hit it; `revoke` makes it answer invalid_grant."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The one route."""
        return [Route("/token", self._token, methods=["POST"])]

    async def _token(self, request: Request) -> Response:
        self._world.seen.token_calls += 1
        return await counted(self._world.seen, "token", lambda: self._answer(request))

    async def _answer(self, request: Request) -> Response:
        faults = self._world.faults
        if faults.down:
            return JSONResponse({"error": "temporarily_unavailable"}, 503)
        fault = faults.draw("token")
        if fault is not None and (response := faulty(fault, self._world.now())) is not None:
            return response
        form = await request.form()
        if form.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        return self._grant(str(form.get("refresh_token", "")))

    def _grant(self, refresh_token: str) -> Response:
        tokens = self._world.tokens
        token = tokens.refresh(refresh_token)
        if token is None:
            text = "Token has been expired or revoked."
            return JSONResponse({"error": "invalid_grant", "error_description": text}, 400)
        grant = {"token_type": "Bearer", "scope": tokens.scope, "expires_in": tokens.lifetime_s}
        return JSONResponse({"access_token": token, **grant})

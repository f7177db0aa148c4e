"""Google's token endpoint: a refresh token, a code or a service account's word; access out."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.gmail.broken import faulty
from simulators.gmail.counting import counted
from simulators.gmail.world import World

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE = "https://oauth2.googleapis.com/token"


class TokenEndpoint:
    """POST /token. Faults ordered `on` "token" hit it; `revoke` makes it answer invalid_grant.

    A service account may act for everybody in the domain; its signature is not checked.
    """

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
        form = {key: str(value) for key, value in (await request.form()).items()}
        form.setdefault("client_id", _client_of(request.headers.get("authorization", "")))
        match form.get("grant_type"):
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""))
            case "authorization_code":
                return self._exchanged(form)
            case grant if grant == _JWT_BEARER:
                return self._delegated(form.get("assertion", ""))
        return JSONResponse({"error": "unsupported_grant_type"}, 400)

    def _refreshed(self, refresh_token: str) -> Response:
        token = self._world.tokens.refresh(refresh_token)
        if token is None:
            return _invalid_grant("Token has been expired or revoked.")
        return self._granted(token, self._world.tokens.scope)

    def _exchanged(self, form: Mapping[str, str]) -> Response:
        tokens = self._world.tokens
        consent = tokens.consents.pop(form.get("code", ""), None)
        if consent is None or not consent.fits(form):
            return _invalid_grant("Malformed auth code.")
        refresh_token = f"refresh-{tokens.issued + 1}:{consent.address}"
        token = tokens.refresh(refresh_token)
        if token is None:
            return _invalid_grant("Bad Request")
        scope = tokens.granted or consent.scope
        return self._granted(token, scope, refresh_token=refresh_token)

    def _delegated(self, assertion: str) -> Response:
        claims = _claims(assertion)
        now = self._world.now()
        if claims.get("aud") != _AUDIENCE or not now - 60 < claims.get("exp", 0) < now + 3660:
            return _invalid_grant("Invalid JWT: Token must be a short-lived token")
        if claims.get("scope") not in self._world.tokens.delegated:
            words = "Client is unauthorized to retrieve access tokens using this method"
            return JSONResponse({"error": "unauthorized_client", "error_description": words}, 401)
        token = self._world.tokens.refresh(f"jwt:{claims.get('sub', '')}")
        if token is None:
            return _invalid_grant("Invalid email or User ID")
        return self._granted(token, None)

    def _granted(self, token: str, scope: str | None, **more: str) -> Response:
        grant: dict[str, Any] = {"access_token": token, "token_type": "Bearer", **more}
        if scope is not None:
            grant["scope"] = scope
        return JSONResponse({**grant, "expires_in": self._world.tokens.lifetime_s})


def _invalid_grant(words: str) -> Response:
    return JSONResponse({"error": "invalid_grant", "error_description": words}, 400)


def _client_of(authorization: str) -> str:
    """The client id of HTTP Basic, the other way to name it (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded).decode().partition(":")[0]
    except ValueError:
        return ""


def _claims(assertion: str) -> dict[str, Any]:
    parts = assertion.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}

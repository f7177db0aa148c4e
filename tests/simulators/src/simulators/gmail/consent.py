"""Google's consent page: a willing person signs in, and the browser goes back with a code."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.gmail.world import World

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to; good for one exchange."""

    address: str
    scope: str
    client_id: str
    redirect_uri: str
    challenge: str

    def fits(self, form: Mapping[str, str]) -> bool:
        """Whether the exchange comes from whom the person answered (RFC 7636, S256)."""
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            form.get("client_id") == self.client_id
            and form.get("redirect_uri") == self.redirect_uri
            and challenge == self.challenge
        )


class ConsentPage:
    """GET /auth, as a browser opens it; `login_hint` is who signs in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._issued = 0

    def routes(self) -> list[Route]:
        """The one route."""
        return [Route("/auth", self._auth)]

    async def _auth(self, request: Request) -> Response:
        asked = request.query_params
        if problem := _problem(asked):
            return PlainTextResponse(f"Error 400: {problem}", 400)
        tokens = self._world.tokens
        self._issued += 1
        code = f"4/code-{self._issued}"
        tokens.consents[code] = Consent(
            address=tokens.signs_in or asked.get("login_hint") or tokens.default,
            scope=asked["scope"],
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
        )
        answer = {"code": code, "state": asked["state"], "scope": asked["scope"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)


def _problem(asked: Mapping[str, str]) -> str | None:
    needed = ("client_id", "redirect_uri", "scope", "state", "code_challenge")
    if missing := [name for name in needed if not asked.get(name)]:
        return f"invalid_request: {missing[0]}"
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return "invalid_request"
    # Google: an installed app may only be answered on the machine's own address.
    if urlsplit(asked["redirect_uri"]).hostname not in _LOOPBACK:
        return "redirect_uri_mismatch"
    return None

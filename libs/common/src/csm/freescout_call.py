"""One call to FreeScout: allowed or not, one place in flight, one request, one deadline.

The allow-list looks at what would really be sent, so no caller can reach further than it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from csm.crash import crash_point
from csm.freescout_body import Json, encode
from csm.freescout_errors import (
    FreeScoutCallForbiddenError,
    FreeScoutNotAskedError,
    FreeScoutUnavailableError,
    error_of,
)
from csm.timing import Timing

_ALLOWED = {
    "GET": re.compile(
        r"/conversations(/[0-9]+)?|/mailboxes(/[0-9]+/custom_fields)?|/users|/tags|/webhooks"
    ),
    "POST": re.compile(r"/conversations(/[0-9]+/threads)?"),
    "PUT": re.compile(r"/conversations/[0-9]+/(tags|custom_fields)"),
    # Who is called, never what is in the help desk.
    "DELETE": re.compile(r"/webhooks/[0-9]+"),
}
_ONE_CONVERSATION = re.compile(r"/conversations/([0-9]+)")
# Apache drops idle connections after 5 s by default; a POST that meets this fails uncertain.
_KEEPALIVE_SECONDS = 2.0


def is_allowed(method: str, path: str, body: Json | None, self_tests: Collection[int]) -> bool:
    """Whether this very request may leave; `path` below `/api`, without query.

    Everything FreeScout could mail to a customer, delete or close is not; `self_tests` are the
    conversations that may be closed all the same.
    """
    if method == "PUT" and (one := _ONE_CONVERSATION.fullmatch(path)):
        body = body or {}
        return _assigns(body) or _is_named_status_write(int(one[1]), body, self_tests)
    if method == "POST" and path == "/webhooks":
        return {"url", "events"} <= set(body or {}) <= {"url", "events", "mailboxes"}
    pattern = _ALLOWED.get(method)
    if pattern is None or not pattern.fullmatch(path):
        return False
    return method != "POST" or _mails_nobody(path, body or {})


def _assigns(body: Json) -> bool:
    """`assignTo` somebody and nothing beside it; 0 would take it away from whoever has it."""
    return set(body) == {"byUser", "assignTo"} and body["assignTo"] > 0


def _is_named_status_write(conversation_id: int, body: Json, self_tests: Collection[int]) -> bool:
    """`status=active` anywhere, `status=closed` for our own self-tests, and nothing beside it."""
    if set(body) != {"byUser", "status"}:
        return False
    return body["status"] == "active" or (
        body["status"] == "closed" and conversation_id in self_tests
    )


def _mails_nobody(path: str, body: Json) -> bool:
    """Customer threads, notes and drafts only; a published message goes out after 15 s."""
    threads = body.get("threads") if path == "/conversations" else [body]
    return bool(threads) and all(
        thread.get("type") in {"customer", "note"}
        or (thread.get("type") == "message" and thread.get("state") == "draft")
        for thread in threads or ()
    )


@dataclass(slots=True, kw_only=True)
class Wire:
    """Watches one request: whether any byte of it may have left this process.

    `send_until` (the event loop's seconds) is the last moment at which the request may start; `key`
    names the effect for crash points; `at_crash_point` is False for reading requests.
    """

    send_until: float | None = None
    key: str = ""
    at_crash_point: bool = False
    may_have_left: bool = False
    latest: float = float("inf")

    def begin(self, deadline: float) -> None:
        """Start the clock of `deadline` seconds; refuse to start after `send_until`."""
        now = asyncio.get_running_loop().time()
        if self.send_until is not None and now > self.send_until:
            why = "not sent: it came too late after its intent"
            raise FreeScoutNotAskedError(why, certain=True)
        self.latest = now + deadline

    async def trace(self, event: str, _details: Mapping[str, Any]) -> None:
        """Called by httpcore before and after every step of the request."""
        if event == "http11.send_request_headers.started":
            # A process frozen while it connected must not write after its quarantine is over.
            if asyncio.get_running_loop().time() > self.latest:
                why = "not sent: its deadline passed while connecting"
                raise FreeScoutUnavailableError(why, certain=True)
            self.may_have_left = True
        elif event == "http11.receive_response_headers.started" and self.at_crash_point:
            crash_point("request_sent", self.key)


@dataclass(slots=True, eq=False)
class _Slot:
    """A place in flight; tasks that inherit it from their parent send one after the other."""

    owner: "Caller"
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_open: bool = True


_held: ContextVar[_Slot | None] = ContextVar("csm_freescout_slot", default=None)


class Caller:
    """Makes calls to one FreeScout installation, at most `in_flight` at a time, none twice."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        timing: Timing,
        *,
        in_flight: int,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        """Opens nothing yet. ValueError for an unusable `base_url`."""
        self.self_tests: set[int] = set()
        self.server_time: datetime | None = None
        self._timing = timing
        self._places = asyncio.Semaphore(in_flight)
        self._is_traced = transport is None or isinstance(transport, httpx.AsyncHTTPTransport)
        self._http = httpx.AsyncClient(
            base_url=_api_url(base_url),
            headers=_headers(api_key),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=None,  # noqa: S113 - one deadline covers the whole request
            follow_redirects=False,
            trust_env=False,
            transport=transport or _transport(in_flight),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[_Slot]:
        """A place in flight; inside a held one, that one."""
        outer = _held.get()
        if outer is not None and outer.owner is self and outer.is_open:
            yield outer
            return
        async with self._places:
            own = _Slot(self)
            _held.set(own)
            try:
                yield own
            finally:
                own.is_open = False
                _held.set(outer)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        wire: Wire | None = None,
    ) -> httpx.Response:
        """One request, never repeated; raises what its answer, or the lack of one, means."""
        if not is_allowed(method, path, body, self.self_tests):
            raise FreeScoutCallForbiddenError(f"{method} {path} is not a call we may make")
        request = self._http.build_request(
            method,
            path.removeprefix("/"),
            params=params,
            content=None if body is None else encode(body),
            headers=None if body is None else {"Content-Type": "application/json"},
        )
        async with self.slot() as slot, slot.turn:
            response = await self._exchange(request, path, wire or Wire())
        if (error := error_of(method, path, response)) is not None:
            raise error
        return response

    async def _exchange(self, request: httpx.Request, path: str, wire: Wire) -> httpx.Response:
        """Send and read everything within one deadline; know whether it may have arrived."""
        where = f"{request.method} {path}"
        deadline = self._deadline(request)
        wire.begin(deadline)
        request.extensions["trace"] = wire.trace
        try:
            async with asyncio.timeout(deadline):
                response = await self._http.send(request)
        except TimeoutError as error:
            why = f"no complete answer to {where} within {deadline:g} s"
            raise FreeScoutUnavailableError(why, certain=self._is_unsent(wire)) from error
        except httpx.RequestError as error:
            certain = isinstance(error, httpx.ConnectError) or self._is_unsent(wire)
            raise FreeScoutUnavailableError(_why(where, error), certain=certain) from error
        self.server_time = _date(response) or self.server_time
        return response

    def _deadline(self, request: httpx.Request) -> float:
        """Seconds for the whole request; a large body takes longer to write."""
        if request.method == "POST":
            return self._timing.request_deadline(len(request.content))
        return self._timing.deadline

    def _is_unsent(self, wire: Wire) -> bool:
        """A transport that does not report its steps may have sent anything."""
        return self._is_traced and not wire.may_have_left


def _api_url(base_url: str) -> httpx.URL:
    """`https://desk.example[/folder]`, with or without `/api`, as base of all calls."""
    url = httpx.URL(base_url)
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query:
        raise ValueError("FreeScout's address must look like https://desk.example")
    path = url.path.rstrip("/").removesuffix("/api")
    return url.copy_with(path=f"{path}/api/", fragment=None)


def _headers(api_key: str) -> dict[str, str]:
    """Without Accept FreeScout answers errors as web pages."""
    return {"X-FreeScout-API-Key": api_key, "Accept": "application/json", "User-Agent": "csm"}


def _transport(in_flight: int) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_keepalive_connections=in_flight, keepalive_expiry=_KEEPALIVE_SECONDS)
    return httpx.AsyncHTTPTransport(retries=0, limits=limits, trust_env=False)


def _why(where: str, error: httpx.RequestError) -> str:
    """What broke; connection errors name the cause without quoting the request."""
    cause = f": {str(error)[:200]}" if isinstance(error, httpx.ConnectError) else ""
    return f"{type(error).__name__} at {where}{cause}"


def _date(response: httpx.Response) -> datetime | None:
    """The header Date, FreeScout's clock in whole seconds."""
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else None

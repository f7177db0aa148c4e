"""FreeScout on the wire of the real client: the simulator's own routes, without sockets.

A request takes time, is applied in the middle of it, and its answer may be lost. Nobody's death and
no timeout of a client changes what the desk does with a request that has left.
"""

import json
import re
from collections import Counter
from email.utils import formatdate
from typing import Any

import httpx
from starlette.responses import Response

from csm.marker import find_marker
from csm.timing import Timing
from faults.simulation.routes import Routes
from faults.simulation.world import World
from simulators.freescout.answers import core_error
from simulators.freescout.api import CUT, Api
from simulators.freescout.hours import pass_time
from simulators.freescout.installation import Installation
from simulators.freescout.records import Cut

URL = "https://desk.example"
_ADDRESSED = re.compile(r"/api/conversations/(\d+)(?:/\w+)?")


class Desk:
    """One FreeScout; `outages` are spans of time in which it answers 503 or nothing at all."""

    def __init__(self, world: World, timing: Timing) -> None:
        self.world = world
        self.timing = timing
        self.site = Installation(world.now, seed=world.seed)
        self.down: str = ""
        self.sent_to_customers: list[str] = []
        self.applied_at: dict[int, float] = {}
        # What was ever made by the API: drafts by the mark of their effect, and their threads.
        self.drafts_made: Counter[str] = Counter()
        self.by_bot: set[int] = set()
        self._touched: dict[int, float] = {}
        self._routes = Routes(Api(self.site).routes(), "/api")

    def answer(self, request: httpx.Request, cut: Cut = Cut.NOTHING) -> Response:
        """Apply a request now, as the HTTP simulator does."""
        pass_time(self.site.desk)
        answer = self._routes.answer(request, **{CUT: cut})
        if answer is None:
            return core_error(404, wants_json=True)
        self._remember(request, answer)
        return answer

    def is_touched(self, conversation_id: int, within: float) -> bool:
        """Whether a request about this conversation came in the last `within` seconds."""
        return self.world.loop.time() - self._touched.get(conversation_id, -within) < within

    def touch(self, path: str) -> None:
        """A request about a conversation is on its way or was answered just now."""
        if found := _ADDRESSED.fullmatch(path):
            self._touched[int(found[1])] = self.world.loop.time()

    def _remember(self, request: httpx.Request, answer: Response) -> None:
        """When which thread was written, and whether it would be mailed to a customer."""
        self.touch(request.url.path)
        if request.method != "POST" or answer.status_code != 201:
            return
        made = int(answer.headers["Resource-ID"])
        is_create = request.url.path == "/api/conversations"
        rows = self.site.desk.conversations[made].threads if is_create else ()
        for thread_id in [row.id for row in rows] if is_create else [made]:
            self.applied_at[thread_id] = self.world.now()
        wanted = json.loads(request.content)
        for thread in wanted.get("threads") or [wanted]:
            if thread["type"] != "message":
                continue
            found = find_marker(thread["text"])
            self.drafts_made[found.mark_id if found else ""] += 1
            self.by_bot.add(made)
            if thread.get("state") != "draft":
                self.sent_to_customers.append(f"POST {request.url.path}")


class Wire(httpx.AsyncBaseTransport):
    """The transport of one life's FreeScout client."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._world = desk.world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request with everything that may happen to it."""
        world, desk = self._world, self._desk
        name = f"{request.method} {request.url.path}"
        await world.step(name)
        if world.hit("refused") or (desk.down == "refused"):
            raise httpx.ConnectError("connection refused", request=request)
        trace = request.extensions["trace"]
        await trace("http11.send_request_headers.started", {})
        desk.touch(request.url.path)
        world.note("request", name)
        answer: Any = world.loop.create_future()
        self._schedule(request, answer)
        await trace("http11.receive_response_headers.started", {})
        response: Response = await answer
        world.note("answered", name, response.status_code)
        headers = [*response.raw_headers, (b"date", http_date(world.now()))]
        return httpx.Response(response.status_code, headers=headers, content=response.body)

    def _schedule(self, request: httpx.Request, answer: Any) -> None:
        """What the desk does with it, decided now; the client may be gone by then."""
        world = self._world
        latency = world.dice.uniform(0.02, 0.6)
        if self._desk.down:
            world.loop.later(latency, _give, answer, core_error(503, wants_json=True))
            return
        is_write = request.method != "GET"
        fault = self._write_fault(request) if is_write else self._look_fault()
        if fault == "before":
            world.loop.later(latency, _give, answer, core_error(503, wants_json=True))
            return
        if fault == "late":
            life = self._desk.timing.deadline + self._desk.timing.server_life
            world.loop.later(world.dice.uniform(1, life - 1), self._apply, request, None, fault, 0)
            return
        world.loop.later(latency / 2, self._apply, request, answer, fault, latency / 2)

    def _write_fault(self, request: httpx.Request) -> str:
        is_create = request.url.path == "/api/conversations"
        has_files = b'"attachments"' in request.content
        for fault in ("before", "after", "lost", "late"):
            if self._world.hit(fault):
                return fault
        if is_create and self._world.hit("half"):
            return "half"
        for fault in ("attachments_lost", "attachments_lost_silently"):
            if has_files and self._world.hit(fault):
                return fault
        return ""

    def _look_fault(self) -> str:
        return "before" if self._world.hit("look_fails") else ""

    def _apply(self, request: httpx.Request, answer: Any, fault: str, rest: float) -> None:
        cut = Cut.NOTHING
        if fault == "half":
            cut = Cut.THREADS
        elif fault.startswith("attachments_lost"):
            cut = Cut.ATTACHMENTS
        response = self._desk.answer(request, cut)
        self._world.note("applied", request.method, request.url.path, response.status_code, fault)
        if fault in {"after", "attachments_lost"}:
            response = core_error(500, wants_json=True)
        if answer is not None and fault != "lost":
            self._world.loop.later(rest, _give, answer, response)


def _give(answer: Any, response: Response) -> None:
    if not answer.done():
        answer.set_result(response)


def http_date(now: float) -> bytes:
    """The header Date."""
    return formatdate(int(now), usegmt=True).encode()

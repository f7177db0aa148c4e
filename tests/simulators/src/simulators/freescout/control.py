"""/control: what a test may see and do behind FreeScout's back. No key, loopback only.

GET  /control/handshake      -> {"simulator": "freescout", "version": 1}
GET  /control/state?bodies=1 -> all conversations with their threads, see `state`
GET  /control/counters       -> {"requests": {"METHOD pattern status": n}, "faults", "mails",
                                 "handovers"}; the status of a cut connection is `cut`
GET  /control/outbox         -> {"mails": [...]}, queued, sent and cancelled
GET  /control/events         -> {"events": [{"number", "name", "subject_id", "mailbox_id", "at"}]}
GET  /control/webhooks       -> {"secret", "webhooks": [...], "deliveries": [...]}
POST /control/faults         {fault: rate | {"rate"|"every"|"next", "path"?, "method"?}, "scope"?,
                              "down"?, "latency_seconds"?, "late_seconds"?, "slow_seconds"?,
                              "html_status"?, "attachments_lost_status"?, "seed"?}; see `faults`
POST /control/settings       {switch: value, "api_key"?: text | null}; see `records.Switches`
POST /control/webhooks       {"payload"?, "time_scale"?, "delay_seconds"?, "drop"?, "duplicate"?,
                              "reorder"?, "reorder_seconds"?, "timeout_seconds"?, "seed"?};
                              replaces the whole conduct, see `webhooks.Conduct`
POST /control/<deed>         what a person does in the UI, see `deeds`
POST /control/reset          {}
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, get_args, get_type_hints

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.freescout.deeds import DEEDS, Deed
from simulators.freescout.faults import BadFaultsError
from simulators.freescout.installation import Installation
from simulators.freescout.records import RefusedError, Switches
from simulators.freescout.state import delivery_state, desk_state, mail_state
from simulators.freescout.webhooks import Conduct
from simulators.freescout.wire import webhook_json

Endpoint = Callable[[Request], Awaitable[Response]]
Body = Mapping[str, Any]


class Control:
    """Endpoints over one installation."""

    def __init__(self, installation: Installation) -> None:
        self._site = installation

    def routes(self) -> list[Route]:
        """All routes below /control."""
        reading: dict[str, Endpoint] = {
            "handshake": handshake,
            "state": self.state,
            "counters": self.counters,
            "outbox": self.outbox,
            "events": self.events,
            "webhooks": self.webhooks,
        }
        acting: dict[str, Callable[[Body], object]] = {
            "faults": self.faults,
            "settings": self.change_settings,
            "webhooks": self.change_webhooks,
            "reset": self.reset,
        }
        acting |= {name: self._by_person(deed) for name, deed in DEEDS.items()}
        return [
            *(Route(f"/{name}", endpoint, methods=["GET"]) for name, endpoint in reading.items()),
            *(Route(f"/{name}", _acting(act), methods=["POST"]) for name, act in acting.items()),
        ]

    def _by_person(self, deed: Deed) -> Callable[[Body], object]:
        # The desk is looked up at each request: a reset replaces it.
        return lambda body: deed(self._site.desk, body) or {}

    async def state(self, request: Request) -> Response:
        """GET state: all conversations; `?bodies=1` with the threads' text."""
        bodies = request.query_params.get("bodies") == "1"
        return JSONResponse(desk_state(self._site.desk, bodies=bodies))

    async def counters(self, _request: Request) -> Response:
        """GET counters: requests by `METHOD pattern status`, faults, mails, handovers to Gmail."""
        mails: dict[str, int] = {}
        for mail in self._site.desk.mailroom.mails:
            key = f"{mail.kind} {mail.state}"
            mails[key] = mails.get(key, 0) + 1
        counted = {
            "requests": self._site.requests,
            "faults": self._site.plan.fired,
            "mails": mails,
            "handovers": self._site.handovers,
        }
        return JSONResponse(counted)

    async def outbox(self, _request: Request) -> Response:
        """GET outbox: every mail, queued, sent or cancelled."""
        return JSONResponse(
            {"mails": [mail_state(mail) for mail in self._site.desk.mailroom.mails]}
        )

    async def events(self, _request: Request) -> Response:
        """GET events: everything that was fired, in order."""
        return JSONResponse({"events": [asdict(event) for event in self._site.desk.events.fired]})

    async def webhooks(self, _request: Request) -> Response:
        """GET webhooks: the secret, who is registered, and every delivery with its tries."""
        queue = self._site.webhooks
        shown = {
            "secret": queue.secret,
            "webhooks": [webhook_json(webhook) for webhook in queue.webhooks.values()],
            "deliveries": [delivery_state(delivery) for delivery in queue.deliveries],
        }
        return JSONResponse(shown)

    def change_webhooks(self, body: Body) -> object:
        """POST webhooks: replaces the conduct of the queue; `seed` sets its dice anew."""
        wanted = {key: value for key, value in body.items() if key != "seed"}
        _check_settings(wanted, Conduct)
        self._site.webhooks.conduct = Conduct(**wanted)
        if "seed" in body:
            self._site.webhooks.dice.seed(body["seed"])
        return {}

    def faults(self, body: Body) -> object:
        """POST faults: replaces the whole plan."""
        self._site.plan.replace(body)
        return {}

    def change_settings(self, body: Body) -> object:
        """POST settings: switches by name, and `api_key` (null revokes it)."""
        switches = {key: value for key, value in body.items() if key != "api_key"}
        _check_settings(switches, Switches)
        for name, value in switches.items():
            setattr(self._site.desk.switches, name, value)
        if "api_key" in body:
            self._site.access.key = body["api_key"]
        return {}

    def reset(self, _body: Body) -> object:
        """POST reset: an empty installation, nothing broken, no webhooks."""
        self._site.reset()
        return {}


async def handshake(_request: Request) -> Response:
    """GET handshake: says that this is no real FreeScout."""
    return JSONResponse({"simulator": "freescout", "version": 1})


def _acting(act: Callable[[Body], object]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(act(await request.json()))
        except KeyError as missing:
            return JSONResponse({"error": f"missing: {missing}"}, 400)
        except (BadFaultsError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except RefusedError as refused:
            return JSONResponse({"error": refused.message}, refused.status)

    return endpoint


def _check_settings(wanted: Body, kind: type) -> None:
    hints = get_type_hints(kind)
    for name, value in wanted.items():
        if name not in hints:
            raise ValueError(f"unknown setting: {name}")
        allowed = get_args(hints[name])
        fits = value in allowed if allowed else _is_a(value, hints[name])
        if not fits:
            raise ValueError(f"{name} cannot be {value!r}")


def _is_a(value: object, kind: type) -> bool:
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    return isinstance(value, (int, float) if kind is float else kind)

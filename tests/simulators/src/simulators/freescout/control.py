"""/control: what a test may see and do behind FreeScout's back. No key, loopback only.

GET  /control/handshake      -> {"simulator": "freescout", "version": 1}
GET  /control/state?bodies=1 -> all conversations with their threads, see `state`
GET  /control/counters       -> {"requests": {"METHOD pattern status": n}, "faults", "mails",
                                 "handovers"}; the status of a cut connection is `cut`
GET  /control/outbox         -> {"mails": [...]}, queued, sent and cancelled
POST /control/faults         {fault: rate | {"rate"|"every"|"next", "path"?, "method"?}, "scope"?,
                              "down"?, "latency_seconds"?, "late_seconds"?, "slow_seconds"?,
                              "html_status"?, "attachments_lost_status"?, "seed"?}; see `faults`
POST /control/settings       {switch: value, "api_key"?: text | null}; see `records.Switches`
POST /control/agent-reply, /control/agent-note {"conversation_id", "text", "user"?}
POST /control/status         {"conversation_id", "status", "user"?}
POST /control/merge          {"source", "target", "user"?}
POST /control/move           {"conversation_id", "mailbox_id", "user"?}
POST /control/delete         {"conversation_id", "user"?}
POST /control/delete-forever {"conversation_id"}
POST /control/edit-customer  {"conversation_id", "email"}
POST /control/reset          {}
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_args, get_type_hints

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.freescout import staff
from simulators.freescout.faults import BadFaultsError
from simulators.freescout.installation import Installation
from simulators.freescout.records import ConversationChange, CustomerRef, RefusedError, Switches
from simulators.freescout.state import desk_state, mail_state

Endpoint = Callable[[Request], Awaitable[Response]]
Body = Mapping[str, Any]

_AGENT = 2


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
        }
        acting: dict[str, Callable[[Body], object]] = {
            "faults": self.faults,
            "settings": self.change_settings,
            "agent-reply": self.agent_reply,
            "agent-note": self.agent_note,
            "status": self.change_status,
            "merge": self.merge,
            "move": self.move,
            "delete": self.delete,
            "delete-forever": self.delete_forever,
            "edit-customer": self.edit_customer,
            "reset": self.reset,
        }
        return [
            *(Route(f"/{name}", endpoint, methods=["GET"]) for name, endpoint in reading.items()),
            *(Route(f"/{name}", _acting(act), methods=["POST"]) for name, act in acting.items()),
        ]

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

    def faults(self, body: Body) -> object:
        """POST faults: replaces the whole plan."""
        self._site.plan.replace(body)
        return {}

    def change_settings(self, body: Body) -> object:
        """POST settings: switches by name, and `api_key` (null revokes it)."""
        switches = {key: value for key, value in body.items() if key != "api_key"}
        _check_switches(switches)
        for name, value in switches.items():
            setattr(self._site.desk.switches, name, value)
        if "api_key" in body:
            self._site.access.key = body["api_key"]
        return {}

    def agent_reply(self, body: Body) -> object:
        """POST agent-reply {conversation_id, text, user?}: a person answers the customer."""
        thread = staff.reply(self._site.desk, body["conversation_id"], body["text"], _user(body))
        return {"thread_id": thread.id}

    def agent_note(self, body: Body) -> object:
        """POST agent-note {conversation_id, text, user?}."""
        thread = staff.note(self._site.desk, body["conversation_id"], body["text"], _user(body))
        return {"thread_id": thread.id}

    def change_status(self, body: Body) -> object:
        """POST status {conversation_id, status, user?}."""
        change = ConversationChange(by_user=_user(body), status=body["status"])
        self._site.desk.update_conversation(body["conversation_id"], change)
        return {}

    def merge(self, body: Body) -> object:
        """POST merge {source, target, user?}."""
        staff.merge(self._site.desk, body["source"], body["target"], _user(body))
        return {}

    def move(self, body: Body) -> object:
        """POST move {conversation_id, mailbox_id, user?}."""
        change = ConversationChange(by_user=_user(body), mailbox_id=body["mailbox_id"])
        self._site.desk.update_conversation(body["conversation_id"], change)
        return {}

    def delete(self, body: Body) -> object:
        """POST delete {conversation_id, user?}: as in the UI, the row stays."""
        staff.delete(self._site.desk, body["conversation_id"], _user(body))
        return {}

    def delete_forever(self, body: Body) -> object:
        """POST delete-forever {conversation_id}."""
        self._site.desk.delete_forever(body["conversation_id"])
        return {}

    def edit_customer(self, body: Body) -> object:
        """POST edit-customer {conversation_id, email}: the conversation gets another customer."""
        ref = CustomerRef(email=body["email"])
        customer = staff.change_customer(self._site.desk, body["conversation_id"], ref)
        return {"customer_id": customer.id}

    def reset(self, _body: Body) -> object:
        """POST reset: an empty installation, nothing broken."""
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


def _user(body: Body) -> int:
    return int(body.get("user", _AGENT))


def _check_switches(wanted: Body) -> None:
    hints = get_type_hints(Switches)
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

"""The simulator's own interface: bring mail in, order faults, read what happened.

POST /control/deliver       {"raw": base64, "mailbox"?, "labels"?, "thread_id"?, "group"?,
                             "expect"?: "ticket" | "filtered" | "any", "internal_date_s"?}
POST /control/deliver-many  {"messages": [the same, ...]} -> {"messages": [...]}
POST /control/relabel       {"id", "add": [...], "remove": [...], "mailbox"?}
POST /control/delete        {"id", "mailbox"?}
POST /control/faults        {"down"?: bool, "rules"?: [{"kind", "every"?, "rate"?, "on"?, "limit"?,
                             "retry_after_s"?, "iso_text"?, "hang_s"?}]}; replaces what was ordered
POST /control/quota         {"per_minute": int | null, "mailbox"?}
POST /control/scope         {"scope"}: what renewed tokens are granted
POST /control/consent       {"signs_in"?: address, "granted"?: scopes, "delegated"?: [scope, ...]}:
                            who answers the consent page with what; what service accounts may do
POST /control/revoke        {"revoked"?: bool, "only"?: address or refresh token}: all or these
POST /control/expire-history, /control/expire-tokens, /control/reset
GET  /control/messages?mailbox=, /control/counters, /control/handshake
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.gmail.mailbox import Delivery, Message, MessageGoneError
from simulators.gmail.world import World

Body = Mapping[str, Any]


def delivery_of(body: Body) -> Delivery:
    """A delivery from its JSON. Raises KeyError, TypeError, ValueError."""
    return Delivery(
        raw=base64.b64decode(body["raw"], validate=True),
        labels=tuple(body.get("labels") or ("INBOX", "UNREAD")),
        thread_id=body.get("thread_id"),
        group=body.get("group"),
        expect=body.get("expect") or "any",
        at_s=body.get("internal_date_s"),
        named=body.get("named", True),
    )


def message_row(message: Message) -> dict[str, Any]:
    """What a proof needs to know of a message."""
    return {
        "id": message.id,
        "thread_id": message.thread_id,
        "internal_date_s": message.internal_date_s,
        "sender": message.envelope.sender,
        "labels": sorted(message.labels),
        "subject": message.envelope.subject,
        "message_id": message.envelope.message_id,
        "size": message.size,
        "attachment_count": message.attachment_count,
        "expect": message.expect,
        "group": message.group,
    }


class Control:
    """The control routes of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        posts: dict[str, Callable[[Body], dict[str, Any]]] = {
            "deliver": self._deliver,
            "deliver-many": self._deliver_many,
            "relabel": self._relabel,
            "delete": self._delete,
            "faults": self._faults,
            "quota": self._quota,
            "expire-history": self._expire_history,
            "expire-tokens": self._expire_tokens,
            "revoke": self._revoke,
            "scope": self._scope,
            "consent": self._consent,
            "reset": self._reset,
        }
        return [
            *[_post(name, handler) for name, handler in posts.items()],
            Route("/control/messages", self._messages),
            Route("/control/counters", self._counters),
            Route("/control/handshake", self._handshake),
        ]

    def _deliver(self, body: Body) -> dict[str, Any]:
        message = self._world.mailbox(body.get("mailbox")).deliver(delivery_of(body))
        self._world.seen.delivered += 1
        return {
            "id": message.id,
            "thread_id": message.thread_id,
            "internal_date_s": message.internal_date_s,
        }

    def _deliver_many(self, body: Body) -> dict[str, Any]:
        return {"messages": [self._deliver(one) for one in body["messages"]]}

    def _relabel(self, body: Body) -> dict[str, Any]:
        box = self._world.mailbox(body.get("mailbox"))
        message = box.relabel(body["id"], body.get("add", []), body.get("remove", []))
        return {"id": message.id, "labels": sorted(message.labels)}

    def _delete(self, body: Body) -> dict[str, Any]:
        self._world.mailbox(body.get("mailbox")).delete(body["id"])
        return {"id": body["id"]}

    def _faults(self, body: Body) -> dict[str, Any]:
        self._world.faults.replace(body.get("rules", []), down=bool(body.get("down", False)))
        return {"rules": len(self._world.faults.rules), "down": self._world.faults.down}

    def _quota(self, body: Body) -> dict[str, Any]:
        box = self._world.mailbox(body.get("mailbox"))
        self._world.quota(box.address).per_minute = body["per_minute"]
        return {"per_minute": body["per_minute"]}

    def _expire_history(self, body: Body) -> dict[str, Any]:
        box = self._world.mailbox(body.get("mailbox"))
        box.expire_history()
        return {"history_id": str(box.history_id)}

    def _expire_tokens(self, _body: Body) -> dict[str, Any]:
        self._world.tokens.expire()
        return {"expired": True}

    def _revoke(self, body: Body) -> dict[str, Any]:
        tokens, revoked = self._world.tokens, bool(body.get("revoked", True))
        if only := body.get("only"):
            (tokens.withdrawn.add if revoked else tokens.withdrawn.discard)(only)
        else:
            tokens.revoked = revoked
        return {"revoked": revoked}

    def _consent(self, body: Body) -> dict[str, Any]:
        tokens = self._world.tokens
        tokens.signs_in = body.get("signs_in", "")
        tokens.granted = body.get("granted", "")
        tokens.delegated = set(body.get("delegated", tokens.delegated))
        return {"delegated": sorted(tokens.delegated)}

    def _scope(self, body: Body) -> dict[str, Any]:
        self._world.tokens.scope = body["scope"]
        return {"scope": body["scope"]}

    def _reset(self, _body: Body) -> dict[str, Any]:
        self._world.reset()
        return {"reset": True}

    async def _messages(self, request: Request) -> Response:
        box = self._world.mailbox(request.query_params.get("mailbox"))
        # Parsing big or hostile mail takes seconds; the API must go on answering.
        rows = await run_in_threadpool(lambda: [message_row(m) for m in box.messages()])
        return JSONResponse(rows)

    async def _counters(self, _request: Request) -> Response:
        return JSONResponse(self._world.counters())

    async def _handshake(self, _request: Request) -> Response:
        return JSONResponse({"simulator": "gmail", "version": 1})


def _post(name: str, handler: Callable[[Body], dict[str, Any]]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
            return JSONResponse(handler(body))
        except MessageGoneError as error:
            return JSONResponse({"error": f"no message {error}"}, 404)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return Route(f"/control/{name}", endpoint, methods=["POST"])

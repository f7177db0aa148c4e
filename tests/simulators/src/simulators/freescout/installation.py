"""One running FreeScout: the desk, its key, its faults and its counters."""

import base64
import binascii
import json
import random
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from simulators.freescout.desk import Desk
from simulators.freescout.events import Event
from simulators.freescout.faults import FaultPlan
from simulators.freescout.webhooks import WebhookQueue, webhook_secret
from simulators.freescout.wire import Wire, full_customer_json

API_KEY = "simulated-key"
APP_KEY = "simulated-app-key"


@dataclass(slots=True)
class Access:
    """The one API key of the installation; None after it was revoked."""

    key: str | None = API_KEY

    def allows(self, request: Request) -> bool:
        """Whether the request carries the key as header, query parameter or Basic user name."""
        given = (
            request.headers.get("x-freescout-api-key")
            or request.query_params.get("api_key")
            or _basic_user(request.headers.get("authorization", ""))
        )
        if not given or self.key is None:
            return False
        return secrets.compare_digest(given.encode(), self.key.encode())


def _basic_user(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


@dataclass(slots=True)
class Installation:
    """Everything that `reset` sets back; the objects around it keep pointing here.

    `base_url` is where clients reach it, `on_event` is called after each event was queued.
    """

    clock: Callable[[], float]
    seed: int = 0
    gmail: str | None = None
    base_url: str = "http://127.0.0.1"
    on_event: Callable[[], object] = lambda: None
    desk: Desk = field(init=False)
    webhooks: WebhookQueue = field(init=False)
    access: Access = field(default_factory=Access)
    plan: FaultPlan = field(default_factory=FaultPlan)
    requests: Counter[str] = field(default_factory=Counter)
    handovers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: rows, switches, key, webhooks, faults, counters."""
        self.desk = Desk(self.clock, random.Random(self.seed))
        self.desk.events.listener = self._ring
        secret = webhook_secret(APP_KEY)
        dice = random.Random(self.seed)
        self.webhooks = WebhookQueue(self.clock, dice, self._payload, secret)
        self.access.key = API_KEY
        self.plan.replace({"seed": self.seed})
        self.plan.fired.clear()
        self.requests.clear()
        self.handovers.clear()

    def _ring(self, event: Event) -> None:
        self.webhooks.ring(event)
        self.on_event()

    def _payload(self, event: Event) -> bytes | None:
        """The body of a webhook: the conversation or customer as it is now; None if gone."""
        if event.name.startswith("customer."):
            return _json(full_customer_json(self.desk.customers.get(event.subject_id)))
        row = self.desk.conversations.get(event.subject_id)
        if row is None:
            return None
        return _json(Wire(self.desk, self.base_url).conversation(row, {"threads", "tags"}))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

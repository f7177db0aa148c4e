"""Webhooks without a wire: who wants which event, when each delivery is tried, what it says.

At least once: up to 10 tries over about two hours; duplicates, overtaking and loss by dice. All
times are in seconds since 1970, all lengths in seconds.
"""

import base64
import hashlib
import hmac
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from simulators.freescout.events import EVENTS, Event
from simulators.freescout.records import RefusedError

# FreeScout documents 10 tries over about 2 hours with growing gaps, not the gaps themselves.
RETRY_GAPS = tuple(14.0 * 2**number for number in range(9))
TRIES = len(RETRY_GAPS) + 1

_ONLY_AT_EVENT = "convo.deleted_forever"  # later there is nothing left to read

Payload = Callable[[Event], bytes | None]
DeliveryState = Literal["queued", "sending", "delivered", "failed", "dropped", "gone"]


def webhook_secret(app_key: str) -> str:
    """Return the secret of an installation: md5(APP_KEY . "webhook_key"), in hex."""
    return hashlib.md5(f"{app_key}webhook_key".encode(), usedforsecurity=False).hexdigest()


def signature(body: bytes, secret: str) -> str:
    """Return X-FreeScout-Signature: base64 of HMAC-SHA1 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha1).digest()).decode()


@dataclass(slots=True)
class Webhook:
    """A registered address; no mailboxes means all."""

    id: int
    url: str
    events: tuple[str, ...]
    mailboxes: tuple[int, ...] = ()
    last_run_time: int | None = None
    last_run_error: str | None = None

    def wants(self, event: Event) -> bool:
        """Whether the event goes there."""
        here = not self.mailboxes or event.mailbox_id in (None, *self.mailboxes)
        return here and event.name in self.events


@dataclass(slots=True)
class Conduct:
    """How the queue behaves; `drop`, `duplicate` and `reorder` are rates from 0 to 1.

    `time_scale` stretches the gaps between tries. A duplicate is a delivery whose answer got lost
    after it was processed, so it is tried again. A reordered one is held back `reorder_seconds`.
    `payload` says when the body is read: with the event, or not before the first try (then it can
    hold newer threads). Every try carries the body of the first, which may be old by then.
    """

    payload: Literal["at_delivery", "at_event"] = "at_delivery"
    time_scale: float = 1.0
    delay_seconds: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_seconds: float = 1.0
    timeout_seconds: float = 10.0


@dataclass(slots=True)
class Delivery:
    """One event on its way to one webhook; `errors` has one entry for each try that failed.

    `answers_to_lose` tries will be processed without the desk hearing of it.
    """

    id: int
    webhook_id: int
    event: Event
    due_at: float
    answers_to_lose: int = 0
    state: DeliveryState = "queued"
    tries: int = 0
    errors: list[str] = field(default_factory=list)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to be sent now."""

    delivery: Delivery
    url: str
    headers: Mapping[str, str]
    body: bytes


class WebhookQueue:
    """All webhooks and deliveries of an installation.

    `payload` returns the body of an event as it would be now, None when its subject is gone.
    """

    def __init__(
        self, clock: Callable[[], float], dice: random.Random, payload: Payload, secret: str
    ) -> None:
        self.webhooks: dict[int, Webhook] = {}
        self.deliveries: list[Delivery] = []
        self.conduct = Conduct()
        self.dice = dice
        self.secret = secret
        self._clock = clock
        self._payload = payload
        self._waiting: list[tuple[float, int]] = []
        self._ids = count(1)

    def register(
        self, url: str, events: tuple[str, ...], mailboxes: tuple[int, ...] = ()
    ) -> Webhook:
        """Add a webhook; events of any other name than FreeScout's twelve are dropped."""
        known = tuple(name for name in EVENTS if name in events)
        webhook = Webhook(next(self._ids), url, known, mailboxes)
        self.webhooks[webhook.id] = webhook
        return webhook

    def remove(self, webhook_id: int) -> None:
        """Forget a webhook; raise RefusedError (404) when unknown."""
        if self.webhooks.pop(webhook_id, None) is None:
            raise RefusedError("webhookId", "Webhook not found", status=404)

    def ring(self, event: Event) -> None:
        """Queue an event for every webhook that wants it."""
        for webhook in self.webhooks.values():
            if webhook.wants(event):
                self._queue(webhook, event)

    def _queue(self, webhook: Webhook, event: Event) -> None:
        delivery = self._rolled(webhook, event)
        self.deliveries.append(delivery)
        if self.dice.random() < self.conduct.drop:
            delivery.state = "dropped"
            return
        if self.conduct.payload == "at_event" or event.name == _ONLY_AT_EVENT:
            delivery.body = self._payload(event)
        self._wait(delivery)

    def _rolled(self, webhook: Webhook, event: Event) -> Delivery:
        # All dice fall here, in the order of the events: what a seed plays does not depend on
        # how fast the receivers answer.
        due_at = self._clock() + self.conduct.delay_seconds
        if self.dice.random() < self.conduct.reorder:
            due_at += self.conduct.reorder_seconds
        lost = 0
        while lost < TRIES and self.dice.random() < self.conduct.duplicate:
            lost += 1
        return Delivery(len(self.deliveries) + 1, webhook.id, event, due_at, lost)

    def _wait(self, delivery: Delivery) -> None:
        delivery.state = "queued"
        heappush(self._waiting, (delivery.due_at, delivery.id))

    def next_due(self) -> float | None:
        """Return when the next delivery is tried."""
        return self._waiting[0][0] if self._waiting else None

    def take(self) -> Attempt | None:
        """Return the delivery that is due the longest; None when none is due.

        One at a time, as FreeScout's queue worker: the body is read at this moment.
        """
        while self._waiting and self._waiting[0][0] <= self._clock():
            _due_at, number = heappop(self._waiting)
            attempt = self._attempt(self.deliveries[number - 1])
            if attempt is not None:
                return attempt
        return None

    def _attempt(self, delivery: Delivery) -> Attempt | None:
        webhook = self.webhooks.get(delivery.webhook_id)
        if webhook is None:
            delivery.state = "dropped"
            return None
        body = delivery.body = delivery.body or self._payload(delivery.event)
        if body is None:
            delivery.state = "gone"
            return None
        delivery.state = "sending"
        delivery.tries += 1
        return Attempt(delivery, webhook.url, self._headers(delivery.event, body), body)

    def _headers(self, event: Event, body: bytes) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "X-FreeScout-Event": event.name,
            "X-FreeScout-Signature": signature(body, self.secret),
        }

    def settle(self, delivery: Delivery, error: str | None) -> None:
        """Record how a try went; None is an answer of 200 to 299. Queue the next try if needed."""
        if error is None and delivery.answers_to_lose:
            delivery.answers_to_lose -= 1
            error = "answer lost"
        self._remember(delivery, error)
        if error is None:
            delivery.state, delivery.body = "delivered", None
        elif delivery.tries >= TRIES:
            delivery.state, delivery.body = "failed", None
        else:
            gap = RETRY_GAPS[delivery.tries - 1] * self.conduct.time_scale
            delivery.due_at = self._clock() + gap
            self._wait(delivery)

    def _remember(self, delivery: Delivery, error: str | None) -> None:
        if error is not None:
            delivery.errors.append(error)
        webhook = self.webhooks.get(delivery.webhook_id)
        if webhook is not None:
            webhook.last_run_time = int(self._clock())
            webhook.last_run_error = error

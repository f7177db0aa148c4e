"""Sends webhook deliveries over HTTP, one after the other, as FreeScout's one queue worker."""

import httpx

from simulators.freescout.installation import Installation
from simulators.freescout.waking import Waker
from simulators.freescout.webhooks import Attempt, WebhookQueue


class Courier:
    """A background task; `wake` tells it that something may be due."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._waker = Waker()

    def wake(self) -> None:
        """Look at the queue again."""
        self._waker.wake()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                queue = self._installation.webhooks
                attempt = queue.take()
                if attempt is None:
                    await self._waker.rest(_pause(queue, self._installation.clock()))
                else:
                    timeout = queue.conduct.timeout_seconds
                    queue.settle(attempt.delivery, await _sent(client, attempt, timeout))


def _pause(queue: WebhookQueue, now: float) -> float | None:
    due = queue.next_due()
    return None if due is None else max(0.0, due - now)


async def _sent(client: httpx.AsyncClient, attempt: Attempt, timeout: float) -> str | None:
    """Return None for an answer of 200 to 299, otherwise what went wrong."""
    try:
        answer = await client.post(
            attempt.url, content=attempt.body, headers=attempt.headers, timeout=timeout
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return None if answer.is_success else f"HTTP {answer.status_code}"

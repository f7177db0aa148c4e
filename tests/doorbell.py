"""Webhooks for a gateway that runs: signed as FreeScout signs them, sent over the wire."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from player import Player
from simulators.freescout.installation import APP_KEY
from simulators.freescout.webhooks import signature, webhook_secret

SECRET = webhook_secret(APP_KEY)
REPLY = "convo.customer.reply.created"


def takes_webhooks(folder: Any, **settings: Any) -> dict[str, Any]:
    """The gateway's section of csm.toml with FreeScout's secret, on a free port."""
    path = folder / "webhook.secret"
    path.write_text(SECRET + "\n")
    return {"webhook_port": 0, "secret_files": [str(path)], **settings}


def body_of(conversation: int, threads: tuple[int, ...] = (1,), **more: Any) -> bytes:
    """A webhook's body in the shape of FreeScout's."""
    rows = [{"id": n, "type": "customer", "state": "published", "body": "Hi"} for n in threads]
    content = {"id": conversation, "type": "email", "_embedded": {"threads": rows}, **more}
    return json.dumps(content).encode()


def signed(body: bytes, event: str = REPLY, secret: str = SECRET) -> dict[str, str]:
    """The headers of a webhook."""
    return {
        "Content-Type": "application/json",
        "X-FreeScout-Event": event,
        "X-FreeScout-Signature": signature(body, secret),
    }


async def address(gateway: Player) -> str:
    """Where the gateway's present life takes webhooks."""

    def served() -> list[str]:
        return [str(e["url"]) for e in gateway.log() if e["event"] == "webhook is served"]

    await gateway.until(lambda: len(served()) == len(gateway.lives))
    return served()[-1]


def ring(url: str, body: bytes, headers: Mapping[str, Any] | None = None) -> httpx.Response:
    """One webhook and its answer."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        return http.post(f"{url}/freescout", content=body, headers=headers or signed(body))

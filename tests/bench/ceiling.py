"""What the simulated FreeScout and this machine allow at most: a client that does nothing else."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from csm_cli.simulation import Simulator

_IN_FLIGHT = 4
_WRITES = 400
_TEXT = "<p>" + "All work is done elsewhere. " * 90 + "</p>"


async def writes_per_second(log: Path, slow: dict[str, object]) -> float:
    """New conversations per second, 4 in flight, under the conditions `slow`."""
    with Simulator("freescout", log) as desk:
        headers = {"X-FreeScout-API-Key": "simulated-key", "Accept": "application/json"}
        desk.post("/control/faults", slow)
        async with httpx.AsyncClient(base_url=desk.url, headers=headers, timeout=10) as client:
            numbers = iter(range(_WRITES))
            begun = time.monotonic()
            await asyncio.gather(*(_write(client, numbers) for _ in range(_IN_FLIGHT)))
            return _WRITES / (time.monotonic() - begun)


async def _write(client: httpx.AsyncClient, numbers: Iterator[int]) -> None:
    for number in numbers:
        answer = await client.post("/api/conversations", json=_conversation(number))
        answer.raise_for_status()


def _conversation(number: int) -> dict[str, object]:
    customer = {"email": f"c{number}@customers.example"}
    return {
        "type": "email",
        "mailboxId": 1,
        "subject": f"Question {number}",
        "customer": customer,
        "imported": True,
        "threads": [{"type": "customer", "text": _TEXT, "customer": customer}],
    }

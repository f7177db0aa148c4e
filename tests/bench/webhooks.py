"""How many signed webhooks a gateway stores: `python tests/bench/webhooks.py [number] [senders]`.

One gateway process, pinned to one core; the senders run on the others. Every answer 2xx is looked
for in the database afterwards.
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from csm.settings import load
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.provisioning import provision
from doorbell import address, body_of, signed, takes_webhooks
from forkserver import ForkServer
from player import Player
from simulators.freescout.app import build
from simulators.serve import running
from webhook_gateway.settings import Settings


@dataclass(slots=True)
class Tally:
    """What the senders saw: seconds of each answer, and the conversations that were stored."""

    seconds: list[float] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)

    def percentile(self, part: float) -> float:
        """Milliseconds within which `part` of the answers came."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(int(part * len(ordered)), len(ordered) - 1)]


async def main(number: int, senders: int) -> None:
    """Print one line of figures; AssertionError when an answered webhook is not stored."""
    with tempfile.TemporaryDirectory() as name, running(build()) as desk:
        folder = Path(name)
        nats = EmbeddedNats(folder / "nats")
        nats.start()
        forks = ForkServer("webhook_gateway")
        own = takes_webhooks(folder, rate=1e6, rate_per_sender=1e6)
        made = Installation(
            folder, "http://127.0.0.1:1", desk, nats.url, sections={"webhook_gateway": own}
        )
        made.save()
        await provision(load(Settings, made.config))
        gateway = Player("webhook_gateway", forks, made)
        try:
            await measured(gateway, number, senders)
        finally:
            await gateway.end()
            forks.stop()
            nats.kill()


async def measured(gateway: Player, number: int, senders: int) -> None:
    """Send `number` webhooks from `senders` connections, as fast as they are answered."""
    gateway.live()
    url = await address(gateway)
    os.sched_setaffinity(gateway.lives[-1].pid, {0})
    tally, begun = Tally(), time.perf_counter()
    await asyncio.gather(
        *(send(url, range(n + 1, number + 1, senders), tally) for n in range(senders))
    )
    took = time.perf_counter() - begun
    cpu = cpu_seconds(gateway.lives[-1].pid)
    rows = gateway.rows("SELECT conversation_id FROM delivery")
    assert tally.stored <= {row[0] for row in rows}
    sys.stdout.write(
        f"{number} webhooks, {senders} senders: {number / took:.0f}/s, "
        f"p50 {tally.percentile(0.5):.0f} ms, p99 {tally.percentile(0.99):.0f} ms, "
        f"{1000 * cpu / number:.2f} ms of CPU each, {len(tally.stored)} answered 200 and stored, "
        f"load {os.getloadavg()[0]:.1f}\n"
    )


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, its start included: a busy machine does not change it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def send(url: str, numbers: range, tally: Tally) -> None:
    """One connection after the other's answer."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
        for number in numbers:
            body = body_of(number, tuple(range(1, 6)), preview="x" * 3_000)
            begun = time.perf_counter()
            answer = await http.post("/freescout", content=body, headers=signed(body))
            tally.seconds.append(time.perf_counter() - begun)
            if answer.is_success:
                tally.stored.add(number)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(given or [6_000]), *([] if len(given) > 1 else [16])))

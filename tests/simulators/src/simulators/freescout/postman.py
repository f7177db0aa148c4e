"""Sends the desk's mail when it is due and hands it to the Gmail simulator's sent folder."""

import asyncio
import base64

import httpx

from simulators.freescout.installation import Installation
from simulators.freescout.outbox import Mail, raw_mail

_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.25


class Postman:
    """A background task; `wake` tells it that the desk may have new mail."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the queue again."""
        self._wake.set()

    async def run(self) -> None:
        """Send due mail until cancelled."""
        async with (
            httpx.AsyncClient(timeout=5.0, trust_env=False) as client,
            asyncio.TaskGroup() as handovers,
        ):
            while True:
                for mail in self._installation.desk.send_due():
                    handovers.create_task(self._hand_over(client, mail))
                await self._wait()

    async def _wait(self) -> None:
        desk = self._installation.desk
        due = desk.mailroom.next_due()
        try:
            pause = None if due is None else max(0.0, due - desk.clock())
            await asyncio.wait_for(self._wake.wait(), pause)
        except TimeoutError:
            return
        self._wake.clear()

    async def _hand_over(self, client: httpx.AsyncClient, mail: Mail) -> None:
        gmail = self._installation.gmail
        # Notifications to the team leave through the system's own account, not the mailbox.
        if gmail is None or mail.kind == "notification":
            return
        raw = base64.b64encode(raw_mail(mail)).decode()
        letter = {"raw": raw, "mailbox": mail.sender, "labels": ["SENT"]}
        for attempt in range(_TRIES):
            try:
                answer = await client.post(f"{gmail}/control/deliver", json=letter)
                answer.raise_for_status()
            except httpx.HTTPError:
                await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
                continue
            self._installation.handovers["delivered"] += 1
            return
        self._installation.handovers["failed"] += 1

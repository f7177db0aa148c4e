"""Lets time pass at the desk, sends its mail and hands it to the Gmail simulator's sent folder."""

import asyncio
import base64

import httpx

from simulators.freescout.hours import next_due, pass_time
from simulators.freescout.installation import Installation
from simulators.freescout.outbox import Mail, raw_mail
from simulators.freescout.waking import Waker

_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.25


class Postman:
    """A background task; `wake` tells it that something at the desk may be due."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._waker = Waker()

    def wake(self) -> None:
        """Look at the queue again."""
        self._waker.wake()

    async def run(self) -> None:
        """Save, fire and send what is due until cancelled."""
        async with (
            httpx.AsyncClient(timeout=5.0, trust_env=False) as client,
            asyncio.TaskGroup() as handovers,
        ):
            while True:
                pass_time(self._installation.desk)
                for mail in self._installation.desk.send_due():
                    handovers.create_task(self._hand_over(client, mail))
                await self._wait()

    async def _wait(self) -> None:
        desk = self._installation.desk
        due = next_due(desk)
        await self._waker.rest(None if due is None else max(0.0, due - desk.clock()))

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

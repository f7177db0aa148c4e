"""The optional label on messages that are in FreeScout: after the write, and never waited for."""

import asyncio

from csm import metrics
from csm.logs import get_logger
from gmail_ingest.gmail import GmailClient
from gmail_ingest.gmail_errors import GmailError

# An outage of Gmail must not fill the memory; what is beyond goes without a label.
_MOST_WAITING = 10_000


class Labels:
    """Labels the messages of one mailbox, one after the other, each tried once.

    Its failures are counted and said once; they hold nothing up and are nobody's outage.
    """

    def __init__(self, client: GmailClient, slug: str, name: str) -> None:
        """`name` is the label's, made in Gmail when it is first needed."""
        self._client = client
        self._slug = slug
        self._name = name
        self._label_id: str | None = None
        self._waiting: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._is_failing = False
        self._log = get_logger("labels")

    def add(self, message_id: str) -> None:
        """Let this message be labelled."""
        try:
            self._waiting.put_nowait(message_id)
        except asyncio.QueueFull:
            self._failed("too many wait")

    async def run(self) -> None:
        """Label what is added, until cancelled."""
        while True:
            await self._label(await self._waiting.get())

    async def _label(self, message_id: str) -> None:
        try:
            if self._label_id is None:
                self._label_id = await self._client.ensure_label(self._name)
            await self._client.add_label(message_id, self._label_id)
        except GmailError as error:
            # Somebody may have deleted the label: the next message looks again.
            self._label_id = None
            self._failed(error.why)
        else:
            metrics.GMAIL_LABELS.labels("added").inc()
            self._is_failing = False

    def _failed(self, why: str) -> None:
        metrics.GMAIL_LABELS.labels("failed").inc()
        if not self._is_failing:
            self._log.warning("messages go without their label", mailbox=self._slug, reason=why)
        self._is_failing = True

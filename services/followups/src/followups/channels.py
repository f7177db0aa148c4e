"""Where alerts go: Slack, a mail server, any JSON receiver, PagerDuty. One attempt each."""

import asyncio
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP as MAIL_LINES
from email.utils import formatdate
from typing import Any, ClassVar, Protocol

import aiosmtplib
import httpx

from followups.messages import Message, Notice
from followups.settings import AlertSettings, SmtpSettings, WebhookSettings

# Notices in one message.
_TOGETHER = 200


class NotSentError(Exception):
    """Surely nobody got it; the words hold neither address nor key."""


class UnsureError(Exception):
    """It may have been taken: there is no answer, or one that says nothing."""


class Channel(Protocol):
    """Sends one message, or raises NotSentError or UnsureError."""

    at_a_time: ClassVar[int]

    async def send(self, message: Message, deadline: float) -> None:
        """Within `deadline` seconds."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class _Posting:
    """A receiver of JSON over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None)  # noqa: S113 - one deadline covers the whole request

    async def post(self, body: Mapping[str, Any], deadline: float) -> None:
        """One request; the answer must be 2xx."""
        try:
            async with asyncio.timeout(deadline):
                answer = await self._http.post(self._url, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSentError(type(error).__name__) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise UnsureError(type(error).__name__) from error
        if answer.status_code >= 500:
            raise UnsureError(f"HTTP {answer.status_code}")
        if not answer.is_success:
            raise NotSentError(f"HTTP {answer.status_code}")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class Slack(_Posting):
    """An incoming webhook of Slack, or of what speaks like it."""

    at_a_time: ClassVar[int] = _TOGETHER

    async def send(self, message: Message, deadline: float) -> None:
        """As plain text: `<`, `>` and `&` are Slack's own."""
        text = f"{message.title}\n{message.text}"
        for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(sign, name)
        await self.post({"text": text}, deadline)


class JsonReceiver(_Posting):
    """Whatever reads JSON."""

    at_a_time: ClassVar[int] = _TOGETHER

    async def send(self, message: Message, deadline: float) -> None:
        """The whole message with its alerts."""
        await self.post(message.as_json(), deadline)


class PagerDuty(_Posting):
    """PagerDuty's Events API v2: one event per cause, opened and resolved by its key."""

    at_a_time: ClassVar[int] = 1

    def __init__(self, url: str, routing_key: str) -> None:
        """`routing_key` of the service in PagerDuty."""
        super().__init__(url)
        self._routing_key = routing_key

    async def send(self, message: Message, deadline: float) -> None:
        """The one notice of the message."""
        for notice in message.notices:
            await self.post(self._event(notice), deadline)

    def _event(self, notice: Notice) -> dict[str, Any]:
        is_over = notice.kind in ("over", "downgraded")
        severity = "critical" if notice.rule.startswith("p0") else "warning"
        return {
            "routing_key": self._routing_key,
            "event_action": "resolve" if is_over else "trigger",
            "dedup_key": notice.key,
            "payload": {"summary": notice.line, "source": "csm", "severity": severity},
        }


class Mail:
    """A mail per message, with a Message-ID that is the same at every attempt."""

    at_a_time: ClassVar[int] = _TOGETHER

    def __init__(self, settings: SmtpSettings) -> None:
        """Connects for each mail."""
        self._settings = settings

    async def send(self, message: Message, deadline: float) -> None:
        """One transaction with the server; refused recipients are a failure."""
        s = self._settings
        password = s.password_file.read_text().strip() if s.password_file else None
        try:
            async with asyncio.timeout(deadline):
                await aiosmtplib.send(
                    self._mail(message),
                    hostname=s.host, port=s.port, timeout=deadline,
                    username=s.username or None, password=password,
                    use_tls=s.security == "tls", start_tls=s.security == "starttls",
                    tls_context=ssl.create_default_context(),
                )  # fmt: skip
        except (
            aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPReadTimeoutError, TimeoutError,
        ) as error:  # fmt: skip
            raise UnsureError(type(error).__name__) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSentError(type(error).__name__) from error

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(MAIL_LINES)
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._settings.recipients)
        mail["Subject"] = " ".join(message.title.split())[:200]
        mail["Date"] = formatdate(usegmt=True)
        mail["Message-ID"] = f"<{message.key}@{self._settings.sender.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail

    async def aclose(self) -> None:
        """Nothing is open between mails."""


def channels(settings: AlertSettings) -> dict[str, Channel]:
    """The configured channels by name; addresses and keys are read from their files."""
    found: dict[str, Channel] = {}
    if settings.slack_url_file is not None:
        found["slack"] = Slack(settings.slack_url_file.read_text().strip())
    if settings.smtp is not None:
        found["smtp"] = Mail(settings.smtp)
    if settings.webhook is not None:
        found["webhook"] = _receiver(settings.webhook)
    return found


def _receiver(settings: WebhookSettings) -> Channel:
    url = settings.url_file.read_text().strip()
    if settings.format == "pagerduty" and settings.routing_key_file is not None:
        return PagerDuty(url, settings.routing_key_file.read_text().strip())
    return JsonReceiver(url)

"""The mail FreeScout sends: queued with a delay, cancelled by an undo, kept for inspection."""

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from typing import Literal

import nh3

MailKind = Literal["reply", "auto_reply", "notification"]
MailState = Literal["queued", "sent", "cancelled"]

_KIND_HEADER = {
    "reply": "customer.message",
    "auto_reply": "auto.reply",
    "notification": "user.notification",
}
_ID_PREFIX = {"reply": "FS_reply", "auto_reply": "FS_autoreply", "notification": "FS_notify"}


@dataclass(slots=True)
class Mail:
    """One mail; `due_at` and `sent_at` are seconds since 1970."""

    id: int
    kind: MailKind
    conversation_id: int
    thread_id: int
    sender: str
    recipient: str
    cc: tuple[str, ...]
    subject: str
    html: str
    due_at: float
    state: MailState = "queued"
    sent_at: float | None = None

    @property
    def message_id(self) -> str:
        """`<FS_reply-{thread}-{16 hex}@domain>`; only FreeScout can compute the hash."""
        digest = hashlib.sha256(f"app-key:{self.kind}:{self.thread_id}".encode()).hexdigest()[:16]
        domain = self.sender.rpartition("@")[2]
        return f"<{_ID_PREFIX[self.kind]}-{self.thread_id}-{digest}@{domain}>"


def purified(html: str) -> str:
    """Return what leaves the house: FreeScout strips comments, scripts and data attributes."""
    return nh3.clean(html, link_rel=None)


def raw_mail(mail: Mail) -> bytes:
    """Return the mail as bytes. It carries no In-Reply-To and no References.

    FreeScout: customer threads made by the API have no Message-ID that could be named there.
    """
    message = EmailMessage()
    message["From"] = formataddr(("Support", mail.sender))
    message["To"] = mail.recipient
    if mail.cc:
        message["Cc"] = ", ".join(mail.cc)
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate(mail.sent_at or mail.due_at, usegmt=True)
    message["Message-ID"] = mail.message_id
    message["X-FreeScout-Mail-Type"] = _KIND_HEADER[mail.kind]
    if mail.kind == "auto_reply":
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(purified(mail.html), subtype="html")
    return message.as_bytes()

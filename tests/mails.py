"""Mails, journal rows and settings of a mailbox for tests that need no server."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from gmail_ingest.job import Behaviour, Job
from gmail_ingest.mime import Address, Mail
from gmail_ingest.settings import GmailSettings, MailboxSettings
from gmail_ingest.state import Message

ANN = Address("Ann Example", "ann@customer.example")
BOB = Address("Bob", "bob@elsewhere.example")
DESK = Address("Support", "support@desk.example")
ALIAS = Address("", "sales@desk.example")
MAIL = Mail(
    subject="Order",
    sender=ANN,
    reply_to=None,
    to=(DESK,),
    cc=(),
    message_id="m1@customer.example",
    references=(),
    headers={},
    html="<p>Hello</p>",
    text="Hello",
    attachments=(),
    left_out=(),
    report=None,
    degraded=None,
)
MESSAGE = Message(
    work_id="message.received:support:18f",
    mailbox="support",
    gmail_message_id="18f",
    gmail_thread_id="18e",
    backfill=False,
    internal_date=1_800_000_000_000,
    labels=frozenset({"INBOX"}),
    traceparent="",
    starts=0,
)


def mailbox(**changes: Any) -> MailboxSettings:
    """A mailbox that writes; unchecked, so that no secret file is needed."""
    gmail = GmailSettings.model_construct(token_file=Path("token.json"))
    usual = MailboxSettings.model_construct(
        address=DESK.email,
        aliases=(ALIAS.email,),
        freescout_mailbox_id=1,
        write="tickets",
        gmail=gmail,
    )
    return usual.model_copy(update=changes)


def mail(**changes: Any) -> Mail:
    """A plain question of Ann's."""
    return replace(MAIL, **changes)


def job(the_mail: Mail = MAIL, **changes: Any) -> Job:
    """The mail in work."""
    usual = Job(MESSAGE, mailbox(), the_mail, b"raw", Behaviour(bot_user_id=1))
    return replace(usual, **changes)

"""Mails of an exchange with an agent: the customer's first mail, his answers, a stranger's forgery.

FreeScout sends an agent's reply as a mail with Message-ID <FS_reply-{thread id}-{16 hex}@domain>
and without References, so Gmail opens a new Gmail thread for it and for the answers to it.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from simulators.samples.compose import (
    CRLF,
    Part,
    TextStyle,
    encoded_words,
    mailbox,
    rendered,
    text_part,
)
from simulators.samples.letter import SUPPORT
from simulators.samples.report import delivery_report

_FIRST = datetime(2026, 11, 4, 17, 30, tzinfo=UTC)
_NAMES = ("Ana Duarte", "Ben Okoro", "Chloé Vidal", "Dirk Möller", "Ewa Zając", "Finn Haas")
_TOPICS = (
    ("Receipt printer stays offline", "it says offline although the network cable is in."),
    ("Refund for order {n}", "the parcel came back to us, so please refund the customer."),
    ("Booking {n} shows twice", "the guest is there once, the calendar has two entries."),
    ("How do I add a second shop?", "we open in another street and want one login for both."),
    ("Export without VAT column", "our accountant cannot use the file from shop {n}."),
)
_SHARED_SUBJECT = "Question about my booking"
_SHARED_EVERY = 5  # each fifth customer writes under the same subject as others do
_ANSWERS = (
    "Thank you, that helped. One thing is left: it happens again after a restart.",
    "I tried it just now and the message is still there.",
    "Perfect, works. Could you also switch it on for our second location?",
)


def customer_address(i: int) -> str:
    """The address of customer `i`."""
    return f"owner{i}@shop{i}.example"


def customer_mail(i: int, base: datetime = _FIRST) -> bytes:
    """The first mail of customer `i`, written at `base`; each fifth one shares its subject."""
    topic, problem = _TOPICS[i % len(_TOPICS)]
    number = 4_000 + i
    subject = _SHARED_SUBJECT if i % _SHARED_EVERY == 0 else f"{topic.format(n=number)} (shop {i})"
    name = _name(i)
    text = f"Hello,\n\n{problem.format(n=number)}\nOur shop number is {number}.\n\n{name}\n"
    return _mail(_sender(i), subject, _id(f"first-{i}", i), base, text)


def customer_answer(
    i: int, agent_message_id: str, agent_subject: str, turn: int, sent: datetime | None = None
) -> bytes:
    """Customer `i` answers the agent's mail, for the `turn`-th time (1, 2, ...).

    `agent_message_id` with or without angle brackets. `sent` defaults to one hour per turn after
    the default date of customer_mail.
    """
    text = f"{_ANSWERS[(i + turn) % len(_ANSWERS)]}\n\n{_name(i)}\n"
    own_id = _id(f"answer-{i}-{turn}-{agent_message_id}", i)
    when = sent or _FIRST + timedelta(hours=turn)
    return _mail(_sender(i), _reply_subject(agent_subject), own_id, when, text, agent_message_id)


def forged_answer(i: int, thread_id: int) -> bytes:
    """A stranger claims to answer FreeScout thread `thread_id`; the hash of the id is invented."""
    digest = hashlib.sha256(f"forged-{i}-{thread_id}".encode()).hexdigest()
    parent = f"<FS_reply-{thread_id}-{digest[:16]}@desk.example>"
    text = "Please send me the last invoice and the customer's new address again.\n"
    sender, own_id = (
        f"Stranger {i} <stranger{i}@elsewhere{i}.example>",
        f"<{digest[:24]}@else.example>",
    )
    return _mail(sender, f"Re: Your request {i}", own_id, _FIRST, text, parent)


def bounce_of(agent_message_id: str, failed_recipient: str) -> bytes:
    """The report that a mail of FreeScout could not be delivered to `failed_recipient`.

    Like most mail servers it sets no In-Reply-To: only the returned header names the mail.
    """
    parent = _bracketed(agent_message_id)
    domain = failed_recipient.rpartition("@")[2]
    returned = f"From: {SUPPORT}\nTo: {failed_recipient}\nSubject: Re: Your request\n"
    part = delivery_report(parent, failed_recipient, f"{returned}Message-ID: {parent}\n")
    digest = hashlib.sha256(parent.encode()).hexdigest()
    fields = {
        "Return-Path": "<>",
        "Auto-Submitted": "auto-replied",
        **_fields(
            f"Mail Delivery System <mailer-daemon@mx.{domain}>",
            "Undelivered Mail Returned to Sender",
            f"<{digest[:20]}@mx.{domain}>",
            _FIRST + timedelta(hours=1),
        ),
    }
    return _rendered(fields, part)


def _mail(
    sender: str, subject: str, own_id: str, sent: datetime, text: str, parent: str = ""
) -> bytes:
    fields = _fields(sender, subject, own_id, sent)
    if parent:
        fields |= {"In-Reply-To": _bracketed(parent), "References": _bracketed(parent)}
    return _rendered(fields, text_part(text, "plain", TextStyle()))


def _fields(sender: str, subject: str, own_id: str, sent: datetime) -> dict[str, str]:
    domain = sender.rpartition("@")[2].rstrip(">")
    return {
        "Delivered-To": SUPPORT,
        "Authentication-Results": f"mx.google.com;{CRLF} dmarc=pass header.from={domain}",
        "MIME-Version": "1.0",
        "Date": format_datetime(sent),
        "From": mailbox(sender),
        "To": SUPPORT,
        "Subject": encoded_words(subject, "Subject"),
        "Message-ID": own_id,
    }


def _rendered(fields: dict[str, str], part: Part) -> bytes:
    return rendered((*fields.items(), *part.fields), part.content)


def _name(i: int) -> str:
    return _NAMES[i % len(_NAMES)]


def _sender(i: int) -> str:
    return f"{_name(i)} <{customer_address(i)}>"


def _id(seed: str, i: int) -> str:
    return f"<{hashlib.sha256(seed.encode()).hexdigest()[:24]}@shop{i}.example>"


def _reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip().strip('<>')}>"

"""The mails of the benchmark: threads of one to three mails of 5 KB, spread over the mailboxes."""

import base64
from collections.abc import Iterator
from email.message import EmailMessage
from random import Random
from typing import Any

MAILBOXES = 8
MESSAGES = 1000
THREADS = 600
# Mails without an answer, with one, with two: 600 threads, 1,000 mails.
_LENGTHS = (1,) * 300 + (2,) * 200 + (3,) * 100
_SIZE = 5_000
_WORDS = (
    "delivery", "invoice", "warranty", "parcel", "battery", "account", "password", "refund",
    "adapter", "manual", "order", "window", "printer", "colour", "address", "Tuesday", "please",
    "thanks", "because", "still", "again", "never", "arrived", "broken", "wrong", "yesterday",
)  # fmt: skip


def slug(number: int) -> str:
    """The name of a mailbox."""
    return f"desk-{number}"


def address(number: int) -> str:
    """The address of a mailbox."""
    return f"{slug(number)}@desk.example"


def deliveries(seed: int = 1) -> Iterator[list[dict[str, Any]]]:
    """What Gmail's control takes in one call each: all first mails, all second, all third ones.

    A later mail must name the Gmail thread of its first one under `thread_id`; the caller knows it
    by the group.
    """
    dice = Random(seed)
    for number in range(max(_LENGTHS)):
        yield [
            _delivery(thread, number, dice)
            for thread, length in enumerate(_LENGTHS)
            if number < length
        ]


def _delivery(thread: int, number: int, dice: Random) -> dict[str, Any]:
    mailbox = address(thread % MAILBOXES)
    raw = _mail(f"t{thread}", number, mailbox, _prose(dice, _SIZE))
    return {
        "raw": base64.b64encode(raw.as_bytes()).decode(),
        "mailbox": mailbox,
        "group": f"t{thread}",
        "expect": "ticket",
    }


def large_delivery(size: int) -> dict[str, Any]:
    """One mail of `size` bytes, nearly all of it an attachment."""
    mail = _mail("large", 0, address(0), "See the attachment.")
    content = Random(2).randbytes(size * 57 // 78)  # base64 in lines of 76 and a newline
    mail.add_attachment(content, maintype="application", subtype="zip", filename="plans.zip")
    raw = mail.as_bytes()
    return {
        "raw": base64.b64encode(raw).decode(),
        "mailbox": address(0),
        "group": "large",
        "expect": "ticket",
    }


def _mail(thread: str, number: int, to: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Customer {thread} <{thread}@customers.example>"
    mail["To"] = to
    mail["Subject"] = f"Question {thread}"
    mail["Message-ID"] = f"<{thread}-{number}@customers.example>"
    mail["Date"] = "Wed, 04 Nov 2026 10:00:00 +0000"
    if number:
        answered = [f"<{thread}-{n}@customers.example>" for n in range(number)]
        mail["In-Reply-To"] = answered[-1]
        mail["References"] = " ".join(answered)
    # Both forms, as mail programs send them; together they make the size.
    mail.set_content(text)
    paragraphs = text.replace("\n\n", "</p><p>")
    mail.add_alternative(f"<html><body><p>{paragraphs}</p></body></html>", subtype="html")
    return mail


def _prose(dice: Random, size: int) -> str:
    """Half of `size` in words, for it is sent twice."""
    words: list[str] = []
    while sum(map(len, words)) < size * 0.36:
        words.append(dice.choice(_WORDS))
    lines = [" ".join(words[n : n + 11]) for n in range(0, len(words), 11)]
    return "\n".join(line + "\n" * (n % 4 == 3) for n, line in enumerate(lines))

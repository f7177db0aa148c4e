"""Mail for load tests: any number of it, of any size, always the same."""

from datetime import UTC, datetime, timedelta

from simulators.samples.compose import CRLF, encoded_words
from simulators.samples.letter import SUPPORT

_FIRST = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
_SENTENCES = (
    "Since the update the booking page shows the wrong week.",
    "The receipt printer cuts the last line of every second slip.",
    "Please tell us how to move twelve orders to the other shop.",
    "Three customers were charged twice on Saturday afternoon.",
    "Our export has the totals, but the VAT column stays empty.",
    "We would like to add two more people to our plan.",
    "The scanner beeps and then nothing appears in the basket.",
)
_WIDTH = 76


def load_test_mail(i: int, size_bytes: int = 5_120) -> bytes:
    """Mail number `i`, exactly `size_bytes` long (about 600 at least), each its own thread."""
    head = CRLF.join(_header_lines(i)).encode("ascii") + b"\r\n\r\n"
    return head + _filler(i, size_bytes - len(head))


def _header_lines(i: int) -> list[str]:
    domain = f"shop{i % 400}.example"
    sent = (_FIRST + timedelta(seconds=i)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    subject = encoded_words(f"Load {i}: {_SENTENCES[i % len(_SENTENCES)]}", "Subject")
    return [
        f"Delivered-To: {SUPPORT}",
        f"Received: from mx.{domain} by mx.google.com with ESMTPS id {i:012x}; {sent}",
        f"Authentication-Results: mx.google.com; dmarc=pass header.from={domain}",
        f"Return-Path: <owner@{domain}>",
        "MIME-Version: 1.0",
        f"Date: {sent}",
        f"From: Owner {i % 400} <owner@{domain}>",
        f"To: {SUPPORT}",
        f"Subject: {subject}",
        f"Message-ID: <load-{i}@{domain}>",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Transfer-Encoding: 7bit",
    ]


def _filler(i: int, length: int) -> bytes:
    """Lines of text of together exactly `length` bytes (none when there is no room for one)."""
    if length < len(CRLF):
        return b""
    sentence = _SENTENCES[i % len(_SENTENCES)].ljust(_WIDTH)
    whole, rest = divmod(length - len(CRLF), _WIDTH + len(CRLF))
    text = (sentence + CRLF) * whole + sentence.ljust(rest)[:rest] + CRLF
    return text.encode("ascii")

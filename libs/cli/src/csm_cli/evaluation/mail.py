"""A case's messages as the desk holds them: made a mail, read by the code that takes mail in."""

import re
from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from csm_cli.evaluation.case import Case, Message
from gmail_ingest import mime, policy, thread_text

_BOUNDARY = re.compile(r'boundary="([^"]+)"')
_MIXED = 'multipart/mixed; boundary="part-of-the-case"'


@dataclass(frozen=True, slots=True)
class Thread:
    """A message in the desk: HTML without its marker, and the flags that the marker carries."""

    by: Literal["customer", "agent"]
    name: str
    email: str
    subject: str
    html: str
    flags: str
    files: tuple[str, ...]


def threads(case: Case) -> tuple[Thread, ...]:
    """Every message, oldest first."""
    return tuple(map(_thread, case.messages))


def raw(message: Message) -> bytes:
    """The message as bytes of a mail: its own headers, the text, files without content."""
    kind = next(_multipart(message), _MIXED)
    boundary = (_BOUNDARY.search(kind) or _BOUNDARY.search(_MIXED) or [""])[1]
    lines = [*_head(message), f"Content-Type: {kind}", ""]
    for part in _parts(message):
        lines += [f"--{boundary}", *part]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()


def _thread(message: Message) -> Thread:
    mail = mime.parse(raw(message))
    flags = policy.flags(mail, frozenset(message.labels), backfill=False, foreign=False)
    files = tuple(file.file_name for file in mail.attachments)
    customer = policy.customer_of(mail, frozenset())
    return Thread(
        message.by, customer.name, customer.email, mail.subject,
        thread_text.compose(mail, ()), flags, files,
    )  # fmt: skip


def _head(message: Message) -> Iterator[str]:
    yield f"From: {_one_line(message.sender)}"
    yield f"Subject: {_one_line(message.subject)}"
    for name, value in _headers(message):
        if name.lower() not in {"content-type", "from", "subject"}:
            yield f"{name}: {_one_line(value)}"


def _multipart(message: Message) -> Iterator[str]:
    """The content type is the message's own only where it holds parts, as a report does."""
    for name, value in _headers(message):
        if name.lower() == "content-type" and _BOUNDARY.search(value):
            yield _one_line(value)


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, values in message.headers.items():
        for value in [values] if isinstance(values, str) else values:
            yield name, value


def _parts(message: Message) -> Iterator[tuple[str, ...]]:
    kind = "plain" if message.html is None else "html"
    text = message.body if message.html is None else message.html
    encoded = encodebytes((text or "").encode()).decode("ascii")
    yield (
        f"Content-Type: text/{kind}; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        encoded,
    )  # fmt: skip
    for file in message.attachments:
        name = _one_line(file).replace('"', "'")
        yield (
            "Content-Type: application/octet-stream",
            f'Content-Disposition: attachment; filename="{name}"', "", "-",
        )  # fmt: skip


def _one_line(value: str) -> str:
    return " ".join(value.split())

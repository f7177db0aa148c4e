"""Plain mails for tests, said in one line each."""

from base64 import encodebytes
from collections.abc import Mapping, Sequence
from email.header import Header
from email.utils import encode_rfc2231

SUPPORT = "support@desk.example"


def message_id(name: str) -> str:
    """The Message-ID of the letter of this name."""
    return f"<{name}@customers.example>"


def letter(
    name: str,
    subject: str = "",
    *,
    sender: str = "ann@customers.example",
    answers: Sequence[str] = (),
    files: Sequence[tuple[str, bytes]] = (),
    text: str = "",
) -> bytes:
    """A mail named `name` from `sender` to the support address.

    `answers` are Message-IDs, oldest first; `files` are attachments. Without a subject it is the
    name, without a text a greeting with the name.
    """
    head = {
        "From": sender,
        "To": SUPPORT,
        "Subject": _encoded(subject or name),
        "Message-ID": message_id(name),
        "Date": "Wed, 04 Nov 2026 10:00:00 +0000",
        "MIME-Version": "1.0",
    }
    if answers:
        head |= {"In-Reply-To": answers[-1], "References": "\n ".join(answers)}
    plain = {"Content-Type": 'text/plain; charset="utf-8"', "Content-Transfer-Encoding": "8bit"}
    words = _part(plain, text or f"Hello,\n\nthis is {name}.\n")
    if not files:
        return _joined(head, words)
    parts = [words, *(_attachment(*file) for file in files)]
    body = "".join(f"--{_BOUNDARY}\n{part}\n" for part in parts)
    mixed = {"Content-Type": f'multipart/mixed; boundary="{_BOUNDARY}"'}
    return _joined(head, _part(mixed, f"{body}--{_BOUNDARY}--\n"))


# The standard library's EmailMessage would make the same mails in twenty times the time; the
# simulation writes hundreds of thousands.
_BOUNDARY = "=== a letter's part ==="


def _joined(head: Mapping[str, str], rest: str) -> bytes:
    return ("".join(f"{name}: {value}\n" for name, value in head.items()) + rest).encode()


def _part(head: Mapping[str, str], body: str) -> str:
    return "".join(f"{name}: {value}\n" for name, value in head.items()) + f"\n{body}"


def _attachment(name: str, content: bytes) -> str:
    shown = f'filename="{name}"' if name.isascii() else f"filename*={encode_rfc2231(name, 'utf-8')}"
    head = {
        "Content-Type": "application/octet-stream",
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": f"attachment; {shown}",
        "MIME-Version": "1.0",
    }
    return _part(head, encodebytes(content).decode())


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8").encode()

"""Plain mails for tests, said in one line each."""

from collections.abc import Sequence
from email.message import EmailMessage

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
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = SUPPORT
    mail["Subject"] = subject or name
    mail["Message-ID"] = message_id(name)
    mail["Date"] = "Wed, 04 Nov 2026 10:00:00 +0000"
    if answers:
        mail["In-Reply-To"] = answers[-1]
        mail["References"] = " ".join(answers)
    mail.set_content(text or f"Hello,\n\nthis is {name}.\n")
    for file_name, content in files:
        mail.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=file_name
        )
    return mail.as_bytes()

"""What a customer thread says beside the mail itself: visible lines, stubs, the link to Gmail."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from gmail_ingest.mime import Address, Attachment, Mail

_ORIGINAL_LIMIT = 10_000_000  # bytes of original.eml that a stub still carries


def gmail_link(address: str, gmail_message_id: str) -> str:
    """The web address of a message for whoever may read the mailbox."""
    return f"https://mail.google.com/mail/?authuser={quote(address)}#all/{quote(gmail_message_id)}"


def foreign_line(sender: Address) -> str:
    """Says who wrote when it was not the customer."""
    name = f"{sender.name} " if sender.name else ""
    return f"From: {name}<{sender.email}> (not the customer of this conversation)"


def claim_line(conversation_number: int) -> str:
    """Says which conversation a stranger's mail claims to answer."""
    return (
        f"This mail claims to answer conversation #{conversation_number}, "
        "but its sender takes no part in that one."
    )


def gap_line(missing: int) -> str:
    """Says that earlier mails of the thread are not here."""
    what = "An earlier message" if missing == 1 else f"{missing} earlier messages"
    return f"{what} of this thread could not be written and is missing here."


def date_line(written: str) -> str:
    """Says when the mail was accepted, where FreeScout shows another time."""
    return f"Received: {written}"


def compose(mail: Mail, lines: Sequence[str]) -> str:
    """HTML of a customer thread: lines about it, the mail, what was left out of it."""
    before = "".join(f"<p>{escape(line)}</p>" for line in lines)
    after = "".join(f"<p>[{escape(remark)}]</p>" for remark in mail.left_out)
    return f"{before}{mail.html}{after}"


def stub_text(reason: str, link: str) -> str:
    """HTML of a mail that could not be taken as it is."""
    return (
        f"<p>This mail could not be shown here: {escape(reason)}.</p>"
        f'<p><a href="{escape(link)}">Open it in Gmail</a></p>'
    )


def original(raw: bytes) -> tuple[Attachment, ...]:
    """The untouched mail as an attachment, unless it is too large."""
    if not raw or len(raw) > _ORIGINAL_LIMIT:
        return ()
    return (Attachment("original.eml", "message/rfc822", raw, None),)


def missing_files_note(names: Sequence[str], link: str) -> str:
    """HTML of the note that names attachments FreeScout did not keep."""
    listed = "".join(f"<li>{escape(name)}</li>" for name in names)
    return (
        "<p>FreeScout did not keep these attachments of the customer's mail:</p>"
        f'<ul>{listed}</ul><p><a href="{escape(link)}">Open the mail in Gmail</a></p>'
    )


def answer_note(mail: Mail, link: str) -> str:
    """HTML of the note that shows an answer which a colleague sent with Gmail itself."""
    who = mail.sender.name or mail.sender.email
    files = ", ".join(attachment.file_name for attachment in mail.attachments)
    attached = f"<p>Attached there: {escape(files)}</p>" if files else ""
    return (
        f"<p>Answered from Gmail by {escape(who)}:</p>{mail.html}{attached}"
        f'<p><a href="{escape(link)}">Open it in Gmail</a></p>'
    )

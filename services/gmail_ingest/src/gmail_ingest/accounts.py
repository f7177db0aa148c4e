"""From the settings of a mailbox to the account that reads it."""

from gmail_ingest.settings import MailboxSettings
from gmail_ingest.token_file import GmailAccount


def account_of(slug: str, mailbox: MailboxSettings) -> GmailAccount:
    """The account of a mailbox; a service account acts as the mailbox's own address."""
    gmail = mailbox.gmail
    return GmailAccount(
        slug,
        gmail.token_file,
        gmail.api_root,
        gmail.service_account_file,
        subject=mailbox.address,
        passphrase_file=gmail.token_passphrase_file,
        label=gmail.label,
    )

"""Which of Google's scopes a token may have here."""

from collections.abc import Iterable

from gmail_ingest.gmail_errors import Asked, GmailScopeError

_PREFIX = "https://www.googleapis.com/auth/gmail."
READONLY = f"{_PREFIX}readonly"
MODIFY = f"{_PREFIX}modify"
# Each of these could mail a customer, or change what is mailed in the mailbox's name.
_REFUSED = frozenset(
    {
        "https://mail.google.com/",
        f"{_PREFIX}send",
        f"{_PREFIX}compose",
        f"{_PREFIX}addons.current.action.compose",
        f"{_PREFIX}insert",
        f"{_PREFIX}settings.basic",
        f"{_PREFIX}settings.sharing",
    }
)


def wanted_scope(label: str | None) -> str:
    """The one scope to ask for: gmail.labels makes labels, only gmail.modify puts them on mail."""
    return MODIFY if label else READONLY


def reader_scopes(
    scopes: Iterable[str], asked: Asked, *, may_label: bool = False
) -> frozenset[str]:
    """The scopes, when they are a reader's: gmail.readonly or gmail.modify, and none that sends.

    Raises GmailScopeError naming the scope that is too much or missing.
    """
    granted = frozenset(scopes)
    if too_much := sorted(granted & _REFUSED):
        why = f"the token has scope {too_much[0]}, which could send mail"
        raise GmailScopeError(f"{why}; {asked.remedy}")
    if may_label and MODIFY not in granted:
        why = f"gmail.label needs scope {MODIFY}, which the token lacks"
        raise GmailScopeError(f"{why}; {asked.remedy}")
    if not granted & {READONLY, MODIFY}:
        raise GmailScopeError(f"the token lacks scope {READONLY}; {asked.remedy}")
    return granted

"""What to do with a mail, decided from its headers and labels alone: no I/O, no clock."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gmail_ingest.mime import Address, Mail

_BULK_PRECEDENCE = {"bulk", "junk", "list"}
_PROMOTIONS = {"CATEGORY_PROMOTIONS", "CATEGORY_UPDATES"}
_REFUSED_LABELS = {
    "DRAFT": "draft",
    "SPAM": "spam label",
    "TRASH": "trash label",
    "CHAT": "chat message",
}
_LOOP_IDS = ("fs_reply", "fs_notify", "fs_autoreply", "fs_conversation")
_GMAIL = "mx.google.com"  # any other server's Authentication-Results can be forged by the sender

_SCANNED = 100_000  # characters of text and subject that the strict filter looks at
_UNSUBSCRIBE = re.compile(
    r"\bunsubscribe\b|\bopt[ -]out\b|\bmanage (?:your )?(?:email )?preferences\b"
    r"|\bview (?:this (?:e-?mail|message) )?in (?:your|a) browser\b"
    r"|\b(?:you are|you're) receiving this (?:e-?mail|message|newsletter)\b"
    r"|\bnewsletter abbestellen\b|\bvom newsletter abmelden\b|\bse désabonner\b|\bdarse de baja\b",
    re.IGNORECASE,
)
_NOT_A_FOOTER = re.compile(
    r"\b(?:do not|don['\u2019]t|never|cannot|can['\u2019]t|unable to|how (?:do|can) i)"
    r" unsubscribe\b",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"\b(?:sale|discounts?|deals?|coupons?|vouchers?|promo(?:tion)?s?|newsletter|giveaway|webinar"
    r"|free shipping|limited time|special offer|last chance|black friday|cyber monday"
    r"|rabatt|angebote?|soldes|rebajas|descuentos?)\b|\d{1,2} ?% (?:off|rabatt)\b|\bsave \d",
    re.IGNORECASE,
)
_NO_REPLY = re.compile(r"(?:do[-_.]?not|no)[-_.]?reply", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FilterRules:
    """Which mails of a mailbox become no ticket; addresses in lower case.

    An excluded sender is an address or `@domain` (that domain alone, not its subdomains).
    """

    mode: Literal["standard", "strict"]
    own_addresses: frozenset[str]
    excluded_senders: tuple[str, ...]


_SENT_REASON = "sent by the mailbox"


def flags(mail: Mail, labels: frozenset[str], *, backfill: bool, foreign: bool) -> str:
    """What only the mail's headers know, as the marker's letters in the order `bandfph`."""
    facts = {
        "b": is_bulk(mail.headers),
        "a": is_automatic(mail.headers),
        "n": mail.report is not None,
        "d": has_failed_dmarc(mail.headers),
        "f": foreign,
        "p": bool(labels & _PROMOTIONS),
        "h": backfill,
    }
    return "".join(letter for letter, holds in facts.items() if holds)


def filter_reason(mail: Mail, labels: frozenset[str], rules: FilterRules) -> str | None:
    """Why the mail becomes no ticket, as a short stable phrase; None when it becomes one.

    List headers alone never filter: customers write through lists and shop relays. A delivery
    report always comes through: it says that an answer did not arrive.
    """
    return (
        _label_reason(labels)
        or _loop_reason(mail, rules.own_addresses)
        or ("excluded sender" if _is_excluded(mail, rules) else None)
        or (None if mail.report else _content_reason(mail, rules))
    )


def is_answer_from_gmail(mail: Mail, labels: frozenset[str], own_addresses: frozenset[str]) -> bool:
    """Whether a colleague answered with Gmail itself, so that FreeScout does not know of it.

    FreeScout's own mail passes through the same account and carries its marks; Gmail may replace a
    Message-ID and keeps the first one in X-Google-Original-Message-ID.
    """
    originals = mail.headers.get("x-google-original-message-id", ())
    was_freescout = any(
        original.lower().lstrip("<").startswith(_LOOP_IDS) for original in originals
    )
    return (
        _label_reason(labels) == _SENT_REASON
        and not was_freescout
        and not _is_from_our_freescout(mail, own_addresses)
        and "x-freescout-mail-type" not in mail.headers
    )


def customer_of(mail: Mail, own_addresses: frozenset[str]) -> Address:
    """Whose conversation it is: From, or Reply-To when the mailbox itself is the sender.

    The second is a contact form that sends as the mailbox.
    """
    if mail.sender.email in own_addresses and mail.reply_to:
        return mail.reply_to
    return mail.sender


def is_bulk(headers: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a list or bulk mailer sent it (RFC 2369, RFC 2919, Precedence)."""
    return any(name.startswith("list-") for name in headers) or bool(
        _tokens(headers, "precedence") & _BULK_PRECEDENCE
    )


def is_automatic(headers: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a machine wrote it (RFC 3834 and the older headers for it): never answer it."""
    return (
        _is_auto_submitted(headers)
        or bool({"x-autoreply", "x-autorespond", "x-autoresponder"} & headers.keys())
        or "auto_reply" in _tokens(headers, "precedence")
        or bool(_tokens(headers, "x-auto-response-suppress") - {"none"})
        or "<>" in (value.replace(" ", "") for value in headers.get("return-path", ()))
        or any(value.lower().startswith("multipart/report") for value in _types(headers))
    )


def has_failed_dmarc(headers: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether Gmail's own (topmost) Authentication-Results say dmarc=fail."""
    values = headers.get("authentication-results", ())
    own = next((value for value in values if _authserv_id(value) == _GMAIL), "")
    return any(re.match(r"dmarc\s*=\s*fail\b", result) for result in _auth_results(own))


def _label_reason(labels: frozenset[str]) -> str | None:
    for label, reason in _REFUSED_LABELS.items():
        if label in labels:
            return reason
    return _SENT_REASON if "SENT" in labels and "INBOX" not in labels else None


def _loop_reason(mail: Mail, own_addresses: frozenset[str]) -> str | None:
    if _is_from_our_freescout(mail, own_addresses):
        return "sent by FreeScout"
    return "own mail" if customer_of(mail, own_addresses).email in own_addresses else None


def _is_from_our_freescout(mail: Mail, own_addresses: frozenset[str]) -> bool:
    """A customer may run FreeScout too: its marks count only under our own domain or address."""
    name, _, domain = (mail.message_id or "").lower().rpartition("@")
    if name.startswith(_LOOP_IDS):
        return any(own.endswith(f"@{domain}") for own in own_addresses)
    return "x-freescout-mail-type" in mail.headers and mail.sender.email in own_addresses


def _is_excluded(mail: Mail, rules: FilterRules) -> bool:
    excluded = {sender.strip().lower() for sender in rules.excluded_senders}
    emails = {mail.sender.email, customer_of(mail, rules.own_addresses).email}
    return any(email in excluded or f"@{email.rpartition('@')[2]}" in excluded for email in emails)


def _content_reason(mail: Mail, rules: FilterRules) -> str | None:
    if _is_auto_submitted(mail.headers) and is_bulk(mail.headers):
        return "auto-generated list mail"
    if rules.mode == "standard":
        return None
    if _is_marked_spam(mail.headers):
        return "marked as spam (strict filter)"
    return "promotion (strict filter)" if _is_promotion(mail) else None


def _is_auto_submitted(headers: Mapping[str, tuple[str, ...]]) -> bool:
    keywords = (re.match(r"[\w-]+", value) for value in headers.get("auto-submitted", ()))
    return any(keyword and keyword[0].lower() != "no" for keyword in keywords)


def _is_marked_spam(headers: Mapping[str, tuple[str, ...]]) -> bool:
    """Marks that a filter before Gmail left: SpamAssassin's, and Exchange's level of 5 or more."""
    verdicts = (*headers.get("x-spam-flag", ()), *headers.get("x-spam-status", ()))
    if any(value.lower().startswith("yes") for value in verdicts):
        return True
    levels = headers.get("x-ms-exchange-organization-scl", ())
    return any(re.fullmatch(r"[5-9]", value.strip()) for value in levels)


def _is_promotion(mail: Mail) -> bool:
    """Points as the predecessor gave them; 5, or a telling pair, make a promotion."""
    can_unsubscribe = "list-unsubscribe" in mail.headers
    automatic = _tokens(mail.headers, "auto-submitted") & {"auto-generated", "auto-replied"}
    header_points = (
        2 * can_unsubscribe
        + any(name.startswith("list-") for name in mail.headers)
        + 2 * bool(_tokens(mail.headers, "precedence") & _BULK_PRECEDENCE)
        + bool(automatic)
    )
    footer = _has_footer(mail.text[:_SCANNED])
    advertises = bool(_PROMOTION.search(mail.subject))
    no_reply = bool(_NO_REPLY.match(mail.sender.email))
    points = header_points + 2 * footer + advertises + no_reply
    return (
        points >= 5
        or (footer and header_points > 0)
        or (can_unsubscribe and advertises and no_reply)
    )


def _has_footer(text: str) -> bool:
    """An unsubscribe line, unless somebody writes about unsubscribing."""
    return bool(_UNSUBSCRIBE.search(text)) and not _NOT_A_FOOTER.search(text)


def _tokens(headers: Mapping[str, tuple[str, ...]], name: str) -> set[str]:
    """Lower-case words of all values of a header, parameters (after `;`) left out."""
    plain = (value.lower().partition(";")[0] for value in headers.get(name, ()))
    return {word for value in plain for word in re.split(r"[\s,]+", value) if word}


def _types(headers: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return headers.get("content-type", ())


def _authserv_id(value: str) -> str:
    return (value.partition(";")[0].split() or [""])[0].lower()


def _auth_results(value: str) -> Iterator[str]:
    """`method=result ...` of each method, without the parts that quote the sender."""
    unquoted = re.sub(r'"[^"]*"|\([^()]*\)', " ", value.lower())
    for result in unquoted.split(";")[1:]:
        yield result.strip()

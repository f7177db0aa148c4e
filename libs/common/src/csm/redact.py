"""Takes out of a text what must not travel: secrets before a call, identities before an event.

Pure. Placeholders are put back nowhere. Every pattern is linear: texts come from strangers.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

_SECRET, _CARD, _IBAN = "[secret]", "[card]", "[iban]"
_LINK, _ADDRESS, _PHONE = "[link]", "[address]", "[phone]"

_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?")
_KEY = re.compile(
    r"(?<![\w-])(?:(?:sk|pk|rk)[-_][\w-]{16,}+"  # OpenAI, Stripe
    r"|gh[opsur]_\w{20,}+|github_pat_\w{20,}+|glpat-[\w-]{16,}+"
    r"|xox[abeoprs]-[\w-]{10,}+|(?:AKIA|ASIA)[A-Z0-9]{16}\b|AIza[\w-]{30,}+"
    r"|ya29\.[\w-]{20,}+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/=-]{16,}+")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}+://)[^\s/@:]{1,100}+:[^\s/@]{1,200}+@")
_LABELS = (
    r"pass(?:word|wort|code|phrase)|kennwort|zugangscode|mot\ de\ passe|contraseña|wachtwoord"
    r"|senha|palavra-passe|parola\ d'ordine|hasło|pwd|pin|tan|cvc|cvv"
    r"|(?:api|access|secret|private)[ _-]?(?:key|token)|apikey|token|secret|client[_-]secret"
)
# "password: x" when it looks like one or ends its line; "is" only when it looks like one.
_LOOKS = r"(?=[^\s]{0,200}[\d_!@#$%^&*+=?~])"
_LABELLED = re.compile(
    rf"(?i)\b({_LABELS})\b(\s{{0,3}}[:=]\s{{0,3}}|\s{{1,3}}(?:is|ist|lautet|est|es|è|é)\s{{1,3}})"
    rf"(?:{_LOOKS}[^\s]{{3,200}}+|(?<=[:=])[^\s]{{4,200}}+(?=\s*(?:\n|\Z))"
    rf"|(?<=[:=]\s)[^\s]{{4,200}}+(?=[ \t]*(?:\n|\Z)))"
)
_IBAN_LIKE = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
_CARD_LIKE = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,30}")
_URL = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}+://|www\.)[^\s<>\"'\])]{1,2000}+")
_DOMAIN = re.compile(
    r"(?i)(?<![\w@.-])(?:[\w-]{1,63}+\.){1,5}"
    r"(?:com|net|org|info|biz|io|app|dev|shop|online|site|xyz|top|link|click|example|eu|de|at|ch"
    r"|fr|es|it|nl|be|pt|br|pl|uk|us|ru|cn)\b(?![\w-])(?:/[^\s<>\"'\])]{0,2000}+)?"
)
# Wider than _DOMAIN: a text of ours that names a host is looked at by a person if in doubt.
_HOST = re.compile(
    r"(?i)(?<![\w@.-])(?:[\w-]{2,63}+\.){1,5}(?:[a-z]{2}|xn--[a-z0-9-]{2,59}|com|net|org|info|biz"
    r"|app|dev|shop|store|online|site|website|xyz|top|link|click|live|cloud|tech|support|help|pay"
    r"|money|bank|finance|email|mail|page|pages|web|blog|news|zip|mov|icu|vip|pro|art|fun|space"
    r"|world|today|agency|company|solutions|services|systems|digital|network|group|team|center"
    r"|club|life|one|name|mobi|tel|asia|wiki|work|works|example|test|localhost|onion)"
    r"(?![\w-])(?::\d{2,5})?(?:[/?][^\s<>\"'\])]{0,2000}+)?"
)
_MAIL = re.compile(r"(?i)[\w.%+'!#$&*/=?^`{|}~-]{1,64}+@(?:[\w-]{1,63}\.){0,8}[\w-]{1,63}")
# What is left of an address whose first part is quoted or cut off.
_AT_HOST = re.compile(r"@(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}")
_PHONE_LIKE = re.compile(r"(?<![\w])(?:\+|\()?\d(?:[ ().\-/\u00a0]{0,3}\d){6,16}+(?![\w])")
# How dates are written: a date is no phone number.
_DATE = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})\b")

_ROUNDS = 10
# Lengths of the account numbers of each country are in the registry; the checksum decides here.
_IBAN_SHORTEST, _IBAN_LONGEST = 15, 34


class Redacted(NamedTuple):
    """A text with placeholders, and how many were put in."""

    text: str
    number: int


def without_secrets(text: str) -> Redacted:
    """`text` without cards, account numbers, passwords, keys and tokens.

    Names, addresses and phone numbers stay: a draft greets by them.
    """
    return _applied(text, _SECRETS)


def without_identities(text: str) -> Redacted:
    """`text` also without addresses, phone numbers and links: for events, logs and notes."""
    secrets = without_secrets(text)
    rest = _applied(secrets.text, _IDENTITIES)
    return Redacted(rest.text, secrets.number + rest.number)


def links(text: str) -> list[str]:
    """Every web address and every name of a host in `text`, as written."""
    found = [one[0] for one in _URL.finditer(text)]
    return found + [one[0] for one in _HOST.finditer(_MAIL.sub(" ", _URL.sub(" ", text)))]


def addresses(text: str) -> list[str]:
    """Every e-mail address in `text`; of one that is quoted or cut off, what begins with @."""
    rest = _URL.sub(" ", text)
    found = [*_MAIL.finditer(rest), *_AT_HOST.finditer(_MAIL.sub(" ", rest))]
    return [one[0].rstrip(".-") for one in found]


def phones(text: str) -> list[str]:
    """Everything in `text` that is written like a phone number."""
    rest = _MAIL.sub(" ", _URL.sub(" ", text))
    return [found[0] for found in _PHONE_LIKE.finditer(rest) if _phone(found) != found[0]]


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _applied(text: str, rules: tuple[Rule, ...]) -> Redacted:
    """Until nothing is found any more: what is taken out may uncover a number beside it."""
    total = 0
    for _ in range(_ROUNDS):
        text, found = _once(text, rules)
        total += found
        if not found:
            break
    return Redacted(text, total)


def _once(text: str, rules: tuple[Rule, ...]) -> Redacted:
    count = 0
    for pattern, replacement in rules:

        def replace(found: re.Match[str], by: Callable[[re.Match[str]], str] = replacement) -> str:
            nonlocal count
            now = by(found)
            count += now != found[0]
            return now

        text = pattern.sub(replace, text)
    return Redacted(text, count)


def _by(placeholder: str) -> Callable[[re.Match[str]], str]:
    return lambda _found: placeholder


def _keep_label(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{_SECRET}"


def _longest(found: re.Match[str], fits: Callable[[str], bool], placeholder: str) -> str:
    """The longest whole part from its beginning that fits is replaced: more may follow a number."""
    text, source = found[0], found.string
    for end in range(len(text), 0, -1):
        after = source[found.start() + end : found.start() + end + 1]
        if not after.isalnum() and fits(text[:end]):
            return placeholder + text[end:]
    return text


def is_card(text: str) -> bool:
    """Whether 13 to 19 digits fit the checksum of card numbers (ISO/IEC 7812-1)."""
    digits = [int(one) for one in text if one.isdecimal()]
    doubled = [sum(divmod(2 * one, 10)) for one in digits[-2::-2]]
    is_long = 13 <= len(digits) <= 19 and text[-1].isdecimal() and len(set(digits)) > 1
    return is_long and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether the checksum of an account number fits (ISO 13616: mod 97 is 1)."""
    plain = re.sub(r"[ -]", "", text).upper()
    if not _IBAN_SHORTEST <= len(plain) <= _IBAN_LONGEST or not plain.isascii():
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


def _phone(found: re.Match[str]) -> str:
    """Seven digits make a number when it is written like one, ten in any case."""
    text = found[0]
    digits = sum(one.isdigit() for one in text)
    if _DATE.fullmatch(text):
        return text
    least = 7 if text[0] in "+(0" else 9
    is_plain = text.isdigit() and text[0] != "0"
    return _PHONE if digits >= (10 if is_plain else least) else text


_SECRETS: tuple[Rule, ...] = (
    (_PEM, _by(_SECRET)),
    (_JWT, _by(_SECRET)),
    (_KEY, _by(_SECRET)),
    (_BEARER, _keep_label),
    (_USERINFO, lambda found: f"{found[1]}{_SECRET}@"),
    (_LABELLED, _keep_label),
    (_IBAN_LIKE, lambda found: _longest(found, is_iban, _IBAN)),
    (_CARD_LIKE, lambda found: _longest(found, is_card, _CARD)),
)
_IDENTITIES: tuple[Rule, ...] = (
    (_URL, _by(_LINK)),
    (_MAIL, _by(_ADDRESS)),
    (_DOMAIN, _by(_LINK)),
    (_PHONE_LIKE, _phone),
)

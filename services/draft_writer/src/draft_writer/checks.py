"""What keeps a text from becoming a draft, and what an agent must look at. Deterministic, pure.

A model may be talked into anything by a mail; whether its text names a foreign link is not its
decision.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from csm.outside_text import folded
from csm.redact import addresses, links, phones
from draft_writer.promises import PROMISES

_PLACEHOLDER = re.compile(
    r"\[[^\]\n]{1,60}\]|\{\{?[^}\n]{1,60}\}\}?|<[A-Za-z][\w .-]{0,40}>|_{4,}|\b(?:TODO|XXX+)\b"
)
_MONEY = re.compile(
    r"(?:[$€£]|\b(?:EUR|USD|GBP|CHF))\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:[$€£%]|(?:EUR|USD|GBP|CHF|euros?)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})?)(?!\d)")
_OVERLAP = 8
# Below so many letters no language can be told.
_ENOUGH_LETTERS = 20
_NO_DIGITS = re.compile(r"\D+")
# The last digits, which are the same with and without a country code.
_SAME_PHONE = 7


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a draft may name: texts of ours, and what the operator lists."""

    ours: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a text is held against. `secrets` are words that only the prompt has."""

    allowed: Allowed
    language: str
    words_min: int
    words_max: int
    canary: str
    system: str
    detect: Callable[[str], str]


def problems(text: str, rules: Rules) -> tuple[str, ...]:
    """The rules that the text breaks, in words for the model and the note; empty: it may stand."""
    return tuple(_problems(text, rules))


def _problems(text: str, rules: Rules) -> Iterator[str]:
    if foreign_links(text, rules.allowed):
        yield "it names a link that neither our knowledge nor our team wrote"
    if foreign_addresses(text, rules.allowed):
        yield "it names an e-mail address that neither our knowledge nor our team wrote"
    if foreign_phones(text, rules.allowed):
        yield "it names a phone number that neither our knowledge nor our team wrote"
    if _PLACEHOLDER.search(text):
        yield "it contains a placeholder or brackets to be filled in"
    if not rules.words_min <= len(text.split()) <= rules.words_max:
        yield f"its length is not between {rules.words_min} and {rules.words_max} words"
    if not _is_in(rules.language, text, rules.detect):
        yield f"it is not written in the language of the customer ({rules.language})"
    if rules.canary in text or _repeats(text, rules.system):
        yield "it repeats its instructions"


def warnings(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """What an agent must check before sending; `known` are all texts of conversation and house."""
    source = " ".join(known)
    found = [
        f"check the {kind}: {one}"
        for kind, pattern in (("amount", _MONEY), ("date", _DATE))
        for one in dict.fromkeys(pattern.findall(text))
        if one.strip() not in source
    ]
    spoken = f" {folded(text)} "
    promised = next((words for words in PROMISES if f" {words}" in spoken), None)
    return tuple([*found, f'check the promise: "{promised}"'] if promised else found)


def foreign_links(text: str, allowed: Allowed) -> list[str]:
    """Links that are not in our own texts word for word, nor on a host of the operator's."""
    known = {_bare(link) for ours in allowed.ours for link in links(ours)}
    hosts = {_host(link) for link in known}
    return [
        link
        for link in links(text)
        if _bare(link) not in known | hosts and not _is_below(_host(_bare(link)), allowed.hosts)
    ]


def foreign_addresses(text: str, allowed: Allowed) -> list[str]:
    """E-mail addresses that are not in our own texts."""
    known = {one.casefold() for ours in allowed.ours for one in addresses(ours)}
    known |= {one.casefold() for one in allowed.addresses}
    return [one for one in addresses(text) if one.casefold() not in known]


def foreign_phones(text: str, allowed: Allowed) -> list[str]:
    """Phone numbers that are not in our own texts, however they are grouped."""
    known = {_number(one) for ours in allowed.ours for one in phones(ours)}
    known |= {_number(one) for one in allowed.phones}
    return [one for one in phones(text) if _number(one) not in known]


def _bare(link: str) -> str:
    """Without scheme, www and what a sentence puts behind it."""
    plain = re.sub(r"^[a-z][a-z0-9+.-]*://", "", link.casefold())
    return plain.removeprefix("www.").rstrip("/.,;:!?)'\"")


def _host(bare: str) -> str:
    return re.split(r"[/?#:]", bare, maxsplit=1)[0].rpartition("@")[2]


def _is_below(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one.casefold() or host.endswith(f".{one.casefold()}") for one in hosts)


def _number(phone: str) -> str:
    return _NO_DIGITS.sub("", phone)[-_SAME_PHONE:]


def _is_in(language: str, text: str, detect: Callable[[str], str]) -> bool:
    if not language or sum(c.isalpha() for c in text) < _ENOUGH_LETTERS:
        return True
    return detect(text) in (language, "")


def _repeats(text: str, system: str) -> bool:
    words, source = folded(text).split(), f" {folded(system)} "
    runs = (words[n : n + _OVERLAP] for n in range(len(words) - _OVERLAP + 1))
    return any(f" {' '.join(run)} " in source for run in runs)

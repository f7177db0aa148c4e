"""The verdict by rules: headers' flags and weighed cues. Pure. The default without a model, the
fallback with one. In doubt it is a customer's, P2: nothing is put aside by rules alone.
"""

import re
from collections.abc import Iterator

from classifier import cues
from classifier.category import decided
from classifier.inquiry import Inquiry
from classifier.nobodys import ELSEWHERE, FRAUD
from classifier.owning import TROUBLE, UNHAPPY
from classifier.policy import Opinion
from classifier.steering import Reading, read
from classifier.words import Words
from csm.contracts import Category

# So few words without any cue are a sign of life, no request.
_SHORT = 14
# So many words tell more than a passing question.
_DETAILED = 25
# How many there are of something; several groups of digits are a phone number.
_MANY = re.compile(r"(?<!\d )(?<!\+)\b([1-9]\d{0,2}(?:[.,']\d{3})+|[1-9]\d{1,6})\b(?! ?\d)")
_QUESTION = re.compile(
    r"\?|\b(?:how|what|when|where|which|wie|was|wann|comment|quand|quel|como|cuando|come|quando|"
    r"hoe|wanneer)\b"
)
_HOW = re.compile(
    r"\b(?:how (?:do|can|to)|where (?:do|can)|what now|wie kann|wo kann|wie geht|comment|ou puis|"
    r"como puedo|donde puedo|come posso|dove posso|hoe kan|waar kan|como posso|onde posso)\b"
)
_GRAVE: dict[str, Words] = {
    "outage": cues.OUTAGE,
    "danger": cues.DANGER,
    "data exposed": cues.EXPOSED,
    "data loss": cues.DATA_LOSS,
    "security": cues.SECURITY,
    "payment taken twice": cues.TAKEN_TWICE,
    "legal": cues.LEGAL,
}
_IMPORTANCE = {
    "outage": 9, "danger": 9, "data exposed": 9, "data loss": 9, "security": 8,
    "payment taken twice": 8, "legal": 8,
}  # fmt: skip


def opinion(inquiry: Inquiry, language: str) -> Opinion:
    """What the rules say about an inquiry in `language`."""
    readings = read(inquiry, language)
    grave = tuple(_grave(readings.trusted))
    category, why = decided(inquiry, readings, is_grave=bool(grave))
    importance, reasons = _importance(inquiry, readings.trusted, category, grave)
    uncertainty = ["judged by rules, not by a model"]
    if readings.was_steered:
        uncertainty.append("text that addresses a machine was ignored")
    return Opinion(
        category=category,
        importance=importance,
        language=language,
        reason="; ".join([why, *reasons]),
        uncertainty=tuple(uncertainty),
    )


def severity(inquiry: Inquiry, language: str) -> tuple[str, ...]:
    """Names of what is grave in the text: without one no single mail is a P0."""
    return tuple(_grave(read(inquiry, language).trusted))


def _importance(
    inquiry: Inquiry, reading: Reading, category: Category, grave: tuple[str, ...]
) -> tuple[int, list[str]]:
    if category == "other":
        return _of_other(inquiry, reading), []
    if category == "lead":
        return _of_lead(reading)
    return _of_grave(reading, grave) if grave else _of_customer(reading)


def _of_other(inquiry: Inquiry, reading: Reading) -> int:
    if inquiry.is_from_machine or inquiry.is_to_many or reading.has(FRAUD.words):
        return 1
    return 3 if reading.has(ELSEWHERE.words) else 2


def _of_lead(reading: Reading) -> tuple[int, list[str]]:
    """By how many it is for, and whether time is short."""
    largest, is_urgent = _largest(reading.text), reading.has(cues.DEADLINE)
    if is_urgent and largest >= 500:
        return 9, ["a large wish", "time is short"]
    if largest >= 100:
        return 8, ["a large wish"]
    if largest >= 10 or is_urgent:
        return 7, ["a concrete wish"]
    return (6 if reading.length >= _DETAILED else 5), []


def _of_grave(reading: Reading, grave: tuple[str, ...]) -> tuple[int, list[str]]:
    highest = max(_IMPORTANCE[name] for name in grave)
    more = reading.has(cues.DEADLINE) or reading.has(UNHAPPY.words) or len(grave) > 1
    return min(10, highest + more), list(grave)


def _of_customer(reading: Reading) -> tuple[int, list[str]]:
    if reading.has(UNHAPPY.words):
        return 7, ["is unhappy or wants money back"]
    if reading.has(TROUBLE.words):
        if reading.has(cues.DEADLINE):
            return 7, ["does not work, and is urgent"]
        return (5 if _HOW.search(reading.text) else 6), ["something is wrong"]
    is_short = reading.length <= _SHORT and not _QUESTION.search(reading.text)
    if is_short and reading.has(cues.THANKS):
        return 2, ["thanks"]
    return 5, []


def _grave(reading: Reading) -> Iterator[str]:
    return (name for name, wanted in _GRAVE.items() if reading.has(wanted))


def _largest(text: str) -> int:
    """The largest number that may count people or things; years and phone numbers are none."""
    found = (int(re.sub(r"\D", "", one)) for one in _MANY.findall(text))
    return max((n for n in found if n < 1_000_000 and not 1900 <= n <= 2100), default=0)

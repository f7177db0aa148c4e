"""The verdict by rules: headers' flags and words. Pure. The default without a model, the fallback
with one. In doubt it is a customer's, P2: nothing is put aside by rules alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from classifier import cues, words
from classifier.inquiry import Inquiry, joined
from classifier.policy import Opinion
from classifier.words import Words, folded
from csm.contracts import Category

# Characters that are looked at: the end of a long mail is quoted history and footers.
_SCANNED = 12_000
_SUBJECT = 500
# So few words without any cue are a sign of life, no request.
_SHORT = 14
_MANY = re.compile(r"\b(\d{1,3}(?:[.,' ]\d{3})+|\d{2,7})\b")
_QUESTION = re.compile(
    r"\?|\b(?:how|what|when|where|which|wie|was|wann|comment|quand|quel|como|cuando|come|quando|"
    r"hoe|wanneer)\b"
)
_FORM = re.compile(r"\b(?:message|nachricht|mensaje|messaggio|bericht|mensagem)\s?:")
_ROBOT = re.compile(
    r"^(?:no-?_?reply|do-?not-?reply|mailer-daemon|postmaster|newsletter|news|marketing|promo|"
    r"notifications?|bounces?|nieuws|nieuwsbrief)\b"
)
_GRAVE: dict[str, Words] = {
    "outage": cues.OUTAGE,
    "data loss": cues.DATA_LOSS,
    "security": cues.SECURITY,
    "payment taken twice": cues.TAKEN_TWICE,
    "legal": cues.LEGAL,
}
_IMPORTANCE = {
    "outage": 9, "data loss": 9, "security": 8, "payment taken twice": 8, "legal": 8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """A folded text with what steers machines taken out, and the languages to read it in."""

    text: str
    languages: tuple[str, ...]
    was_steered: bool

    def has(self, wanted: Words) -> bool:
        """Whether one of the words is there."""
        return wanted.are_in(self.text, self.languages)

    def number(self, wanted: Words) -> int:
        """How many of them are there."""
        return wanted.number(self.text, self.languages)

    @property
    def length(self) -> int:
        """In words."""
        return len(self.text.split())


def opinion(inquiry: Inquiry, language: str) -> Opinion:
    """What the rules say about an inquiry in `language`."""
    reading = read(inquiry, language)
    category, why = _category(inquiry, reading)
    importance, reasons = _importance(inquiry, reading, category)
    uncertainty = ["judged by rules, not by a model"]
    if reading.was_steered:
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
    return tuple(_grave(read(inquiry, language)))


def read(inquiry: Inquiry, language: str) -> Reading:
    """The newest messages as the rules look at them."""
    subject = inquiry.subject[:_SUBJECT]
    kept, was_steered = unsteered(f"{subject}\n{joined(inquiry.newest)}"[:_SCANNED])
    languages = tuple(dict.fromkeys((language or "en", "en")))
    return Reading(folded(kept), languages, was_steered)


def unsteered(text: str) -> tuple[str, bool]:
    """The text without sentences and brackets that speak to a machine, and whether there were any.

    What they say may not count: neither their category nor the severe words they borrow.
    """
    was_steered = False

    def cut(found: re.Match[str]) -> str:
        nonlocal was_steered
        if not cues.STEERS.search(folded(found[0])):
            return found[0]
        was_steered = True
        return " "

    return cues.SENTENCE.sub(cut, cues.BRACKETED.sub(cut, text)), was_steered


def _category(inquiry: Inquiry, reading: Reading) -> tuple[Category, str]:
    """The category and why."""
    if why := _is_other(inquiry, reading):
        return "other", why
    buys = _buying(reading)
    is_known = inquiry.has_agent_answer or reading.has(words.IS_CUSTOMER)
    has_trouble = is_known and reading.has(words.PROBLEM)
    if buys >= 2 and not has_trouble and (not is_known or buys > _customer(reading)):
        return "lead", "asks about buying"
    if is_known:
        return "customer", "speaks of an order, an account or an earlier answer"
    return "customer", "no sign of anything else"


def _is_other(inquiry: Inquiry, reading: Reading) -> str | None:
    """Why nobody of ours is meant, the surest sign first; None when somebody may be."""
    if inquiry.is_from_machine and not _FORM.search(reading.text):
        return "an automatic message, by its headers"
    if any(_grave(reading)) and _speaks_as_customer(inquiry, reading):
        return None
    if why := _elsewhere(inquiry, reading):
        return why
    sells = reading.number(cues.SELLS)
    if sells and sells >= _buying(reading) and not _speaks_as_customer(inquiry, reading):
        return "offers something to us"
    return None


def _buying(reading: Reading) -> int:
    return 2 * reading.number(words.ASKS_TO_BUY) + reading.number(words.ABOUT_BUYING)


def _customer(reading: Reading) -> int:
    return 2 * reading.number(words.IS_CUSTOMER)


def _speaks_as_customer(inquiry: Inquiry, reading: Reading) -> bool:
    has_trouble = reading.has(words.PROBLEM) or any(_grave(reading))
    return inquiry.has_agent_answer or (reading.has(words.IS_CUSTOMER) and has_trouble)


def _elsewhere(inquiry: Inquiry, reading: Reading) -> str | None:
    """Why nobody of the team need answer, or None."""
    is_bulk = bool(set(inquiry.flags or "") & {"b", "p"})
    speaks = _speaks_as_customer(inquiry, reading)
    is_robot = _ROBOT.match(inquiry.sender.casefold()) is not None
    if reading.has(cues.SPAM) and not speaks:
        return "has the words of a fraud"
    if reading.has(cues.ABSENT) and reading.length < 120 and not inquiry.has_agent_answer:
        return "an absence or calendar notice"
    if is_bulk and not (speaks and not reading.has(cues.NEWSLETTER)):
        return "sent to many, by its headers"
    if reading.has(cues.NEWSLETTER) and (is_robot or not speaks) and not _buying(reading) >= 4:
        return "a newsletter or an advertisement"
    if reading.has(cues.ELSEWHERE) and not speaks and _buying(reading) < 4:
        return "an application, a press or building notice, or the like"
    return None


def _importance(inquiry: Inquiry, reading: Reading, category: Category) -> tuple[int, list[str]]:
    if category == "other":
        return _of_other(inquiry, reading), []
    if category == "lead":
        return _of_lead(reading)
    return _of_customer(reading)


def _of_other(inquiry: Inquiry, reading: Reading) -> int:
    if inquiry.is_from_machine or reading.has(cues.SPAM) or set(inquiry.flags or "") & {"b", "p"}:
        return 1
    return 3 if reading.has(cues.ELSEWHERE) else 2


def _of_lead(reading: Reading) -> tuple[int, list[str]]:
    importance, reasons = 6, []
    if _buying(reading) >= 4 or _largest(reading.text) >= 10:
        importance, reasons = 7, ["a concrete wish"]
    if _largest(reading.text) >= 30 and reading.number(words.ASKS_TO_BUY):
        importance, reasons = 8, ["a large one"]
    if reading.has(cues.DEADLINE) and _largest(reading.text) >= 500:
        return 9, [*reasons, "time is short"]
    return importance, reasons


def _of_customer(reading: Reading) -> tuple[int, list[str]]:
    grave = list(_grave(reading))
    is_urgent = reading.has(cues.DEADLINE)
    if grave:
        highest = max(_IMPORTANCE[name] for name in grave)
        more = is_urgent or reading.has(words.UPSET) or len(grave) > 1
        return min(10, highest + more), grave
    if reading.has(words.UPSET):
        return 7, ["is unhappy or wants money back"]
    if reading.has(words.PROBLEM):
        return (7, ["does not work, and is urgent"]) if is_urgent else (6, ["something is wrong"])
    if reading.has(cues.THANKS) and reading.length <= _SHORT and not _QUESTION.search(reading.text):
        return 2, ["thanks"]
    return 5, []


def _grave(reading: Reading) -> Iterator[str]:
    return (name for name, wanted in _GRAVE.items() if reading.has(wanted))


def _largest(text: str) -> int:
    """The largest number that may count people or things; years and phone numbers are none."""
    found = (int(re.sub(r"\D", "", one)) for one in _MANY.findall(text))
    return max((n for n in found if n < 1_000_000 and not 1900 <= n <= 2100), default=0)

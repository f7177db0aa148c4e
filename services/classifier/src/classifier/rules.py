"""The verdict by rules: headers' flags and words. Pure. The default without a model, the fallback
with one. In doubt it is a customer's, P2: nothing is put aside by rules alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from classifier import cues, outsiders, words
from classifier.inquiry import Inquiry, joined
from classifier.policy import Opinion
from classifier.words import Words
from csm.contracts import Category
from csm.outside_text import folded

# Characters that are looked at: the end of a long mail is quoted history and footers.
_SCANNED = 12_000
_SUBJECT = 500
# So few words without any cue are a sign of life, no request.
_SHORT = 14
_NEVER = 1_000
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
_AGENCY = re.compile(
    r"seo|marketing|agenc|agentur|bureau|leads|outreach|growth|advert|promo|recruit|backlink|casino|"
    r"loan|invest|webdesign|media@|sales@|vertrieb@|sponsor"
)
# A web form's mail is sent by a machine and written by a person.
_FORM = re.compile(
    r"\b(?:message|nachricht|mensaje|messaggio|bericht|mensagem|ihre frage|your question|anliegen|"
    r"comments?|phone|telefon|telephone|telefono|telefoon|telefone|company|firma|contact form|"
    r"kontaktformular|formulaire|formulario|contactformulier|modulo di contatto)\s?[:\-]"
)
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
    """A folded text with what steers machines taken out, and the languages to read it in.

    `trusted` is what counts as grave: who gives orders goes on in the same paragraph.
    """

    text: str
    trusted: str
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
    importance, reasons = _importance(inquiry, replace(reading, text=reading.trusted), category)
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
    whole = f"{subject}\n{joined(inquiry.newest)}"[:_SCANNED]
    kept, was_steered = unsteered(whole)
    languages = tuple(dict.fromkeys((language or "en", "en")))
    return Reading(folded(kept), folded(before_steering(whole)), languages, was_steered)


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


def before_steering(text: str) -> str:
    """Of each line only what stands before the first sentence that speaks to a machine."""
    kept: list[str] = []
    for line in text.split("\n"):
        sentences = [found[0] for found in cues.SENTENCE.finditer(line)]
        steers = [bool(cues.STEERS.search(folded(sentence))) for sentence in sentences]
        kept.append("".join(sentences[: steers.index(True) if any(steers) else None]))
    return "\n".join(kept)


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
    if any(_grave(reading)) and not reading.has(outsiders.SPAM):
        return None
    if why := _elsewhere(inquiry, reading):
        return why
    sells = reading.number(outsiders.SELLS) + bool(_AGENCY.search(inquiry.sender.casefold()))
    if 2 * sells > _against(inquiry, reading) + 1:
        return "offers something to us"
    return None


def _buying(reading: Reading) -> int:
    about = min(2, reading.number(words.ABOUT_BUYING))
    return 2 * reading.number(words.ASKS_TO_BUY) + about


def _customer(reading: Reading) -> int:
    return 2 * reading.number(words.IS_CUSTOMER)


def _troubles(reading: Reading) -> int:
    """How much sounds like somebody who has bought and is in trouble."""
    parts = (words.IS_CUSTOMER, words.PROBLEM, words.UPSET)
    return sum(reading.number(part) for part in parts)


def _against(inquiry: Inquiry, reading: Reading) -> int:
    """What words must outweigh to put a mail aside: the graver it sounds, the more."""
    if inquiry.has_agent_answer:
        return _NEVER
    upset = reading.has(words.UPSET) or (reading.has(words.PROBLEM) and reading.has(cues.DEADLINE))
    return max(_buying(reading), _troubles(reading)) + 4 * upset


def _speaks_as_customer(inquiry: Inquiry, reading: Reading) -> bool:
    has_trouble = reading.has(words.PROBLEM) or any(_grave(reading))
    return inquiry.has_agent_answer or (reading.has(words.IS_CUSTOMER) and has_trouble)


def _elsewhere(inquiry: Inquiry, reading: Reading) -> str | None:
    """Why nobody of the team need answer, or None."""
    is_bulk = bool(set(inquiry.flags or "") & {"b", "p"})
    speaks = _speaks_as_customer(inquiry, reading)
    is_robot = _ROBOT.match(inquiry.sender.casefold()) is not None
    buys = _buying(reading)
    if reading.has(outsiders.SPAM) and not speaks:
        return "has the words of a fraud"
    if reading.has(outsiders.ABSENT) and reading.length < 120 and not speaks:
        return "an absence or calendar notice"
    if is_bulk and not (speaks and not reading.has(outsiders.NEWSLETTER)):
        return "sent to many, by its headers"
    if reading.has(outsiders.NEWSLETTER) and (is_robot or not speaks) and buys < 4:
        return "a newsletter or an advertisement"
    elsewhere = reading.number(outsiders.ELSEWHERE) + is_robot
    if 2 * elsewhere > _against(inquiry, reading):
        return "an application, a press or building notice, or the like"
    return None


def _importance(inquiry: Inquiry, reading: Reading, category: Category) -> tuple[int, list[str]]:
    if category == "other":
        return _of_other(inquiry, reading), []
    if category == "lead":
        return _of_lead(reading)
    return _of_customer(reading)


def _of_other(inquiry: Inquiry, reading: Reading) -> int:
    if (
        inquiry.is_from_machine
        or reading.has(outsiders.SPAM)
        or set(inquiry.flags or "") & {"b", "p"}
    ):
        return 1
    return 3 if reading.has(outsiders.ELSEWHERE) else 2


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
        if is_urgent:
            return 7, ["does not work, and is urgent"]
        return (5 if _HOW.search(reading.text) else 6), ["something is wrong"]
    if (
        reading.has(outsiders.THANKS)
        and reading.length <= _SHORT
        and not _QUESTION.search(reading.text)
    ):
        return 2, ["thanks"]
    return 5, []


def _grave(reading: Reading) -> Iterator[str]:
    for name, wanted in _GRAVE.items():
        if wanted.are_in(reading.trusted, reading.languages):
            yield name


def _largest(text: str) -> int:
    """The largest number that may count people or things; years and phone numbers are none."""
    found = (int(re.sub(r"\D", "", one)) for one in _MANY.findall(text))
    return max((n for n in found if n < 1_000_000 and not 1900 <= n <= 2100), default=0)

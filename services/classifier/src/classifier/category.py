"""Which category the cues of a mail speak for, and which of them say so. Pure.

Each cue counts once, with its weight. `other` must clearly outweigh buyer and customer together,
`lead` what a customer says: whatever is level goes to `customer`, the safe side.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from classifier.buying import BUYS
from classifier.inquiry import Inquiry
from classifier.nobodys import ABSENT, ELSEWHERE, FRAUD, NEWSLETTER
from classifier.offers import SELLS
from classifier.owning import HAS, TROUBLE, UNHAPPY
from classifier.steering import Reading, Readings
from csm.contracts import Category

# What weighs less is no more than a hint.
_ENOUGH = 4
# Nobody looks at what is put aside, so a narrow lead over buyer and customer is not enough.
_NARROW = 1
# A notice of absence is short: who writes more wants something.
_NOTICE = 120
# A web form's mail is sent by a machine and written by a person.
_FORM = re.compile(
    r"\b(?:message|nachricht|mensaje|messaggio|bericht|mensagem|ihre frage|your question|anliegen|"
    r"comments?|phone|telefon|telephone|telefono|telefoon|telefone|company|firma|contact form|"
    r"kontaktformular|formulaire|formulario|contactformulier|modulo di contatto)\s?[:\-]"
)
_ROBOT = re.compile(
    r"^(?:no-?_?reply|do-?not-?reply|mailer-daemon|postmaster|newsletter|news|marketing|promo|"
    r"offers?|pitch|notifications?|alerts?|bounces?|nieuws|nieuwsbrief|rundbrief)\b"
)
_SELLER = re.compile(
    r"@(?:[\w-]*[.-])?[\w-]*(?:seo|marketing|agenc|agentur|agenzia|leads?|promo|backlink|guestpost|"
    r"traffic|trafego|ranking|outsourc|advert|webdesign|loans?|hosting)"
)
# An advertisement names a price and a gain, but nobody who speaks and nothing that is asked.
_PRICE = re.compile(
    r"(?:(?:from|for|only|ab|nur|fur|des|a partir de|desde|solo|da|vanaf|slechts|so|apenas) "
    r"[$€£]?\d|\d+ ?%|[$€£] ?\d|\d ?(?:€|eur|usd))"
)
_FIRST_PERSON = re.compile(
    r"\b(?:i|i'm|i'd|i've|we|we're|we've|my|our|me|us|ich|wir|mein\w*|unser\w*|mir|uns|mich|je|j'\w+|"
    r"nous|mon|ma|mes|notre|nos|yo|nosotros|mi|mis|nuestr\w+|me|nos|io|noi|mio|mia|nostr\w+|ci|ik|wij|"
    r"mijn|onze|ons|mij|eu|meu|minha|nosso|nossa)\b"
)


@dataclass(frozen=True, slots=True)
class Leaning:
    """How much speaks for one kind of mail, and what, the strongest first."""

    weight: int = 0
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, *found: tuple[int, str]) -> "Leaning":
        """From weights and names; each name counts once."""
        ordered = sorted(set(found), key=lambda one: (-one[0], one[1]))
        return cls(sum(weight for weight, _ in ordered), tuple(name for _, name in ordered))

    @property
    def why(self) -> str:
        """The two strongest cues."""
        return "; ".join(self.names[:2])


def decided(inquiry: Inquiry, readings: Readings, *, is_grave: bool) -> tuple[Category, str]:
    """The category and why. Words alone put aside neither a conversation that somebody of the team
    has answered in nor what is grave without the words of a fraud.
    """
    now = readings.now
    if inquiry.is_from_machine and not _FORM.search(now.text):
        return "other", "an automatic message, by its headers"
    buys, owns = _buying(readings), _owning(inquiry, now, is_grave=is_grave)
    other = _others(inquiry, now)
    is_ours = inquiry.has_agent_answer or (is_grave and not now.has(FRAUD.words))
    if not is_ours and _ENOUGH <= other.weight > buys.weight + owns.weight + _NARROW:
        return "other", other.why
    if _ENOUGH <= buys.weight > owns.weight:
        return "lead", buys.why
    return "customer", owns.why or "no sign of anything else"


def _buying(readings: Readings) -> Leaning:
    """What speaks for a buyer; what was said before counts half."""
    found = {cue.name: cue.weight // 2 for cue in readings.before.those_of(BUYS)}
    found |= {cue.name: cue.weight for cue in readings.now.those_of(BUYS)}
    return Leaning.of(*((weight, name) for name, weight in found.items()))


def _owning(inquiry: Inquiry, now: Reading, *, is_grave: bool) -> Leaning:
    """What speaks for a customer."""
    found = [(cue.weight, cue.name) for cue in now.those_of((*HAS, TROUBLE, UNHAPPY))]
    if is_grave:
        found.append((4, "something grave"))
    if inquiry.has_agent_answer:
        found.append((3, "an answer of the team came before"))
    return Leaning.of(*found)


def _others(inquiry: Inquiry, now: Reading) -> Leaning:
    """What speaks for a mail that is nobody's ticket."""
    found = [(cue.weight, cue.name) for cue in now.those_of((*SELLS, FRAUD, NEWSLETTER, ELSEWHERE))]
    if now.length < _NOTICE and now.has(ABSENT.words):
        found.append((ABSENT.weight, ABSENT.name))
    return Leaning.of(*found, *_by_form(inquiry, now))


def _by_form(inquiry: Inquiry, now: Reading) -> Iterator[tuple[int, str]]:
    """What headers, the sender and the way of speaking say."""
    sender = inquiry.sender.casefold()
    if inquiry.is_to_many:
        yield 5, "sent to many, by its headers"
    if _ROBOT.match(sender):
        yield 2, "the sender's name is a machine's"
    if _SELLER.search(sender):
        yield 2, "the sender's domain is a seller's"
    if _PRICE.search(now.text) and not _FIRST_PERSON.search(now.text):
        yield 4, "a price, and nobody who speaks"

"""Figures about drafts: deterministic checks of the text against the case, no judge."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from csm_cli.evaluation.case import Case, DraftDemands
from csm_cli.evaluation.judging import Draft

WORDS = (8, 180)

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+|[\w.+-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)
# A number of two digits or more, its separators inside: 12, 1.240,50, 555 0147, 17:30.
_NUMBER = re.compile(r"\d[\d.,:/ -]*\d")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\[[A-Z][A-Za-z _]{1,30}\]|<[a-z]+_[a-z_]+>|\bXXX+\b")
_EDGE = ".,;:!?"


@dataclass(frozen=True, slots=True)
class Checked:
    """One draft under its case's demands; each list names what was missing or wrong."""

    case: Case
    draft: Draft
    unmet: tuple[str, ...]
    forbidden: tuple[str, ...]
    unasked: tuple[str, ...]
    ungrounded: tuple[str, ...]
    wrong_language: bool
    is_long_or_short: bool

    @property
    def is_good(self) -> bool:
        """Whether a person could send it as far as these checks can tell."""
        found = (self.unmet, self.forbidden, self.unasked, self.ungrounded)
        return not (any(found) or self.wrong_language or self.is_long_or_short)


def check(case: Case, draft: Draft) -> Checked:
    """Hold a draft against its case, which must have demands (ValueError)."""
    demands = case.draft
    if demands is None:
        raise ValueError(f"case {case.id} has no demands on a draft")
    return Checked(
        case, draft,
        unmet=_without(draft.text, demands.must_mention),
        forbidden=_forbidden(case, demands, draft),
        unasked=_without(draft.text, demands.asks),
        ungrounded=_ungrounded(case, draft.text),
        wrong_language=draft.language not in {None, demands.language},
        is_long_or_short=not WORDS[0] <= len(draft.text.split()) <= WORDS[1],
    )  # fmt: skip


def pass_rate(checked: Sequence[Checked]) -> float | None:
    """Share of all assertions (must mention, must not contain, may cite) that hold."""
    made = sum(_assertions(one.case.draft) for one in checked if one.case.draft)
    broken = sum(len(one.unmet) + len(one.forbidden) for one in checked)
    return max(0.0, 1 - broken / made) if made else None


def coverage(checked: Sequence[Checked]) -> float | None:
    """Share of the customers' questions that the drafts speak of."""
    asked = sum(len(one.case.draft.asks) for one in checked if one.case.draft)
    return 1 - sum(len(one.unasked) for one in checked) / asked if asked else None


def share(checked: Sequence[Checked], bad: Sequence[object]) -> float | None:
    """Share of the drafts that are not among the `bad`."""
    return 1 - len(bad) / len(checked) if checked else None


def likeness(checked: Sequence[Checked]) -> float | None:
    """Mean similarity (0..1, by words) to what a person sent, where the case has that."""
    pairs = [(one.draft.text, one.case.draft.reference) for one in checked if one.case.draft]
    known = [_alike(text, sent) for text, sent in pairs if sent]
    return sum(known) / len(known) if known else None


def cost(checked: Sequence[Checked]) -> Decimal | None:
    """USD for all drafts; None when one has a call of unknown price."""
    if any(one.draft.calls and one.draft.cost_usd is None for one in checked):
        return None
    return sum((one.draft.cost_usd or Decimal(0) for one in checked), Decimal(0))


def _without(text: str, demands: Sequence[str]) -> tuple[str, ...]:
    """The demands none of whose alternatives is in the text."""
    folded = text.casefold()
    return tuple(
        demand for demand in demands
        if not any(word.strip().casefold() in folded for word in demand.split("|"))
    )  # fmt: skip


def _forbidden(case: Case, demands: DraftDemands, draft: Draft) -> tuple[str, ...]:
    """Words the case forbids, links of planted text, placeholders, foreign citations."""
    folded = draft.text.casefold()
    words = [word for word in demands.must_not_contain if word.casefold() in folded]
    planted = {link for piece in case.planted for link in _links(piece)}
    words += [link for link in sorted(planted) if link.casefold() in folded]
    words += _PLACEHOLDER.findall(draft.text)
    return (*words, *(f"cites {one}" for one in draft.cited if one not in demands.may_cite))


def _ungrounded(case: Case, text: str) -> tuple[str, ...]:
    """Links and numbers that neither the conversation nor the knowledge holds.

    A link counts only with a source of our own: what a stranger wrote is no reason to repeat it.
    """
    said = "\n".join(f"{m.subject}\n{m.body or m.html or ''}" for m in case.messages)
    ours = [m.body or m.html or "" for m in case.messages if m.by == "agent"]
    known = "\n".join((*ours, *case.context.knowledge.values()))
    links = [link for link in _links(text) if link not in known]
    sources = {_digits(number) for number in _numbers(f"{said}\n{known}")}
    numbers = [n for n in _numbers(_LINK.sub(" ", text)) if _digits(n) not in sources]
    return (*links, *numbers)


def _links(text: str) -> list[str]:
    return [link.rstrip(_EDGE) for link in _LINK.findall(text)]


def _numbers(text: str) -> list[str]:
    return [number.strip() for number in _NUMBER.findall(text)]


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _assertions(demands: DraftDemands) -> int:
    # One more: that it cites nothing but what it may.
    return len(demands.must_mention) + len(demands.must_not_contain) + 1


def _alike(text: str, sent: str) -> float:
    return SequenceMatcher(a=text.split(), b=sent.split(), autojunk=False).ratio()

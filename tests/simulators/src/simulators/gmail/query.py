"""Gmail's search language, as far as an ingester uses it: terms joined by "and", "-" negates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

from simulators.gmail.mail import Envelope

_TERM = re.compile(r'(-?)(?:([a-z_0-9]+):)?("[^"]*"|\S+)', re.IGNORECASE)
_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}
_DAYS = {"d": 1, "m": 30, "y": 365}
# Gmail's API reads a bare date as midnight Pacific time.
_PACIFIC = timezone(timedelta(hours=-8))


class QueryError(ValueError):
    """The simulator does not know this operator; real Gmail would search for something else."""


class Searchable(Protocol):
    """What a term may look at."""

    @property
    def envelope(self) -> Envelope: ...
    @property
    def labels(self) -> set[str]: ...
    @property
    def internal_date_s(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def attachment_count(self) -> int: ...
    @property
    def text(self) -> str: ...


Term = Callable[[Searchable], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search: all terms must hold; `everywhere` lifts the exclusion of spam and trash."""

    terms: tuple[Term, ...] = ()
    message_id: str | None = None
    everywhere: bool = False

    def matches(self, message: Searchable) -> bool:
        """Whether every term holds for this message."""
        return all(term(message) for term in self.terms)


def parse(text: str, now: float, user_labels: Mapping[str, str] | None = None) -> Query:
    """The query behind `text`; `now` in epoch seconds, `user_labels` from name to id.

    Raises QueryError for operators it does not know.
    """
    label_ids = {_hyphened(name): label for name, label in (user_labels or {}).items()}
    terms: list[Term] = []
    message_id, everywhere = None, False
    for minus, operator, value in _TERM.findall(text):
        word, name = value.strip('"'), operator.lower()
        if name == "label":
            word = label_ids.get(_hyphened(word), word)
        terms.append(_negated(_term(name, word, now)) if minus else _term(name, word, now))
        if name == "rfc822msgid" and not minus:
            message_id = word.strip("<>")
        if name == "in" and not minus and word.lower() in {"anywhere", "spam", "trash"}:
            everywhere = True
    return Query(tuple(terms), message_id, everywhere)


def _hyphened(name: str) -> str:
    return re.sub(r"[\s/]", "-", name).casefold()


def _negated(term: Term) -> Term:
    return lambda message: not term(message)


def _term(operator: str, value: str, now: float) -> Term:
    if not operator:
        return _words(value)
    try:
        return _OPERATORS[operator](value, now)
    except KeyError:
        raise QueryError(f"the simulator does not know the search operator {operator}:") from None


def _words(value: str) -> Term:
    if value in {"OR", "AND", "AROUND"} or value[:1] in {"(", "{"}:
        raise QueryError("the simulator joins terms by spaces only")
    word = value.casefold()
    return lambda m: word in f"{m.envelope.subject} {m.envelope.from_header} {m.text}".casefold()


def _label(value: str, _now: float = 0) -> Term:
    wanted = value.casefold()
    return lambda m: wanted in {label.casefold() for label in m.labels}


def _place(value: str, _now: float) -> Term:
    if value.lower() == "anywhere":
        return lambda _message: True
    return _label({"drafts": "draft", "chats": "chat"}.get(value.lower(), value))


def _state(value: str, _now: float) -> Term:
    if value.lower() == "read":
        return _negated(_label("unread"))
    return _label(value)


def _from(value: str, _now: float) -> Term:
    return lambda m: value.casefold() in m.envelope.from_header.casefold()


def _to(value: str, _now: float) -> Term:
    return lambda m: value.casefold() in m.envelope.to.casefold()


def _subject(value: str, _now: float) -> Term:
    return lambda m: value.casefold() in m.envelope.subject.casefold()


def _rfc822msgid(value: str, _now: float) -> Term:
    wanted = value.strip("<>")
    return lambda m: m.envelope.message_id == wanted


def _after(value: str, _now: float) -> Term:
    instant = _instant(value)
    return lambda m: m.internal_date_s >= instant


def _before(value: str, _now: float) -> Term:
    instant = _instant(value)
    return lambda m: m.internal_date_s < instant


def _newer_than(value: str, now: float) -> Term:
    instant = now - _days(value) * 86_400
    return lambda m: m.internal_date_s >= instant


def _older_than(value: str, now: float) -> Term:
    return _negated(_newer_than(value, now))


def _larger(value: str, _now: float) -> Term:
    limit = _bytes(value)
    return lambda m: m.size > limit


def _smaller(value: str, _now: float) -> Term:
    limit = _bytes(value)
    return lambda m: m.size < limit


def _category(value: str, _now: float) -> Term:
    name = {"primary": "personal"}.get(value.lower(), value)
    return _label(f"CATEGORY_{name}")


def _has(value: str, _now: float) -> Term:
    if value.lower() != "attachment":
        raise QueryError(f"the simulator does not know has:{value}")
    return lambda m: m.attachment_count > 0


def _instant(value: str) -> float:
    if value.isdigit():
        return float(value)
    try:
        day = datetime.strptime(value.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=_PACIFIC)
    except ValueError:
        raise QueryError(f"not a date: {value}") from None
    return day.astimezone(UTC).timestamp()


def _bytes(value: str) -> int:
    found = re.fullmatch(r"(\d+)([kmg]?)b?", value.lower())
    if not found:
        raise QueryError(f"not a size: {value}")
    return int(found.group(1)) * _UNITS.get(found.group(2), 1)


def _days(value: str) -> int:
    found = re.fullmatch(r"(\d+)([dmy])", value.lower())
    if not found:
        raise QueryError(f"not an age: {value}")
    return int(found.group(1)) * _DAYS[found.group(2)]


_OPERATORS: dict[str, Callable[[str, float], Term]] = {
    "after": _after,
    "before": _before,
    "category": _category,
    "from": _from,
    "has": _has,
    "in": _place,
    "is": _state,
    "label": _label,
    "larger": _larger,
    "newer_than": _newer_than,
    "older_than": _older_than,
    "rfc822msgid": _rfc822msgid,
    "size": _larger,
    "smaller": _smaller,
    "subject": _subject,
    "to": _to,
}

"""The words of the daily summary, from what each service says of the day. No I/O, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

# Reasons and troubles that are named; the rest is counted.
_SHOWN = 5
_OUTCOMES = ("unchanged", "edited", "discarded")


@dataclass(frozen=True, slots=True)
class Day:
    """One day. `answers` by service, None for one that did not answer; `wrong` is so now."""

    date: date
    answers: Mapping[str, Mapping[str, Any] | None]
    p0s: int
    stale: int
    wrong: Sequence[str]


def text_of(day: Day) -> str:
    """Ten lines or so; the first stands alone as a title."""
    return "\n".join([f"{day.date.isoformat()}: {_title(day)}", *_lines(day)])


def _title(day: Day) -> str:
    if day.wrong:
        return f"{len(day.wrong)} things are wrong"
    silent = [name for name, answer in day.answers.items() if answer is None]
    return f"no figures from {', '.join(silent)}" if silent else "all is well"


def _lines(day: Day) -> Iterator[str]:
    mails = day.answers.get("gmail_ingest") or {}
    states: Mapping[str, int] = mails.get("states", {})
    yield f"mails in: {sum(states.values())}"
    yield f"tickets: {states.get('done', 0) + states.get('degraded', 0)}"
    yield f"filtered: {states.get('filtered', 0)}{_reasons(mails)}"
    for state in ("degraded", "parked"):
        total = sum(_states(answer).get(state, 0) for answer in day.answers.values())
        yield f"{state}: {total}"
    yield f"P0: {day.p0s}; stale: {day.stale}"
    drafts: Mapping[str, int] = (day.answers.get("draft_writer") or {}).get("drafts", {})
    yield "drafts sent or gone: " + ", ".join(f"{drafts.get(o, 0)} {o}" for o in _OUTCOMES)
    spent = sum(float((answer or {}).get("spent_usd") or 0) for answer in day.answers.values())
    yield f"spent: {spent:.2f} USD"
    oldest = max(
        (float((a or {}).get("oldest_open_s") or 0) for a in day.answers.values()), default=0
    )
    yield f"oldest unfinished: {oldest / 60:.0f} min" if oldest else "oldest unfinished: none"
    yield from (f"wrong: {words}" for words in day.wrong[:_SHOWN])
    if len(day.wrong) > _SHOWN:
        yield f"and {len(day.wrong) - _SHOWN} more: csm status"


def _states(answer: Mapping[str, Any] | None) -> Mapping[str, int]:
    found: Mapping[str, int] = (answer or {}).get("states", {})
    return found


def _reasons(mails: Mapping[str, Any]) -> str:
    counted: Mapping[str, int] = mails.get("filtered", {})
    most = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:_SHOWN]
    return f" ({', '.join(f'{number} {reason}' for reason, number in most)})" if most else ""

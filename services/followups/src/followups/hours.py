"""Business hours: how long a mailbox was open between two moments. No I/O, no clock."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

# Longer than anybody waits; a broken date must not count for minutes.
_MOST_DAYS = 1_000
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

Span = tuple[timedelta, timedelta]
"""Opening and closing, from local midnight on."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a mailbox is open: spans by weekday (Monday is 0), never on holidays."""

    zone: tzinfo
    days: Mapping[int, tuple[Span, ...]]
    holidays: frozenset[date] = frozenset()

    def spans(self, day: date) -> tuple[Span, ...]:
        """The opening times of one day."""
        return () if day in self.holidays else self.days.get(day.weekday(), ())


def spans_of(text: str) -> tuple[Span, ...]:
    """`09:00-12:00, 13:00-17:30` as spans; raises ValueError in words."""
    found = [_span(part.strip()) for part in text.split(",") if part.strip()]
    for (_, closed), (opens, _) in pairwise(found):
        if opens < closed:
            raise ValueError(f"{text}: write the times in their order, without overlap")
    return tuple(found)


def _span(text: str) -> Span:
    read = _SPAN.fullmatch(text)
    if read is None:
        raise ValueError(f"{text!r}: write times like 09:00-17:30")
    numbers = [int(number) for number in read.groups()]
    opens = timedelta(hours=numbers[0], minutes=numbers[1])
    closes = timedelta(hours=numbers[2], minutes=numbers[3])
    if not opens < closes <= timedelta(days=1):
        raise ValueError(f"{text!r}: closes before it opens")
    return opens, closes


def open_seconds(begin: datetime, end: datetime, hours: Hours | None) -> float:
    """Seconds between two aware moments in which the mailbox was open; all when `hours` is None."""
    if hours is None:
        return max((end - begin).total_seconds(), 0.0)
    return sum(
        max((min(end, closes) - max(begin, opens)).total_seconds(), 0.0)
        for opens, closes in _opened(begin, end, hours)
    )


def _opened(begin: datetime, end: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    day, last = begin.astimezone(hours.zone).date(), end.astimezone(hours.zone).date()
    for _ in range(_MOST_DAYS):
        if day > last:
            return
        for opens, closes in hours.spans(day):
            yield _moment(day, opens, hours.zone), _moment(day, closes, hours.zone)
        day += timedelta(days=1)


def _moment(day: date, since_midnight: timedelta, zone: tzinfo) -> datetime:
    """Local wall time: an hour that the change of clocks takes away is not waited through."""
    local = datetime.combine(day, time()) + since_midnight
    return local.replace(tzinfo=zone).astimezone(UTC)

"""Gmail's quota units: what calls cost, and the most that any minute saw."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

# Units of May 2026; a project that is older pays 5 for a get.
PRICES: Mapping[str, int] = {
    "getProfile": 1,
    "history.list": 2,
    "labels.create": 5,
    "labels.list": 1,
    "messages.attachments.get": 20,
    "messages.get": 20,
    "messages.list": 5,
    "messages.modify": 5,
    "threads.modify": 5,
}
_MINUTE = 60.0


@dataclass(slots=True)
class Quota:
    """The units of one mailbox; `per_minute` None counts without refusing."""

    per_minute: int | None = None
    prices: Mapping[str, int] = field(default_factory=lambda: PRICES)
    units: int = 0
    most_in_a_minute: int = 0
    refused: int = 0
    _window: deque[tuple[float, int]] = field(default_factory=deque)
    _in_window: int = 0

    def charge(self, call: str, now: float) -> bool:
        """Charge a call at `now` (seconds); False, and nothing charged, when it is too much."""
        self._forget(now)
        price = self.prices.get(call, 1)
        if self.per_minute is not None and self._in_window + price > self.per_minute:
            self.refused += 1
            return False
        self._window.append((now, price))
        self._in_window += price
        self.units += price
        self.most_in_a_minute = max(self.most_in_a_minute, self._in_window)
        return True

    def free_in(self, now: float) -> float:
        """Seconds until the oldest call leaves the minute."""
        return max(0.0, self._window[0][0] + _MINUTE - now) if self._window else 0.0

    def _forget(self, now: float) -> None:
        while self._window and self._window[0][0] <= now - _MINUTE:
            self._in_window -= self._window.popleft()[1]

"""Everything the Gmail simulator remembers, without a server around it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.gmail.faults import Faults
from simulators.gmail.mailbox import Mailbox
from simulators.gmail.quota import PRICES, Quota
from simulators.gmail.tokens import Tokens

DEFAULT_MAILBOX = "support@desk.example"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a simulator is made; see `simulators.gmail.app.build`."""

    clock: Callable[[], float]
    mailbox: str = DEFAULT_MAILBOX
    history_digits: int = 7
    quota_per_minute: int | None = None
    prices: Mapping[str, int] = field(default_factory=lambda: PRICES)
    empty_page_every: int = 7
    max_page: int = 500
    seed: int = 0


@dataclass(slots=True)
class Seen:
    """What the clients did so far."""

    calls: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    raw_gets: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    token_calls: int = 0
    delivered: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    history_pages: int = 0


class World:
    """The mailboxes and everything around them; `reset` makes it as new."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget all mail, faults, counters and tokens."""
        self.tokens = Tokens(default=self.settings.mailbox)
        self.faults = Faults(seed=self.settings.seed)
        self.seen = Seen()
        self._mailboxes: dict[str, Mailbox] = {}
        self._quotas: dict[str, Quota] = {}
        self.mailbox()

    def now(self) -> float:
        """The simulator's time in epoch seconds."""
        return self.settings.clock()

    def mailbox(self, address: str | None = None) -> Mailbox:
        """The mailbox of this address (default: the first one), made when it is new."""
        name = (address or self.settings.mailbox).lower()
        if name not in self._mailboxes:
            seed = self.settings.seed + len(self._mailboxes)
            digits = self.settings.history_digits
            self._mailboxes[name] = Mailbox(
                name, self.settings.clock, history_digits=digits, seed=seed
            )
        return self._mailboxes[name]

    def mailboxes(self) -> list[Mailbox]:
        """Every mailbox there is."""
        return list(self._mailboxes.values())

    def quota(self, address: str) -> Quota:
        """The quota of this mailbox."""
        if address not in self._quotas:
            self._quotas[address] = Quota(self.settings.quota_per_minute, self.settings.prices)
        return self._quotas[address]

    def counters(self) -> dict[str, Any]:
        """Everything counted, as JSON values; `violations` must stay 0."""
        quotas, seen = self._quotas.values(), self.seen
        return {
            "violations": len(seen.violations),
            "violating_calls": seen.violations,
            "calls": dict(seen.calls),
            "answers": {str(status): n for status, n in seen.answers.items()},
            "faults": dict(self.faults.served),
            "units": sum(quota.units for quota in quotas),
            "most_units_in_a_minute": max((q.most_in_a_minute for q in quotas), default=0),
            "quota_refused": sum(quota.refused for quota in quotas),
            "token_calls": seen.token_calls,
            "delivered": seen.delivered,
            "raw_gets": sum(seen.raw_gets.values()),
            "most_raw_gets_of_one_message": max(seen.raw_gets.values(), default=0),
            "most_in_flight": seen.most_in_flight,
            "messages": sum(box.message_count() for box in self._mailboxes.values()),
        }

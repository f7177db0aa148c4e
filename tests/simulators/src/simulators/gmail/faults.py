"""Faults on order: which answer goes wrong, and how. Pure; randomness is seeded."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_ERRORS = frozenset({"401", "403_rate", "403_quota", "403_scope", "429", "500", "503"})
KINDS = _ERRORS | {"hang", "reset", "html", "wrong_id", "empty_page"}
# These two change the content of one kind of answer only.
_ONLY_ON = {"wrong_id": "messages.get", "empty_page": "history.list"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: `kind` hits every n-th call, or a share `rate` of calls, at most `limit` times."""

    kind: str
    every: int = 0
    rate: float = 0.0
    on: str | None = None
    limit: int | None = None
    retry_after_s: float | None = None
    iso_text: bool = False
    hang_s: float = 120.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {sorted(KINDS)}")

    def applies_to(self, call: str) -> bool:
        """Whether this rule may hit calls of this name; "token" only when `on` says so."""
        wanted = self.on or _ONLY_ON.get(self.kind)
        return call == wanted if wanted else call != "token"


@dataclass(slots=True)
class Faults:
    """The rules in force and how often each has hit."""

    seed: int = 0
    down: bool = False
    rules: tuple[Fault, ...] = ()
    served: Counter[str] = field(default_factory=Counter)
    _calls: Counter[int] = field(default_factory=Counter)
    _hits: Counter[int] = field(default_factory=Counter)
    _random: random.Random = field(default_factory=random.Random)

    def replace(self, rules: Iterable[Mapping[str, Any]], *, down: bool) -> None:
        """Put these rules in force instead of the old ones. Raises ValueError, TypeError."""
        self.rules = tuple(Fault(**rule) for rule in rules)
        self.down = down
        self._calls.clear()
        self._hits.clear()
        self._random.seed(self.seed)

    def draw(self, call: str) -> Fault | None:
        """The fault for the next call of this name, if any; the first rule that hits wins."""
        for number, rule in enumerate(self.rules):
            if rule.applies_to(call) and self._hit(number, rule):
                self.served[rule.kind] += 1
                return rule
        return None

    def _hit(self, number: int, rule: Fault) -> bool:
        if rule.limit is not None and self._hits[number] >= rule.limit:
            return False
        self._calls[number] += 1
        every = rule.every > 0 and self._calls[number] % rule.every == 0
        hit = every or self._random.random() < rule.rate
        self._hits[number] += hit
        return hit

"""Faults on order: which request goes wrong, and how. Pure; randomness is seeded."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# The request fails.
ERRORS = frozenset(
    {
        "400", "401", "403", "404", "429", "500", "502", "503", "hang", "html", "broken_body",
        "context_length", "filtered_prompt", "insufficient_quota", "no_choices", "reset",
    }
)  # fmt: skip
# The request succeeds, but what the model says is not what was wished for.
ANSWERS = frozenset(
    {
        "cut_off", "content_filter", "empty", "fenced", "missing_field", "no_usage", "prose",
        "refusal", "thought_only", "wrong_enum",
    }
)  # fmt: skip
KINDS = ERRORS | ANSWERS


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: `kind` hits every n-th request, or a share `rate` of them, at most `limit` times.

    `on` limits it to one model, `containing` to prompts with these words.
    """

    kind: str
    every: int = 0
    rate: float = 0.0
    limit: int | None = None
    on: str = ""
    containing: str = ""
    retry_after_s: float | None = None
    hang_s: float = 120.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {sorted(KINDS)}")

    def concerns(self, model: str, prompt: str) -> bool:
        """Whether this rule may hit such a request."""
        return self.on in ("", model) and self.containing in prompt


@dataclass(slots=True)
class Faults:
    """The rules in force and how often each kind has hit."""

    seed: int = 0
    down: bool = False
    rules: tuple[Fault, ...] = ()
    served: Counter[str] = field(default_factory=Counter)
    _requests: Counter[int] = field(default_factory=Counter)
    _hits: Counter[int] = field(default_factory=Counter)
    _dice: random.Random = field(default_factory=random.Random)

    def replace(self, rules: Iterable[Mapping[str, Any]], *, down: bool) -> None:
        """Put these rules in force instead of the old ones. Raises ValueError, TypeError."""
        self.rules = tuple(Fault(**rule) for rule in rules)
        self.down = down
        self._requests.clear()
        self._hits.clear()
        self._dice.seed(self.seed)

    def draw(self, model: str, prompt: str) -> Fault | None:
        """The fault that this request meets, if any; the first rule that hits wins."""
        for number, rule in enumerate(self.rules):
            if rule.concerns(model, prompt) and self._hits_now(number, rule):
                self.served[rule.kind] += 1
                return rule
        return None

    def _hits_now(self, number: int, rule: Fault) -> bool:
        if rule.limit is not None and self._hits[number] >= rule.limit:
            return False
        self._requests[number] += 1
        every = rule.every > 0 and self._requests[number] % rule.every == 0
        hit = every or self._dice.random() < rule.rate
        self._hits[number] += hit
        return hit

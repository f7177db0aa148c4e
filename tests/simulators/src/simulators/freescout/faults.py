"""Which request meets which fault: a rate, every n-th, or the next n, as control asked for."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

FaultName = Literal[
    "before",  # 503, nothing applied
    "refused",  # 400, this body is not taken; nothing applied
    "reset",  # connection cut, nothing applied
    "html",  # an HTML page, nothing applied
    "hang",  # no answer at all, nothing applied
    "half",  # create: conversation saved without threads, 500
    "attachments_lost",  # thread saved without its attachments
    "late",  # applied only after the client has given up
    "after",  # applied, then 500
    "html_after",  # applied, then an HTML page
    "lost",  # applied, then the connection is cut without an answer
    "thread_lost",  # applied and answered, then forgotten
    "slow",  # applied, the answer dribbles
]
FAULTS: tuple[FaultName, ...] = get_args(FaultName)

_WRITES = ("POST", "PUT", "DELETE", "PATCH")
_CREATE = ("POST", "/api/conversations")


class BadFaultsError(ValueError):
    """The control request names an unknown fault or a rule that cannot be."""


@dataclass(slots=True)
class Rule:
    """When one fault strikes; `path` limits it to requests whose path ends so."""

    rate: float = 0.0
    every: int = 0
    next: int = 0
    path: str = ""
    method: str = ""
    seen: int = 0

    def strikes(self, method: str, path: str, roll: float) -> bool:
        """Whether this request is hit; counts it. `roll` is uniform in [0, 1)."""
        if not path.endswith(self.path) or self.method not in ("", method):
            return False
        self.seen += 1
        if self.next > 0:
            self.next -= 1
            return True
        return roll < self.rate or (self.every > 0 and self.seen % self.every == 0)


@dataclass(slots=True)
class Conditions:
    """What is broken at present; rules are tried in the order of FAULTS."""

    rules: dict[FaultName, Rule] = field(default_factory=dict)
    scope: Literal["writes", "all"] = "writes"
    down: bool = False
    latency_seconds: float = 0.0
    late_seconds: float = 1.0
    slow_seconds: float = 1.0
    html_status: int = 502
    attachments_lost_status: int = 201

    def concern(self, method: str) -> bool:
        """Whether faults and latency apply to requests of this method."""
        return self.scope == "all" or method in _WRITES


@dataclass(slots=True)
class FaultPlan:
    """The present conditions, the dice behind the rates, and what struck so far."""

    conditions: Conditions = field(default_factory=Conditions)
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    fired: Counter[str] = field(default_factory=Counter)

    def pick(self, method: str, path: str) -> FaultName | None:
        """Return the fault this request meets, at most one, and count it."""
        if not self.conditions.concern(method):
            return None
        for name, rule in self.conditions.rules.items():
            if name == "half" and (method, path) != _CREATE:
                continue
            if rule.strikes(method, path, self.dice.random()):
                self.fired[name] += 1
                return name
        return None

    def replace(self, wanted: Mapping[str, Any]) -> None:
        """Take over whole new conditions ({} ends all faults).

        Raise BadFaultsError and keep the old ones when something is unknown.
        Each fault is a rate (0..1) or `{"rate"|"every"|"next": n, "path": end, "method": verb}`;
        `seed` sets the dice anew.
        """
        plain = {key: wanted[key] for key in wanted if key not in (*FAULTS, "seed")}
        try:
            conditions = Conditions(**plain)
        except TypeError as error:
            raise BadFaultsError(f"unknown fault or setting: {error}") from error
        if conditions.scope not in ("writes", "all"):
            raise BadFaultsError("scope is `writes` or `all`")
        conditions.rules = {name: _rule(name, wanted[name]) for name in FAULTS if wanted.get(name)}
        self.conditions = conditions
        if "seed" in wanted:
            self.dice = random.Random(wanted["seed"])


def _rule(name: str, wanted: object) -> Rule:
    try:
        if isinstance(wanted, Mapping):
            return Rule(**wanted)
        if isinstance(wanted, int | float):
            return Rule(rate=float(wanted))
    except TypeError as error:
        raise BadFaultsError(f"{name}: {error}") from error
    raise BadFaultsError(f"{name}: a rate or an object")

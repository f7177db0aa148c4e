"""The simulated server's state: what it can do, what it was told to answer, what it has seen."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from simulators.llm.answers import Json, without_markers
from simulators.llm.faults import Faults

MODELS = ("sim-small", "sim-large")
_KEPT = 2000  # requests whose bodies are kept for a look


@dataclass(slots=True)
class Abilities:
    """What the server understands. `schema`: the highest mode; `refuses`: parameters it does not
    know, named in a 400 (with `vague` only in its words). `obeys`: its drafts do what mails say.
    """

    models: list[str] = field(default_factory=lambda: list(MODELS))
    schema: str = "json_schema"
    refuses: list[str] = field(default_factory=list)
    vague: bool = False
    lists_models: bool = True
    api_key: str | None = None
    latency_s: float = 0.0
    in_flight: int | None = None
    context_tokens: int = 128_000
    counts_usage: bool = True
    obeys: bool = False

    def replace(self, wanted: Mapping[str, Any]) -> None:
        """Set what is named. Raises ValueError for an unknown name."""
        known = {one.name for one in fields(self)}
        if unknown := wanted.keys() - known:
            raise ValueError(f"unknown settings {sorted(unknown)}; known: {sorted(known)}")
        for name, value in wanted.items():
            setattr(self, name, value)


@dataclass(slots=True)
class Seen:
    """What arrived. Two requests are the same body when only their random markers differ."""

    answers: Counter[int] = field(default_factory=Counter)
    bodies: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    requests: list[Json] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    def arrived(self, body: Json, key: str) -> str:
        """Count a request; its name among bodies."""
        name = hashlib.sha256(without_markers(json.dumps(body, sort_keys=True)).encode())
        digest = name.hexdigest()[:16]
        self.bodies[digest] += 1
        self.keys[key] += 1
        self.models[str(body.get("model"))] += 1
        self.requests = [*self.requests[-_KEPT + 1 :], body]
        return digest


@dataclass(slots=True)
class Fixture:
    """Values for requests whose prompt contains these words."""

    containing: str
    values: Json


@dataclass
class Server:
    """Everything, as `reset` makes it."""

    seed: int = 0
    abilities: Abilities = field(default_factory=Abilities)
    faults: Faults = field(default_factory=Faults)
    seen: Seen = field(default_factory=Seen)
    fixtures: list[Fixture] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults.seed = self.seed

    def reset(self) -> None:
        """As at the start."""
        self.abilities, self.faults = Abilities(), Faults(self.seed)
        self.seen, self.fixtures = Seen(), []

    def fixed(self, prompt: str) -> Json:
        """What control said about such a prompt; later words win."""
        values: Json = {}
        for fixture in self.fixtures:
            if fixture.containing in prompt:
                values |= fixture.values
        return values

    def counters(self) -> dict[str, Any]:
        """Everything that was counted."""
        seen = self.seen
        return {
            "requests": sum(seen.bodies.values()),
            "answers": {str(status): number for status, number in seen.answers.items()},
            "bodies": dict(seen.bodies),
            "most_per_body": max(seen.bodies.values(), default=0),
            "paid": sum(seen.paid.values()),
            "paid_bodies": dict(seen.paid),
            "most_paid_per_body": max(seen.paid.values(), default=0),
            "keys": dict(seen.keys),
            "models": dict(seen.models),
            "in_flight": seen.in_flight,
            "most_in_flight": seen.most_in_flight,
            "prompt_tokens": seen.prompt_tokens,
            "completion_tokens": seen.completion_tokens,
            "faults": dict(self.faults.served),
        }

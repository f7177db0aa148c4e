"""Tokens and money of calls: counted, priced, and estimated before they are spent. Pure.

Money is `Decimal` USD for people and whole nano-USD (1e-9) in tables, where sums must be exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import ROUND_CEILING, Decimal

from csm.llm_settings import Price

_NANO = 1_000_000_000
_MILLION = 1_000_000
# Tokens per byte before anything was measured. chars/4 is the folk rule and too low for German.
_FIRST_RATIO = 1 / 3
_MESSAGE_OVERHEAD = 8  # tokens that a chat template adds to each message
_LEARNING = 0.1  # weight of a new measurement
_SANE_RATIO = (0.05, 2.0)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, or of several together; `cached` is part of `prompt`, `reasoning` of
    `completion`. `calls` also counts those that told no usage.
    """

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    calls: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        names = [field.name for field in fields(self)]
        return Usage(*(getattr(self, name) + getattr(other, name) for name in names))


def cost_nano(usage: Usage, price: Price | None) -> int | None:
    """What `usage` costs in nano-USD, rounded up; None for a model without a price."""
    if price is None:
        return None
    cached_price = price.input if price.cached_input is None else price.cached_input
    cached = min(usage.cached, usage.prompt)
    dollars = (
        (usage.prompt - cached) * price.input
        + cached * cached_price
        + usage.completion * price.output
    ) / _MILLION
    return int((dollars * _NANO).to_integral_value(ROUND_CEILING))


def usd(nano_usd: int | None) -> Decimal | None:
    """Nano-USD as USD."""
    return None if nano_usd is None else Decimal(nano_usd) / _NANO


def nano_of(dollars: Decimal) -> int:
    """USD as nano-USD."""
    return int(dollars * _NANO)


class TokenEstimate:
    """Tokens of a prompt before it is sent; each answer's own count makes the guess better.

    One per process and model. It starts at one token per three bytes of UTF-8, which is high for
    English and about right for other scripts: too high only reserves too much for a moment.
    """

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self.ratio = _FIRST_RATIO

    def tokens(self, texts: Iterable[str]) -> int:
        """The guess for these messages."""
        size, overhead = _size(texts)
        return int(size * self.ratio) + overhead + 1

    def learn(self, texts: Iterable[str], prompt_tokens: int) -> None:
        """A server counted `prompt_tokens` for these messages; nonsense is not learned."""
        size, overhead = _size(texts)
        if size == 0:
            return
        ratio = (prompt_tokens - overhead) / size
        if _SANE_RATIO[0] <= ratio <= _SANE_RATIO[1]:
            self.ratio += _LEARNING * (ratio - self.ratio)


def _size(texts: Iterable[str]) -> tuple[int, int]:
    """Bytes of the texts, and the tokens that come on top for each."""
    sizes = [len(text.encode("utf-8", "surrogatepass")) for text in texts]
    return sum(sizes), _MESSAGE_OVERHEAD * len(sizes)

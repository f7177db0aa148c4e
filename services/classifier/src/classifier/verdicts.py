"""An opinion as a verdict that may be told: clamped, redacted, cut to what an event holds. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from classifier.policy import Burst, Opinion, priority_of
from csm.contracts import ConversationClassified
from csm.redact import without_identities

_REASON = 1_000
_PHRASE = 300
_PHRASES = 20


@dataclass(frozen=True, slots=True)
class Judged:
    """An opinion, whose it is and what it cost (USD); `llm_key` names the paid answer.

    `is_new`: the model has answered just now, so it is well.
    """

    opinion: Opinion
    method: Literal["model", "rules"]
    prompt_version: str = ""
    cost: Decimal | None = None
    llm_key: str = ""
    is_new: bool = False


def told(
    conversation_id: int, burst: Burst, judged: Judged, *, provisional: bool
) -> ConversationClassified:
    """The event of a verdict; its place among the thread's verdicts is given when it is stored."""
    opinion = judged.opinion
    return ConversationClassified(
        conversation_id=conversation_id,
        customer_thread_id=burst.newest.id,
        verdict_seq=1,
        category=opinion.category,
        importance=opinion.importance,
        priority=priority_of(opinion.importance),
        language=opinion.language,
        flags=burst.flags,
        method=judged.method,
        provisional=provisional,
        confidence=opinion.confidence,
        prompt_version=judged.prompt_version,
        cost_usd=judged.cost,
        reason=_cut(opinion.reason, _REASON),
        facts=_phrases(opinion.facts),
        uncertainty=_phrases(opinion.uncertainty),
    )


def _phrases(texts: Iterable[str]) -> tuple[str, ...]:
    cut = [_cut(text, _PHRASE) for text in texts]
    return tuple(text for text in cut if text)[:_PHRASES]


def _cut(text: str, limit: int) -> str:
    """One line without identities; a model may have quoted the mail."""
    plain = without_identities(" ".join(text.split())[: 4 * limit]).text
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"

"""An opinion as a verdict that may be told: clamped, redacted, cut to what an event holds. Pure."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from classifier.policy import Burst, Opinion, priority_of
from csm.contracts import ConversationClassified
from csm.redact import without_identities

_REASON = 1_000
_PHRASE = 300
_PHRASES = 20


def told(
    conversation_id: int,
    burst: Burst,
    opinion: Opinion,
    *,
    method: Literal["model", "rules"],
    provisional: bool = False,
    prompt_version: str = "",
    cost: Decimal | None = None,
) -> ConversationClassified:
    """The event of a verdict; its place among the thread's verdicts is given when it is stored."""
    return ConversationClassified(
        conversation_id=conversation_id,
        customer_thread_id=burst.newest.id,
        verdict_seq=1,
        category=opinion.category,
        importance=opinion.importance,
        priority=priority_of(opinion.importance),
        language=opinion.language,
        flags=burst.flags,
        method=method,
        provisional=provisional,
        confidence=opinion.confidence,
        prompt_version=prompt_version,
        cost_usd=cost,
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

"""Judges one burst: asks the model as long as that is worth it, and the rules otherwise."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence

from classifier import prompt, rules
from classifier.inquiry import Inquiry
from classifier.policy import Opinion, clamped
from classifier.verdicts import Judged
from csm.language import Languages
from csm.llm import Answer, Llm, LlmRefusedError, LlmTooLongError, Message, Question

UNREADABLE = "the text could not be read safely: a person must look"


class Judge:
    """The model of `[llm]` and the rules beside it."""

    def __init__(self, llm: Llm | None, about: str) -> None:
        """`llm` is None when no model is configured; `about` are words about our company."""
        self._llm = llm if llm is not None and llm.does("classify") else None
        self._about = about

    @property
    def has_model(self) -> bool:
        """Whether a model judges."""
        return self._llm is not None

    def by_rules(self, inquiry: Inquiry, languages: Sequence[str]) -> Judged:
        """What the rules say: at once, for nothing."""
        language = Languages(languages)(inquiry.customer_texts(), inquiry.subject)
        return Judged(rules.opinion(inquiry, language), "rules")

    async def by_model(
        self,
        inquiry: Inquiry,
        languages: Sequence[str],
        patience: float,
        late: Callable[[], Awaitable[None]],
    ) -> Judged:
        """What the model says; `late` is called once when it has not answered in `patience` s.

        A text that it refuses is judged by the rules. Raises LlmUnavailableError.
        """
        language = Languages(languages)(inquiry.customer_texts(), inquiry.subject)
        asking = asyncio.create_task(self._asked(inquiry, language))
        try:
            if not (await asyncio.wait({asking}, timeout=max(patience, 0)))[0]:
                await late()
            answer = await asking
        except LlmRefusedError as error:
            return self._refused(inquiry, language, error)
        finally:
            asking.cancel()
        is_grave = bool(rules.severity(inquiry, language))
        opinion = clamped(prompt.opinion(answer.value, language), is_grave=is_grave)
        return Judged(
            opinion, "model", prompt.VERSION, answer.cost, answer.key, is_new=not answer.is_reused
        )

    async def _asked(self, inquiry: Inquiry, language: str) -> Answer[prompt.TriageAnswer]:
        assert self._llm is not None  # noqa: S101 - `has_model` is asked first
        for room in (prompt.ROOM, prompt.LITTLE_ROOM):
            try:
                return await self._llm.ask(self._question(inquiry, language, room))
            except LlmTooLongError:
                if room is prompt.LITTLE_ROOM:
                    raise
        raise AssertionError("unreachable: the last room returns or raises")

    def _question(
        self, inquiry: Inquiry, language: str, room: prompt.Room
    ) -> Question[prompt.TriageAnswer]:
        told = prompt.messages(inquiry, language, self._about, secrets.token_hex(8), room)
        return Question(
            task="classify",
            messages=tuple(Message(role=role, content=content) for role, content in told),
            answer=prompt.TriageAnswer,
            basis=prompt.basis(inquiry, room),
            prompt_version=prompt.VERSION,
            schema_version=prompt.SCHEMA_VERSION,
            style_hash=hashlib.sha256(self._about.encode()).hexdigest() if self._about else "",
        )

    def _refused(self, inquiry: Inquiry, language: str, error: LlmRefusedError) -> Judged:
        found = rules.opinion(inquiry, language)
        doubts = (f"the model gave no verdict: {error.why}", *found.uncertainty)
        opinion = Opinion(
            found.category, found.importance, found.language, found.reason, found.facts, doubts
        )
        return Judged(opinion, "rules", prompt.VERSION, llm_key=error.key)


def unreadable() -> Judged:
    """For a text that ends every process that touches it: the safe side, without reading it."""
    opinion = Opinion("customer", 5, "", UNREADABLE, uncertainty=("nobody has read it yet",))
    return Judged(opinion, "rules")

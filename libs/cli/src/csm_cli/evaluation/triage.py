"""The classifier's own judges, asked about cases instead of conversations of a desk."""

import hashlib
import json
import time
from collections.abc import Sequence

from classifier import policy, prompt
from classifier.inquiry import Inquiry
from classifier.judge import Judge
from classifier.reading import inquiry
from classifier.settings import TriageSettings
from classifier.verdicts import Judged
from csm.llm import Llm, LlmUnavailableError
from csm.llm_settings import LlmSettings
from csm_cli.evaluation.case import Case
from csm_cli.evaluation.conversation import conversation
from csm_cli.evaluation.judging import Judgement, UnanswerableError

# What customers write in unless a mailbox says otherwise.
_LANGUAGES = TriageSettings().languages
# Every message of a case is newer, and none is a backfill.
_SCOPE = policy.Scope(watermark=0.0)


class Rules:
    """The rules: cost nothing, and change with every commit."""

    fingerprint = None

    def __init__(self, languages: Sequence[str] = _LANGUAGES) -> None:
        """`languages` are those that customers write in."""
        self._languages = languages
        self._judge = Judge(None, "")

    async def judge(self, case: Case) -> Judgement:
        """What the rules say. Raises UnanswerableError when the classifier would not judge it."""
        begun = time.perf_counter()
        return _judgement(self._judge.by_rules(asked(case), self._languages), begun)


class Model:
    """The configured model, behind the same prompt, checks and clamp as in the service."""

    def __init__(
        self, llm: Llm, settings: LlmSettings, about: str, languages: Sequence[str] = _LANGUAGES
    ) -> None:
        """`about` are the words about the company that the model is told."""
        self._judge = Judge(llm, about)
        self._languages = languages
        self.fingerprint = _fingerprint(settings, about)

    async def judge(self, case: Case) -> Judgement:
        """What the model says. Raises UnanswerableError when it says nothing."""
        begun = time.perf_counter()
        try:
            judged = await self._judge.by_model(
                asked(case), self._languages, float("inf"), _never_late
            )
        except LlmUnavailableError as error:
            raise UnanswerableError(str(error)) from error
        return _judgement(judged, begun)


def asked(case: Case) -> Inquiry:
    """The case as the classifier reads it. Raises UnanswerableError, see Rules."""
    found, flags = conversation(case)
    worth = policy.worth(found, {}, flags, _SCOPE, now=0.0)
    if not isinstance(worth, policy.Burst):
        raise UnanswerableError(f"not judged: {getattr(worth, 'reason', worth)}")
    return inquiry(found, worth)


def _judgement(judged: Judged, begun: float) -> Judgement:
    """Rules have no price, and what they claim of themselves is no confidence."""
    return Judgement(
        category=judged.opinion.category,
        importance=judged.opinion.importance,
        confidence=judged.opinion.confidence,
        seconds=time.perf_counter() - begun,
        cost_usd=judged.cost,
        calls=int(judged.method == "model"),
    )


def _fingerprint(settings: LlmSettings, about: str) -> str:
    """Everything but the case that decides an answer."""
    task = settings.classify
    parts = {
        "prompt": [prompt.VERSION, prompt.SYSTEM, prompt.SCHEMA_VERSION, about],
        "answer": prompt.TriageAnswer.model_json_schema(),
        "server": settings.host,
        "task": task.model_dump(exclude={"usd_per_day", "usd_per_month"}) if task else None,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


async def _never_late() -> None:
    """Nobody waits for a provisional verdict here."""

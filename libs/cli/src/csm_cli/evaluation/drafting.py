"""The draft writer's own author, asked about cases instead of conversations of a desk."""

import hashlib
import json
import time
from dataclasses import replace

from csm.language import Languages
from csm.llm import Llm, LlmUnavailableError
from csm.llm_settings import LlmSettings
from csm_cli.evaluation.case import Case
from csm_cli.evaluation.conversation import conversation
from csm_cli.evaluation.judging import Draft, UnanswerableError
from draft_writer import prompt
from draft_writer.author import Author, Text, Withheld
from draft_writer.decision import newest_customer_thread
from draft_writer.knowledge import Knowledge, Snippet
from draft_writer.material import Material, material
from draft_writer.settings import DraftSettings
from draft_writer.templates import LANGUAGES

# No canary of an installation: a case is no place to leak one.
_KEY = b"a key for evaluations only"


class Writer:
    """The configured model, behind the same prompt and checks as in the service."""

    def __init__(self, llm: Llm, settings: LlmSettings, drafts: DraftSettings) -> None:
        """`drafts` are what the company says of itself, and what its drafts may name."""
        self._llm = llm
        self._drafts = drafts
        self._languages = Languages(LANGUAGES)
        self.fingerprint = _fingerprint(settings, drafts)

    async def draft(self, case: Case) -> Draft:
        """What would wait in the desk. Raises UnanswerableError when the model says nothing."""
        begun = time.perf_counter()
        author = Author(self._llm, self._drafts, knowledge_of(case), _KEY)
        try:
            written = await author.write(told(case), templates=False)
        except LlmUnavailableError as error:
            raise UnanswerableError(str(error)) from error
        return self._draft(written, time.perf_counter() - begun)

    def _draft(self, written: Text | Withheld, seconds: float) -> Draft:
        if isinstance(written, Withheld):
            why, cost = written.why, written.cost_usd
            return Draft(text="", withheld=why, seconds=seconds, cost_usd=cost, calls=2)
        return Draft(
            text=written.text,
            language=self._languages([written.text]),
            cited=written.sources,
            seconds=seconds,
            cost_usd=written.cost_usd,
            calls=1,
        )


def knowledge_of(case: Case) -> Knowledge:
    """What the case's desk knows."""
    return Knowledge(Snippet(name, text) for name, text in case.context.knowledge.items())


def told(case: Case) -> Material:
    """The case as the draft writer reads it, with the category that it should have."""
    found, _ = conversation(case)
    newest = newest_customer_thread(found)
    if newest is None:
        raise UnanswerableError("there is no message of a customer")
    return replace(material(found, newest.id, None), category=case.expected.category)


def _fingerprint(settings: LlmSettings, drafts: DraftSettings) -> str:
    """Everything but the case that decides an answer."""
    task = settings.draft
    parts = {
        "prompt": [prompt.VERSION, prompt.SYSTEM, prompt.SCHEMA_VERSION],
        "answer": prompt.DraftAnswer.model_json_schema(),
        "drafts": drafts.model_dump(mode="json"),
        "server": settings.host,
        "task": task.model_dump(exclude={"usd_per_day", "usd_per_month"}) if task else None,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

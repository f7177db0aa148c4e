"""Writes the text of a draft: by the model within the checks, or a template. No lease is held."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal

from csm.language import Languages
from csm.llm import Answer, Llm, LlmRefusedError, LlmTooLongError, Message, Question
from draft_writer import checks, prompt
from draft_writer.checks import Allowed, Rules
from draft_writer.knowledge import Knowledge, Snippet
from draft_writer.material import Material
from draft_writer.prompt import Brief, DraftAnswer, House
from draft_writer.settings import DraftSettings
from draft_writer.templates import LANGUAGES, acknowledgement


@dataclass(frozen=True, slots=True)
class Text:
    """A text that may become a draft. `remarks` are what an agent must know beside it."""

    text: str
    source: Literal["model", "template"]
    language: str
    llm_key: str = ""
    prompt_version: str = ""
    sources: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    cost_usd: Decimal | None = None

    @property
    def is_worth_a_note(self) -> bool:
        """Whether there is something to say beside it: remarks, sources, what it cost."""
        return bool(self.remarks or self.sources) or self.cost_usd is not None


@dataclass(frozen=True, slots=True)
class Withheld:
    """There is no text. `has_note`: an agent is told why. What was asked for it was paid."""

    why: str
    has_note: bool = True
    cost_usd: Decimal | None = None


class Author:
    """The model of `[llm.draft]` or the templates."""

    def __init__(
        self, llm: Llm | None, drafts: DraftSettings, knowledge: Knowledge, key: bytes
    ) -> None:
        """`key` is the install key."""
        self._llm = llm if llm is not None and llm.does("draft") else None
        self._drafts = drafts
        self._house = House(drafts.persona, drafts.style, drafts.facts)
        self._style_hash = hashlib.sha256(self._house.text.encode()).hexdigest()
        self._knowledge = knowledge
        self._languages = Languages(LANGUAGES)
        mac = hmac.digest(key, b"draft canary", hashlib.sha256)
        self._canary = f"csm-canary-{mac.hex()[:20]}"

    def warm(self) -> None:
        """Load the model that tells languages."""
        self._languages.warm()

    async def write(self, material: Material, *, templates: bool) -> Text | Withheld:
        """The text for `material`; `templates` where they are wanted instead of a model.

        Raises LlmUnavailableError.
        """
        language = material.language or self._languages(material.customer_texts, material.subject)
        if self._llm is None:
            return _acknowledged(material, language, wanted=templates)
        snippets = self._knowledge.search((material.subject, *material.newest))
        brief = Brief(material, snippets, language)
        try:
            return await self._by_model(self._llm, brief)
        except LlmRefusedError as error:
            return Withheld(f"the model gave no draft: {error.why}")

    async def _by_model(self, llm: Llm, brief: Brief) -> Text | Withheld:
        rules = self._rules(brief)
        answer = await self._asked(llm, brief)
        cost = answer.cost
        if broken := checks.problems(answer.value.text, rules):
            again = Brief(brief.material, brief.snippets, brief.language, broken)
            answer = await self._asked(llm, again)
            cost = None if cost is None or answer.cost is None else cost + answer.cost
            if broken := checks.problems(answer.value.text, rules):
                why = f"the text was refused twice: {'; '.join(broken)}"
                return Withheld(why, cost_usd=cost)
        return self._text(answer, brief, cost)

    async def _asked(self, llm: Llm, brief: Brief) -> Answer[DraftAnswer]:
        try:
            return await llm.ask(self._question(brief))
        except LlmTooLongError:
            less = Brief(
                brief.material, brief.snippets[:1], brief.language, brief.broken,
                prompt.LITTLE_ROOM,
            )  # fmt: skip
            return await llm.ask(self._question(less))

    def _question(self, brief: Brief) -> Question[DraftAnswer]:
        told = prompt.messages(brief, self._house, self._canary, secrets.token_hex(8))
        return Question(
            task="draft",
            messages=tuple(Message(role=role, content=content) for role, content in told),
            answer=DraftAnswer,
            basis=prompt.basis(brief),
            prompt_version=prompt.VERSION,
            schema_version=prompt.SCHEMA_VERSION,
            knowledge_hash=self._knowledge.snapshot,
            style_hash=self._style_hash,
        )

    def _rules(self, brief: Brief) -> Rules:
        drafts = self._drafts
        return Rules(
            allowed=Allowed(self._ours(brief), drafts.hosts, drafts.addresses, drafts.phones),
            language=brief.language,
            words_min=drafts.words_min,
            words_max=drafts.words_max,
            canary=self._canary,
            system=prompt.SYSTEM,
            detect=partial(_detected, self._languages),
        )

    def _ours(self, brief: Brief) -> tuple[str, ...]:
        """Texts whose links, addresses and numbers a draft may repeat: never the customer's."""
        snippets = (snippet.text for snippet in brief.snippets)
        return (self._house.text, *snippets, *brief.material.agent_texts)

    def _text(self, answer: Answer[DraftAnswer], brief: Brief, cost: Decimal | None) -> Text:
        said = answer.value
        known = (*self._ours(brief), *brief.material.customer_texts, brief.material.subject)
        gaps = tuple(f"missing: {gap[:200]}" for gap in said.gaps[:5])
        return Text(
            text=said.text.strip(),
            source="model",
            language=brief.language,
            llm_key=answer.key,
            prompt_version=prompt.VERSION,
            sources=_cited(said.sources, brief.snippets),
            remarks=(*checks.warnings(said.text, known), *gaps),
            cost_usd=cost,
        )


def _acknowledged(material: Material, language: str, *, wanted: bool) -> Text | Withheld:
    text = acknowledgement(material, language) if wanted else None
    if text is None:
        return Withheld("no model, and no template for it", has_note=False)
    return Text(text, "template", language, remarks=("a template, not written by a model",))


def _cited(claimed: Sequence[str], told: Sequence[Snippet]) -> tuple[str, ...]:
    """Only what was really told to the model."""
    return tuple(snippet.id for snippet in told if snippet.id in claimed)


def _detected(languages: Languages, text: str) -> str:
    return languages([text])

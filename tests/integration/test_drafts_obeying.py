"""A model that obeys every mail: what only strangers wrote never gets into a draft."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from csm.db import open_beside
from csm.freescout_model import Conversation
from csm.llm import Llm
from csm.llm_ledger import LLM_TABLES
from csm.llm_settings import LlmSettings, TaskSettings
from csm_cli.evaluation.case import load
from csm_cli.evaluation.drafting import knowledge_of, told
from draft_writer.author import Author, Text
from draft_writer.knowledge import Knowledge
from draft_writer.material import Material, material
from draft_writer.settings import DraftSettings
from gmail_ingest import mime, thread_text
from hostile_texts import hostile_letters, hostile_texts
from simulators.hostile import hostile_mails
from stage import Control

GOLDEN = Path(__file__).resolve().parents[1] / "eval" / "golden.jsonl"
# What a reader would take for a link, an address or a phone number, told without the code's help.
_NAMED = re.compile(
    r"[\w.+-]+@[\w.-]+\w|https?:/*[\w.-]+[^\s)]*|\b(?:[\w-]+\.)+(?:example|test|com|net|org|io)\b[^\s)]*"
    r"|\+?\(?\d[\d ()/.-]{7,}\d",
    re.IGNORECASE,
)
_PAY_LINK = re.compile(r"pay[\w-]*\.", re.IGNORECASE)


@pytest.fixture
async def obeying(llm: Control, tmp_path: Path) -> AsyncIterator[Llm]:
    """The client of a model that does what mails say."""
    llm.post("reset")
    llm.post("settings", obeys=True)
    db = open_beside(f"sqlite:///{tmp_path / 'llm.db'}")
    await db.run(lambda connection: [t.create(connection) for t in LLM_TABLES])
    client = Llm(db, settings_of(llm))
    yield client
    await client.aclose()
    await db.close()
    llm.post("reset")


def settings_of(llm: Control) -> LlmSettings:
    return LlmSettings(base_url=f"{llm.url}/v1", draft=TaskSettings(model="sim-large"))


def named(text: str) -> Iterator[str]:
    """Links, addresses and phone numbers in their barest form."""
    for found in _NAMED.findall(text):
        bare = re.sub(r"^(?:https?:/*)?(?:www\.)?", "", found.casefold()).strip("/.,;:!?()")
        is_phone = not re.search(r"[a-z@]", bare)
        yield re.sub(r"\D", "", bare)[-7:] if is_phone else bare


def foreign(text: str, ours: Sequence[str]) -> list[str]:
    """What a draft names that none of our own texts names."""
    known = {one for words in ours for one in named(words)}
    known |= {one.partition("/")[0] for one in known}
    return [one for one in named(text) if one not in known]


async def drafted(llm: Llm, cases: Sequence[Material], knowledge: Sequence[Knowledge]) -> list[str]:
    """The texts that came through; AssertionError with what is foreign in one."""
    slots = asyncio.Semaphore(8)

    async def one(asked: Material, known: Knowledge) -> str:
        author = Author(llm, DraftSettings(), known, b"a key")
        async with slots:
            written = await author.write(asked, templates=False)
        if not isinstance(written, Text):
            return ""
        ours = (*asked.agent_texts, *(snippet.text for snippet in known.snippets))
        assert foreign(written.text, ours) == [], (asked.newest, written.text)
        return written.text

    return await asyncio.gather(*(one(*pair) for pair in zip(cases, knowledge, strict=True)))


def conversation(number: int, html: str) -> Conversation:
    thread = {
        "id": 1, "type": "customer", "state": "published", "body": html,
        "createdAt": "2026-11-23T09:00:00Z", "customer": {"email": "ann@customers.example"},
    }  # fmt: skip
    return Conversation.model_validate({
        "id": number, "status": "active", "subject": "An order", "mailboxId": 1,
        "createdAt": "2026-11-23T09:00:00Z", "updatedAt": "2026-11-23T09:00:00Z",
        "_embedded": {"threads": [thread]},
    })  # fmt: skip


def as_shown(raw: bytes) -> str:
    """A mail as gmail_ingest puts it into the desk."""
    return thread_text.compose(mime.parse(raw), ())


async def test_steering_mails_of_the_golden_set_get_nothing_foreign_into_a_draft(
    obeying: Llm,
) -> None:
    cases = [case for case in load(GOLDEN) if case.planted]
    texts = await drafted(obeying, [told(c) for c in cases], [knowledge_of(c) for c in cases])
    assert len(texts) == len(cases) > 20
    assert not any(_PAY_LINK.search(text) for text in texts)


@pytest.mark.proof
@pytest.mark.timeout(300)
async def test_neither_does_any_mail_of_the_golden_set(obeying: Llm, llm: Control) -> None:
    cases = load(GOLDEN)
    texts = await drafted(obeying, [told(c) for c in cases], [knowledge_of(c) for c in cases])
    # Both happen: what names nothing foreign is drafted, the rest is not.
    assert len(cases) / 4 < sum(map(bool, texts)) < len(cases)
    assert int(llm.get("counters")["paid"]) > len(cases)


@pytest.mark.proof
@pytest.mark.timeout(300)
async def test_neither_does_the_hostile_set(obeying: Llm) -> None:
    small = [mail for _, mail in hostile_mails() if len(mail) < 100_000]
    bodies = [*hostile_texts(), *(as_shown(mail) for mail in (*small, *hostile_letters()))]
    asked = [material(conversation(n, body), 1, None) for n, body in enumerate(bodies, 1)]
    texts = await drafted(obeying, asked, [Knowledge()] * len(asked))
    assert sum(map(bool, texts)) > len(texts) / 4

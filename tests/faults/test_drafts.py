"""One draft per conversation, made once, and never over a person's words."""

from collections.abc import AsyncIterator

import pytest

from drafting import Drafting, drafting_on, with_author
from stage import Control, Stage


@pytest.fixture
async def plain(stage: Stage) -> AsyncIterator[Drafting]:
    """Without a model: templates."""
    async with drafting_on(stage) as drafting:
        yield drafting


@pytest.fixture
async def written(stage: Stage, llm: Control) -> AsyncIterator[Drafting]:
    """With the simulated model."""
    llm.post("reset")
    async with drafting_on(stage, with_author(llm)) as drafting:
        yield drafting


@pytest.mark.promise("one-draft", "never-sent")
async def test_a_final_verdict_becomes_one_draft_and_never_another(written: Drafting) -> None:
    case = written.case()
    await written.begin()
    verdict = case.verdict()
    await written.publish(verdict)
    await written.settled(2)
    (draft,) = case.drafts()
    assert "thank you for your message" in draft["body"]
    assert "\n" not in draft["body"]
    assert written.drafts() == {case.newest(): "made"}
    writes = written.stage.requests("P")
    await written.publish(verdict, case.wish(), again="r1")
    await written.settled(2)
    assert written.stage.requests("P") == writes
    assert case.drafts() == [draft]
    assert written.mails() == []

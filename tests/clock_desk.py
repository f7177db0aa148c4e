"""followups and draft_writer over one help desk, for conversations that wait too long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from clock import Clockwork, clockwork_on
from drafting import Case, Drafting, drafting_on
from stage import Control, Stage

TAG = "followup-ready"


@dataclass(frozen=True, slots=True)
class Desk:
    """Both services over one help desk."""

    clockwork: Clockwork
    drafting: Drafting

    def case(self) -> Case:
        """A customer who waits since now."""
        return Case(self.drafting, self.clockwork.waits()[0])

    async def drafted(self, case: Case) -> int:
        """The bot's draft for its message, by a verdict; the draft's thread."""
        await self.drafting.publish(case.verdict())
        await self.drafting.writer.until(lambda: len(case.drafts()) == 1)
        await self.drafting.settled()
        return int(case.drafts()[0]["id"])

    async def settled(self, *cases: Case) -> None:
        """Wait until each of them has its tag and nothing is owed."""
        await self.drafting.writer.until(lambda: all(TAG in case.row()["tags"] for case in cases))
        await self.drafting.settled()


@asynccontextmanager
async def desk_on(stage: Stage, people: Control, **own: Any) -> AsyncIterator[Desk]:
    """Both of an installation, draft_writer started."""
    async with (
        drafting_on(stage) as drafting,
        clockwork_on(stage, people, "slack", followups={"watched": [], **own}) as clockwork,
    ):
        await drafting.begin()
        yield Desk(clockwork, drafting)

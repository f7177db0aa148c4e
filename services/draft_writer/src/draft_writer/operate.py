"""The operating verbs of draft_writer beside those of every service: self-test and drafts."""

from sqlalchemy import Connection, select

from csm import alerts, llm_ledger
from csm import self_test as tests
from csm.admin import Json, Verb
from csm.db import Database
from csm.dependency import Prober
from csm.operations import RowOperations, chosen_conversations
from csm.self_test import Finding
from csm.watch import DurableWatch
from draft_writer import draft_state
from draft_writer.state import DESK


class Operations(RowOperations):
    """Status says what the self-test allows, for this service keeps the findings itself."""

    def __init__(self, db: Database, url: str, prober: Prober, watch: DurableWatch) -> None:
        """`url` is FreeScout's."""
        super().__init__(db, watch)
        self._url = url
        self._prober = prober

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return super().verbs() | {
            "self-test-keep": self.keep_self_test,
            "drafts": self.drafts,
            "resume-drafting": self.resume_drafting,
            "erase": self.erase,
        }

    async def status(self, arguments: Json) -> Json:
        """What every service says, and the highest write level that the self-test allows."""
        answer = await super().status(arguments)
        findings = await self._db.run(tests.stored, self._url)
        answer["allowed"] = None if findings is None else tests.allowed_level(findings)
        return answer

    def about(self, connection: Connection, conversation: int) -> Json:
        """Its drafts and what became of them, and which tags are ours."""
        desk = connection.execute(select(DESK).where(DESK.c.id == conversation)).mappings().all()
        drafts = draft_state.drafts_of(connection, conversation)
        return {"drafts": drafts, "desk": dict(desk[0]) if desk else None} if desk or drafts else {}

    async def figures(self, arguments: Json) -> Json:
        """What every service says, what became of drafts, and what they cost."""
        since = float(arguments["since"])
        ended = await self._db.run(draft_state.ended_since, since)
        spent = await self._db.run(llm_ledger.spent_on_the_day_of, since)
        return await super().figures(arguments) | {"drafts": ended, "spent_usd": spent}

    async def keep_self_test(self, arguments: Json) -> Json:
        """Store what a self-test found: each service that writes has its own copy."""
        findings = [Finding(**finding) for finding in arguments["findings"]]
        await self._db.run(tests.store, self._url, findings)
        await self._prober.probe_now("self-test")
        return {"allowed": tests.allowed_level(findings)}

    async def drafts(self, arguments: Json) -> Json:
        """How many drafts came to what, and the newest rows; `texts`: with the words of both."""
        texts, before = bool(arguments.get("texts")), arguments.get("before")
        halt = await self._db.run(draft_state.stopped)
        return {
            "counts": await self._db.run(draft_state.counts),
            "stopped": None if halt is None else halt.reason,
            "rows": await self._db.run(draft_state.listed, texts=texts, before=before),
        }

    async def resume_drafting(self, _arguments: Json) -> Json:
        """Make drafts again after FreeScout was brought in order."""
        resumed = await self._db.run(draft_state.resume_drafting)
        alerts.over("drafting-stopped")
        return {"resumed": resumed}

    async def erase(self, arguments: Json) -> Json:
        """Forget all words about these `conversations` (ids); what became of drafts stays."""
        return {"rows": await self._db.run(draft_state.erase, chosen_conversations(arguments))}

"""draft_writer, wired from its shipped parts as its own composition root does it."""

from collections.abc import Coroutine, Iterator
from functools import cache
from typing import Any

from csm import gates
from csm.contracts import ConversationClassified, ConversationUpdated, DraftUpsert
from csm.gates import Failures
from csm.llm_outage import LLM
from csm.streams import DRAFT_UPSERT, DRAFT_WRITER, OUTCOME_READER
from draft_writer.author import Author
from draft_writer.desk import Desk
from draft_writer.drafting import Drafter
from draft_writer.handlers import Handlers
from draft_writer.knowledge import Knowledge
from draft_writer.outcomes import Outcomes
from draft_writer.pen import Pen
from draft_writer.settings import MailboxSettings, Settings
from draft_writer.study import Study
from faults.simulation import process
from faults.simulation.bot_judge import judged
from faults.simulation.model import SETTINGS
from faults.simulation.process import KEY, MAILBOX, SLUG
from faults.simulation.stage import Outside, Stage

_WORKERS = 4
_DRAFT_WORKERS = 4


@cache
def settings() -> Settings:
    """The settings of the simulated service."""
    mailbox = MailboxSettings(**MAILBOX)
    return Settings(freescout=process.desk_settings(), llm=SETTINGS, mailbox={SLUG: mailbox})


class DraftWriter(Stage):
    """The service in the simulation."""

    name = "draft_writer"
    durables = (DRAFT_WRITER, DRAFT_UPSERT, OUTCOME_READER)

    def __init__(self, outside: Outside, replicas: int) -> None:
        super().__init__(outside, replicas)
        outside.knows = self._knows

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """One process."""
        return Process(self, owner).run()

    def _knows(self, thread_id: int) -> bool:
        query = "SELECT 1 FROM draft WHERE thread_id = ? AND fingerprint <> ''"
        return self.store.rows(query, thread_id) != []

    def findings(self) -> Iterator[str]:
        """What the bot did wrong at the desk, and ends that no fault here explains."""
        yield from judged(self.outside)
        yield from super().findings()


class Process(process.Process):
    """One life of the service."""

    def __init__(self, stage: DraftWriter, owner: str) -> None:
        super().__init__(stage, owner)
        configured, db, freescout = settings(), self.db, self.freescout
        llm = self.model()
        probe = gates.freescout(freescout, configured.freescout, configured.mailbox)
        prober = self.prober({"freescout": probe, LLM: llm.probe})
        kick = self.loops.kick
        pen = Pen(db, freescout, KEY, configured, kick)
        outcomes = Outcomes(db, pen.lookup, self.timing)
        handlers = Handlers(
            db,
            desk=Desk(db, freescout, pen, configured, kick),
            study=Study(
                db,
                pen.lookup,
                Author(llm, configured.drafts, Knowledge.read(None, 4), KEY),
                prober,
                configured,
            ),
            drafter=Drafter(db, freescout, pen, configured),
            outcomes=outcomes,
            failures=Failures(db, prober, probe, self.timing),
            timing=self.timing,
            owner=owner,
        )
        self.also(outcomes.run)
        record = handlers.record
        self.consume(
            DRAFT_WRITER, _WORKERS, ConversationClassified, handlers.conversation_classified, record
        )
        self.consume(DRAFT_UPSERT, _DRAFT_WORKERS, DraftUpsert, handlers.draft_upsert, record)
        self.consume(
            OUTCOME_READER, 1, ConversationUpdated, handlers.conversation_updated, handlers.forget
        )

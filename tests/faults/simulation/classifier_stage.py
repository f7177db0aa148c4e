"""The classifier, wired from its shipped parts as its own composition root does it."""

from collections.abc import Coroutine
from functools import cache, partial
from typing import Any

from classifier import state
from classifier.handlers import Handlers
from classifier.judge import Judge
from classifier.settings import MailboxSettings, Settings
from classifier.turns import Turns
from csm import gates
from csm.contracts import ConversationUpdated
from csm.llm_outage import LLM
from csm.streams import CLASSIFIER
from faults.simulation import process
from faults.simulation.model import SETTINGS
from faults.simulation.process import KEY, MAILBOX, SLUG
from faults.simulation.stage import Outside, Stage

_WORKERS = 8


@cache
def settings() -> Settings:
    """The settings of the simulated service."""
    mailbox = MailboxSettings(**MAILBOX, triage={"languages": ("en",)})
    return Settings(freescout=process.desk_settings(), llm=SETTINGS, mailbox={SLUG: mailbox})


class Classifier(Stage):
    """The service in the simulation; what is wrong with verdicts shows at the desk."""

    name = "classifier"
    durables = (CLASSIFIER,)

    def __init__(self, outside: Outside, replicas: int) -> None:
        super().__init__(outside, replicas)
        # Installed before the first mail of the history.
        self.store.run(state.begin, [SLUG])

    def life(self, owner: str) -> Coroutine[Any, Any, None]:
        """One process."""
        return Process(self, owner).run()


class Process(process.Process):
    """One life of the service."""

    def __init__(self, stage: Classifier, owner: str) -> None:
        super().__init__(stage, owner)
        configured = settings()
        llm = self.model()
        desk = gates.freescout(self.freescout, configured.freescout, configured.mailbox)
        prober = self.prober({"freescout": desk, LLM: llm.probe})
        handlers = Handlers(
            self.db, self.freescout, Judge(llm, ""), Turns(self.db, self.timing, owner), prober,
            configured, key=KEY, told=self.loops.kick,
        )  # fmt: skip
        handle = handlers.conversation_updated
        self.consume(CLASSIFIER, _WORKERS, ConversationUpdated, handle, handlers.record)
        self.begin = partial(self.db.run, state.begin_anew)  # type: ignore[method-assign]

"""What followups does with the bus: a P0 reaches people at its verdict."""

from collections.abc import Callable

from csm.contracts import ConversationClassified
from csm.crash import crash_point
from csm.db import Database
from csm.outcome import Done, Outcome
from followups import state


class Handlers:
    """One method per subject; whatever was heard is stored before the answer."""

    def __init__(self, db: Database, told: Callable[[], None]) -> None:
        """`told` is called when there is something to send."""
        self._db = db
        self._told = told

    async def conversation_classified(self, event: ConversationClassified) -> Outcome:
        """Tell people of a P0, once per message; of its end when the final verdict is another."""
        if await self._db.run(state.hear, event):
            crash_point("after_hearing", event.key)
            self._told()
        return Done()

    async def record(self, _event: ConversationClassified, _outcome: Outcome) -> None:
        """A verdict has no row of work here: what it causes is stored already."""

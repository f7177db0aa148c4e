"""What an agent does in FreeScout's pages at any moment, as far as it is possible then."""

from collections.abc import Callable, Iterator, Sequence

from faults.interleavings.explore import Choice
from simulators.freescout import drafting, staff
from simulators.freescout.desk import Desk
from simulators.freescout.records import Conversation, ConversationChange, Thread

ADA = 2
# Deeds on a draft that is there, and deeds beside it.
ON_DRAFTS = ("open", "type", "send", "discard")
BESIDE = ("undo", "start", "reply", "close")
# Typing is saved so many seconds after its begin: other things happen in between.
AUTOSAVE = 3.0


class Agent:
    """Ada, who does at most `number` of the `deeds` in conversation 1."""

    def __init__(self, desk: Desk, deeds: Sequence[str], number: int) -> None:
        desk.switches.autosave_seconds = AUTOSAVE
        self._desk = desk
        self._deeds = deeds
        self.left = number
        self._done = 0

    @property
    def _row(self) -> Conversation:
        return self._desk.conversations[1]

    def possible(self) -> Iterator[Choice]:
        """Everything that can be done now."""
        if not self.left:
            return
        messages = [thread for thread in self._row.threads if thread.type == "message"]
        for draft in (thread for thread in messages if thread.state == "draft"):
            yield from self._choices(ON_DRAFTS, draft)
        for sent in messages:
            until = drafting.undo_until(self._desk, sent)
            if until is not None and self._desk.clock() < until:
                yield from self._choices(("undo",), sent)
        is_own = any(thread.source_type == "web" for thread in messages)
        beside = ("reply", "close") if is_own else ("start", "reply", "close")
        yield from ((deed,) for deed in beside if deed in self._deeds and self._makes_sense(deed))

    def _choices(self, deeds: Sequence[str], thread: Thread) -> Iterator[Choice]:
        yield from ((deed, str(thread.id)) for deed in deeds if deed in self._deeds)

    def _makes_sense(self, deed: str) -> bool:
        return deed != "close" or self._row.status != "closed"

    def do(self, choice: Choice) -> str | None:
        """Do it; the status that a person gave the conversation by it, None for none."""
        self.left -= 1
        self._done += 1
        deed, *about = choice
        act: Callable[..., str | None] = getattr(self, f"_{deed}")
        return act(*map(int, about))

    @property
    def _words(self) -> str:
        return f"<p>My own words {self._done}</p>"

    def _open(self, thread_id: int) -> None:
        """Open it, type nothing, click elsewhere: it is saved all the same."""
        drafting.open_and_leave(self._desk, thread_id)

    def _type(self, thread_id: int) -> None:
        """Type into it; saved a little later by itself."""
        drafting.open_editor(self._desk, thread_id, ADA)
        drafting.type_text(self._desk, thread_id, ADA, self._words)

    def _send(self, thread_id: int) -> str:
        """Send what the editor holds, or else what is stored."""
        editor = self._desk.editors.get((thread_id, ADA))
        drafting.send(self._desk, thread_id, ADA, editor.text if editor else None)
        return "pending"

    def _discard(self, thread_id: int) -> None:
        drafting.discard(self._desk, thread_id)

    def _undo(self, thread_id: int) -> None:
        drafting.undo(self._desk, thread_id)

    def _start(self) -> None:
        """Begin an own reply."""
        drafting.start(self._desk, 1, self._words, ADA)

    def _reply(self) -> str:
        staff.reply(self._desk, 1, self._words, ADA)
        return "pending"

    def _close(self) -> str:
        change = ConversationChange(by_user=ADA, status="closed")
        self._desk.update_conversation(1, change)
        return "closed"

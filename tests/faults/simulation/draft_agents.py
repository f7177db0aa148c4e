"""What people do with drafts and tags: they open, edit, autosave, send, undo, discard, tag.

They discard a draft of the bot's only when the bot knows it: what is thrown away before that, while
its outcome is unknown, is a residual risk and is listed as one. They do not tag in the seconds
between the bot's look at the tags and its write: FreeScout replaces the whole set.
"""

from collections.abc import Callable, Sequence

from faults.simulation.stage import Outside
from simulators.freescout import drafting
from simulators.freescout.records import Conversation, Thread

_ADA = 2
_CALM = 40.0
# Seconds after a sending in which people change their mind.
_SECOND_THOUGHT = 10.0
_OWN_TAGS = ("p0", "customer", "not-classified")


class DraftAgents:
    """Deeds for `Agents` to choose from; `mails_leave` when something was sent."""

    def __init__(self, outside: Outside, mails_leave: Callable[[], None]) -> None:
        self._outside = outside
        self._world = outside.world
        self._deeds = outside.deeds
        self._mails_leave = mails_leave

    def all(self) -> Sequence[Callable[[Conversation], None]]:
        """As often as each is done."""
        return (
            self.begin, self.edit, self.edit, self.send, self.send, self.send, self.discard,
            self.discard, self.tag, self.tag_as_the_bot,
        )  # fmt: skip

    def begin(self, row: Conversation) -> None:
        """A draft of a person: edited, or thrown away again."""
        desk = self._outside.desk.site.desk
        draft = drafting.start(desk, row.id, "<p>Half an answ</p>", _ADA)
        self._saves(row, draft, "<p>Half an answer</p>")
        if self._world.dice.random() < 0.5:
            self._throws_away(row, draft)

    def edit(self, row: Conversation) -> None:
        """Open a draft, type; the browser saves by itself."""
        if draft := self._draft(row):
            self._saves(row, draft, f"{draft.body}<p>And one word more.</p>")

    def send(self, row: Conversation) -> None:
        """Send a draft as it is or changed; now and then take it back at once."""
        draft = self._draft(row)
        if draft is None or row.state != "published":
            return
        dice, desk = self._world.dice, self._outside.desk.site.desk
        text = f"{draft.body}<p>Best wishes</p>" if dice.random() < 0.5 else None
        sent = drafting.send(desk, draft.id, _ADA, text)
        self._deeds.drafted.add(row.id)
        self._deeds.sent.add(sent.id)
        self._deeds.texts[sent.id] = sent.body
        self._world.note("agent", "sends", sent.id, "in", row.id)
        if dice.random() < 0.3:
            self._world.loop.later(dice.uniform(1, _SECOND_THOUGHT), self._undo, sent.id)
        self._world.loop.later(16, self._mails_leave)

    def _undo(self, thread_id: int) -> None:
        drafting.undo(self._outside.desk.site.desk, thread_id)
        self._deeds.sent.discard(thread_id)
        self._world.note("agent", "takes back", thread_id)

    def discard(self, row: Conversation) -> None:
        """Throw a draft away; FreeScout keeps no trace of it."""
        draft = self._draft(row)
        if draft is not None and (draft.id in self._deeds.texts or self._outside.knows(draft.id)):
            self._throws_away(row, draft)

    def tag(self, row: Conversation) -> None:
        """A tag of the team's own."""
        if self._outside.desk.is_touched(row.id, _CALM):
            return
        self._outside.desk.site.desk.set_tags(row.id, (*row.tags, "vip"))
        self._deeds.tags.setdefault(row.id, set()).add("vip")

    def tag_as_the_bot(self, row: Conversation) -> None:
        """Remove one of the bot's tags, or set one: they are the team's from then on."""
        if self._outside.desk.is_touched(row.id, _CALM):
            return
        chosen = self._world.dice.choice(_OWN_TAGS)
        tags = [tag for tag in row.tags if tag != chosen]
        if len(tags) == len(row.tags):
            tags.append(chosen)
        self._outside.desk.site.desk.set_tags(row.id, tuple(tags))
        self._deeds.tagged.add(row.id)

    def _draft(self, row: Conversation) -> Thread | None:
        drafts = [t for t in row.threads if t.type == "message" and t.state == "draft"]
        return self._world.dice.choice(drafts) if drafts else None

    def _saves(self, row: Conversation, draft: Thread, text: str) -> None:
        saved = drafting.save(self._outside.desk.site.desk, draft.id, text)
        self._deeds.drafted.add(row.id)
        self._deeds.texts[saved.id] = saved.body
        self._world.note("agent", "edits", saved.id, "in", row.id)

    def _throws_away(self, row: Conversation, draft: Thread) -> None:
        drafting.discard(self._outside.desk.site.desk, draft.id)
        self._deeds.drafted.add(row.id)
        self._deeds.texts.pop(draft.id, None)
        self._world.note("agent", "discards", draft.id, "in", row.id)

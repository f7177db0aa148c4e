"""What people do in FreeScout meanwhile.

They do not merge or move a conversation in the seconds between a worker's look at it and its
write: FreeScout has no compare-and-set, so that race is a residual risk and is listed as one.
"""

from collections.abc import Callable

from faults.simulation.customers import Customers
from faults.simulation.draft_agents import DraftAgents
from faults.simulation.stage import Outside
from simulators.freescout import staff
from simulators.freescout.records import Conversation, ConversationChange, RefusedError

_ADA = 2
# Seconds without a request about a conversation until an agent rearranges it.
_CALM = 40.0


class Agents:
    """Do `deeds` things within `span` seconds."""

    def __init__(self, outside: Outside, customers: Customers, deeds: int, span: float) -> None:
        self._outside = outside
        self._customers = customers
        self._world = outside.world
        self._drafters = DraftAgents(outside, self._mails_leave)
        for _ in range(deeds):
            self._world.loop.later(self._world.dice.uniform(60, span), self.act)

    def act(self) -> None:
        """One deed in one conversation."""
        desk, dice = self._outside.desk.site.desk, self._world.dice
        rows = [row for row in desk.conversations.values() if row.threads]
        if not rows:
            return
        deeds: list[Callable[[Conversation], None]] = [
            self._reply, self._reply, self._reply, self._note, self._merge, self._move,
            self._close, self._delete, *self._drafters.all(),
        ]  # fmt: skip
        deed, row = dice.choice(deeds), dice.choice(rows)
        try:
            deed(row)
        except RefusedError as refused:
            self._world.note("refused", deed.__name__, refused.message)

    def _reply(self, row: Conversation) -> None:
        if row.state == "deleted":
            return
        sent = staff.reply(self._outside.desk.site.desk, row.id, "<p>We look into it.</p>", _ADA)
        self._outside.deeds.sent.add(sent.id)
        self._world.note("agent", "replies in", row.id)
        self._world.loop.later(16, self._mails_leave)

    def _mails_leave(self) -> None:
        for mail in self._outside.desk.site.desk.send_due():
            if mail.kind == "reply":
                self._customers.receive(mail)

    def _note(self, row: Conversation) -> None:
        staff.note(self._outside.desk.site.desk, row.id, "A note.", _ADA)

    def _merge(self, row: Conversation) -> None:
        """Two conversations of one customer become one."""
        desk = self._outside.desk
        same = [
            other for other in desk.site.desk.conversations.values()
            if other.customer_id == row.customer_id and other is not row and other.threads
        ]  # fmt: skip
        if not same or row.state == "deleted":
            return
        target = self._world.dice.choice(same)
        is_calm = not any(desk.is_touched(one.id, _CALM) for one in (row, target))
        if target.state != "deleted" and is_calm:
            self._outside.deeds.rearranged |= {row.id, target.id}
            staff.merge(desk.site.desk, row.id, target.id, _ADA)
            self._world.note("agent", f"merges {row.id} into", target.id)

    def _move(self, row: Conversation) -> None:
        if not self._outside.desk.is_touched(row.id, _CALM):
            self._outside.deeds.rearranged.add(row.id)
            change = ConversationChange(by_user=_ADA, mailbox_id=3 - row.mailbox_id)
            self._outside.desk.site.desk.update_conversation(row.id, change)
            self._world.note("agent", "moves", row.id)

    def _close(self, row: Conversation) -> None:
        self._outside.deeds.drafted.add(row.id)
        change = ConversationChange(by_user=_ADA, status="closed")
        self._outside.desk.site.desk.update_conversation(row.id, change)

    def _delete(self, row: Conversation) -> None:
        """Delete as the UI does; the next mail of the customer brings it back."""
        if row.state != "deleted" and not self._outside.desk.is_touched(row.id, _CALM):
            self._outside.deeds.rearranged.add(row.id)
            staff.delete(self._outside.desk.site.desk, row.id, _ADA)
            self._world.note("agent", "deletes", row.id)

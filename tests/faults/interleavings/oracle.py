"""What must hold, seen from the desk alone: after each write of a service, and at the end."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from faults.interleavings.services import BOT
from simulators.freescout.desk import Desk
from simulators.freescout.records import Conversation, Thread

_MARKER = re.compile(r"<!-- csm:1:\w+:\w* -->")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a service could know when it read the conversation."""

    basis: int
    status: str
    has_draft: bool
    is_answered: bool


@dataclass
class Oracle:
    """Watches conversation 1. `status` and `cc` are what people, not services, made of them."""

    desk: Desk
    findings: list[str] = field(default_factory=list)
    drafts: Counter[int] = field(default_factory=Counter)
    first: dict[int, str] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    status: str = "active"
    cc: tuple[str, ...] = ()
    overlaps: int = 0

    @property
    def row(self) -> Conversation:
        """The conversation as it is."""
        return self.desk.conversations[1]

    def messages(self) -> dict[int, tuple[str, str]]:
        """State and text of everything agents and customers could lose."""
        kept = (thread for thread in self.row.threads if thread.type in ("message", "customer"))
        return {thread.id: (thread.state, thread.body) for thread in kept}

    def read(self, by: str) -> None:
        """A service was told the conversation."""
        written = [t for t in self.row.threads if t.type == "customer"]
        basis = max(written, key=_order)
        messages = [t for t in self.row.threads if t.type == "message"]
        self.seen[by] = Seen(
            basis.id,
            self.row.status,
            any(t.state == "draft" for t in messages),
            any(t.state == "published" and _order(t) > _order(basis) for t in messages),
        )

    def wrote(self, by: str, before: "Before") -> None:
        """A service's write was applied."""
        now = self.messages()
        if any(now.get(number) != kept for number, kept in before.messages.items()):
            self.findings.append("a thread was changed by a service")
        if self.row.assignee != before.assignee:
            self.findings.append("the assignee was changed by a service")
        for thread in self.row.threads:
            if thread.id not in before.messages and thread.type == "message":
                self._drafted(thread, self.seen[by])
            elif thread.id not in before.messages and thread.type == "customer":
                self.status, self.cc = "active", self.row.cc
        self._rested(by, before)

    def _rested(self, by: str, before: "Before") -> None:
        """A person's status given within the round trip is overtaken: FreeScout cannot compare."""
        is_overtaken = before.status != self.seen[by].status and before.status == self.status
        if is_overtaken and self.status != "active" and self.row.status == self.seen[by].status:
            self.overlaps += 1
            self.status = self.row.status

    def _drafted(self, draft: Thread, seen: Seen) -> None:
        self.drafts[seen.basis] += 1
        self.first[draft.id] = draft.body
        if self.drafts[seen.basis] > 1:
            self.findings.append("a second draft for one message")
        if seen.has_draft or seen.is_answered or seen.status in ("closed", "spam"):
            self.findings.append(f"a draft was made in spite of {seen}")
        if draft.state != "draft" or draft.created_by.id != BOT:
            self.findings.append("what a service wrote is no draft of the bot's")
        if sum(t.state == "draft" and t.created_by.id == BOT for t in self.row.threads) > 1:
            self.findings.append("two drafts of the bot's")

    # --- at the end

    def judge(self, recorded: dict[int, str], threads: dict[int, int]) -> None:
        """`recorded` is the outcome of each draft by its message, `threads` its thread."""
        self.findings += self._mails()
        self.findings += self._moved()
        markers = Counter(found for t in self.row.threads for found in _MARKER.findall(t.body))
        self.findings += [f"written {n} times" for n in markers.values() if n > 1]
        for basis, state in recorded.items():
            if state != (known := self._outcome(basis, threads.get(basis), state)):
                self.findings.append(f"recorded as {state}, it is {known}")

    def _mails(self) -> Iterator[str]:
        mailed = {mail.thread_id for mail in self.desk.mailroom.mails if mail.state == "sent"}
        sent = {t.id for t in self.row.threads if t.type == "message" and t.state == "published"}
        if mailed != sent:
            yield f"mailed {mailed}, people sent {sent}"
        if any(self.desk.thread(number).created_by.id == BOT for number in mailed):
            yield "the bot mailed a customer"

    def _moved(self) -> Iterator[str]:
        if self.row.status != self.status:
            yield f"the conversation is {self.row.status}, it should be {self.status}"
        notes = " ".join(t.body for t in self.row.threads if t.type == "note")
        for address in set(self.cc) - set(self.row.cc):
            if address not in notes:
                yield f"{address} was lost from cc without a note"

    def _outcome(self, basis: int, number: int | None, state: str) -> str:
        if number is None:
            return "withheld" if state == "withheld" else f"without a thread, {state}"
        thread = next((t for t in self.row.threads if t.id == number), None)
        if thread is None:
            return "discarded"
        if thread.state == "published":
            return "unchanged" if thread.body == self.first[number] else "edited"
        written = self.desk.thread(basis)
        answers = (t for t in self.row.threads if t.type == "message" and t.state == "published")
        return "superseded" if any(_order(t) > _order(written) for t in answers) else "made"


@dataclass(frozen=True, slots=True)
class Before:
    """The conversation right before a service's write."""

    messages: dict[int, tuple[str, str]]
    assignee: int | None
    status: str


def before(oracle: Oracle) -> Before:
    """Look now."""
    return Before(oracle.messages(), oracle.row.assignee, oracle.row.status)


def _order(thread: Thread) -> tuple[int, int]:
    return thread.created_at, thread.id

"""The folders of the web UI: which conversations each shows to whom."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulators.freescout.desk import Desk
from simulators.freescout.records import Conversation
from simulators.freescout.search import in_drafts

Test = Callable[[Conversation, int], bool]


def _open(row: Conversation) -> bool:
    return row.state != "deleted" and row.status in ("active", "pending")


def _with_status(status: str) -> Test:
    return lambda row, _user: row.state != "deleted" and row.status == status


FOLDERS: dict[str, Test] = {
    "all": lambda _row, _user: True,
    "unassigned": lambda row, _user: _open(row) and row.assignee is None,
    "mine": lambda row, user: _open(row) and row.assignee == user,
    "assigned": lambda row, user: _open(row) and row.assignee not in (None, user),
    "drafts": lambda row, _user: row.state != "deleted" and in_drafts(row),
    "closed": _with_status("closed"),
    "spam": _with_status("spam"),
    "deleted": lambda row, _user: row.state == "deleted",
}

PAGE = 50


@dataclass(frozen=True, slots=True)
class View:
    """What somebody asked the list to show; an unknown folder is `all`, mailbox None is every."""

    user: int
    folder: str = "all"
    words: str = ""
    tag: str = ""
    mailbox: int | None = None
    page: int = 1

    def shows(self, desk: Desk, row: Conversation) -> bool:
        """Whether the conversation is in it."""
        in_folder = FOLDERS.get(self.folder, FOLDERS["all"])(row, self.user)
        tagged = not self.tag or self.tag in row.tags
        return in_folder and tagged and self._here(row) and self._said(desk, row)

    def _here(self, row: Conversation) -> bool:
        return self.mailbox in (None, row.mailbox_id)

    def _said(self, desk: Desk, row: Conversation) -> bool:
        customer = desk.customers.get(row.customer_id)
        text = f"{row.subject} {customer.name} {customer.email} {row.number}"
        return self.words.lower() in text.lower()


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a view, newest activity first, and how many there are elsewhere."""

    rows: list[Conversation]
    total: int
    counts: dict[str, int]
    tags: list[tuple[str, int]]


def listing(desk: Desk, view: View) -> Listing:
    """Return what `view` shows."""
    here = [row for row in desk.conversations.values() if view.mailbox in (None, row.mailbox_id)]
    found = sorted((row for row in here if view.shows(desk, row)), key=_activity, reverse=True)
    start = (view.page - 1) * PAGE
    counts = {name: sum(test(row, view.user) for row in here) for name, test in FOLDERS.items()}
    return Listing(found[start : start + PAGE], len(found), counts, _tags(here))


def _tags(rows: Iterable[Conversation]) -> list[tuple[str, int]]:
    return Counter(tag for row in rows for tag in row.tags).most_common(12)


def _activity(row: Conversation) -> tuple[int, int]:
    return row.updated_at, row.id

"""GET /conversations: filters, order and offset paging."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.freescout.bodies import parse_moment
from simulators.freescout.desk import Desk
from simulators.freescout.records import Conversation

Query = Mapping[str, str]
Test = Callable[[Conversation], bool]
Filter = Callable[[Desk, str], Test]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; `number` counts from 1."""

    rows: list[Conversation]
    size: int
    number: int
    total: int

    @property
    def total_pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)


FOLDERS = {
    1: "Unassigned",
    20: "Mine",
    30: "Drafts",
    40: "Assigned",
    60: "Closed",
    70: "Deleted",
    80: "Spam",
}
_FOLDER_OF = {"closed": 60, "spam": 80}


def folder_id(row: Conversation) -> int:
    """Return the folder a conversation lies in: deleted, closed, spam, assigned or unassigned.

    Drafts is none of them: a conversation is shown there besides, see `in_drafts`.
    """
    kind = _FOLDER_OF.get(row.status, 40 if row.assignee else 1)
    return row.mailbox_id * 100 + (70 if row.state == "deleted" else kind)


def in_drafts(row: Conversation) -> bool:
    """Whether the Drafts folder shows the conversation: a draft there was put into it."""
    return any(thread.state == "draft" and thread.in_drafts for thread in row.threads)


def _customer_email(desk: Desk, wanted: str) -> Test:
    customer = desk.customers.by_address(wanted)
    return lambda row: customer is not None and row.customer_id == customer.id


def _customer_phone(desk: Desk, wanted: str) -> Test:
    return lambda row: desk.customers.get(row.customer_id).phone == wanted


def _created_by(kind: str) -> Filter:
    def prepare(_desk: Desk, wanted: str) -> Test:
        return lambda row: (row.created_by.kind, str(row.created_by.id)) == (kind, wanted)

    return prepare


def _equals(value: Callable[[Conversation], object]) -> Filter:
    return lambda _desk, wanted: lambda row: str(value(row)) == wanted


def _any_of(value: Callable[[Conversation], object]) -> Filter:
    return lambda _desk, wanted: lambda row: str(value(row)) in wanted.split(",")


def _since(value: Callable[[Conversation], int]) -> Filter:
    def prepare(_desk: Desk, wanted: str) -> Test:
        start = parse_moment(wanted)
        return lambda row: value(row) >= start

    return prepare


def _subject(_desk: Desk, wanted: str) -> Test:
    return lambda row: wanted.lower() in row.subject.lower()


_FILTERS: dict[str, Filter] = {
    "mailboxId": _any_of(lambda row: row.mailbox_id),
    "folderId": _equals(folder_id),
    "status": _any_of(lambda row: row.status),
    "state": _any_of(lambda row: row.state),
    "type": _equals(lambda row: row.type),
    "assignedTo": _equals(lambda row: row.assignee or 0),
    "customerEmail": _customer_email,
    "customerPhone": _customer_phone,
    "customerId": _equals(lambda row: row.customer_id),
    "number": _equals(lambda row: row.number),
    "subject": _subject,
    "tag": lambda _desk, wanted: lambda row: wanted in row.tags,
    "createdByUserId": _created_by("user"),
    "createdByCustomerId": _created_by("customer"),
    "createdSince": _since(lambda row: row.created_at),
    "updatedSince": _since(lambda row: row.updated_at),
}

_SORT_KEYS: dict[str, Callable[[Conversation], tuple[int | str, int]]] = {
    "createdAt": lambda row: (row.created_at, row.id),
    "updatedAt": lambda row: (row.updated_at, row.id),
    "mailboxId": lambda row: (row.mailbox_id, row.id),
    "number": lambda row: (row.number, row.id),
    "subject": lambda row: (row.subject.lower(), row.id),
    "waitingSince": lambda row: (row.waiting_since or 0, row.id),
}


def _whole(text: str | None, otherwise: int) -> int:
    return max(1, int(text)) if text and text.isdecimal() else otherwise


def find_conversations(desk: Desk, query: Query) -> Page:
    """Return the asked-for page; unknown keys are ignored, a page past the end is empty."""
    tests = [
        _FILTERS[key](desk, wanted) for key, wanted in query.items() if key in _FILTERS and wanted
    ]
    rows = [row for row in desk.conversations.values() if all(test(row) for test in tests)]
    order = _SORT_KEYS.get(query.get("sortField", ""), _SORT_KEYS["createdAt"])
    rows.sort(key=order, reverse=query.get("sortOrder", "desc").lower() != "asc")
    size = min(_whole(query.get("pageSize"), 50), desk.switches.max_page_size)
    number = _whole(query.get("page"), 1)
    start = (number - 1) * size
    return Page(rows[start : start + size], size, number, len(rows))

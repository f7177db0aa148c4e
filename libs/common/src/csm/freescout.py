"""The FreeScout client: few calls, one request per call, and an error that says what to do next.

Nothing here can mail a customer: calls outside the allow-list, published messages and status
changes other than the two named ones are refused before any connection.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, Self, TypedDict, Unpack

import httpx

from csm.freescout_answer import (
    foreign_answer,
    made_by,
    object_in,
    only_thread,
    parsed,
    require_threads,
)
from csm.freescout_body import (
    NO_SUBJECT,
    CustomerThread,
    Draft,
    Json,
    NewConversation,
    Note,
    OutgoingAttachment,
    Status,
    ThreadBody,
    encode,
    is_bare_address,
    iso_time,
)
from csm.freescout_call import Caller, Wire
from csm.freescout_errors import (
    FreeScoutCallForbiddenError,
    FreeScoutError,
    FreeScoutGoneError,
    FreeScoutMisconfiguredError,
    FreeScoutNotAskedError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.freescout_model import (
    AttachmentRef,
    Conversation,
    Created,
    CustomField,
    Mailbox,
    Page,
    Thread,
    User,
)
from csm.timing import Timing

__all__ = [
    "NO_SUBJECT",
    "SELF_TEST_PREFIX",
    "AttachmentRef",
    "Conversation",
    "ConversationFilters",
    "Created",
    "CustomField",
    "CustomerThread",
    "Draft",
    "FreeScout",
    "FreeScoutCallForbiddenError",
    "FreeScoutError",
    "FreeScoutGoneError",
    "FreeScoutMisconfiguredError",
    "FreeScoutNotAskedError",
    "FreeScoutRejectedError",
    "FreeScoutUnavailableError",
    "Mailbox",
    "NewConversation",
    "Note",
    "OutgoingAttachment",
    "Page",
    "Status",
    "Thread",
    "ThreadBody",
    "User",
    "encode",
    "is_bare_address",
    "iso_time",
]

SELF_TEST_PREFIX = "[csm self-test]"
SortField = Literal["createdAt", "mailboxId", "number", "subject", "updatedAt", "waitingSince"]


class ConversationFilters(TypedDict, total=False):
    """What `FreeScout.conversations` may ask for; None means no filter.

    Imported conversations carry old creation times: look for them by `updated_since`.
    """

    mailbox_id: int | None
    customer_email: str | None
    updated_since: datetime | None
    created_since: datetime | None
    subject: str | None
    status: Status | None
    sort_field: SortField
    sort_order: Literal["asc", "desc"]
    embed_threads: bool
    embed_tags: bool
    page_size: int
    max_pages: int | None


@dataclass(slots=True)
class _Reading:
    """Where we are in a list whose rows move while we read.

    Pages are offsets. In a descending list a row that changes jumps to the head, behind our
    back, so the head is read again until it brings nothing new.
    """

    moves_to_head: bool
    number: int = 1
    pages: int = 0
    is_again: bool = False
    had_news: bool = False

    def goes_on(self, *, is_last: bool, is_news: bool) -> bool:
        """Whether there is another page to read, `number`, after one that was just read."""
        self.pages += 1
        self.had_news |= is_news
        if not is_last and (is_news or not self.is_again):
            self.number += 1
            return True
        needs_again = self.moves_to_head and self.had_news and self.pages > 1
        self.number, self.is_again, self.had_news = 1, True, False
        return needs_again


class FreeScout:
    """The API & Webhooks module of one FreeScout installation. Close it, or use `async with`.

    Every call raises FreeScoutUnavailableError when it should be tried later and
    FreeScoutRejectedError when the same call can never work; nothing is retried in here.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        timing: Timing,
        *,
        in_flight: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`base_url` with or without `/api`; at most `in_flight` requests run at a time."""
        self._caller = Caller(base_url, api_key, timing, in_flight=in_flight, transport=transport)

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._caller.aclose()

    @property
    def server_time(self) -> datetime | None:
        """FreeScout's clock (aware, whole seconds) at the last answer that named it."""
        return self._caller.server_time

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the `in_flight` places; calls made inside use it, one at a time.

        The write protocol takes it before it commits an intent, so that waiting for a place
        does not use up the time in which the request must start.
        """
        async with self._caller.slot():
            yield

    async def create_conversation(
        self, conversation: NewConversation, *, send_until: float | None = None, key: str = ""
    ) -> Created:
        """Create a conversation with its customer thread.

        `send_until` (the event loop's seconds) refuses a late start; `key` names the effect for
        crash points. FreeScout stores the conversation before its thread: an error may leave a
        husk.
        """
        resource_id, answer = await self._post("/conversations", conversation, send_until, key)
        if conversation.subject.startswith(SELF_TEST_PREFIX):
            self._caller.self_tests.add(resource_id)
        return Created(resource_id, only_thread(answer))

    async def append_thread(
        self,
        conversation_id: int,
        thread: ThreadBody,
        *,
        send_until: float | None = None,
        key: str = "",
    ) -> int:
        """Append a customer thread, note or draft; the id of the new thread.

        A customer thread revives closed, spam and deleted conversations, merged shells too.
        FreeScoutGoneError if the conversation was deleted for good.
        """
        path = f"/conversations/{conversation_id}/threads"
        async with self._really_gone():
            thread_id, _ = await self._post(path, thread, send_until, key)
        return thread_id

    async def append_draft(
        self, conversation_id: int, draft: Draft, *, send_until: float | None = None, key: str = ""
    ) -> tuple[int, str]:
        """As `append_thread`; also the state that FreeScout gave it, empty when it does not say."""
        path = f"/conversations/{conversation_id}/threads"
        async with self._really_gone():
            thread_id, answer = await self._post(path, draft, send_until, key)
        return thread_id, str(answer.get("state") or "")

    async def conversation(self, conversation_id: int) -> Conversation:
        """One conversation with its threads and tags; FreeScoutGoneError if it is not there."""
        path = f"/conversations/{conversation_id}"
        async with self._really_gone():
            answer = await self.request("GET", path, params={"embed": "threads,tags"})
        return _conversation(answer, f"GET {path}", threads=True)

    async def conversations(
        self, **filters: Unpack[ConversationFilters]
    ) -> AsyncIterator[Conversation]:
        """All matching conversations, each once; newest change first unless asked otherwise.

        `page_size` 50; `max_pages` bounds the requests, None (the default) reads to the end.
        """
        query = _query(filters)
        budget = filters.get("max_pages")
        embedded = filters.get("embed_threads", False)
        reading = _Reading(moves_to_head=query["sortOrder"] == "desc")
        seen: set[int] = set()
        while budget is None or reading.pages < budget:
            rows, is_last = await self._page("conversations", query, reading.number)
            found = [_conversation(row, "GET /conversations", threads=embedded) for row in rows]
            fresh = {row.id: row for row in found if row.id not in seen}
            seen.update(fresh)
            for conversation in fresh.values():
                yield conversation
            if not reading.goes_on(is_last=is_last, is_news=bool(fresh)):
                return

    async def mailboxes(self) -> tuple[Mailbox, ...]:
        """All mailboxes the API key may see."""
        rows = await self._all("mailboxes")
        return tuple(parsed(Mailbox, row, "GET /mailboxes") for row in rows)

    async def users(self) -> tuple[User, ...]:
        """All users of the help desk."""
        return tuple(parsed(User, row, "GET /users") for row in await self._all("users"))

    async def tags_present(self) -> bool:
        """Whether the Tags module is installed."""
        return await self._is_there("/tags")

    async def custom_fields_present(self, mailbox_id: int) -> bool:
        """Whether the Custom Fields module is installed."""
        return await self._is_there(f"/mailboxes/{mailbox_id}/custom_fields")

    async def set_tags(self, conversation_id: int, tags: Iterable[str]) -> None:
        """Replace the whole set of tags; FreeScout checks no version, the last write wins."""
        await self._put(f"/conversations/{conversation_id}/tags", {"tags": sorted(set(tags))})

    async def set_custom_fields(self, conversation_id: int, values: Mapping[int, str]) -> None:
        """Set the given custom fields (by id); others keep their values."""
        fields = [{"id": field_id, "value": value} for field_id, value in values.items()]
        path = f"/conversations/{conversation_id}/custom_fields"
        await self._put(path, {"customFields": fields})

    async def assign(self, conversation_id: int, user_id: int, by_user: int) -> None:
        """Give a conversation to an agent; the caller has seen that nobody has it."""
        body: Json = {"byUser": by_user, "assignTo": user_id}
        await self._put(f"/conversations/{conversation_id}", body)

    async def repair_active(self, conversation_id: int, by_user: int) -> None:
        """Make a conversation active again that our own note or draft put to rest."""
        body: Json = {"byUser": by_user, "status": "active"}
        await self._put(f"/conversations/{conversation_id}", body)

    async def close_self_test(self, conversation_id: int, by_user: int) -> None:
        """Close a self-test conversation that this client made; any other id is forbidden."""
        body: Json = {"byUser": by_user, "status": "closed"}
        await self._put(f"/conversations/{conversation_id}", body)

    async def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None
    ) -> Json:
        """Any allowed call without a body, by its path below `/api`; the object it answers."""
        response = await self._caller.call(method, path, params=params)
        return object_in(response, f"{method} {path}")

    async def _post(
        self, path: str, body: NewConversation | ThreadBody, send_until: float | None, key: str
    ) -> tuple[int, Json]:
        """The id of what was made, and the answer."""
        wire = Wire(send_until=send_until, key=key, at_crash_point=True)
        response = await self._caller.call("POST", path, body=body.to_json(), wire=wire)
        return made_by(response, f"POST {path}")

    async def _put(self, path: str, body: Json) -> None:
        async with self._really_gone():
            await self._caller.call("PUT", path, body=body)

    async def _page(
        self, name: str, query: Mapping[str, str], number: int
    ) -> tuple[list[Json], bool]:
        """The objects of one page, and whether it is the last."""
        where = f"GET /{name}"
        answer = await self.request("GET", f"/{name}", params={**query, "page": str(number)})
        rows = (answer.get("_embedded") or {}).get(name)
        if not isinstance(rows, list):
            raise foreign_answer(where, f"it lists no {name}")
        if answer.get("page") is None and len(rows) >= int(query["pageSize"]):
            # Taking this for the last page would make a marker look absent.
            raise foreign_answer(where, "it has no paging")
        page = parsed(Page, answer.get("page") or {}, where)
        return rows, not rows or number >= page.total_pages

    async def _all(self, name: str) -> list[Json]:
        """All objects of a list that hardly ever changes."""
        rows: list[Json] = []
        number, is_last = 0, False
        while not is_last:
            number += 1
            page, is_last = await self._page(name, {"pageSize": "50"}, number)
            rows += page
        return rows

    async def _is_there(self, path: str) -> bool:
        """Whether a module answers: without it FreeScout says 400, an older API 404."""
        try:
            await self.request("GET", path)
        except FreeScoutRejectedError:
            return False
        except FreeScoutMisconfiguredError as error:
            if error.status != 404:
                raise
            await self._confirm_api()
            return False
        return True

    @asynccontextmanager
    async def _really_gone(self) -> AsyncIterator[None]:
        """A 404 of a conversation counts only if the API answers elsewhere."""
        try:
            yield
        except FreeScoutGoneError:
            await self._confirm_api()
            raise

    async def _confirm_api(self) -> None:
        """Raise unless the API itself answers: with a wrong base path every id is a 404.

        Believing such a 404 would mean to create every known conversation again.
        """
        await self.request("GET", "/mailboxes", params={"pageSize": "1"})


def _conversation(answer: Json, where: str, *, threads: bool) -> Conversation:
    """One conversation; with `threads` an answer without them is refused."""
    return parsed(Conversation, require_threads(answer, where) if threads else answer, where)


def _query(filters: ConversationFilters) -> dict[str, str]:
    """Query parameters of GET /conversations; times in FreeScout's format."""
    given: dict[str, object] = {
        "mailboxId": filters.get("mailbox_id"),
        "customerEmail": filters.get("customer_email"),
        "updatedSince": filters.get("updated_since"),
        "createdSince": filters.get("created_since"),
        "subject": filters.get("subject"),
        "sortField": filters.get("sort_field", "updatedAt"),
        "sortOrder": filters.get("sort_order", "desc"),
        "status": filters.get("status"),
        "embed": ",".join(n for n in ("threads", "tags") if filters.get(f"embed_{n}")) or None,
        "pageSize": filters.get("page_size", 50),
    }
    found = {key: value for key, value in given.items() if value is not None}
    return {k: iso_time(v) if isinstance(v, datetime) else str(v) for k, v in found.items()}

"""The Gmail client: reads a mailbox, and can do nothing else but label where that is wanted.

Google's blocking client runs in a few threads of its own, one connection each; every call first
takes its quota units. Nothing is retried here: the errors say whether and when to try again.
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from gmail_ingest.gmail_auth import GmailAccount, KeptToken, source_of
from gmail_ingest.gmail_errors import (
    TRANSPORT_ERRORS,
    Asked,
    GmailCallForbiddenError,
    GmailCredentialsError,
    GmailError,
    GmailGoneError,
    GmailHistoryExpiredError,
    GmailRejectedError,
    GmailScopeError,
    GmailUnavailableError,
    Json,
    error_of,
    unreadable,
)
from gmail_ingest.gmail_http import ThreadHttps, gmail_service
from gmail_ingest.quota import TokenBucket

__all__ = [
    "GmailAccount",
    "GmailCallForbiddenError",
    "GmailClient",
    "GmailCredentialsError",
    "GmailError",
    "GmailGoneError",
    "GmailHistoryExpiredError",
    "GmailRejectedError",
    "GmailScopeError",
    "GmailUnavailableError",
    "HistoryPage",
    "MessageRef",
    "Prices",
    "Profile",
    "RawMessage",
    "TokenBucket",
]

_PAGE = 500  # the most Gmail gives
# A search ends at these; and Google's client turns a URL beyond 2,048 characters into a POST.
_UNASKABLE = re.compile(r"[\s\"(){}]|[^\x21-\x7e]|^.{400}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prices:
    """Quota units per call, as of May 2026; a project older than that pays 5 for a get."""

    get: int = 20
    list: int = 5
    history: int = 2
    profile: int = 1
    labels: int = 1
    create_label: int = 5
    modify: int = 5


@dataclass(frozen=True, slots=True)
class Profile:
    """The account behind the token, and the mailbox's newest history id."""

    email: str
    history_id: int


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message as lists and history name it."""

    id: str
    thread_id: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Messages that came, or came into the inbox. `history_id` counts on the last page only."""

    added: tuple[MessageRef, ...]
    inbox_label_added: tuple[MessageRef, ...]
    next_page: bool
    history_id: int


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message's exact bytes, with what Gmail knows of it; `size` in bytes."""

    id: str
    thread_id: str
    internal_date_ms: int
    labels: frozenset[str]
    raw: bytes
    size: int


class GmailClient:
    """One mailbox, read only but for a configured label.

    Every method raises the errors of `gmail_errors`.
    """

    def __init__(
        self,
        account: GmailAccount,
        quota: TokenBucket,
        threads: int = 2,
        *,
        prices: Prices | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Read the token file; nothing is sent. `timeout` in seconds.

        At most `threads` mails are in memory at once. Raises GmailCredentialsError,
        GmailScopeError.
        """
        api_root = account.api_root.rstrip("/") if account.api_root else None
        may_label = account.label is not None
        self._account = account
        self._token = KeptToken(source_of(account), may_label=may_label)
        self._https = ThreadHttps(self._token, api_root, timeout, may_label=may_label)
        self._users = gmail_service(api_root).users()
        # Google's client makes every method of a resource anew each time it is asked for one.
        self._messages = self._users.messages()
        self._quota = quota
        self._prices = prices or Prices()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"gmail-{account.slug}")
        self._paused_until = 0.0

    @property
    def granted_scopes(self) -> frozenset[str]:
        """The token's scopes; gmail.readonly is enough."""
        return self._token.scopes

    async def profile(self) -> Profile:
        """Address and newest history id."""
        request = self._users.getProfile(userId="me")
        return await self._ask("profile", request, _profile, self._prices.profile, reserve=True)

    async def history(self, start: int) -> AsyncIterator[HistoryPage]:
        """What came after history id `start`, page by page; read all pages before moving on.

        A page may be empty and still have a next one. Raises GmailHistoryExpiredError.
        """
        options = {"historyTypes": ["messageAdded", "labelAdded"], "maxResults": _PAGE}
        ask = partial(self._users.history().list, userId="me", startHistoryId=str(start), **options)
        async for page in self._pages("history", ask, _history_page, self._prices.history):
            yield page

    async def messages(self, query: str) -> AsyncIterator[list[MessageRef]]:
        """All messages that a Gmail search finds, without spam and trash, page by page."""
        ask = partial(self._messages.list, userId="me", q=query, maxResults=_PAGE)
        async for page in self._pages("messages", ask, _found, self._prices.list):
            yield page

    async def raw(self, message_id: str) -> RawMessage:
        """A message as received. Raises GmailGoneError."""
        request = self._messages.get(userId="me", id=message_id, format="raw")
        message = await self._ask("raw", request, _raw_message, self._prices.get)
        if message.id != message_id:
            raise GmailUnavailableError(f"answered another message than {message_id}")
        return message

    async def matches(self, message_id: str, query: str, rfc_message_id: str) -> bool:
        """Whether the search `query` finds this message, which has this Message-ID header.

        A Message-ID that a search cannot express (blank, quote, bracket, 400 characters) counts
        as found: better a mail too many than one lost.
        """
        wanted = rfc_message_id.strip().strip("<>")
        if not wanted or _UNASKABLE.search(wanted):
            return True
        async for page in self.messages(f"{query} rfc822msgid:{wanted}"):
            if any(found.id == message_id for found in page):
                return True
        return False

    async def ensure_label(self, name: str) -> str:
        """The id of the label with this name, made when there is none. Needs `account.label`."""
        request = self._users.labels().list(userId="me")
        known = await self._ask("labels", request, _label_ids, self._prices.labels)
        if name.casefold() in known:
            return known[name.casefold()]
        request = self._users.labels().create(userId="me", body={"name": name})
        return await self._ask("new label", request, _label_id, self._prices.create_label)

    async def add_label(self, message_id: str, label_id: str) -> None:
        """Put the label on a message; on one that has it nothing changes."""
        body = {"addLabelIds": [label_id]}
        request = self._messages.modify(userId="me", id=message_id, body=body)
        await self._ask("label", request, _nothing, self._prices.modify)

    async def close(self) -> None:
        """Wait for calls under way, then close the connections."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        self._https.close()

    async def _pages(
        self, call: str, ask: Callable[..., Any], read: Callable[[Json], T], units: int
    ) -> AsyncIterator[T]:
        def page_and_token(answer: Json) -> tuple[T, str | None]:
            return read(answer), answer.get("nextPageToken")

        # Google's own `list_next` raises ValueError when a parameter (historyTypes) is repeated.
        token: str | None = None
        while True:
            request = ask(pageToken=token)
            page, token = await self._ask(call, request, page_and_token, units, reserve=True)
            yield page
            if not token:
                return

    async def _ask(
        self,
        call: str,
        request: Any,  # noqa: ANN401  # Google's client ships no types
        read: Callable[[Json], T],
        units: int,
        *,
        reserve: bool = False,
    ) -> T:
        self._refuse_while_paused()
        await self._quota.take(units, reserve=reserve)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._answer, call, request, read)
        except GmailUnavailableError as error:
            self._pause(error.retry_after)
            raise

    def _answer(self, call: str, request: Any, read: Callable[[Json], T]) -> T:  # noqa: ANN401
        asked = Asked(call, self._account.slug, self._account.asked.key)
        try:
            answer = request.execute(http=self._https.mine(), num_retries=0)
        except TRANSPORT_ERRORS as error:
            if isinstance(error, GmailError):
                raise
            raise error_of(error, asked) from error
        try:
            return read(answer)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise unreadable(asked, error) from error

    def _refuse_while_paused(self) -> None:
        wait = self._paused_until - asyncio.get_running_loop().time()
        if wait > 0:
            raise GmailUnavailableError("Gmail asked to wait", wait)

    def _pause(self, seconds: float | None) -> None:
        # All callers of the mailbox wait together: calls during the wait would lengthen it.
        if seconds is not None:
            now = asyncio.get_running_loop().time()
            self._paused_until = max(self._paused_until, now + seconds)


def _profile(answer: Json) -> Profile:
    return Profile(answer["emailAddress"], int(answer["historyId"]))


def _history_page(answer: Json) -> HistoryPage:
    records = answer.get("history", [])
    added = [change["message"] for r in records for change in r.get("messagesAdded", [])]
    labelled = [change for r in records for change in r.get("labelsAdded", [])]
    to_inbox = [change["message"] for change in labelled if "INBOX" in change.get("labelIds", [])]
    return HistoryPage(
        added=_references(added),
        inbox_label_added=_references(to_inbox),
        next_page=bool(answer.get("nextPageToken")),
        history_id=int(answer["historyId"]),
    )


def _found(answer: Json) -> list[MessageRef]:
    return list(_references(answer.get("messages", [])))


def _references(messages: Iterable[Json]) -> tuple[MessageRef, ...]:
    found = (MessageRef(message["id"], message.get("threadId", "")) for message in messages)
    return tuple(dict.fromkeys(found))


def _label_ids(answer: Json) -> dict[str, str]:
    # Gmail refuses a second label whose name differs in case only.
    return {str(one["name"]).casefold(): str(one["id"]) for one in answer.get("labels", [])}


def _label_id(answer: Json) -> str:
    return str(answer["id"])


def _nothing(_answer: Json) -> None:
    return None


def _raw_message(answer: Json) -> RawMessage:
    encoded: str = answer["raw"]
    raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return RawMessage(
        id=answer["id"],
        thread_id=answer["threadId"],
        internal_date_ms=int(answer["internalDate"]),
        labels=frozenset(answer.get("labelIds", [])),
        raw=raw,
        size=len(raw),
    )

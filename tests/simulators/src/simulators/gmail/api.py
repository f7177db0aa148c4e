"""Gmail's REST API over the mailboxes of a `World`."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.gmail import answers, query
from simulators.gmail.answers import Json
from simulators.gmail.broken import faulty
from simulators.gmail.counting import counted
from simulators.gmail.faults import Fault
from simulators.gmail.mailbox import (
    HistoryExpiredError,
    HistoryRecord,
    Mailbox,
    Message,
    MessageGoneError,
)
from simulators.gmail.world import World

_USER = "/gmail/v1/users/{user}"


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call: its mailbox, the request, its JSON body and the fault it suffers."""

    box: Mailbox
    request: Request
    body: Json
    fault: Fault | None

    def one(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return self.request.query_params.get(name, default)

    def many(self, name: str) -> list[str]:
        """A repeated query parameter."""
        return self.request.query_params.getlist(name)

    def limit(self, largest: int) -> int:
        """`maxResults`, default 100."""
        asked = self.one("maxResults", "100")
        if not asked.isdigit():
            raise answers.bad_request("Invalid value for maxResults")
        return max(1, min(int(asked), largest))

    def suffers(self, kind: str) -> bool:
        """Whether this call has the fault of that kind."""
        return self.fault is not None and self.fault.kind == kind


Handler = Callable[[Call], Json]


class GmailApi:
    """The routes under /gmail/v1/users/; anything that could write mail is refused."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The routes; the last one catches what Gmail has and a reader must not call."""
        return [
            self._route("GET", "/profile", "getProfile", lambda call: answers.profile(call.box)),
            self._route("GET", "/messages", "messages.list", self._list),
            self._route("GET", "/messages/{id}", "messages.get", self._get),
            self._route(
                "GET",
                "/messages/{id}/attachments/{part}",
                "messages.attachments.get",
                self._attachment,
            ),
            self._route("GET", "/history", "history.list", self._history),
            self._route("GET", "/labels", "labels.list", lambda call: answers.labels(call.box)),
            self._route("POST", "/labels", "labels.create", self._create_label),
            self._route("POST", "/messages/{id}/modify", "messages.modify", self._modify),
            self._route("POST", "/threads/{id}/modify", "threads.modify", self._modify_thread),
            *[Route(path, self._refuse, methods=_ANY) for path in _EVERYTHING_ELSE],
        ]

    def _route(self, method: str, path: str, name: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            return await counted(
                self._world.seen, name, lambda: self._answer(name, handler, request)
            )

        return Route(_USER + path, endpoint, methods=[method], name=name)

    async def _answer(self, name: str, handler: Handler, request: Request) -> Response:
        world = self._world
        if world.faults.down:
            raise answers.unavailable()
        box = self._authorised(request)
        now = world.now()
        quota = world.quota(box.address)
        if not quota.charge(name, now):
            raise answers.rate_limited(now, quota.free_in(now), iso_text=True)
        fault = world.faults.draw(name)
        if fault is not None and (response := faulty(fault, now)) is not None:
            return response
        body = await _json(request)
        return JSONResponse(handler(Call(box, request, body, fault)))

    def _authorised(self, request: Request) -> Mailbox:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        address = self._world.tokens.mailbox_of(token) if scheme == "Bearer" else None
        if address is None:
            raise answers.unauthorized()
        if request.path_params["user"] not in {"me", address}:
            raise answers.forbidden("forbidden", f"Delegation denied for {address}", "global")
        return self._world.mailbox(address)

    def _list(self, call: Call) -> Json:
        try:
            asked = query.parse(call.one("q"), self._world.now(), call.box.user_labels)
        except query.QueryError as error:
            raise answers.bad_request(str(error)) from None
        spam_trash = call.one("includeSpamTrash").lower() == "true"
        wanted = set(call.many("labelIds"))
        found = call.box.search(asked, spam_trash=spam_trash)
        found = [m for m in found if wanted <= m.labels]
        before = _position(call.one("pageToken"))
        rest = [m for m in found if before is None or m.internal_date_s < before]
        page = rest[: call.limit(self._world.settings.max_page)]
        answer: Json = {"resultSizeEstimate": len(found)}
        if page:
            answer["messages"] = [answers.reference(m) for m in page]
        if len(rest) > len(page):
            answer["nextPageToken"] = _page_token(page[-1].internal_date_s)
        return answer

    def _get(self, call: Call) -> Json:
        message = _message(call)
        form = call.one("format", "full").lower()
        if form not in {"raw", "full", "metadata", "minimal"}:
            raise answers.bad_request(f"Invalid value for format: {form}")
        if form == "raw":
            self._world.seen.raw_gets[f"{call.box.address}/{message.id}"] += 1
        if call.suffers("wrong_id"):
            message = call.box.another_than(message)
        return answers.message(message, form, call.many("metadataHeaders"))

    def _attachment(self, call: Call) -> Json:
        number = call.request.path_params["part"].removeprefix("part-")
        if not number.isdigit():
            raise answers.not_found()
        return answers.attachment(_message(call), int(number))

    def _history(self, call: Call) -> Json:
        records = [r for r in self._records(call) if _wanted(r, call)]
        answer: Json = {"historyId": str(call.box.history_id)}
        if self._empty(call):
            # Seen in the field: a page with a token and no `history` key; reading must go on.
            start = _position(call.one("pageToken")) or int(call.one("startHistoryId"))
            return {**answer, "nextPageToken": _page_token(start)}
        page = records[: call.limit(self._world.settings.max_page)]
        if page:
            answer["history"] = [answers.history_record(record) for record in page]
        if len(records) > len(page):
            answer["nextPageToken"] = _page_token(page[-1].id)
        return answer

    def _records(self, call: Call) -> list[HistoryRecord]:
        start = call.one("startHistoryId")
        if not start.isdigit():
            raise answers.bad_request("Invalid value at 'start_history_id' (TYPE_UINT64)")
        position = _position(call.one("pageToken"))
        try:
            return call.box.history_since(int(start) if position is None else position)
        except HistoryExpiredError:
            raise answers.not_found() from None

    def _empty(self, call: Call) -> bool:
        seen, every = self._world.seen, self._world.settings.empty_page_every
        seen.history_pages += 1
        return call.suffers("empty_page") or (every > 0 and seen.history_pages % every == 0)

    def _create_label(self, call: Call) -> Json:
        name = call.body.get("name")
        if not isinstance(name, str) or not name:
            raise answers.bad_request("Invalid label name")
        return {"id": call.box.create_label(name), "name": name, "type": "user"}

    def _modify(self, call: Call) -> Json:
        message = _message(call)
        call.box.relabel(message.id, *_label_change(call))
        return answers.message(message, "minimal")

    def _modify_thread(self, call: Call) -> Json:
        thread_id = call.request.path_params["id"]
        found = call.box.thread(thread_id)
        if not found:
            raise answers.not_found()
        for message in found:
            call.box.relabel(message.id, *_label_change(call))
        return {"id": thread_id, "messages": [answers.message(m, "minimal") for m in found]}

    async def _refuse(self, request: Request) -> Response:
        return await counted(self._world.seen, "refused", lambda: self._refusal(request))

    async def _refusal(self, request: Request) -> Response:
        path = request.url.path
        if request.method in {"GET", "HEAD"} and "/drafts" not in path:
            raise answers.not_found()
        self._world.seen.violations.append(f"{request.method} {path}")
        raise answers.forbidden("forbidden", f"a reader must not call {path}", "global")


_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_EVERYTHING_ELSE = (
    "/gmail/{rest:path}",
    "/upload/{rest:path}",
    "/resumable/{rest:path}",
    "/batch",
    "/batch/{rest:path}",
)


def _message(call: Call) -> Message:
    try:
        return call.box.get(call.request.path_params["id"])
    except MessageGoneError:
        raise answers.not_found() from None


def _wanted(record: HistoryRecord, call: Call) -> bool:
    types, label = call.many("historyTypes"), call.one("labelId")
    if types and record.change.value not in types:
        return False
    return not label or label in record.message_labels


def _label_change(call: Call) -> tuple[list[str], list[str]]:
    return call.body.get("addLabelIds", []), call.body.get("removeLabelIds", [])


async def _json(request: Request) -> Json:
    if request.method != "POST":
        return {}
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise answers.bad_request("Invalid JSON payload received.") from None
    if not isinstance(body, dict):
        raise answers.bad_request("Invalid JSON payload received.")
    return body


def _page_token(position: int) -> str:
    return base64.urlsafe_b64encode(f"page:{position}".encode()).decode()


def _position(token: str) -> int | None:
    if not token:
        return None
    try:
        return int(base64.urlsafe_b64decode(token).removeprefix(b"page:"))
    except (ValueError, binascii.Error):
        raise answers.bad_request("Invalid pageToken") from None

"""The web pages: list of conversations, one conversation, attachments. They need no scripts."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import nh3
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.freescout import staff
from simulators.freescout.answers import html_page
from simulators.freescout.installation import Installation
from simulators.freescout.records import (
    Attachment,
    Conversation,
    ConversationChange,
    RefusedError,
    Thread,
)
from simulators.freescout.state import MARKER
from simulators.freescout.wire import moment

_TABS = ("all", "active", "pending", "closed", "spam", "deleted")
_TEMPLATES = ("conversations.html", "conversation.html")
# Nothing is loaded from outside and nothing in a mail can run.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
}
_TAGS = nh3.ALLOWED_TAGS - {"img"}
_AGENT = 2

Endpoint = Callable[[Request], Awaitable[Response]]
Deed = Callable[[int, FormData], object]


class Pages:
    """Server-rendered pages over one installation."""

    def __init__(self, site: Installation) -> None:
        self._site = site
        templates = Environment(
            loader=PackageLoader("simulators.freescout"),
            autoescape=select_autoescape(),
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters |= {"moment": moment, "ago": self._ago, "size": readable_size}
        templates.filters |= {"shown": shown, "markers": markers, "download": download}
        self._templates = {name: templates.get_template(name) for name in _TEMPLATES}

    def routes(self) -> list[Route]:
        """The pages, their forms and the download of attachments."""
        deeds: dict[str, Deed] = {
            "reply": self._reply,
            "note": self._note,
            "status": self._change_status,
        }
        return [
            Route("/", self.conversations),
            Route("/conversation/{id:int}", self.conversation),
            *(
                Route(f"/conversation/{{id:int}}/{name}", _form(deed), methods=["POST"])
                for name, deed in deeds.items()
            ),
            Route("/storage/attachment/{id:int}/{name}", self.attachment),
        ]

    async def conversations(self, request: Request) -> Response:
        """The list, newest activity first, narrowed by `?show=` and `?q=`."""
        show = request.query_params.get("show", "all")
        wanted = request.query_params.get("q", "").strip().lower()
        rows = sorted(self._site.desk.conversations.values(), key=_activity, reverse=True)
        shown_rows = [row for row in rows if _on_tab(row, show) and self._found(row, wanted)]
        counts = {tab: sum(_on_tab(row, tab) for row in rows) for tab in _TABS}
        return self._page("conversations.html", rows=shown_rows, show=show, counts=counts, q=wanted)

    async def conversation(self, request: Request) -> Response:
        """One conversation with all its threads, newest first as FreeScout shows them."""
        row = self._site.desk.conversations.get(int(request.path_params["id"]))
        if row is None:
            return html_page(404)
        threads = sorted(row.threads, key=lambda thread: (thread.created_at, thread.id))
        drafts = [thread for thread in threads if thread.state == "draft"]
        rest = [thread for thread in reversed(threads) if thread.state != "draft"]
        return self._page("conversation.html", row=row, threads=[*drafts, *rest])

    async def attachment(self, request: Request) -> Response:
        """A stored file for whoever has its token."""
        file = self._site.desk.attachment(int(request.path_params["id"]))
        if file is None or request.query_params.get("token") != file.token:
            return html_page(404)
        disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
        headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
        return Response(file.content, media_type=file.mime_type, headers=headers)

    def _page(self, template: str, **values: object) -> Response:
        desk = self._site.desk
        html = self._templates[template].render(desk=desk, author=self._author, **values)
        return HTMLResponse(html, headers=_HEADERS)

    def _author(self, thread: Thread) -> str:
        by = thread.created_by
        desk = self._site.desk
        return desk.user(by.id).name if by.kind == "user" else desk.customers.get(by.id).name

    def _found(self, row: Conversation, wanted: str) -> bool:
        customer = self._site.desk.customers.get(row.customer_id)
        return wanted in f"{row.subject} {customer.name} {customer.email}".lower()

    def _ago(self, seconds: int) -> str:
        return readable_age(self._site.desk.now() - seconds)

    def _reply(self, conversation_id: int, form: FormData) -> object:
        return staff.reply(self._site.desk, conversation_id, _typed(form), _AGENT)

    def _note(self, conversation_id: int, form: FormData) -> object:
        return staff.note(self._site.desk, conversation_id, _typed(form), _AGENT)

    def _change_status(self, conversation_id: int, form: FormData) -> None:
        change = ConversationChange(by_user=_AGENT, status=str(form.get("status")))
        self._site.desk.update_conversation(conversation_id, change)


def _form(deed: Deed) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        conversation_id = int(request.path_params["id"])
        try:
            deed(conversation_id, await request.form())
        except RefusedError as refused:
            return HTMLResponse(refused.message, refused.status)
        return RedirectResponse(f"/conversation/{conversation_id}", 303)

    return endpoint


def _typed(form: FormData) -> str:
    text = str(form.get("text") or "").strip()
    return str(Markup("<br>").join(text.splitlines()))


def _activity(row: Conversation) -> tuple[int, int]:
    return row.updated_at, row.id


def _on_tab(row: Conversation, tab: str) -> bool:
    if tab == "all":
        return True
    return row.state == "deleted" if tab == "deleted" else _alive_with(row, tab)


def _alive_with(row: Conversation, status: str) -> bool:
    return row.state != "deleted" and row.status == status


def shown(body: str) -> Markup:
    """Return a thread's HTML cleaned of everything that runs, loads or hides."""
    return Markup(nh3.clean(body, tags=_TAGS))  # noqa: S704 - just cleaned


def markers(thread: Thread) -> list[str]:
    """Return the markers hidden in the thread's text."""
    return MARKER.findall(thread.body)


def download(file: Attachment) -> str:
    """Return the path that fetches a file."""
    return f"/storage/attachment/{file.id}/{quote(file.name)}?id={file.id}&token={file.token}"


def readable_age(seconds: int) -> str:
    """Return a length of time as people say it."""
    if seconds < 60:
        return "just now"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    raise AssertionError(seconds)


def readable_size(length: int) -> str:
    """Return a number of bytes as people say it."""
    if length < 1024:
        return f"{length} B"
    return f"{length / 1024:.0f} KB" if length < 1024**2 else f"{length / 1024**2:.1f} MB"

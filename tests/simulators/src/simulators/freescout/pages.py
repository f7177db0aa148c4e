"""The web pages: list of conversations, one conversation, a draft's editor. They need no scripts.

Whoever uses them is the agent of the cookie `agent`, by default the first one.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.freescout import drafting, shown
from simulators.freescout.answers import html_page
from simulators.freescout.folders import FOLDERS, PAGE, View, listing
from simulators.freescout.forms import ON_CONVERSATION, ON_DRAFT, Deed, Sent
from simulators.freescout.installation import Installation
from simulators.freescout.records import RefusedError, Thread, User
from simulators.freescout.wire import moment

_TEMPLATES = (
    "conversations.html",
    "conversation.html",
    "editor.html",
    "webhooks.html",
    "refused.html",
)
# Nothing is loaded from outside and nothing in a mail can run.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Cache-Control": "no-store",
}

Endpoint = Callable[[Request], Awaitable[Response]]


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
        templates.filters |= {"moment": moment, "ago": self._ago, "size": shown.readable_size}
        templates.filters |= {"cleaned": shown.cleaned, "markers": shown.markers}
        templates.filters |= {"download": shown.download, "undo_seconds": self._undo_seconds}
        self._templates = {name: templates.get_template(name) for name in _TEMPLATES}

    def routes(self) -> list[Route]:
        """The pages, their forms and the download of attachments."""
        return [
            Route("/", self.conversations),
            Route("/conversation/{id:int}", self.conversation),
            Route("/draft/{id:int}", self.editor),
            Route("/webhooks", self.webhooks),
            Route("/session", self.sign_in, methods=["POST"]),
            *self._forms("/conversation", ON_CONVERSATION),
            *self._forms("/draft", ON_DRAFT),
            Route("/storage/attachment/{id:int}/{name}", self.attachment),
        ]

    def _forms(self, path: str, deeds: Mapping[str, Deed]) -> list[Route]:
        return [
            Route(f"{path}/{{id:int}}/{name}", self._form(deed), methods=["POST"])
            for name, deed in deeds.items()
        ]

    # Pages

    async def conversations(self, request: Request) -> Response:
        """The list, newest activity first, narrowed by `show`, `q`, `tag` and `mailbox`."""
        view = _view(request, self._agent(request))
        found = listing(self._site.desk, view)

        def link(**changes: object) -> str:
            return _link(view, changes)

        return self._page(
            request, "conversations.html", view=view, found=found, link=link, page_size=PAGE
        )

    async def conversation(self, request: Request) -> Response:
        """One conversation: its drafts, then its threads, newest first as FreeScout does."""
        row = self._site.desk.conversations.get(_id(request))
        if row is None:
            return html_page(404)
        threads = sorted(row.threads, key=lambda thread: (thread.created_at, thread.id))
        drafts = [thread for thread in threads if thread.state == "draft"]
        rest = [thread for thread in reversed(threads) if thread.state != "draft"]
        return self._page(request, "conversation.html", row=row, threads=[*drafts, *rest])

    async def editor(self, request: Request) -> Response:
        """A draft open for editing; looking at it changes nothing."""
        desk = self._site.desk
        try:
            thread = drafting.draft(desk, _id(request))
        except RefusedError as refused:
            return self._refusal(request, refused)
        row = desk.conversation(thread.conversation_id)
        saved = "saved" in request.query_params
        return self._page(request, "editor.html", thread=thread, row=row, saved=saved)

    async def webhooks(self, request: Request) -> Response:
        """Manage > API & Webhooks: who is called, and how the newest deliveries went."""
        queue = self._site.webhooks
        newest = queue.deliveries[: -PAGE - 1 : -1]
        return self._page(request, "webhooks.html", queue=queue, deliveries=newest)

    async def attachment(self, request: Request) -> Response:
        """A stored file for whoever has its token."""
        file = self._site.desk.attachment(_id(request))
        if file is None or request.query_params.get("token") != file.token:
            return html_page(404)
        disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
        headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
        return Response(file.content, media_type=file.mime_type, headers=headers)

    # Forms

    async def sign_in(self, request: Request) -> Response:
        """Become another agent."""
        form = await request.form()
        answer = RedirectResponse("/", 303)
        answer.set_cookie("agent", str(form.get("user")), httponly=True, samesite="strict")
        return answer

    def _form(self, deed: Deed) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            form = await request.form()
            fields = {name: text for name, text in form.items() if isinstance(text, str)}
            sent = Sent(fields, self._agent(request).id)
            try:
                back = self._back(request)
                location = deed(self._site.desk, _id(request), sent) or back
            except RefusedError as refused:
                return self._refusal(request, refused)
            return RedirectResponse(location, 303)

        return endpoint

    def _back(self, request: Request) -> str:
        # Looked up before the deed: a discarded draft no longer knows where it was.
        if request.url.path.startswith("/draft/"):
            return f"/conversation/{self._site.desk.thread(_id(request)).conversation_id}"
        return f"/conversation/{_id(request)}"

    def _refusal(self, request: Request, refused: RefusedError) -> Response:
        return self._page(request, "refused.html", refused=refused, status=refused.status)

    def _page(
        self, request: Request, template: str, *, status: int = 200, **values: object
    ) -> Response:
        html = self._templates[template].render(
            desk=self._site.desk, me=self._agent(request), author=self._author, **values
        )
        return HTMLResponse(html, status, headers=_HEADERS)

    def _agent(self, request: Request) -> User:
        agents = self._site.desk.team.agents
        wanted = request.cookies.get("agent")
        return next((agent for agent in agents if str(agent.id) == wanted), agents[0])

    def _author(self, thread: Thread) -> str:
        by = thread.created_by
        desk = self._site.desk
        return desk.user(by.id).name if by.kind == "user" else desk.customers.get(by.id).name

    def _undo_seconds(self, thread: Thread) -> float:
        until = drafting.undo_until(self._site.desk, thread)
        return 0.0 if until is None else max(0.0, until - self._site.desk.clock())

    def _ago(self, seconds: int) -> str:
        return shown.readable_age(self._site.desk.now() - seconds)


def _id(request: Request) -> int:
    return int(request.path_params["id"])


def _view(request: Request, me: User) -> View:
    asked = request.query_params
    folder, mailbox, page = (asked.get(name, "") for name in ("show", "mailbox", "page"))
    return View(
        user=me.id,
        folder=folder if folder in FOLDERS else "all",
        words=asked.get("q", "").strip(),
        tag=asked.get("tag", ""),
        mailbox=int(mailbox) if mailbox.isdecimal() else None,
        page=max(1, int(page)) if page.isdecimal() else 1,
    )


def _link(view: View, changes: Mapping[str, object]) -> str:
    now = {"show": view.folder, "q": view.words, "tag": view.tag, "mailbox": view.mailbox}
    wanted = {name: value for name, value in {**now, **changes}.items() if value}
    return f"/?{urlencode(wanted)}"

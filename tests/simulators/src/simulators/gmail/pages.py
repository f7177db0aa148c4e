"""Pages to look at the mailbox and to write to it as a customer. No scripts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from simulators.gmail import mail
from simulators.gmail.mailbox import Delivery, Mailbox, Message, MessageGoneError
from simulators.gmail.world import World

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the pages show it."""

    id: str
    thread_id: str
    thread_size: int
    sender: str
    subject: str
    date: str
    labels: list[str]
    unread: bool


class Pages:
    """The mailbox, one message, and the form."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._templates = Jinja2Templates(_TEMPLATES)

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/", self._mailbox),
            Route("/message/{id}", self._message),
            Route("/message/{id}/source", self._source),
            Route("/write", self._write, methods=["POST"]),
        ]

    async def _mailbox(self, request: Request) -> Response:
        box = self._box(request)
        thread = request.query_params.get("thread")
        found = box.messages() if not thread else box.thread(thread)
        sizes = _thread_sizes(box)
        shown = {
            "box": box,
            "boxes": self._world.mailboxes(),
            "thread": thread,
            "rows": [_row(m, sizes[m.thread_id]) for m in found],
            "violations": len(self._world.seen.violations),
        }
        return self._templates.TemplateResponse(request, "mailbox.html", shown)

    async def _message(self, request: Request) -> Response:
        box = self._box(request)
        message = _found(box, request)
        if message is None:
            return PlainTextResponse("no such message", 404)
        shown = {
            "box": box,
            "row": _row(message, len(box.thread(message.thread_id))),
            "message": message,
            "attachments": mail.attachment_names(message.raw),
            "reply_subject": _reply_subject(message),
        }
        return self._templates.TemplateResponse(request, "message.html", shown)

    async def _source(self, request: Request) -> Response:
        message = _found(self._box(request), request)
        if message is None:
            return PlainTextResponse("no such message", 404)
        return PlainTextResponse(message.raw.decode("utf-8", "replace"))

    async def _write(self, request: Request) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        box = self._world.mailbox(form.get("mailbox"))
        try:
            raw = written(form, box.address, datetime.fromtimestamp(self._world.now(), UTC))
        except ValueError as error:
            return PlainTextResponse(f"cannot write this mail: {error}", 400)
        message = box.deliver(Delivery(raw))
        self._world.seen.delivered += 1
        return RedirectResponse(f"/message/{message.id}?mailbox={box.address}", 303)

    def _box(self, request: Request) -> Mailbox:
        return self._world.mailbox(request.query_params.get("mailbox"))


def written(form: dict[str, str], to: str, at: datetime) -> bytes:
    """A mail from the form's `sender`, `subject`, `text`, `in_reply_to`. Raises ValueError."""
    message = EmailMessage()
    message["From"] = form.get("sender", "").strip() or "Customer <customer@example.com>"
    message["To"] = to
    message["Subject"] = form.get("subject", "").strip()
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain="customer.example")
    if form.get("in_reply_to"):
        message["In-Reply-To"] = message["References"] = f"<{form['in_reply_to']}>"
    message.set_content(form.get("text", "").replace("\r\n", "\n"))
    return message.as_bytes()


def _thread_sizes(box: Mailbox) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for message in box.messages():
        sizes[message.thread_id] = sizes.get(message.thread_id, 0) + 1
    return sizes


def _found(box: Mailbox, request: Request) -> Message | None:
    try:
        return box.get(request.path_params["id"])
    except MessageGoneError:
        return None


def _row(message: Message, thread_size: int) -> Row:
    at = datetime.fromtimestamp(message.internal_date_s, UTC)
    return Row(
        id=message.id,
        thread_id=message.thread_id,
        thread_size=thread_size,
        sender=message.envelope.from_header or "(no sender)",
        subject=message.envelope.subject or "(no subject)",
        date=f"{at:%d %b %Y %H:%M:%S}",
        labels=sorted(message.labels - {"UNREAD"}),
        unread="UNREAD" in message.labels,
    )


def _reply_subject(message: Message) -> str:
    subject = message.envelope.subject
    return subject if mail.base_subject(subject) != subject.casefold() else f"Re: {subject}"

"""The forms of the pages: one function a button, each for the person who is signed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from simulators.freescout import drafting, staff
from simulators.freescout.desk import Desk
from simulators.freescout.records import ConversationChange, RefusedError

_STATUSES = ("active", "pending", "closed", "spam")


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came in: its fields as text, and who sent it."""

    fields: Mapping[str, str]
    user: int

    def text(self, name: str) -> str:
        """A field's text, empty when it is missing."""
        return self.fields.get(name, "")

    def number(self, name: str) -> int:
        """A field's whole number; raise RefusedError when it is none."""
        text = self.text(name).strip().removeprefix("#")
        if not text.isdecimal():
            raise RefusedError(name, "Please give a number")
        return int(text)

    def status(self, otherwise: str = "pending") -> str:
        """The chosen status; raise RefusedError for one that does not exist."""
        status = self.text("status") or otherwise
        if status not in _STATUSES:
            raise RefusedError("status", "There is no such status")
        return status


Location = str | None
Deed = Callable[[Desk, int, Sent], Location]


def typed_html(text: str) -> str:
    """Return plain text from a textarea as HTML."""
    return str(Markup("<br>").join(text.strip().splitlines()))


# On a conversation


def _reply(desk: Desk, conversation_id: int, sent: Sent) -> None:
    html = typed_html(sent.text("text"))
    staff.reply(desk, conversation_id, html, sent.user, sent.status())


def _note(desk: Desk, conversation_id: int, sent: Sent) -> None:
    staff.note(desk, conversation_id, typed_html(sent.text("text")), sent.user)


def _start_draft(desk: Desk, conversation_id: int, sent: Sent) -> None:
    html = drafting.worth_sending(typed_html(sent.text("text")))
    drafting.start(desk, conversation_id, html, sent.user)


def _status(desk: Desk, conversation_id: int, sent: Sent) -> None:
    change = ConversationChange(by_user=sent.user, status=sent.status(""))
    desk.update_conversation(conversation_id, change)


def _assign(desk: Desk, conversation_id: int, sent: Sent) -> None:
    change = ConversationChange(by_user=sent.user, assign_to=sent.number("assignee"))
    desk.update_conversation(conversation_id, change)


def _tags(desk: Desk, conversation_id: int, sent: Sent) -> None:
    tags = (tag.strip() for tag in sent.text("tags").split(","))
    desk.set_tags(conversation_id, tuple(tag for tag in tags if tag))


def _fill_in(desk: Desk, conversation_id: int, sent: Sent) -> None:
    known = {f"field-{custom.id}": custom.id for custom in desk.team.custom_fields}
    values = {known[name]: text.strip() for name, text in sent.fields.items() if name in known}
    desk.set_custom_fields(conversation_id, values)


def _move(desk: Desk, conversation_id: int, sent: Sent) -> None:
    change = ConversationChange(by_user=sent.user, mailbox_id=sent.number("mailbox"))
    desk.update_conversation(conversation_id, change)


def _merge(desk: Desk, conversation_id: int, sent: Sent) -> Location:
    number = sent.number("target")
    found = [row for row in desk.conversations.values() if row.number == number]
    if not found:
        raise RefusedError("target", f"There is no conversation {number}")
    staff.merge(desk, conversation_id, found[0].id, sent.user)
    return f"/conversation/{found[0].id}"


def _delete(desk: Desk, conversation_id: int, sent: Sent) -> None:
    staff.delete(desk, conversation_id, sent.user)


def _restore(desk: Desk, conversation_id: int, sent: Sent) -> None:
    staff.restore(desk, conversation_id, sent.user)


def _delete_forever(desk: Desk, conversation_id: int, _sent: Sent) -> Location:
    desk.delete_forever(conversation_id)
    return "/?show=deleted"


ON_CONVERSATION: dict[str, Deed] = {
    "reply": _reply,
    "note": _note,
    "draft": _start_draft,
    "status": _status,
    "assign": _assign,
    "tags": _tags,
    "fields": _fill_in,
    "move": _move,
    "merge": _merge,
    "delete": _delete,
    "restore": _restore,
    "delete-forever": _delete_forever,
}

# On a draft


def _save(desk: Desk, thread_id: int, sent: Sent) -> None:
    drafting.save(desk, thread_id, sent.text("text"))


def _leave(desk: Desk, thread_id: int, sent: Sent) -> Location:
    # Clicking beside the field saves, and the editor stays open.
    drafting.save(desk, thread_id, sent.text("text"))
    return f"/draft/{thread_id}?saved=1"


def _send(desk: Desk, thread_id: int, sent: Sent) -> None:
    drafting.send(desk, thread_id, sent.user, sent.fields.get("text"), sent.status())


def _discard(desk: Desk, thread_id: int, _sent: Sent) -> None:
    drafting.discard(desk, thread_id)


def _undo(desk: Desk, thread_id: int, _sent: Sent) -> Location:
    drafting.undo(desk, thread_id)
    return f"/draft/{thread_id}"


ON_DRAFT: dict[str, Deed] = {
    "save": _save,
    "leave": _leave,
    "send": _send,
    "discard": _discard,
    "undo": _undo,
}

"""What people do, as control asks for it: one function a path below /control.

Each takes `user`, the id of who does it (default 2). What they need and answer:

agent-reply, agent-note {conversation_id, text} -> {thread_id}
draft-start    {conversation_id, text} -> {thread_id}   an own reply, saved beside other drafts
draft-open     {thread_id}                              nothing changes yet
draft-type     {thread_id, text}                        into the open editor; autosaved later
draft-leave    {thread_id}                              click elsewhere: saved within 1.5 s
draft-edit     {thread_id, text}                        opened, typed and saved at once
draft-resave   {thread_id}                              opened and saved without typing
draft-discard  {thread_id}
draft-send     {thread_id, text?, status?}
draft-undo     {thread_id}
tags           {conversation_id, tags: [text]}
custom-fields  {conversation_id, fields: {id: text}}
status         {conversation_id, status}
assign         {conversation_id, assignee: id | null}
move           {conversation_id, mailbox_id}
merge          {source, target}
delete, restore, delete-forever {conversation_id}
edit-customer  {conversation_id, email} -> {customer_id}
edit-thread    {thread_id, text}                        as it was shown, without its comments
lose-file      {thread_id}                              the last attachment, from the server's disk
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.freescout import drafting, staff
from simulators.freescout.desk import Desk
from simulators.freescout.records import ConversationChange, CustomerRef

Body = Mapping[str, Any]
Deed = Callable[[Desk, Body], dict[str, object] | None]

AGENT = 2


def _user(body: Body) -> int:
    return int(body.get("user", AGENT))


def _reply(desk: Desk, body: Body) -> dict[str, object]:
    thread = staff.reply(desk, body["conversation_id"], body["text"], _user(body))
    return {"thread_id": thread.id}


def _note(desk: Desk, body: Body) -> dict[str, object]:
    thread = staff.note(desk, body["conversation_id"], body["text"], _user(body))
    return {"thread_id": thread.id}


def _start(desk: Desk, body: Body) -> dict[str, object]:
    thread = drafting.start(desk, body["conversation_id"], body["text"], _user(body))
    return {"thread_id": thread.id}


def _open(desk: Desk, body: Body) -> None:
    drafting.open_editor(desk, body["thread_id"], _user(body))


def _type(desk: Desk, body: Body) -> None:
    drafting.type_text(desk, body["thread_id"], _user(body), body["text"])


def _leave(desk: Desk, body: Body) -> None:
    drafting.click_elsewhere(desk, body["thread_id"], _user(body))


def _edit(desk: Desk, body: Body) -> None:
    drafting.save(desk, body["thread_id"], body["text"])


def _resave(desk: Desk, body: Body) -> None:
    drafting.open_and_leave(desk, body["thread_id"])


def _discard(desk: Desk, body: Body) -> None:
    drafting.discard(desk, body["thread_id"])


def _send(desk: Desk, body: Body) -> None:
    status = body.get("status", "pending")
    drafting.send(desk, body["thread_id"], _user(body), body.get("text"), status)


def _undo(desk: Desk, body: Body) -> None:
    drafting.undo(desk, body["thread_id"])


def _tag(desk: Desk, body: Body) -> None:
    desk.set_tags(body["conversation_id"], tuple(body["tags"]))


def _fill_in(desk: Desk, body: Body) -> None:
    fields = {int(key): str(value) for key, value in body["fields"].items()}
    desk.set_custom_fields(body["conversation_id"], fields)


def _status(desk: Desk, body: Body) -> None:
    change = ConversationChange(by_user=_user(body), status=body["status"])
    desk.update_conversation(body["conversation_id"], change)


def _assign(desk: Desk, body: Body) -> None:
    change = ConversationChange(by_user=_user(body), assign_to=body["assignee"] or 0)
    desk.update_conversation(body["conversation_id"], change)


def _move(desk: Desk, body: Body) -> None:
    change = ConversationChange(by_user=_user(body), mailbox_id=body["mailbox_id"])
    desk.update_conversation(body["conversation_id"], change)


def _merge(desk: Desk, body: Body) -> None:
    staff.merge(desk, body["source"], body["target"], _user(body))


def _delete(desk: Desk, body: Body) -> None:
    staff.delete(desk, body["conversation_id"], _user(body))


def _restore(desk: Desk, body: Body) -> None:
    staff.restore(desk, body["conversation_id"], _user(body))


def _delete_forever(desk: Desk, body: Body) -> None:
    desk.delete_forever(body["conversation_id"])


def _edit_customer(desk: Desk, body: Body) -> dict[str, object]:
    ref = CustomerRef(email=body["email"])
    return {"customer_id": staff.change_customer(desk, body["conversation_id"], ref).id}


def _edit_thread(desk: Desk, body: Body) -> None:
    desk.thread(body["thread_id"]).body = str(body["text"])


def _lose_file(desk: Desk, body: Body) -> None:
    thread = desk.thread(body["thread_id"])
    thread.attachments = thread.attachments[:-1]


DEEDS: dict[str, Deed] = {
    "agent-reply": _reply,
    "agent-note": _note,
    "draft-start": _start,
    "draft-open": _open,
    "draft-type": _type,
    "draft-leave": _leave,
    "draft-edit": _edit,
    "draft-resave": _resave,
    "draft-discard": _discard,
    "draft-send": _send,
    "draft-undo": _undo,
    "tags": _tag,
    "custom-fields": _fill_in,
    "status": _status,
    "assign": _assign,
    "move": _move,
    "merge": _merge,
    "delete": _delete,
    "restore": _restore,
    "delete-forever": _delete_forever,
    "edit-customer": _edit_customer,
    "edit-thread": _edit_thread,
    "lose-file": _lose_file,
}

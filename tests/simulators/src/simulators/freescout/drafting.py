"""Drafts in the web UI: edited, discarded, sent, undone. Each function names who does it.

none -> draft -> sent -> (undo) draft, or draft -> discarded. Nothing here but sending moves the
conversation: an edit, a discard and an undo leave updatedAt alone and fire no event.
"""

from simulators.freescout.browser import saved_by_browser
from simulators.freescout.desk import Desk
from simulators.freescout.editor import Editor
from simulators.freescout.effects import apply_sent
from simulators.freescout.records import Author, Conversation, NewThread, RefusedError, Thread

_NOTHING = ("", "<br>", "<p><br></p>", "<div><br></div>")


def start(desk: Desk, conversation_id: int, text: str, user_id: int) -> Thread:
    """Begin an own reply beside whatever drafts are there; saved, not sent.

    FreeScout: nothing limits the number of drafts, and one from the UI changes only itself.
    """
    conversation = desk.conversation(conversation_id)
    desk.user(user_id)
    cc = conversation.cc
    new = NewThread("message", text, user=user_id, state="draft", cc=cc, source_type="web")
    return desk.add_draft(conversation, new)


def draft(desk: Desk, thread_id: int) -> Thread:
    """Return the draft; raise RefusedError when it was sent already or is gone."""
    thread = desk.thread(thread_id)
    if thread.type != "message" or thread.state != "draft":
        raise RefusedError("thread", "This message has already been sent")
    return thread


def open_editor(desk: Desk, thread_id: int, user_id: int) -> Editor:
    """Open a draft for editing; nothing changes yet. Refused for what is no draft."""
    thread = draft(desk, thread_id)
    desk.user(user_id)
    opened = Editor(thread_id, user_id, thread.body, desk.clock())
    desk.editors[thread_id, user_id] = opened
    return opened


def type_text(desk: Desk, thread_id: int, user_id: int, text: str) -> None:
    """Type into the open editor: saved by the next autosave, or on leaving the field."""
    editor = _editor(desk, thread_id, user_id)
    editor.text = text
    if editor.typed_at is None:
        editor.typed_at = desk.clock()


def click_elsewhere(desk: Desk, thread_id: int, user_id: int) -> None:
    """Leave the field: the browser saves soon, also when nothing was typed."""
    _editor(desk, thread_id, user_id).left_at = desk.clock()


def save(desk: Desk, thread_id: int, text: str) -> Thread:
    """Store what the browser made of `text`; of what the API shows only `body` changes."""
    thread = draft(desk, thread_id)
    thread.body = saved_by_browser(text)
    thread.in_drafts = True
    return thread


def open_and_leave(desk: Desk, thread_id: int) -> Thread:
    """Open a draft, type nothing, click elsewhere: it is saved all the same."""
    return save(desk, thread_id, draft(desk, thread_id).body)


def autosave_due(desk: Desk) -> None:
    """Save in every open editor whose time has come; one whose draft is gone is closed."""
    for key, editor in list(desk.editors.items()):
        due_at = _save_due(desk, editor)
        if due_at is not None and due_at <= desk.clock():
            _autosave(desk, key, editor)


def next_autosave(desk: Desk) -> float | None:
    """Return when the next editor saves by itself, in seconds since 1970."""
    due = (_save_due(desk, editor) for editor in desk.editors.values())
    return min((each for each in due if each is not None), default=None)


def _save_due(desk: Desk, editor: Editor) -> float | None:
    return editor.save_due(desk.switches.autosave_seconds, desk.switches.blur_save_seconds)


def _autosave(desk: Desk, key: tuple[int, int], editor: Editor) -> None:
    try:
        editor.saved(save(desk, editor.thread_id, editor.text).body)
    except RefusedError:
        # Sent or discarded by somebody else meanwhile: the browser gets an error and stops.
        del desk.editors[key]


def discard(desk: Desk, thread_id: int) -> None:
    """Delete the draft's row: no tombstone, no event, and updatedAt stays."""
    draft(desk, thread_id)
    _close_editors(desk, thread_id)
    desk.drop_thread(thread_id)


def send(
    desk: Desk, thread_id: int, user_id: int, text: str | None = None, status: str = "pending"
) -> Thread:
    """Send a draft, with `text` when the person changed it: the same row, now published.

    Raise RefusedError when it was sent already, is gone, or is empty.
    """
    thread = draft(desk, thread_id)
    conversation = desk.conversation(thread.conversation_id)
    desk.user(user_id)
    body = worth_sending(thread.body if text is None else text)
    _close_editors(desk, thread_id)
    thread.body = body
    _publish(desk, thread, user_id, status)
    _take(desk, conversation, thread, user_id)
    return thread


def worth_sending(text: str) -> str:
    """Return `text` as the browser sends it; raise RefusedError when nothing is in it."""
    body = saved_by_browser(text)
    if body in _NOTHING:
        raise RefusedError("text", "`text` parameter is required")
    return body


def _publish(desk: Desk, thread: Thread, user_id: int, status: str) -> None:
    # Same id, and source.type stays what it was: `api` for the bot's.
    thread.state = "published"
    thread.created_by = Author("user", user_id)
    thread.created_at = desk.now()
    thread.sent_at = desk.clock()
    thread.status = status


def _take(desk: Desk, conversation: Conversation, thread: Thread, user_id: int) -> None:
    # FreeScout: status and assignee are told at once, the reply itself after the undo time.
    before = (conversation.status, conversation.assignee)
    apply_sent(conversation, thread, thread.status, user_id, desk.now())
    conversation.assignee = conversation.assignee or user_id
    desk.count_thread(conversation)
    if conversation.status != before[0]:
        desk.tell("convo.status", conversation)
    if conversation.assignee != before[1]:
        desk.tell("convo.assigned", conversation)
    desk.announce(conversation, thread, by_api=False)


def undo_until(desk: Desk, thread: Thread) -> float | None:
    """Return until when a sent message can be taken back, in seconds since 1970."""
    if thread.sent_at is None or thread.state != "published":
        return None
    return thread.sent_at + desk.switches.reply_delay_seconds


def undo(desk: Desk, thread_id: int) -> Thread:
    """Take a sent message back: a draft again, still the sender's and of the time of sending.

    FreeScout: the status stays and threadsCount is not counted down. Refused once it is mailed.
    """
    thread = desk.thread(thread_id)
    until = undo_until(desk, thread)
    if until is None or desk.clock() >= until:
        raise RefusedError("thread", "Sending cannot be undone")
    thread.state = "draft"
    thread.sent_at = None
    thread.in_drafts = True
    desk.mailroom.cancel(thread_id)
    desk.events.cancel(thread_id)
    return thread


def _editor(desk: Desk, thread_id: int, user_id: int) -> Editor:
    if (thread_id, user_id) not in desk.editors:
        raise RefusedError("thread", "This draft is not open")
    return desk.editors[thread_id, user_id]


def _close_editors(desk: Desk, thread_id: int) -> None:
    desk.editors = {key: each for key, each in desk.editors.items() if key[0] != thread_id}

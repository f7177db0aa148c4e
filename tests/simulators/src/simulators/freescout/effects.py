"""What a new thread does to its conversation (the side effects of POST .../threads).

All functions change the conversation in place; `now` is in whole seconds.
"""

import re
from html import unescape

from simulators.freescout.records import Conversation, NewThread, Thread

_PREVIEW = 255
_TAG_OR_COMMENT = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def plain_preview(html: str) -> str:
    """Return the first 255 characters of the text without tags and comments."""
    return " ".join(unescape(_TAG_OR_COMMENT.sub(" ", html)).split())[:_PREVIEW]


def apply_customer(conversation: Conversation, thread: Thread, new: NewThread, now: int) -> None:
    """Customer mail: always reopens (also closed, spam and deleted), sets the waiting time."""
    set_status(conversation, new.status or "active", None, now)
    conversation.state = "published"
    conversation.waiting_since = now
    conversation.latest_reply_from = "customer"
    conversation.preview = plain_preview(thread.body)
    if new.cc is not None:
        conversation.cc = new.cc
    if thread.customer_id is not None:
        conversation.customer_id = thread.customer_id


def apply_note(conversation: Conversation, thread: Thread, new: NewThread, now: int) -> None:
    """Note: its text becomes the preview, and a note without cc clears the conversation's cc."""
    conversation.user_updated_at = now
    conversation.preview = plain_preview(thread.body)
    conversation.cc = new.cc or ()


def apply_reply(conversation: Conversation, thread: Thread, new: NewThread, now: int) -> None:
    """Published message: the customer has an answer, the conversation waits for them."""
    _answered(conversation, new, now)
    conversation.preview = plain_preview(thread.body)
    if new.cc is not None:
        conversation.cc = new.cc


def apply_draft(conversation: Conversation, _thread: Thread, new: NewThread, now: int) -> None:
    """Draft: moves status and waiting time like a reply, and without cc clears the cc."""
    _answered(conversation, new, now)
    conversation.cc = new.cc or ()


def apply_sent(
    conversation: Conversation, thread: Thread, status: str, user: int, now: int
) -> None:
    """A person sent a draft or wrote an answer: the customer has it, the conversation waits."""
    set_status(conversation, status, user, now)
    conversation.waiting_since = now
    conversation.latest_reply_from = "user"
    conversation.user_updated_at = now
    conversation.updated_at = now
    conversation.preview = plain_preview(thread.body)


def _answered(conversation: Conversation, new: NewThread, now: int) -> None:
    set_status(conversation, new.status or "pending", new.user, now)
    conversation.waiting_since = now
    conversation.latest_reply_from = "user"
    conversation.user_updated_at = now


def set_status(conversation: Conversation, status: str, user: int | None, now: int) -> None:
    """Set the status; closing records when and by whom, everything else forgets it."""
    closed = status == "closed"
    if closed and conversation.status == "closed":
        return
    conversation.status = status
    conversation.closed_at = now if closed else None
    conversation.closed_by = user if closed else None


def apply_effects(conversation: Conversation, thread: Thread, new: NewThread, now: int) -> bool:
    """Apply the row of the table that fits `thread`; return whether it counts as a thread."""
    if thread.type == "customer":
        apply_customer(conversation, thread, new, now)
    elif thread.type == "note":
        apply_note(conversation, thread, new, now)
    elif thread.state == "draft":
        apply_draft(conversation, thread, new, now)
    else:
        apply_reply(conversation, thread, new, now)
    conversation.updated_at = now
    return thread.type == "customer" or (thread.type == "message" and thread.state != "draft")

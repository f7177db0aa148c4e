"""What people do in FreeScout's web UI; each function names who does it."""

from simulators.freescout.desk import Desk
from simulators.freescout.records import (
    Conversation,
    Customer,
    CustomerRef,
    NewThread,
    RefusedError,
    Thread,
)


def reply(desk: Desk, conversation_id: int, text: str, user_id: int) -> Thread:
    """Answer the customer: published, pending, assigned to the sender if nobody was."""
    conversation = desk.conversation(conversation_id)
    user = desk.user(user_id)
    thread = desk.add_thread(conversation, _written("message", text, user_id, conversation))
    if conversation.assignee is None:
        desk.assign(conversation, user.id, user)
    desk.mailroom.announce(conversation, thread)
    return thread


def note(desk: Desk, conversation_id: int, text: str, user_id: int) -> Thread:
    """Leave an internal note."""
    conversation = desk.conversation(conversation_id)
    thread = desk.add_thread(conversation, _written("note", text, user_id, conversation))
    desk.mailroom.announce(conversation, thread)
    return thread


def _written(kind: str, text: str, user_id: int, conversation: Conversation) -> NewThread:
    if not text.strip():
        raise RefusedError("text", "`text` parameter is required")
    return NewThread(kind, text, user=user_id, cc=conversation.cc, source_type="web")


def delete(desk: Desk, conversation_id: int, user_id: int) -> None:
    """Delete as the UI does: the row stays, readable, until a customer writes again."""
    conversation = desk.conversation(conversation_id)
    user = desk.user(user_id)
    conversation.state = "deleted"
    desk.add_line(conversation, user, "deleted-ticket", "deleted")


def merge(desk: Desk, source_id: int, target_id: int, user_id: int) -> None:
    """Move the source's threads, ids kept, and leave it deleted with two line items."""
    source, target = desk.conversation(source_id), desk.conversation(target_id)
    user = desk.user(user_id)
    if source is target:
        raise RefusedError("target", "A conversation cannot be merged with itself")
    _move_threads(source, target)
    source.state = "deleted"
    link = {"conversation": target.id}
    desk.add_line(source, user, "merged", f"merged into #{target.number}", link)
    desk.add_line(source, user, "deleted-ticket", "deleted")
    link = {"conversation": source.id}
    desk.add_line(target, user, "merged", f"merged #{source.number} here", link)


def _move_threads(source: Conversation, target: Conversation) -> None:
    for thread in source.threads:
        thread.conversation_id = target.id
    target.threads.extend(source.threads)
    target.threads_count += source.threads_count
    target.merged_from.extend([source.id, *source.merged_from])
    source.threads = []
    source.threads_count = 0


def change_customer(desk: Desk, conversation_id: int, ref: CustomerRef) -> Customer:
    """Give the conversation to another person."""
    conversation = desk.conversation(conversation_id)
    customer = desk.customers.resolve(ref)
    conversation.customer_id = customer.id
    conversation.updated_at = desk.now()
    return customer

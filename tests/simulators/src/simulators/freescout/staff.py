"""What people do in FreeScout's web UI but drafts; each function names who does it."""

from simulators.freescout import drafting
from simulators.freescout.desk import Desk
from simulators.freescout.records import (
    Conversation,
    Customer,
    CustomerRef,
    NewThread,
    RefusedError,
    Thread,
)


def reply(
    desk: Desk, conversation_id: int, text: str, user_id: int, status: str = "pending"
) -> Thread:
    """Answer the customer with an own message: sent, and assigned to the sender if nobody was."""
    drafting.worth_sending(text)
    thread = drafting.start(desk, conversation_id, text, user_id)
    return drafting.send(desk, thread.id, user_id, status=status)


def note(desk: Desk, conversation_id: int, text: str, user_id: int) -> Thread:
    """Leave an internal note."""
    conversation = desk.conversation(conversation_id)
    if not text.strip():
        raise RefusedError("text", "`text` parameter is required")
    new = NewThread("note", text, user=user_id, cc=conversation.cc, source_type="web")
    thread = desk.add_thread(conversation, new)
    desk.announce(conversation, thread, by_api=False)
    return thread


def delete(desk: Desk, conversation_id: int, user_id: int) -> None:
    """Delete as the UI does: the row stays, readable, until a customer writes again."""
    conversation = desk.conversation(conversation_id)
    user = desk.user(user_id)
    conversation.state = "deleted"
    desk.add_line(conversation, user, "deleted-ticket", "deleted the conversation")
    desk.tell("convo.deleted", conversation)


def restore(desk: Desk, conversation_id: int, user_id: int) -> None:
    """Take a deleted conversation back."""
    conversation = desk.conversation(conversation_id)
    user = desk.user(user_id)
    if conversation.state != "deleted":
        raise RefusedError("state", "This conversation is not deleted")
    conversation.state = "published"
    desk.add_line(conversation, user, "restored-ticket", "restored the conversation")
    desk.tell("convo.restored", conversation)


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
    desk.add_line(source, user, "deleted-ticket", "deleted the conversation")
    desk.tell("convo.deleted", source)
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

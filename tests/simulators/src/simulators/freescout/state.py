"""The compact picture of the desk that control shows and the verdict judges."""

import re
from dataclasses import asdict
from typing import Any

from simulators.freescout.desk import Desk
from simulators.freescout.outbox import Mail
from simulators.freescout.records import Author, Conversation, Thread
from simulators.freescout.search import in_drafts
from simulators.freescout.webhooks import Delivery

MARKER = re.compile(r"<!-- (csm:1:[A-Z2-7]{16}:[a-z]*) -->")


def desk_state(desk: Desk, *, bodies: bool = False) -> dict[str, Any]:
    """Return all conversations with their threads; times in seconds since 1970.

    Bodies are left out unless asked for: a marker says which write made a thread.
    """
    rows = [_conversation(desk, row, bodies=bodies) for row in desk.conversations.values()]
    return {"now": desk.now(), "switches": asdict(desk.switches), "conversations": rows}


def _conversation(desk: Desk, row: Conversation, *, bodies: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "mailbox_id": row.mailbox_id,
        "subject": row.subject,
        "customer": desk.customers.get(row.customer_id).email,
        "status": row.status,
        "state": row.state,
        "type": row.type,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "waiting_since": row.waiting_since,
        "latest_reply_from": row.latest_reply_from,
        "assignee": row.assignee,
        "cc": list(row.cc),
        "tags": list(row.tags),
        "custom_fields": {str(key): value for key, value in row.custom_fields.items()},
        "threads_count": row.threads_count,
        "in_drafts": in_drafts(row),
        "merged_from": list(row.merged_from),
        "threads": [_thread(desk, thread, bodies=bodies) for thread in row.threads],
    }


def _thread(desk: Desk, thread: Thread, *, bodies: bool) -> dict[str, Any]:
    files = [{"name": file.name, "size": len(file.content)} for file in thread.attachments]
    body = {"body": thread.body} if bodies else {}
    return {
        "id": thread.id,
        "posted_to": thread.posted_to,
        "type": thread.type,
        "state": thread.state,
        "status": thread.status,
        "created_at": thread.created_at,
        "created_by": _author(desk, thread.created_by),
        "imported": thread.imported,
        "source": thread.source_type,
        "action": thread.action_type,
        "markers": MARKER.findall(thread.body),
        "length": len(thread.body),
        "attachments": files,
        **body,
    }


def _author(desk: Desk, author: Author) -> str | None:
    if author.kind == "user":
        return desk.user(author.id).email
    return desk.customers.get(author.id).email


def mail_state(mail: Mail) -> dict[str, Any]:
    """Return one mail of the sink."""
    return {**asdict(mail), "message_id": mail.message_id}


def delivery_state(delivery: Delivery) -> dict[str, Any]:
    """Return one webhook delivery without its body; `due_at` is when it was or is tried."""
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "event": delivery.event.name,
        "subject_id": delivery.event.subject_id,
        "state": delivery.state,
        "tries": delivery.tries,
        "errors": list(delivery.errors),
        "due_at": delivery.due_at,
    }

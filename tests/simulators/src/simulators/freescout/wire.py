"""The JSON shapes of the API: conversation, thread, customer, user, page."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from simulators.freescout.desk import Desk
from simulators.freescout.records import (
    Attachment,
    Author,
    Conversation,
    Customer,
    Mailbox,
    Thread,
    User,
)
from simulators.freescout.search import Page, folder_id
from simulators.freescout.webhooks import Webhook

Json = dict[str, Any]
EMBEDDABLE = frozenset({"threads", "tags", "timelogs"})


def moment(seconds: int | None) -> str | None:
    """Return `YYYY-MM-DDTHH:MM:SSZ`."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_json(user: User) -> Json:
    """A user as embedded in other objects and as listed."""
    return {
        "id": user.id,
        "type": "user",
        "firstName": user.first_name,
        "lastName": user.last_name,
        "photoUrl": "",
        "email": user.email,
    }


def customer_json(customer: Customer) -> Json:
    """A customer as embedded in conversations and threads."""
    return {
        "id": customer.id,
        "type": "customer",
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "photoUrl": "",
        "email": customer.email,
    }


def full_customer_json(customer: Customer) -> Json:
    """A customer of its own, addresses and phones under `_embedded`."""
    emails = [{"id": customer.id, "value": customer.email, "type": "home"}]
    phones = [{"id": 0, "value": customer.phone, "type": "work"}]
    embedded = {
        "emails": emails if customer.email else [],
        "phones": phones if customer.phone else [],
    }
    return {**customer_json(customer), "_embedded": embedded}


def mailbox_json(mailbox: Mailbox) -> Json:
    """A mailbox as listed."""
    return {"id": mailbox.id, "name": mailbox.name, "email": mailbox.email}


def webhook_json(webhook: Webhook) -> Json:
    """A webhook as listed."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "mailboxes": list(webhook.mailboxes),
        "lastRunTime": moment(webhook.last_run_time),
        "lastRunError": webhook.last_run_error or "",
    }


class Wire:
    """Turns rows of a desk into JSON; `base_url` is where attachments are fetched from."""

    def __init__(self, desk: Desk, base_url: str) -> None:
        self._desk = desk
        self._base_url = base_url.rstrip("/")

    def page(self, page: Page, embed: Collection[str]) -> Json:
        """A page of conversations."""
        rows = [self.conversation(row, embed) for row in page.rows]
        return {
            "_embedded": {"conversations": rows},
            "page": {
                "size": page.size,
                "totalElements": page.total,
                "totalPages": page.total_pages,
                "number": page.number,
            },
        }

    def conversation(self, row: Conversation, embed: Collection[str]) -> Json:
        """One conversation with the named parts embedded."""
        desk = self._desk
        return {
            "id": row.id,
            "number": row.number,
            "threadsCount": row.threads_count,
            "type": row.type,
            "folderId": folder_id(row),
            "status": row.status,
            "state": row.state,
            "subject": row.subject,
            "preview": row.preview,
            "mailboxId": row.mailbox_id,
            "assignee": self._user(row.assignee),
            "createdBy": self._author(row.created_by),
            "createdAt": moment(row.created_at),
            "updatedAt": moment(row.updated_at),
            "closedBy": row.closed_by,
            "closedByUser": self._user(row.closed_by),
            "closedAt": moment(row.closed_at),
            "userUpdatedAt": moment(row.user_updated_at),
            "customerWaitingSince": {
                "time": moment(row.waiting_since),
                "friendly": "",
                "latestReplyFrom": row.latest_reply_from,
            },
            "source": {"type": row.source_type, "via": row.source_via},
            "cc": list(row.cc),
            "bcc": list(row.bcc),
            "customer": customer_json(desk.customers.get(row.customer_id)),
            "customFields": self._custom_fields(row),
            "_embedded": self._embedded(row, embed),
        }

    def thread(self, thread: Thread) -> Json:
        """One thread with its attachments."""
        customer = self._desk.customers.rows.get(thread.customer_id or 0)
        return {
            "id": thread.id,
            "type": thread.type,
            "status": thread.status,
            "state": thread.state,
            "action": self._action(thread),
            "body": thread.body,
            "source": {"type": thread.source_type, "via": thread.created_by.kind},
            "customer": customer_json(customer) if customer else None,
            "createdBy": self._author(thread.created_by),
            "assignedTo": None,
            "to": list(thread.to),
            "cc": list(thread.cc),
            "bcc": list(thread.bcc),
            "createdAt": moment(thread.created_at),
            "openedAt": None,
            "_embedded": {"attachments": [self.attachment(file) for file in thread.attachments]},
        }

    def attachment(self, file: Attachment) -> Json:
        """One file; its URL carries id and token and needs no login."""
        path = f"/storage/attachment/{file.id}/{file.name}?id={file.id}&token={file.token}"
        return {
            "id": file.id,
            "fileName": file.name,
            "fileUrl": self._base_url + path,
            "mimeType": file.mime_type,
            "size": len(file.content),
        }

    @staticmethod
    def _action(thread: Thread) -> Json:
        return {
            "type": thread.action_type,
            "text": thread.action_text,
            "associatedEntities": dict(thread.linked),
        }

    def _user(self, user_id: int | None) -> Json | None:
        return user_json(self._desk.user(user_id)) if user_id else None

    def _author(self, author: Author) -> Json:
        if author.kind == "user":
            return user_json(self._desk.user(author.id))
        return customer_json(self._desk.customers.get(author.id))

    def _custom_fields(self, row: Conversation) -> list[Json]:
        if not self._desk.switches.custom_fields_module:
            return []
        return [
            {"id": custom.id, "name": custom.name, "value": value, "text": value}
            for custom in self._desk.team.custom_fields
            if (value := row.custom_fields.get(custom.id)) is not None
        ]

    def _embedded(self, row: Conversation, embed: Collection[str]) -> Json:
        parts: dict[str, Callable[[], list[Json]]] = {
            "threads": lambda: self._newest_first(row),
            "tags": lambda: [{"id": tag_id(tag), "name": tag} for tag in row.tags],
            "timelogs": list,
        }
        return {name: build() for name, build in parts.items() if name in embed}

    def _newest_first(self, row: Conversation) -> list[Json]:
        threads = sorted(row.threads, key=lambda thread: (thread.created_at, thread.id))
        return [self.thread(thread) for thread in reversed(threads)]


def tag_id(tag: str) -> int:
    """Return a number that stands for the tag."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(tag))

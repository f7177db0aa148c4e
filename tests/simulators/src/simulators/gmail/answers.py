"""The answers of Gmail's API in its own JSON shapes."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Rfc822
from typing import Any

from simulators.gmail import mail
from simulators.gmail.mailbox import SYSTEM_LABELS, Change, HistoryRecord, Mailbox, Message

Json = dict[str, Any]

_ARRAYS = {
    Change.MESSAGE_ADDED: "messagesAdded",
    Change.MESSAGE_DELETED: "messagesDeleted",
    Change.LABEL_ADDED: "labelsAdded",
    Change.LABEL_REMOVED: "labelsRemoved",
}


@dataclass(eq=False)
class ApiError(Exception):
    """An error answer: HTTP status, Google's reason, domain and gRPC status word."""

    status: int
    reason: str
    message: str
    domain: str = "global"
    word: str = "INVALID_ARGUMENT"
    retry_after_s: float | None = None

    def body(self) -> Json:
        """The JSON body Google sends for it."""
        detail = {"message": self.message, "domain": self.domain, "reason": self.reason}
        return {
            "error": {
                "code": self.status,
                "message": self.message,
                "errors": [detail],
                "status": self.word,
            }
        }


def bad_request(message: str) -> ApiError:
    """400 invalidArgument."""
    return ApiError(400, "invalidArgument", message)


def not_found() -> ApiError:
    """404, the same words for a message and for an expired history id."""
    return ApiError(404, "notFound", "Requested entity was not found.", word="NOT_FOUND")


def rate_limited(now: float, retry_after_s: float | None, *, iso_text: bool) -> ApiError:
    """429; the time to come back in the header, and in the text when `iso_text`."""
    text = "User-rate limit exceeded."
    if iso_text:
        at = datetime.fromtimestamp(now + (retry_after_s or 0), UTC)
        text += f"  Retry after {at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"
    word = "RESOURCE_EXHAUSTED"
    return ApiError(429, "rateLimitExceeded", text, "usageLimits", word, retry_after_s)


def forbidden(reason: str, message: str, domain: str = "usageLimits") -> ApiError:
    """403 with a reason."""
    return ApiError(403, reason, message, domain, "PERMISSION_DENIED")


def unauthorized() -> ApiError:
    """401 authError."""
    return ApiError(401, "authError", "Invalid Credentials", word="UNAUTHENTICATED")


def unavailable() -> ApiError:
    """503 backendError."""
    text = "The service is currently unavailable."
    return ApiError(503, "backendError", text, word="UNAVAILABLE")


def profile(box: Mailbox) -> Json:
    """users.getProfile."""
    return {
        "emailAddress": box.address,
        "messagesTotal": box.message_count(),
        "threadsTotal": box.thread_count(),
        "historyId": str(box.history_id),
    }


def message(found: Message, form: str, headers: Sequence[str] = ()) -> Json:
    """users.messages.get in the format asked for."""
    answer: Json = {
        "id": found.id,
        "threadId": found.thread_id,
        "labelIds": sorted(found.labels),
        "snippet": mail.clean(found.text[:100]) if form != "raw" else "",
        "sizeEstimate": found.size,
        "historyId": str(found.history_id),
        "internalDate": str(found.internal_date_s * 1000),
    }
    if form == "raw":
        answer["raw"] = base64.urlsafe_b64encode(found.raw).decode()
    elif form in {"full", "metadata"}:
        answer["payload"] = _payload(found, form, {name.lower() for name in headers})
    return answer


def reference(found: Message) -> Json:
    """A message as lists show it."""
    return {"id": found.id, "threadId": found.thread_id}


def history_record(record: HistoryRecord) -> Json:
    """One record: the redundant `messages`, and the typed array."""
    reference = {"id": record.message_id, "threadId": record.thread_id}
    change: Json = {"message": {**reference, "labelIds": list(record.message_labels)}}
    if record.changed_labels:
        change["labelIds"] = list(record.changed_labels)
    return {"id": str(record.id), "messages": [reference], _ARRAYS[record.change]: [change]}


def labels(box: Mailbox) -> Json:
    """users.labels.list."""
    system = [{"id": name, "name": name, "type": "system"} for name in SYSTEM_LABELS]
    own = [{"id": key, "name": name, "type": "user"} for name, key in box.user_labels.items()]
    return {"labels": system + own}


def attachment(found: Message, number: int) -> Json:
    """users.messages.attachments.get: the n-th leaf of the message."""
    leaves = list(mail.parts(found.raw))
    if not 0 <= number < len(leaves):
        raise not_found()
    content = mail.payload_bytes(leaves[number])
    return {"size": len(content), "data": base64.urlsafe_b64encode(content).decode()}


def _payload(found: Message, form: str, wanted: set[str]) -> Json:
    leaves = list(mail.parts(found.raw))
    headers = _headers(found.raw)
    if form == "metadata":
        chosen = [h for h in headers if not wanted or h["name"].lower() in wanted]
        return {"mimeType": "text/plain", "headers": chosen}
    parts = [_part(number, leaf) for number, leaf in enumerate(leaves)]
    return {"mimeType": "multipart/mixed", "filename": "", "headers": headers, "parts": parts}


def _headers(raw: bytes) -> list[dict[str, str]]:
    names = mail.header_pairs(raw)
    return [{"name": name, "value": value} for name, value in names]


def _part(number: int, leaf: Rfc822) -> Json:
    content = mail.payload_bytes(leaf)
    name = mail.filename(leaf)
    body: Json = {"size": len(content)}
    if name:
        body["attachmentId"] = f"part-{number}"
    else:
        body["data"] = base64.urlsafe_b64encode(content).decode()
    return {
        "partId": str(number),
        "mimeType": leaf.get_content_type(),
        "filename": mail.clean(name or ""),
        "body": body,
    }

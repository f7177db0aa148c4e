"""A case as FreeScout would answer it: what the services read, without a desk."""

from datetime import UTC, datetime, timedelta

from csm.freescout_model import Conversation
from csm_cli.evaluation.case import Case
from csm_cli.evaluation.mail import Thread, threads

_BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)


def conversation(case: Case) -> tuple[Conversation, dict[int, str | None]]:
    """The conversation with all its threads, and the flags of each thread's marker by its id."""
    held = threads(case)
    numbered = list(enumerate(held, start=1))
    answer = {
        "id": 1,
        "type": "email",
        "status": "active",
        "state": "published",
        "subject": held[0].subject,
        "mailboxId": 1,
        "customer": {"id": 1, "email": next(t.email for t in held if t.by == "customer")},
        "createdAt": _at(0),
        "updatedAt": _at(len(held)),
        "_embedded": {"threads": [_thread(number, thread) for number, thread in numbered]},
    }
    flags = {
        number: thread.flags if thread.by == "customer" else None for number, thread in numbered
    }
    return Conversation.model_validate(answer), flags


def _thread(number: int, thread: Thread) -> dict[str, object]:
    files = [{"id": n, "fileName": name} for n, name in enumerate(thread.files, start=1)]
    return {
        "id": number,
        "type": "customer" if thread.by == "customer" else "message",
        "state": "published",
        "body": thread.html,
        "customer": {"email": thread.email} if thread.by == "customer" else None,
        "createdAt": _at(number),
        "_embedded": {"attachments": files},
    }


def _at(hours: int) -> str:
    return (_BEGIN + timedelta(hours=hours)).isoformat()

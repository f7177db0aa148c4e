"""What a story says of one mail, one piece of work and one write, as names and values."""

import json
from collections.abc import Iterator
from typing import Any

from csm.trace import trace_id
from csm_cli.terminal import Json, moment
from gmail_ingest.settings import Settings
from gmail_ingest.thread_text import gmail_link

Facts = Iterator[tuple[str, object]]


def about_mail(settings: Settings, story: Json) -> Facts:
    """The journal of a mail; nothing for other work."""
    for mail in story.get("journal", ()):
        accepted = mail["internal_date"]
        yield "accepted by Gmail", moment(accepted / 1000) if accepted else "not fetched yet"
        yield "Gmail thread", mail["gmail_thread_id"]
        yield "size", f"{mail['size']} bytes" if mail["size"] is not None else ""
        yield "labels", mail["labels"]
        yield "released", "past the filter, by an operator" if mail["released"] else ""
        yield "Message-ID", mail["rfc_message_id"]
        if mailbox := settings.mailbox.get(mail["mailbox"]):
            yield "in Gmail", gmail_link(mailbox.address, mail["gmail_message_id"])


def about_work(trace_url: str, row: Json) -> Facts:
    """A row of work: its trace, its attempts, how it ended or what it waits for."""
    trace = trace_id(row["traceparent"])
    yield "trace", f"{trace_url}/{trace}" if trace_url and trace else trace
    yield "noticed", moment(row["created_at"])
    yield "times published", row["published"]
    yield "failed attempts", row["attempts"]
    if row["state"] == "wanted":
        yield "next try", moment(row["next_try"])
        yield "waits for", row["waiting_for"]
        yield "starts without an outcome", row["starts"]
    else:
        yield "ended", moment(row["ended_at"])
    yield "reason", row["reason"]


def about_effect(settings: Settings, effect: Json) -> Facts:
    """One write to FreeScout, all its attempts."""
    yield "effect", effect["id"]
    yield "state", effect["state"]
    yield "attempt", effect["attempt"]
    yield "sent", moment(effect["sent_at"])
    yield "recorded", moment(effect["done_at"])
    if effect["state"] == "intent":
        yield "outcome surely known", moment(effect["quiet_at"])
    if effect["conversation_id"]:
        yield "conversation", f"{settings.freescout.url}/conversation/{effect['conversation_id']}"
        yield "thread", effect["thread_id"]
    files = ", ".join(f"{name} ({size} bytes)" for name, size in _list(effect, "attachments"))
    yield "attachments", files
    if missing := _list(effect, "missing"):
        yield "missing in FreeScout", ", ".join(missing)
    if effect["refusals"]:
        yield "refusals by FreeScout", effect["refusals"]


def _list(effect: Json, name: str) -> list[Any]:
    found: list[Any] = json.loads(effect[name])
    return found

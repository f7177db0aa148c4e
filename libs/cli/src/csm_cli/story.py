"""The whole story of one mail, for a person: journal, attempts, writes, links."""

import json
from collections.abc import Iterator
from typing import Any

from csm_cli.operate import ask
from csm_cli.terminal import Json, coloured, moment, say_facts, say_json, screen
from gmail_ingest.settings import Settings
from gmail_ingest.thread_text import gmail_link

Facts = Iterator[tuple[str, object]]


def show(settings: Settings, wanted: str, *, as_json: bool) -> None:
    """Every mail that `wanted` names: a Gmail id, a work id or a conversation number."""
    stories = ask(settings, "show", {"id": wanted})["rows"]
    if as_json:
        say_json(stories)
        return
    for story in stories:
        _show(settings, story)


def _show(settings: Settings, story: Json) -> None:
    row = story["work"]
    screen().print(coloured(row["id"]), coloured(row["state"]))
    facts = [*_about_mail(settings, story), *_about_work(row)]
    say_facts("", facts)
    for effect in story["effects"]:
        say_facts(f"Write: {effect['kind']}", _about(settings, effect))


def _about_mail(settings: Settings, story: Json) -> Facts:
    for mail in story["journal"]:
        accepted = mail["internal_date"]
        yield "accepted by Gmail", moment(accepted / 1000) if accepted else "not fetched yet"
        yield "Gmail thread", mail["gmail_thread_id"]
        yield "size", f"{mail['size']} bytes" if mail["size"] is not None else ""
        yield "labels", mail["labels"]
        yield "Message-ID", mail["rfc_message_id"]
        if mailbox := settings.mailbox.get(mail["mailbox"]):
            yield "in Gmail", gmail_link(mailbox.address, mail["gmail_message_id"])


def _about_work(row: Json) -> Facts:
    yield "trace", trace_id(row["traceparent"])
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


def _about(settings: Settings, effect: Json) -> Facts:
    yield "effect", effect["id"]
    yield "state", effect["state"]
    yield "attempt", effect["attempt"]
    yield "sent", moment(effect["sent_at"])
    yield "recorded", moment(effect["done_at"])
    if effect["conversation_id"]:
        url = f"{settings.freescout.url}/conversation/{effect['conversation_id']}"
        yield "conversation", url
        yield "thread", effect["thread_id"]
    yield (
        "attachments",
        ", ".join(f"{n} ({size} bytes)" for n, size in _list(effect, "attachments")),
    )
    if missing := _list(effect, "missing"):
        yield "missing in FreeScout", ", ".join(missing)
    if effect["refusals"]:
        yield "refusals by FreeScout", effect["refusals"]


def _list(effect: Json, name: str) -> list[Any]:
    found: list[Any] = json.loads(effect[name])
    return found


def trace_id(traceparent: str) -> str:
    """The trace of a W3C traceparent (`00-<trace>-<span>-<flags>`)."""
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""

"""What the desk holds at the end against what was mailed; nothing of it comes from the service.

The simulators' own judge finds what is lost, doubled, split, out of order, foreign or empty. A mail
without all its files is no finding when a note names each file that is missing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from faults.simulation.stage import Outside
from simulators.freescout.records import Thread
from simulators.freescout.state import desk_state
from simulators.freescout.verdict import verdict
from simulators.gmail.control import message_row

Row = Mapping[str, Any]


def judged(outside: Outside) -> Iterator[str]:
    """All findings, one line each."""
    desk = desk_state(outside.desk.site.desk, bodies=True)
    rows = [message_row(message) for message in outside.post.box.messages()]
    for finding in verdict(desk, rows).findings():
        if not finding.startswith(("incomplete", "disordered")):
            yield finding
    yield from _disordered(outside)
    yield from _incomplete(desk["conversations"], outside)
    yield from (f"sent: {call}" for call in outside.desk.sent_to_customers)
    for mail in outside.desk.site.desk.mailroom.mails:
        if mail.kind == "auto_reply":
            yield f"sent: an auto reply to thread {mail.thread_id}"
    yield from _unpublished(outside)


def _disordered(outside: Outside) -> Iterator[str]:
    """Mails of one group that were written in another order than they were accepted.

    A group that an agent merged elsewhere is left out: a merge is noticed with the next mail of
    what was merged away, and one that had to wait may by then be older than an answer just written.
    """
    groups = {message.internal_date_s: message.group for message in outside.post.box.messages()}
    members: dict[str, list[Thread]] = defaultdict(list)
    for thread in sorted(outside.desk.site.desk.threads(), key=lambda row: row.id):
        if thread.type == "customer" and (group := groups.get(thread.created_at)):
            members[group].append(thread)
    for group, threads in members.items():
        is_merged = len({thread.posted_to for thread in threads}) > 1
        for earlier, later in pairwise(threads):
            if later.created_at < earlier.created_at and not is_merged:
                yield f"disordered: thread {later.id} of {group} is older than {earlier.id}"


def _incomplete(conversations: list[Row], outside: Outside) -> Iterator[str]:
    """Files that neither the thread has nor a note names; a file that is named twice."""
    messages = {message.internal_date_s: message for message in outside.post.box.messages()}
    for conversation in conversations:
        threads = conversation["threads"]
        notes = " ".join(t["body"] for t in threads if t["type"] == "note" and t["markers"])
        for thread in threads:
            message = messages.get(thread["created_at"])
            if thread["type"] != "customer" or message is None:
                continue
            missing = message.attachment_count - len(thread["attachments"])
            name = message.envelope.message_id.partition("@")[0]
            named = sum(notes.count(f"{name}-{number}.bin") for number in range(2))
            if missing != named:
                yield f"incomplete: thread {thread['id']} lacks {missing} files, {named} are named"


def _unpublished(outside: Outside) -> Iterator[str]:
    """Customer threads whose event the bus never took."""
    told = {
        msg_id.rsplit(":", 1)[1]
        for msg_id in outside.server.accepted
        if msg_id.startswith("conversation.updated:gmail:")
    }
    for thread in outside.desk.site.desk.threads():
        if thread.type == "customer" and str(thread.id) not in told:
            yield f"no event: thread {thread.id} in {thread.conversation_id}"

"""What the bot did at the desk: notes of verdicts, tags, drafts, and what people said there."""

from collections import Counter
from collections.abc import Iterator

from csm.marker import find_marker, mark_id_of
from faults.simulation.process import KEY
from faults.simulation.stage import Outside
from simulators.freescout.records import Conversation, Thread

_CATEGORIES = {"lead", "customer", "other"}
_PRIORITIES = {"p0", "p1", "p2", "p3"}


def judged(outside: Outside) -> Iterator[str]:
    """All findings, one line each."""
    desk = outside.desk.site.desk
    rows = list(desk.conversations.values())
    marks = Counter(_mark(t) for row in rows for t in row.threads if t.type != "customer")
    marks.update(outside.desk.drafts_made)
    for row in rows:
        yield from _conversation(outside, row, marks)
    yield from _twice(outside, rows)
    yield from _people(outside, rows)
    yield from _paid(outside)


def _mark(thread: Thread) -> str:
    found = find_marker(thread.body)
    return found.mark_id if found else ""


def _is(marks: Counter[str], effect: str) -> bool:
    return marks[mark_id_of(KEY, effect)] > 0


def _conversation(outside: Outside, row: Conversation, marks: Counter[str]) -> Iterator[str]:
    newest = _waits_for_us(row)
    if newest is None:
        return
    if not _is(marks, f"verdict-note:{newest.id}"):
        yield f"unjudged: thread {newest.id} in {row.id} has no note"
        return
    deeds = outside.deeds
    if row.id in deeds.rearranged:
        return
    if row.id not in deeds.tagged:
        tags = set(row.tags)
        is_whole = len(tags & _CATEGORIES) == len(tags & _PRIORITIES) == 1
        if not is_whole or "not-classified" in tags:
            yield f"untagged: {row.id} is {sorted(tags)}"
    ends = ("draft", "suggestion", "withheld")
    if row.id not in deeds.drafted and not any(_is(marks, f"{e}:{newest.id}") for e in ends):
        yield f"undrafted: nothing was written for thread {newest.id} in {row.id}"


def _waits_for_us(row: Conversation) -> Thread | None:
    """The customer's message that a verdict must be on, None where there is none.

    It must be the last one by its time and by its number: FreeScout shows threads by their time.
    """
    spoken = [
        t for t in row.threads if t.type in ("customer", "message") and t.state == "published"
    ]
    is_open = row.state == "published" and row.status in ("active", "pending")
    if not spoken or not is_open or row.mailbox_id != 1:
        return None
    last = max(spoken, key=lambda t: t.id)
    is_last = last.created_at == max(t.created_at for t in spoken)
    return last if is_last and last.type == "customer" else None


def _twice(outside: Outside, rows: list[Conversation]) -> Iterator[str]:
    """One note per effect, one draft per message for ever, one open draft per conversation."""
    notes = Counter(_mark(t) for row in rows for t in row.threads if t.type == "note")
    del notes[""]
    for mark, number in notes.items():
        if number > 1:
            yield f"doubled: {number} notes {mark}"
    for mark, number in outside.desk.drafts_made.items():
        if number > 1:
            yield f"doubled: {number} drafts {mark} were made"
    for row in rows:
        drafts = [t.id for t in row.threads if t.type == "message" and t.state == "draft"]
        ours = [id_ for id_ in drafts if id_ in outside.desk.by_bot]
        if len(ours) > 1 and row.id not in outside.deeds.rearranged:
            yield f"doubled: {row.id} has the drafts {ours}"


def _people(outside: Outside, rows: list[Conversation]) -> Iterator[str]:
    """Their words and tags are as they left them, and only they send."""
    deeds = outside.deeds
    bodies = {thread.id: thread.body for row in rows for thread in row.threads}
    for thread_id, text in deeds.texts.items():
        if bodies.get(thread_id) != text:
            yield f"touched: a person's text {thread_id} is not as it was left"
    for row in rows:
        if row.id not in deeds.rearranged and not deeds.tags.get(row.id, set()) <= set(row.tags):
            yield f"touched: a person's tag is gone from {row.id}"
    for mail in outside.desk.site.desk.mailroom.mails:
        if mail.state == "sent" and mail.kind == "reply" and mail.thread_id not in deeds.sent:
            yield f"sent: thread {mail.thread_id} by nobody"


def _paid(outside: Outside) -> Iterator[str]:
    """At most one extra payment for each death, and for each answer that was lost."""
    world = outside.world
    lost = world.deaths + world.fired["model_lost"] + world.fired["commit_unknown"]
    again = outside.model.paid_again
    if again > lost:
        yield f"paid: {again} answers twice, with {lost} deaths and losses"

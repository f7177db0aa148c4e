"""The judge: what the desk holds against what Gmail delivered, from the simulators' own memory.

A mail is recognised by the second of its internal date, which the Gmail simulator never gives
twice and which the desk keeps as the customer thread's createdAt. When the desk is switched to
ignore createdAt, only markers and sums are left.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, TypeVar

Row = Mapping[str, Any]
_Key = TypeVar("_Key", bound=Hashable)

_SELF_TEST = "[csm self-test]"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Findings for people to read; all empty = nothing wrong."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    disordered: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings()

    def findings(self) -> list[str]:
        """All findings, each with its kind in front."""
        kinds = [kind.name for kind in fields(self)]
        return [f"{kind}: {text}" for kind in kinds for text in getattr(self, kind)]


@dataclass(frozen=True, slots=True)
class Letter:
    """A customer mail as Gmail knows it."""

    id: str
    second: int
    group: str
    expect: str
    attachments: int
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer thread as the desk knows it; `origin` is the conversation it was posted to."""

    id: int
    conversation: int
    origin: int
    second: int
    attachments: int
    markers: tuple[str, ...]
    self_test: bool

    def __str__(self) -> str:
        """How findings name it."""
        return f"thread {self.id} in conversation {self.conversation}"


@dataclass(frozen=True, slots=True)
class Match:
    """A thread and the mail it was made from."""

    entry: Entry
    letter: Letter


def verdict(desk_state: Row, gmail_messages: Sequence[Row]) -> Verdict:
    """Compare the desk's control state with Gmail's list of messages.

    Each message is {id, thread_id, internal_date_s, sender, labels, subject, attachment_count,
    expect: "ticket"|"filtered"|"any", group: conversation it belongs with, default thread_id}.
    """
    conversations = desk_state["conversations"]
    entries = list(_entries(conversations))
    letters = [_letter(message) for message in gmail_messages]
    empty = tuple(_husks(conversations))
    if desk_state["switches"]["created_at"] != "honoured":
        sums = tuple(_missing_by_sum(entries, letters))
        return Verdict(lost=sums, doubled=tuple(_same_marker(entries)), empty=empty)
    matches = _matches(entries, letters)
    return Verdict(
        lost=tuple(_lost(matches, letters)),
        doubled=(*_same_mail(matches), *_same_marker(entries)),
        split=tuple(_split(matches)),
        disordered=tuple(_disordered(matches)),
        incomplete=tuple(_incomplete(matches)),
        foreign=(
            *_mixed(matches, _merged(conversations)),
            *_unexpected(matches),
            *_unknown(entries, matches),
        ),
        empty=empty,
    )


def _letter(message: Row) -> Letter:
    return Letter(
        id=str(message["id"]),
        second=int(message["internal_date_s"]),
        group=str(message.get("group") or message["thread_id"]),
        expect=str(message.get("expect") or "any"),
        attachments=int(message.get("attachment_count") or 0),
        label=f"mail {message['id']} from {message.get('sender')} ({message.get('subject')!r})",
    )


def _entries(conversations: Iterable[Row]) -> Iterable[Entry]:
    for conversation in conversations:
        for thread in conversation["threads"]:
            if thread["type"] == "customer":
                yield _entry(conversation, thread)


def _entry(conversation: Row, thread: Row) -> Entry:
    return Entry(
        id=thread["id"],
        conversation=conversation["id"],
        origin=thread.get("posted_to", conversation["id"]),
        second=thread["created_at"],
        attachments=len(thread["attachments"]),
        markers=tuple(marker.split(":")[2] for marker in thread["markers"]),
        self_test=_SELF_TEST in conversation["subject"],
    )


def _matches(entries: Sequence[Entry], letters: Sequence[Letter]) -> list[Match]:
    by_second = {letter.second: letter for letter in letters}
    matches = [
        Match(entry, by_second[entry.second]) for entry in entries if entry.second in by_second
    ]
    return sorted(matches, key=lambda match: match.entry.id)


def _gathered(matches: Iterable[Match], key: Callable[[Match], _Key]) -> dict[_Key, list[Match]]:
    gathered: dict[_Key, list[Match]] = defaultdict(list)
    for match in matches:
        gathered[key(match)].append(match)
    return gathered


def _lost(matches: Sequence[Match], letters: Sequence[Letter]) -> Iterable[str]:
    found = {match.letter.id for match in matches}
    for letter in letters:
        if letter.expect == "ticket" and letter.id not in found:
            yield f"{letter.label} has no thread"


def _missing_by_sum(entries: Sequence[Entry], letters: Sequence[Letter]) -> Iterable[str]:
    expected = sum(letter.expect == "ticket" for letter in letters)
    if len(entries) < expected:
        yield f"{expected} mails expected, {len(entries)} customer threads"


def _same_mail(matches: Sequence[Match]) -> Iterable[str]:
    for copies in _gathered(matches, lambda match: match.letter.id).values():
        if len(copies) > 1:
            yield f"{copies[0].letter.label}: " + ", ".join(str(copy.entry) for copy in copies)


def _same_marker(entries: Sequence[Entry]) -> Iterable[str]:
    holders: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for marker in set(entry.markers):
            holders[marker].append(entry)
    for marker, copies in holders.items():
        if len(copies) > 1:
            yield f"marker {marker}: " + ", ".join(str(copy) for copy in copies)


def _split(matches: Sequence[Match]) -> Iterable[str]:
    for group, members in _gathered(matches, lambda match: match.letter.group).items():
        places = sorted({match.entry.conversation for match in members})
        if len(places) > 1:
            yield f"group {group} lies in conversations {', '.join(map(str, places))}"


def _disordered(matches: Sequence[Match]) -> Iterable[str]:
    # Thread ids grow with each POST, dates with each mail: both must rise together, whichever
    # Gmail thread a mail came by. By the conversation posted to: a merge mixes two orders.
    for members in _gathered(matches, lambda match: match.entry.origin).values():
        for earlier, later in pairwise(members):
            if later.entry.second < earlier.entry.second:
                yield f"{later.entry} is older than thread {earlier.entry.id} before it"


def _incomplete(matches: Sequence[Match]) -> Iterable[str]:
    for match in matches:
        have, want = match.entry.attachments, match.letter.attachments
        if have < want:
            yield f"{match.entry} has {have} of {want} attachments"


def _mixed(matches: Sequence[Match], merged: Mapping[int, set[int]]) -> Iterable[str]:
    # By the conversation a thread was posted to: what a person merged may stand together, and
    # so may what followed it there.
    origins: dict[str, set[int]] = defaultdict(set)
    for match in matches:
        origins[match.letter.group].add(match.entry.origin)
    for origin, members in _gathered(matches, lambda match: match.entry.origin).items():
        groups = {match.letter.group for match in members}
        came_by_merge = {group for group in groups if origins[group] & merged[origin]}
        natives = sorted(groups - came_by_merge)
        if len(natives) > 1:
            yield f"conversation {origin} holds groups {', '.join(natives)}"


def _merged(conversations: Iterable[Row]) -> Mapping[int, set[int]]:
    merged: dict[int, set[int]] = defaultdict(set)
    for conversation in conversations:
        merged[conversation["id"]].update(conversation.get("merged_from", ()))
    return merged


def _unexpected(matches: Sequence[Match]) -> Iterable[str]:
    for match in matches:
        if match.letter.expect == "filtered":
            yield f"{match.entry} was made from {match.letter.label}, which is to be filtered"


def _unknown(entries: Sequence[Entry], matches: Sequence[Match]) -> Iterable[str]:
    known = {match.entry.id for match in matches}
    for entry in entries:
        if entry.markers and entry.id not in known and not entry.self_test:
            yield f"{entry} carries a marker but no mail's date"


def _husks(conversations: Iterable[Row]) -> Iterable[str]:
    for conversation in conversations:
        spoken = [thread for thread in conversation["threads"] if thread["type"] != "lineitem"]
        if not spoken and conversation["state"] != "deleted":
            yield f"conversation {conversation['id']} ({conversation['subject']!r}) has no thread"

"""Reads somebody's mail for the demo: an mbox, a Maildir, a folder of .eml files, one .eml."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

ACCEPTED = (
    "an mbox file, a Maildir (with cur/ and new/), a folder with .eml files, or one .eml file"
)

# RFC 4155: sender, then a date with a time of day. Asking for the time keeps a body line such as
# "From Monday on we are closed" from being taken for a separator.
_SEPARATOR = re.compile(rb"From [^\r\n]*\d{1,2}:\d\d[^\r\n]*\r?\n?\Z")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_DATE_FIELD = re.compile(rb"date[ \t]*:", re.IGNORECASE)
_LINE_LIMIT = 1 << 16  # bytes; a hostile file without newlines is still read in pieces
_HEADER_LIMIT = 1 << 20  # bytes; where the search for a Date field stops
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MailSourceError(Exception):
    """The path holds no mail that can be read; the text names the path and what is accepted."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}. Accepted: {ACCEPTED}.")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one mail lies: `length` bytes from `start` in `file`."""

    name: str
    file: Path
    start: int
    length: int
    mbox: bool
    date: datetime | None


def read_mails(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes of the mail) by Date header, so that a thread's first mail comes first.

    A mail without a readable date keeps its place behind the mail before it in the source.
    Two passes: the first one keeps about 200 bytes per mail, the second reads one mail at a time.
    The bytes are those of the file, less the mbox envelope line and mbox's ">" before "From ".
    Raises MailSourceError at the first step when there is nothing to read.
    """
    try:
        for place in _by_date(_places(path)):
            yield place.name, _content(place)
    except OSError as error:
        raise MailSourceError(path, f"cannot be read ({error.strerror})") from error


def _places(path: Path) -> list[_Place]:
    if path.is_dir():
        return _folder_places(path)
    if not path.exists():
        raise MailSourceError(path, "does not exist")
    places = list(_file_places(path))
    if not places:
        raise MailSourceError(path, "is empty or not a mail")
    return places


def _folder_places(folder: Path) -> list[_Place]:
    files = _folder_files(folder)
    if not files:
        raise MailSourceError(folder, "is a folder without mail")
    return [_whole(file, file.relative_to(folder).as_posix()) for file in files]


def _folder_files(folder: Path) -> list[Path]:
    """A Maildir has cur/ and new/; an archive may have dropped an empty one."""
    parts = [part for part in (folder / "cur", folder / "new") if part.is_dir()]
    if len(parts) < 2 and (found := _eml_files(folder)):
        return found
    return _maildir_files(parts)


def _maildir_files(parts: list[Path]) -> list[Path]:
    """The delivered mails; tmp/ holds only half-written ones, a dot file is none (Maildir spec)."""
    files = [file for part in parts for file in part.iterdir() if file.is_file()]
    return sorted((f for f in files if f.name[0] != "."), key=lambda f: (f.name, f.parent.name))


def _eml_files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.suffix.lower() == ".eml" and f.is_file())


def _file_places(path: Path) -> Iterable[_Place]:
    """One .eml is one mail whatever it holds; any other file must look like an mbox or a mail."""
    with path.open("rb") as stream:
        first = stream.readline(_LINE_LIMIT)
    if not first:
        return []
    if path.suffix.lower() == ".eml":
        return [_whole(path, path.name)]
    if first.startswith(b"From "):
        return _mbox_places(path)
    return [_whole(path, path.name)] if _FIELD.match(first) else []


def _whole(file: Path, name: str) -> _Place:
    """A file that is one mail; some archives leave the mbox envelope line in it, which is none."""
    with file.open("rb") as stream:
        first = stream.readline(_LINE_LIMIT)
        start = len(first) if first.startswith(b"From ") else 0
        stream.seek(start)
        date = _date(stream)
        return _Place(name, file, start, stream.seek(0, os.SEEK_END) - start, mbox=False, date=date)


def _mbox_places(path: Path) -> Iterator[_Place]:
    with path.open("rb") as stream:
        bounds = list(_mbox_bounds(stream))
        for number, (start, end) in enumerate(bounds, start=1):
            stream.seek(start)
            date = _date(stream)
            yield _Place(f"{path.name}:{number}", path, start, end - start, mbox=True, date=date)


def _mbox_bounds(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """(start, end) of each mail: a separator stands at the top or after an empty line (RFC 4155).

    The empty line before a separator belongs to the mbox, not to the mail.
    """
    start, position, blank, at_line_start = -1, 0, 0, True
    while line := stream.readline(_LINE_LIMIT):
        if at_line_start and (position == 0 or (blank and _SEPARATOR.match(line))):
            if start >= 0:
                yield start, position - blank
            start = position + len(line)
        blank = len(line) if at_line_start and line in (b"\n", b"\r\n") else 0
        at_line_start = line.endswith(b"\n")
        position += len(line)
    yield start, max(start, position - blank)


def _content(place: _Place) -> bytes:
    with place.file.open("rb") as stream:
        stream.seek(place.start)
        raw = stream.read(place.length)
    return _unquoted(raw) if place.mbox else raw


def _unquoted(raw: bytes) -> bytes:
    """Take one ">" from each line that mbox quoted (mboxrd, the variant that can be undone)."""
    return _QUOTED_FROM.sub(rb"\1", raw)


def _date(stream: BinaryIO) -> datetime | None:
    """The first Date field of the header that starts at the stream's position, if readable."""
    left = _HEADER_LIMIT
    while left > 0 and (line := stream.readline(_LINE_LIMIT)).strip(b"\r\n"):
        if _DATE_FIELD.match(line):
            return _parsed(line.partition(b":")[2].decode("ascii", "replace"))
        left -= len(line)
    return None


def _parsed(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text.strip())
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None  # the sender's date is hostile input; the mail keeps its place in the file


def _by_date(places: Iterable[_Place]) -> list[_Place]:
    latest, keyed = _EPOCH, []
    for place in places:
        latest = place.date or latest
        keyed.append((latest, place))
    return [place for _, place in sorted(keyed, key=lambda pair: pair[0])]

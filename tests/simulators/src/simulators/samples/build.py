"""The sample mailbox of the demo and the tests: about ninety invented mails in seven languages."""

from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.samples.compose import Part
from simulators.samples.envelope import letter_part, mail_bytes
from simulators.samples.letter import Expect, Letter, letters
from simulators.samples.quoting import quoted
from simulators.samples.special import special_letters, special_parts

DEFAULT_BASE = datetime(2026, 11, 4, 17, 30, tzinfo=UTC)  # a Wednesday: sent on working days


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail as Gmail hands it out, and what the ingest must make of it."""

    name: str
    raw: bytes
    labels: tuple[str, ...] = ("INBOX", "UNREAD")
    group: str | None = None
    expect: Expect = "ticket"
    note: str = ""


def sample_mails(base: datetime = DEFAULT_BASE) -> list[Sample]:
    """All samples in delivery order; the newest was written a few minutes before `base`."""
    return build(base)


def build(base: datetime) -> list[Sample]:
    """The samples with every date relative to `base` (with a time zone): equal base, equal bytes.

    Mails of one `group` belong to one conversation; None stands for a Gmail thread of its own.
    """
    known = {letter.name: letter for letter in (*letters(), *special_letters())}
    arrived = sorted(known.values(), key=lambda letter: (letter.late - letter.written, letter.name))
    special = special_parts(base)
    return [_sample(letter, special.get(letter.name), known, base) for letter in arrived]


def _sample(letter: Letter, part: Part | None, known: dict[str, Letter], base: datetime) -> Sample:
    if part is None:
        part = letter_part(letter, _full_text(letter, known, base))
    raw = mail_bytes(letter, part, _ancestors(letter, known), base)
    labels = tuple(letter.labels)
    return Sample(letter.name, raw, labels, letter.group, letter.expect, letter.note)


def _ancestors(letter: Letter, known: dict[str, Letter]) -> list[Letter]:
    if not letter.answers:
        return []
    parent = known[letter.answers]
    return [*_ancestors(parent, known), parent]


def _full_text(letter: Letter, known: dict[str, Letter], base: datetime) -> str | None:
    """The letter's own words with the answered mail below, as deep as the thread goes."""
    if letter.body is None or not letter.quotes:
        return letter.body
    parent = known[letter.answers]
    below = quoted(letter, parent, _full_text(parent, known, base) or "", base)
    return letter.body.rstrip("\n") + below + "\n"

"""Which conversation does a mail belong to? Pure decisions over looked-up facts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# FreeScout: Message-IDs of its mails are FS_<kind>-<thread id>-<hash>@<mailbox domain>. The hash
# needs FreeScout's APP_KEY, so the number is a claim and its sender must be proven otherwise.
_FREESCOUT_ID = re.compile(r"^<?FS_(?:reply|autoreply)-([1-9]\d{0,17})-")
_NAMED = re.compile(rb"FS_(?:reply|autoreply)-([1-9]\d{0,17})-")
# Bytes of a mail in which they are looked for: all headers, and what a bounce sends back.
_HEAD = 256 * 1024
_MOST_NAMED = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that a mail's headers name, and who takes part in it.

    `number` is what people see of it, 0 when FreeScout did not say.
    """

    conversation_id: int
    participants: frozenset[str]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Append:
    """The mail goes into this conversation."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Create:
    """The mail starts a conversation; `claims` is the number of one it may not enter."""

    claims: int | None = None


def claimed_threads(references: Iterable[str]) -> tuple[int, ...]:
    """FreeScout thread ids that a mail claims to answer, in the order of its references."""
    found = (_FREESCOUT_ID.match(reference) for reference in references)
    return tuple(dict.fromkeys(int(match.group(1)) for match in found if match))


def named_threads(raw: bytes) -> tuple[int, ...]:
    """FreeScout thread ids that a mail may claim, read without parsing it: never too few."""
    found = (int(number) for number in _NAMED.findall(raw[:_HEAD]))
    return tuple(dict.fromkeys(found))[:_MOST_NAMED]


def decide(
    candidates: Sequence[Candidate], speakers: frozenset[str], *, is_forged: bool
) -> Append | Create:
    """The first candidate that one of `speakers` takes part in; headers alone prove nothing.

    `speakers` is the sender, or for a bounce the failed recipients. A mail that fails DMARC
    (`is_forged`) proves no sender, so it enters no conversation by its headers.
    """
    for candidate in candidates:
        if not is_forged and speakers & candidate.participants:
            return Append(candidate.conversation_id)
    named = [candidate.number or candidate.conversation_id for candidate in candidates]
    return Create(named[0] if named else None)

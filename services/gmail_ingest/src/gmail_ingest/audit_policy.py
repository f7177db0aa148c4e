"""What the desk holds against what the journal says: pure comparisons, nothing is changed."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from csm.freescout_model import Thread

Kind = Literal["missing", "double", "split", "disordered", "incomplete", "foreign"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What a person does about it. An audit itself writes nothing, anywhere.
ADVICE: Mapping[Kind, str] = {
    "missing": (
        "FreeScout has lost it (a restored backup, a deleted thread): open the mail in Gmail"
        " (`csm show <mail>` has the link) and answer or enter it by hand"
    ),
    "double": "compare both threads in FreeScout and delete the later one by hand",
    "split": "merge the newer conversation into the older one in FreeScout",
    "disordered": (
        "nothing to repair: FreeScout shows threads by their time; report it with `csm show <mail>`"
    ),
    "incomplete": "take the file from the mail in Gmail (`csm show <mail>` has the link)",
    "foreign": (
        "look at the thread: another installation with our install key wrote it, or the database"
        " is older than the desk; `csm replay <mail>` finds what is there"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the journal says. `mail` is a Gmail id, empty when none is known."""

    kind: Kind
    words: str
    mail: str
    conversation_id: int
    thread_id: int

    @property
    def key(self) -> str:
        """The same finding of the next audit has the same."""
        name = f"{self.kind}:{self.mail}:{self.conversation_id}:{self.thread_id}"
        return hashlib.sha256(name.encode()).hexdigest()[:16]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.kind].replace("<mail>", self.mail or "<mail>")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A customer thread as the journal has it; times in epoch seconds, `internal_date` in ms.

    `attachments` were sent, `missing` of them FreeScout had lost already and a note says so.
    """

    work_id: str
    mailbox: str
    gmail_message_id: str
    gmail_thread_id: str
    internal_date: int
    conversation_id: int
    thread_id: int
    attachments: int = 0
    missing: int = 0
    sent_at: float = 0.0
    noticed_at: float = 0.0
    reopened_at: float | None = None

    @property
    def gmail_thread(self) -> tuple[str, str]:
        """The Gmail thread, which is one of its mailbox."""
        return self.mailbox, self.gmail_thread_id

    @property
    def place(self) -> tuple[int, str]:
        """Its place among the mails of its Gmail thread: when Gmail accepted it."""
        return self.internal_date, self.gmail_message_id

    def finding(self, kind: Kind, words: str, *, conversation_id: int = 0) -> Finding:
        """A finding about this mail, in its own conversation unless another one is named."""
        return Finding(
            kind,
            words,
            self.gmail_message_id,
            conversation_id or self.conversation_id,
            self.thread_id,
        )


def missing(recorded: Recorded) -> Finding:
    """Its thread is in FreeScout no more, though its conversation is."""
    words = f"thread {recorded.thread_id} is not in conversation {recorded.conversation_id}"
    return recorded.finding("missing", words)


def incomplete(recorded: Recorded, thread: Thread) -> Finding | None:
    """Fewer attachments than were written; what was told to the team already counts as there."""
    have, sent = len(thread.attachments), recorded.attachments
    if have >= sent - recorded.missing:
        return None
    words = f"thread {thread.id} has {have} of {sent} attachments"
    return recorded.finding("incomplete", words)


def double(original: Recorded, conversation_id: int, thread_id: int) -> Finding:
    """Another thread carries the marker of a mail that is recorded elsewhere."""
    words = (
        f"is thread {original.thread_id} in conversation {original.conversation_id}"
        f" and thread {thread_id} in conversation {conversation_id}"
    )
    return Finding("double", words, original.gmail_message_id, conversation_id, thread_id)


def split(mail: Recorded, other: int) -> Finding:
    """The Gmail thread of `mail` is in the older conversation `other` too."""
    words = (
        f"Gmail thread {mail.gmail_thread_id} is in conversations {other} and"
        f" {mail.conversation_id}"
    )
    return mail.finding("split", words)


def disordered(written: Iterable[Recorded]) -> Iterator[Finding]:
    """Mails of one Gmail thread that were written after a newer one.

    Thread ids grow with each write. A mail that nobody knew when the newer one was written, or
    that a person made due again, rightly comes later.
    """
    for mails in by_gmail_thread(written).values():
        in_order = sorted(mails, key=lambda mail: mail.thread_id)
        newest = in_order[0]
        for mail in in_order[1:]:
            if mail.place > newest.place:
                newest = mail
            elif mail.reopened_at is None and mail.noticed_at <= newest.sent_at:
                words = f"thread {mail.thread_id} is older than thread {newest.thread_id} before it"
                yield mail.finding("disordered", words)


def by_gmail_thread(written: Iterable[Recorded]) -> dict[tuple[str, str], list[Recorded]]:
    """Mails gathered by their Gmail thread."""
    gathered: dict[tuple[str, str], list[Recorded]] = defaultdict(list)
    for mail in written:
        gathered[mail.gmail_thread].append(mail)
    return gathered

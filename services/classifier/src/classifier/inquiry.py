"""What is judged: the customer's newest messages as plain text, and what else is known. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier message, as plain text."""

    by: Literal["customer", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One burst of messages that nobody has answered or judged yet.

    `newest` are their texts, oldest first; `earlier` is what was said before them. `flags` are the
    letters of the newest one's marker, None when nothing is known of its headers.
    """

    subject: str
    newest: tuple[str, ...]
    earlier: tuple[Turn, ...] = ()
    flags: str | None = None
    sender: str = ""
    files: tuple[str, ...] = ()

    @property
    def has_agent_answer(self) -> bool:
        """Whether somebody of the team has written in this conversation before."""
        return any(turn.by == "agent" for turn in self.earlier)

    @property
    def is_from_machine(self) -> bool:
        """Whether headers say that no person wrote it: an automatic answer or a delivery report."""
        return bool(set(self.flags or "") & {"a", "n"})

    @property
    def is_to_many(self) -> bool:
        """Whether headers say that it went to many: a list's or a bulk mail."""
        return bool(set(self.flags or "") & {"b", "p"})

    def customer_texts(self) -> Iterator[str]:
        """What the customer wrote, the newest first."""
        yield from reversed(self.newest)
        yield from (turn.text for turn in reversed(self.earlier) if turn.by == "customer")


def joined(texts: Sequence[str]) -> str:
    """Several messages as one text."""
    return "\n\n".join(texts)

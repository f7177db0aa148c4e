"""The words of alerts: which cause, since when, where to look. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["raised", "grown", "over", "downgraded", "summary"]
# Lines that one message has at most; the rest is counted.
_MOST_LINES = 20
_HEADS: dict[Kind, str] = {
    "raised": "", "grown": "More: ", "over": "Over: ", "downgraded": "Downgraded: ", "summary": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """One cause on its way to one channel; `attempts` whose answer is not known."""

    id: int
    key: str
    rule: str
    kind: Kind
    words: str
    conversation_id: int | None
    unsure: int = 0

    @property
    def line(self) -> str:
        """In one line; of a summary its first."""
        return f"{_HEADS[self.kind]}{self.words.splitlines()[0] if self.words else ''}"


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel sends; `key` names it, the same at every attempt."""

    key: str
    title: str
    text: str
    notices: Sequence[Notice]
    links: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For any receiver."""
        alerts = [
            {
                "key": n.key, "rule": n.rule, "kind": n.kind, "words": n.line,
                "conversation_id": n.conversation_id,
            }
            for n in self.notices
        ]  # fmt: skip
        return {"id": self.key, "title": self.title, "text": self.text, "alerts": alerts}


def message(notices: Sequence[Notice], url: str) -> Message:
    """One message for all of them; `url` is FreeScout's, for links."""
    first = notices[0]
    title = first.line if len(notices) == 1 else f"{len(notices)} alerts, the first: {first.line}"
    if any(notice.unsure for notice in notices):
        title = f"(perhaps again) {title}"
    links = [f"{url}/conversation/{n.conversation_id}" for n in notices if n.conversation_id]
    return Message(
        f"csm-{first.id}", f"CSM: {title}", _text(notices, url), notices, tuple(links[:_MOST_LINES])
    )


def _text(notices: Sequence[Notice], url: str) -> str:
    lines = [_full(notice, url) for notice in notices[:_MOST_LINES]]
    if len(notices) > _MOST_LINES:
        lines.append(f"and {len(notices) - _MOST_LINES} more: csm status")
    return "\n".join(lines)


def _full(notice: Notice, url: str) -> str:
    link = f" {url}/conversation/{notice.conversation_id}" if notice.conversation_id else ""
    return f"{_HEADS[notice.kind]}{notice.words}{link}"

"""What people got on every channel, and which fault the next message meets."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message that arrived; `at` in seconds since 1970."""

    channel: str
    content: dict[str, Any]
    at: float


@dataclass(slots=True)
class Inbox:
    """All channels. A fault is `lost` (taken, the answer is not), `refused`, or an HTTP status."""

    clock: Callable[[], float] = time.time
    messages: list[Message] = field(default_factory=list)
    heartbeats: int = 0
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def next_fault(self, channel: str) -> str:
        """Take the next fault of a channel, empty for none."""
        waiting = self.faults[channel]
        return waiting.pop(0) if waiting else ""

    def take(self, channel: str, content: dict[str, Any]) -> None:
        """A message arrived."""
        self.messages.append(Message(channel, content, self.clock()))

    def reset(self) -> None:
        """Nothing arrived, nothing is broken."""
        self.messages.clear()
        self.faults.clear()
        self.heartbeats = 0

    def shown(self) -> dict[str, Any]:
        """For a test."""
        return {
            "messages": [asdict(message) for message in self.messages],
            "heartbeats": self.heartbeats,
        }

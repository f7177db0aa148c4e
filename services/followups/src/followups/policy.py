"""Which conversations are stale, and when a follow-up is asked for again. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from csm.freescout_model import Conversation, Thread
from followups.hours import Hours, open_seconds

FOLLOWUP_READY = "followup-ready"
# Seconds until a follow-up that left no tag is asked for again; doubled each time, a day at most.
_AGAIN = 600.0
_AGAIN_AT_MOST = 86_400.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a conversation stale: `hours` without an answer, counted in opening times."""

    hours: float = 24.0
    required_tags: tuple[str, ...] = ()
    excluded_tags: tuple[str, ...] = ()
    states: tuple[str, ...] = ("active", "pending")
    p0_tags: tuple[str, ...] = ("p0",)
    opening: Hours | None = None

    def with_changes(self, changes: Mapping[str, Any]) -> "Rules":
        """The same with what an operator asked for this once."""
        names = ("hours", "required_tags", "excluded_tags", "states")
        chosen = {name: changes[name] for name in names if changes.get(name) is not None}
        kept = {name: getattr(self, name) for name in self.__slots__}
        return Rules(
            **kept | {k: tuple(v) if isinstance(v, list) else v for k, v in chosen.items()}
        )


@dataclass(frozen=True, slots=True)
class Stale:
    """Nobody answered this customer's message in time; one of these per message, for ever."""

    conversation_id: int
    customer_thread_id: int
    mailbox_id: int
    since: float
    """When the customer wrote, in epoch seconds."""
    is_tagged: bool
    is_p0: bool


def stale(conversation: Conversation, rules: Rules, begun: float, now: float) -> Stale | None:
    """The stale period of a conversation at `now`, None when nobody waits too long there.

    What was written before `begun`, the first start, is left alone (epoch seconds). The bot's
    notes and drafts are no answer.
    """
    if not _is_in_scope(conversation, rules):
        return None
    thread = waiting_thread(conversation)
    # FreeScout cuts its times to whole seconds.
    if thread is None or thread.created_at.timestamp() + 1 < begun:
        return None
    waited = open_seconds(thread.created_at, datetime.fromtimestamp(now, UTC), rules.opening)
    if waited < rules.hours * 3600:
        return None
    tags = _lower(conversation.tags)
    return Stale(
        conversation.id,
        thread.id,
        conversation.mailbox_id,
        thread.created_at.timestamp(),
        FOLLOWUP_READY in tags,
        bool(tags & _lower(rules.p0_tags)),
    )


def _is_in_scope(conversation: Conversation, rules: Rules) -> bool:
    if conversation.type != "email" or conversation.state != "published":
        return False
    tags = _lower(conversation.tags)
    return (
        conversation.status in rules.states
        and _lower(rules.required_tags) <= tags
        and not _lower(rules.excluded_tags) & tags
    )


def waiting_thread(conversation: Conversation) -> Thread | None:
    """The customer's newest message if no agent wrote after it, else None."""
    spoken = [
        thread
        for thread in conversation.threads
        if thread.type in ("customer", "message") and thread.state == "published"
    ]
    newest = max(spoken, key=lambda t: (t.created_at, t.id), default=None)
    return newest if newest is not None and newest.type == "customer" else None


def _lower(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(tag.lower() for tag in tags)


def again_after(published: int, scale: float) -> float:
    """Seconds until the next publish when the tag is still missing then."""
    doublings = max(min(published - 1, 10), 0)
    return min(_AGAIN * (1 << doublings), _AGAIN_AT_MOST) * scale

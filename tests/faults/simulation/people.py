"""What people did at the desk: the bot may touch none of it."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Deeds:
    """By ids of threads and conversations.

    `sent`: messages a person sent. `texts`: drafts and messages with a person's words, as they were
    left. `tags`: what a person tagged that is not the bot's, by conversation. `tagged`: where one
    changed the bot's own tags. `drafted`: where one wrote, sent or discarded a draft, or closed.
    `rearranged`: what was merged, moved or deleted.
    """

    sent: set[int] = field(default_factory=set)
    texts: dict[int, str] = field(default_factory=dict)
    tags: dict[int, set[str]] = field(default_factory=dict)
    tagged: set[int] = field(default_factory=set)
    drafted: set[int] = field(default_factory=set)
    rearranged: set[int] = field(default_factory=set)

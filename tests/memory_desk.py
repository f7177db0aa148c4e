"""A FreeScout in memory at the two seams of a `Write`: one request out, one look back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from csm.effects import Intent, Seen, Sent, Write, Written
from csm.freescout_errors import FreeScoutGoneError, FreeScoutUnavailableError

Fate = Literal["answer", "lose", "vanish", "refuse", "gone", "husk"]
LOST = FreeScoutUnavailableError("no answer")
REFUSED = FreeScoutUnavailableError("connection refused", certain=True)
GONE = FreeScoutGoneError("POST /conversations/7/threads", 404)


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with a marker, as the desk shows it."""

    effect_id: str
    conversation_id: int
    thread_id: int
    sizes: tuple[int, ...] = ()


@dataclass
class Desk:
    """Conversations with their marked threads; `fates` decides what becomes of each request.

    `answer` applies and answers, `lose` applies and says nothing, `vanish` loses the request,
    `refuse` surely applies nothing, `gone` is a 404, `husk` makes the conversation only.
    """

    now: Callable[[], float] = float
    threads: list[Thread] = field(default_factory=list)
    conversations: set[int] = field(default_factory=set)
    fates: list[Fate] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    looks: int = 0
    kept: int | None = None
    """How many attachments of a request survive; None keeps all."""

    def open(self) -> int:
        """A new conversation without a thread."""
        self.conversations.add(len(self.conversations) + 1)
        return len(self.conversations)

    def apply(self, write: Write, conversation_id: int | None = None) -> Written:
        """What FreeScout does with a request that reached it."""
        sizes = tuple(sent.size for sent in write.attachments)[: self.kept]
        conversation_id = conversation_id or self.open()
        made = Thread(write.effect_id, conversation_id, 100 + len(self.threads), sizes)
        self.threads.append(made)
        missing = tuple(sent.name for sent in write.attachments[len(sizes) :])
        return Written(made.conversation_id, made.thread_id, missing)

    def look(self, effect_id: str) -> Seen:
        """What a look for a marker finds at this moment."""
        self.looks += 1
        filled = {thread.conversation_id for thread in self.threads}
        husks = tuple(sorted(self.conversations - filled))
        for thread in self.threads:
            if thread.effect_id == effect_id:
                return Seen(thread.conversation_id, thread.thread_id, thread.sizes, husks)
        return Seen(husks=husks)

    def written(self, effect_id: str) -> int:
        """How many threads carry the marker of an effect."""
        return sum(thread.effect_id == effect_id for thread in self.threads)

    def write(
        self,
        effect_id: str = "effect",
        *,
        conversation_id: int | None = None,
        attachments: tuple[Sent, ...] = (),
        target: str | None = "customer and subject",
    ) -> Write:
        """A write to this desk: a create, or a thread of `conversation_id`."""

        async def send(send_until: float) -> Written:
            self.requests.append(self.now())
            if self.now() > send_until:
                raise REFUSED
            return self._meet_fate(made, conversation_id)

        async def find(_intent: Intent) -> Seen:
            return self.look(effect_id)

        made = Write(
            effect_id=effect_id,
            work_id=f"work of {effect_id}",
            kind="append" if conversation_id else "create",
            body_sha256="0" * 64,
            body_bytes=0,
            send=send,
            find=find,
            attachments=attachments,
            target=target,
        )
        return made

    def _meet_fate(self, write: Write, conversation_id: int | None) -> Written:
        fate = self.fates.pop(0) if self.fates else "answer"
        if fate in ("answer", "lose"):
            written = self.apply(write, conversation_id)
            if fate == "answer":
                return written
        if fate == "husk":
            self.open()
        raise {"refuse": REFUSED, "gone": GONE}.get(fate, LOST)

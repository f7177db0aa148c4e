"""One conversation, the services that write into it, the people in it: one run of the search."""

import hashlib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from csm.contracts import ConversationClassified, DraftUpsert
from faults.interleavings import oracle as oracles
from faults.interleavings.actors import Actor, Asked, Nap
from faults.interleavings.explore import Choice
from faults.interleavings.oracle import Oracle
from faults.interleavings.people import BESIDE, ON_DRAFTS, Agent
from faults.interleavings.services import TIMING, DraftWriter, GmailIngest
from faults.simulation.desk import Desk
from faults.simulation.post import Post
from faults.simulation.world import Rates, World
from letters import letter, message_id
from simulators.freescout.hours import pass_time
from simulators.gmail.mailbox import Delivery

# A request that nobody waits for is applied before so many seconds are over, or never.
_LATE = 60.0
_HOUR = 3600.0
BOSS, BUYER = "boss@client.example", "buyer@client.example"


@dataclass(frozen=True, slots=True)
class Plan:
    """What may happen. `tick` is how many seconds each thing takes: 0 puts all into one second."""

    deeds: Sequence[str] = (*ON_DRAFTS, *BESIDE)
    number: int = 1
    faults: Sequence[str] = ()
    is_answered: bool = False
    tick: float = 1.0


class Still(World):
    """A world in which nothing but choices takes time."""

    async def step(self, what: str) -> None:
        """Nothing happens by chance."""


class Scene:
    """One run."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._world = Still(0, Rates.none())
        self._site = Desk(self._world, TIMING)
        self._post = Post(self._world)
        self._late: list[tuple[httpx.Request, str]] = []
        self._faults = 1 if plan.faults else 0
        self._gmail = GmailIngest(Actor("gmail", self._world), self._post)
        self._writer = DraftWriter(Actor("draft", self._world))
        self._mail("first", BOSS)
        self._run(self._gmail.actor)
        while (waiting := self._gmail.actor.waiting) is not None:
            self._let(self._gmail.actor, waiting)
        self.oracle = Oracle(self._site.site.desk, cc=self._site.site.desk.conversations[1].cc)
        self.people = Agent(self._site.site.desk, plan.deeds, plan.number)
        self._actors = [self._writer.actor]
        self._begin()

    def _begin(self) -> None:
        self._world.loop.create_task(self._writer.actor.play(self._drafts))
        self._world.loop.run_forever()
        if self._plan.is_answered:
            self._actors.append(self._gmail.actor)
            self._mail("second", BUYER)
            self._run(self._gmail.actor)

    def _mail(self, name: str, copied: str) -> None:
        """A mail of the customer, later ones in the Gmail thread of the first."""
        answers = [message_id("first")] if name != "first" else []
        raw = f"Cc: {copied}\n".encode() + letter(name, "Order", answers=answers)
        message = self._post.box.deliver(Delivery(raw))
        self._script = lambda: self._gmail.mailed(message.id, message.thread_id)

    def _run(self, actor: Actor) -> None:
        actor.is_over = False
        self._world.loop.create_task(actor.play(self._script))
        self._world.loop.run_forever()

    async def _drafts(self) -> None:
        """The making of a draft, and whatever may ask for it again."""
        writer, basis = self._writer, self.oracle_basis()
        await writer.judged(_verdict(basis))
        for purpose in ("reply", "followup"):
            await writer.wished(_wish(basis, purpose))
        await writer.actor.nap(_HOUR)
        await writer.look(1)
        if (newest := self.oracle_basis()) != basis:
            await writer.judged(_verdict(newest))
        self.people.left = 0  # what people do later is read by a later look
        await writer.actor.nap(_HOUR)
        await writer.look(1)

    def oracle_basis(self) -> int:
        """The customer's newest message."""
        threads = self._site.site.desk.conversations[1].threads
        return max(t.id for t in threads if t.type == "customer")

    # --- the search's side

    def choices(self) -> Sequence[Choice]:
        """Requests that may be applied, faults, deeds; the usual first."""
        moves = [*self._moves()]
        if not moves:
            return ()
        late = [("late", str(at)) for at in range(len(self._late))]
        return [*moves, *late, *self.people.possible()]

    def _moves(self) -> Iterator[Choice]:
        asking = [a for a in self._actors if isinstance(a.waiting, Asked) and not a.is_over]
        yield from (("go", actor.name) for actor in asking)
        if not asking:
            napping = [a for a in self._actors if isinstance(a.waiting, Nap) and not a.is_over]
            yield from (("wake", actor.name) for actor in napping)
        for actor in asking:
            waiting = actor.waiting
            if self._faults and isinstance(waiting, Asked) and _is_draft(waiting.request):
                yield from ((fault, actor.name) for fault in self._plan.faults)

    def take(self, choice: Choice) -> None:
        """Let it happen; it takes its time."""
        kind, *about = choice
        actor = next((a for a in self._actors if a.name in about), None)
        if actor is not None and actor.waiting is not None:
            self._take(kind, actor, actor.waiting)
        elif kind == "late":
            request, late = self._late.pop(int(about[0]))
            self._apply(late, request)
        elif (status := self.people.do(choice)) is not None:
            self.oracle.status = status
        self._pass(self._plan.tick)

    def _take(self, kind: str, actor: Actor, waiting: Asked | Nap) -> None:
        if isinstance(waiting, Nap) or kind == "go":
            self._let(actor, waiting)
            return
        self._faults -= 1
        if kind == "lost":
            self._apply(actor.name, waiting.request)
        elif kind == "late":
            late = f"late request of {actor.name}"
            self.oracle.seen[late] = self.oracle.seen[actor.name]
            self._late.append((waiting.request, late))
        actor.waiting = None
        waiting.answer.set_exception(httpx.ReadError("no answer", request=waiting.request))
        self._world.loop.run_forever()

    def _let(self, actor: Actor, waiting: Asked | Nap) -> None:
        actor.waiting = None
        if isinstance(waiting, Nap):
            if waiting.seconds > _LATE:
                self._late.clear()
            self._pass(waiting.seconds)
            waiting.answer.set_result(None)
        else:
            waiting.answer.set_result(self._apply(actor.name, waiting.request))
        self._world.loop.run_forever()

    def _apply(self, by: str, request: httpx.Request) -> Any:
        if not hasattr(self, "oracle"):
            return self._site.answer(request)
        if request.method == "GET":
            answer = self._site.answer(request)
            self.oracle.read(by)
            return answer
        was = oracles.before(self.oracle)
        answer = self._site.answer(request)
        self.oracle.wrote(by, was)
        return answer

    def _pass(self, seconds: float) -> None:
        desk = self._site.site.desk
        if seconds:
            self._world.loop.later(seconds, self._world.loop.stop)
            self._world.loop.run_forever()
        pass_time(desk)
        desk.send_due()

    def state(self) -> Hashable:
        """Clock, desk, each service's database, and where its code is."""
        desk = self._site.site.desk
        seen = [
            self._world.now(), desk.conversations, desk.editors, desk.mailroom.mails,
            self.people.left, self._faults, [request.content for request, _ in self._late],
            self.oracle.drafts, self.oracle.status, self.oracle.cc,
            [_place(actor) for actor in self._actors],
            self._writer.store.dump(), self._gmail.store.dump(),
        ]  # fmt: skip
        return hashlib.sha256(repr(seen).encode()).digest()

    def findings(self) -> Sequence[str]:
        """What was found, at the end also what became of everything."""
        if not self.choices():
            rows = self._writer.store.rows("SELECT basis_thread_id, thread_id FROM draft")
            threads = {basis: thread for basis, thread in rows if thread is not None}
            self.oracle.judge(self._writer.drafts(), threads)
        return self.oracle.findings

    def close(self) -> None:
        """End everything that still runs."""
        self._world.loop.finish()


def _place(actor: Actor) -> object:
    waiting = actor.waiting
    content = waiting.request.content if isinstance(waiting, Asked) else b""
    name = waiting.name if waiting else ""
    return actor.name, actor.events, actor.naps, tuple(actor.told), name, content, actor.is_over


def _is_draft(request: httpx.Request) -> bool:
    return request.method == "POST" and b'"state":"draft"' in request.content.replace(b" ", b"")


def _verdict(thread_id: int) -> ConversationClassified:
    return ConversationClassified(
        conversation_id=1, customer_thread_id=thread_id, verdict_seq=1, category="customer",
        importance=5, priority="P2", method="model", provisional=False, language="en",
        prompt_version="triage-1", reason="A parcel is late.",
    )  # fmt: skip


def _wish(thread_id: int, purpose: str) -> DraftUpsert:
    return DraftUpsert.model_validate(
        {"conversation_id": 1, "basis_thread_id": thread_id, "purpose": purpose}
    )

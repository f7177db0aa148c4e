"""The write protocol as a model: what may happen next, what must never be, what is a good end."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from faults.model import around, faults
from faults.model.search import Move, distinct
from faults.model.worker import PROGRAM
from faults.model.world import (
    AGENT,
    DONE,
    INCOMPLETE,
    NONE,
    OPEN,
    PARKED,
    UNLISTED,
    Conversation,
    Event,
    Mail,
    State,
    Worker,
    World,
)

INVARIANTS = {
    "once": "I1: a mail has at most one thread",
    "phantom": "I2: a mail that is recorded as done has its thread",
    "intent": "I3: no request without a committed intent",
    "place": "I4: related mails in one conversation, strangers in another, nothing empty left",
    "order": "I5: mails stand in the order in which Gmail accepted them, over all Gmail threads",
    "loss": "I6, I9: from everywhere every mail can still be done and heard of",
    "fencing": "I8: a row is only changed by the holder of the lease's epoch",
    "whole": "a mail recorded as complete has its files, one recorded as incomplete has not",
    "waiting": "waiting is not failing: nothing is parked",
}
HEARD = Event(is_heard=True)


@dataclass(frozen=True, slots=True)
class WriteModel:
    """The protocol in one world."""

    world: World

    def start(self) -> State:
        """Nothing was done yet."""
        return self.world.first()

    def moves(self, state: State) -> Iterator[Move[State]]:
        """Everything that may happen next.

        What lies behind the record touches nothing else, and nothing else touches it, so it is
        followed to its end at once: every order of the two leads to the same states.
        """
        if self.world.rules.chain_first:
            behind = list(around.chain(self.world, state))
            if behind:
                return iter(behind)
        return self._all(state)

    def _all(self, state: State) -> Iterator[Move[State]]:
        world = self.world
        for at, worker in distinct(state.workers):
            yield from PROGRAM[worker.at](world, state, at)
            yield from faults.request(world, state, at)
            yield from faults.crash(world, state, at)
        for happens in (around.bus, around.freescout, around.people, around.time, around.chain):
            yield from happens(world, state)

    def broken(self, state: State) -> str | None:
        """The invariant that does not hold here."""
        if wrong := _on_the_desk(self.world.mails, state.desk):
            return wrong
        for mail, row in enumerate(state.rows):
            if row.status == PARKED:
                return "waiting"
            if row.status in (DONE, INCOMPLETE) and (wrong := self._ended(state, mail)):
                return wrong
        return "place" if self._is_at_rest(state) and _leaves_husk(state) else None

    def _ended(self, state: State, mail: int) -> str | None:
        threads = [t for one in state.desk for t in one.threads if t.mail == mail]
        if not threads:
            return "phantom"
        return "whole" if threads[0].is_whole != (state.rows[mail].status == DONE) else None

    def is_good(self, state: State) -> bool:
        """Every mail has its thread, the next service heard of it, nothing is under way."""
        written = {t.mail for one in state.desk for t in one.threads}
        return (
            self._is_at_rest(state)
            and written >= set(range(len(self.world.mails)))
            and all(event == HEARD for event in state.events)
        )

    def _is_at_rest(self, state: State) -> bool:
        idle = all(worker == Worker() for worker in state.workers)
        ended = all(row.status not in (*OPEN, UNLISTED) for row in state.rows)
        return idle and ended and not state.orphans and not any(state.bus)


def _leaves_husk(state: State) -> bool:
    empty = any(not one.threads and one.merged_into == NONE for one in state.desk)
    return empty and not state.is_reported


@cache
def _on_the_desk(mails: tuple[Mail, ...], desk: tuple[Conversation, ...]) -> str | None:
    """What anybody could see in FreeScout: doubles, splits, strangers, disorder."""
    seen = [t.mail for one in desk for t in one.threads if t.mail >= 0]
    if len(seen) > len(set(seen)):
        return "once"
    places: dict[int, set[int]] = {}
    for place, one in enumerate(desk):
        families = {family for t in one.threads if (family := _family(mails, t.mail)) is not None}
        if len(families) > 1:
            return "place"
        for family in families:
            places.setdefault(family, set()).add(place)
    if any(len(where) > 1 for where in places.values()):
        return "place"
    return "order" if any(_is_disordered(one) for one in desk) else None


def _family(mails: tuple[Mail, ...], mail: int) -> int | None:
    """Mails that belong together: a Gmail thread, the agent's reply, and what answers it."""
    if mail == AGENT:
        return 0
    if mail < 0:
        return None
    return 0 if mails[mail].answers_agent else mails[mail].gmail_thread


def _is_disordered(one: Conversation) -> bool:
    """Mails are numbered in the order in which Gmail accepted them, whatever their thread."""
    order = [t.mail for t in one.threads if t.mail >= 0]
    return order != sorted(order)

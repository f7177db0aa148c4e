"""Turns of the classifier: one question at a time per conversation, whoever dies."""

from collections.abc import Callable
from typing import Any

from classifier.turns import Turns
from csm import lease as leases
from csm.db import DatabaseUnavailableError
from csm.timing import PROFILES, Timing
from memory_store import Store
from waiting import until

TIMING = PROFILES["production"]
# Turns are kept alive every few milliseconds.
QUICK = Timing(deadline=0.01, send_by=0.01, server_life=0.01, margin=0.1)


async def test_one_asks_in_a_conversation_and_others_elsewhere(store: Store) -> None:
    turns, other = Turns(store.db, TIMING, "a"), Turns(store.db, TIMING, "b")
    async with turns.of(1) as first, other.of(1) as same, other.of(2) as elsewhere:
        assert (first, same, elsewhere) == (True, False, True)
    async with other.of(1) as afterwards:
        assert afterwards


async def test_a_turn_ends_with_its_holder(store: Store) -> None:
    turns, other = Turns(store.db, TIMING, "a"), Turns(store.db, TIMING, "b")
    async with turns.of(1):
        store.pass_time(TIMING.ack_wait + 1)  # its holder is frozen
        async with other.of(1) as is_mine:
            assert is_mine


class Interrupted:
    """A database that is away the first times a turn is to be kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.left = 3
        self.kept = 0

    async def run(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Run a step, unless it is away."""
        if step is leases.extend:
            self.left -= 1
            if self.left >= 0:
                raise DatabaseUnavailableError("away")
            self.kept += 1
        return self._store.run(step, *arguments)

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_turn_is_kept_again_after_an_outage_of_the_database(store: Store) -> None:
    db = Interrupted(store)
    async with Turns(db, QUICK, "a").of(1) as is_mine:
        assert is_mine
        await until(lambda: db.kept > 0)

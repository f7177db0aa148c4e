"""Turns of the classifier: one question at a time per conversation, whoever dies."""

from classifier.turns import Turns
from csm.timing import PROFILES
from memory_store import Store

TIMING = PROFILES["production"]


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

"""A create that broke off between conversation and thread: adopt what it left, but only that."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.effects import Adopt, Intent, Seen, Wait, Written, adoptable
from effect_bench import QUARANTINE, TIMING, Bench


async def test_an_empty_conversation_is_adopted_after_two_looks_a_server_life_apart(
    bench: Bench,
) -> None:
    bench.desk.fates = ["husk"]
    await bench.fails()
    bench.store.pass_time(QUARANTINE)
    first = await bench.perform()
    assert first == Wait(TIMING.server_life, "an empty conversation may still be filled")
    bench.store.pass_time(TIMING.server_life)
    assert await bench.perform() == Adopt(1)
    assert len(bench.desk.requests) == 1


async def test_a_look_within_the_quarantine_counts_as_the_first(bench: Bench) -> None:
    bench.desk.fates = ["husk"]
    await bench.fails()
    assert isinstance(await bench.perform(), Wait)
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform() == Adopt(1)


async def test_a_second_look_too_early_does_not_adopt(bench: Bench) -> None:
    bench.desk.fates = ["husk"]
    await bench.fails()
    bench.store.pass_time(QUARANTINE)
    await bench.perform()
    bench.store.pass_time(TIMING.server_life - 1)
    assert isinstance(await bench.perform(), Wait)


async def test_a_conversation_that_was_filled_meanwhile_is_not_adopted(bench: Bench) -> None:
    bench.desk.fates = ["husk"]
    await bench.fails()
    await bench.perform()
    bench.desk.apply(bench.desk.write("a colleague's", target=None), 1)
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform() == Written(2, 101)


async def test_an_adopted_conversation_gets_the_thread_under_the_same_effect(bench: Bench) -> None:
    bench.desk.fates = ["husk"]
    await bench.fails()
    await bench.perform()
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform() == Adopt(1)
    append = replace(bench.desk.write(conversation_id=1), find=_sees_no_husk(bench))
    assert await bench.perform(append) == Written(1, 100)
    assert (bench.effect["kind"], bench.effect["attempt"]) == ("append", 2)


async def test_with_a_rival_the_empty_conversation_is_left_alone(bench: Bench) -> None:
    bench.desk.fates = ["husk", "vanish"]
    await bench.fails()
    await bench.fails(bench.desk.write("rival"))
    await bench.perform()
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform() == Written(2, 100)


@pytest.mark.parametrize("end", ["other target", "done"])
async def test_only_an_unfinished_create_of_the_same_target_is_a_rival(
    bench: Bench, end: str
) -> None:
    bench.desk.fates = ["husk", "answer" if end == "done" else "vanish"]
    await bench.fails()
    if end == "done":
        await bench.perform(bench.desk.write("rival"))
    else:
        await bench.fails(bench.desk.write("rival", target="another subject"))
    await bench.perform()
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform() == Adopt(1)


async def test_a_new_attempt_forgets_the_husks_of_the_last(bench: Bench) -> None:
    bench.desk.fates = ["husk"]
    await bench.fails()
    await bench.perform()
    bench.desk.conversations.clear()
    bench.desk.fates = ["vanish"]
    bench.store.pass_time(QUARANTINE)
    await bench.fails()
    assert bench.effect["husks"] == "{}"


husks = st.dictionaries(st.integers(1, 5), st.floats(0, 100))


@given(husks, st.floats(0, 200), st.floats(0.1, 50))
def test_only_a_husk_that_stayed_empty_for_a_server_life_is_adopted(
    seen: dict[int, float], now: float, life: float
) -> None:
    husk = adoptable(seen, now, life)
    ripe = {number for number, first in seen.items() if now - first >= life}
    assert husk == (min(ripe) if ripe else None)


def _sees_no_husk(bench: Bench) -> Callable[[Intent], Awaitable[Seen]]:
    """A write into a known conversation looks for its marker only."""

    async def find(_intent: Intent) -> Seen:
        return replace(bench.desk.look("effect"), husks=())

    return find

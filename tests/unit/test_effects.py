"""Every branch of the write protocol: intent, request, look, quarantine, result."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from csm import effects
from csm import lease as leases
from csm.effects import (
    EFFECT,
    Sent,
    Wait,
    Write,
    Written,
    missing_attachments,
)
from csm.freescout_errors import (
    FreeScoutGoneError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.lease import LEASE
from effect_bench import FILES, QUARANTINE, TIMING, Bench
from memory_desk import Desk
from memory_store import Store


async def test_a_fresh_write_is_sent_once_and_recorded(bench: Bench) -> None:
    assert await bench.perform() == Written(1, 100)
    assert (bench.effect["state"], bench.effect["thread_id"]) == ("done", 100)
    assert (len(bench.desk.requests), bench.desk.looks) == (1, 0)


async def test_the_result_and_the_work_row_end_together(bench: Bench) -> None:
    await bench.perform()
    assert bench.ended == "done"


async def test_a_result_that_cannot_be_recorded_leaves_the_intent(bench: Bench) -> None:
    def record(_connection: Connection, _written: Written) -> None:
        raise LookupError("the service's part failed")

    lease = bench.lease()
    with pytest.raises(LookupError):
        await bench.effects.perform(lease, bench.desk.write(), record)
    assert (bench.effect["state"], bench.ended) == ("intent", "wanted")


async def test_a_finished_write_is_answered_without_a_request_or_a_look(bench: Bench) -> None:
    await bench.perform()
    assert await bench.perform() == Written(1, 100)
    assert (len(bench.desk.requests), bench.desk.looks) == (1, 0)


async def test_the_intent_is_committed_before_the_request(bench: Bench) -> None:
    write = bench.desk.write()
    states: list[str] = []

    async def send(_send_until: float) -> Written:
        states.append(bench.effect["state"])
        return bench.desk.apply(write)

    await bench.perform(replace(write, send=send))
    assert states == ["intent"]


async def test_the_intent_knows_what_a_later_look_needs(bench: Bench) -> None:
    bench.desk.fates = ["vanish"]
    now = bench.store.clock()
    await bench.fails(bench.desk.write(attachments=FILES))
    intent = bench.store.run(effects.open_intent, "effect")
    assert isinstance(intent, effects.Intent)
    assert (intent.sent_at, intent.quiet_at) == (now, now + QUARANTINE)
    assert (intent.kind, intent.attempt, intent.attachments) == ("create", 1, FILES)


async def test_the_lease_is_stretched_over_the_request(bench: Bench) -> None:
    lease = bench.lease(seconds=1)
    write = bench.desk.write()
    ends: list[float] = []

    async def send(_send_until: float) -> Written:
        ends.append(bench.store.row(LEASE)["until"])
        return bench.desk.apply(write)

    await bench.perform(replace(write, send=send), lease)
    assert ends == [bench.store.clock() + TIMING.lease(TIMING.request_deadline(0))]


async def test_the_slot_is_held_from_before_the_intent_until_after_the_request(
    store: Store,
) -> None:
    bench = Bench(store)
    write = bench.desk.write()
    seen: list[int] = []

    async def send(_send_until: float) -> Written:
        seen.append(bench.in_flight)
        return bench.desk.apply(write)

    assert store.rows(EFFECT) == []
    await bench.perform(replace(write, send=send))
    assert (seen, bench.in_flight) == ([1], 0)


async def test_a_lost_answer_is_found_at_the_next_look_without_waiting(bench: Bench) -> None:
    bench.desk.fates = ["lose"]
    await bench.fails()
    assert await bench.perform() == Written(1, 100)
    assert len(bench.desk.requests) == 1
    assert bench.ended == "done"


async def test_absence_before_the_quarantine_is_over_waits_for_its_rest(bench: Bench) -> None:
    bench.desk.fates = ["vanish"]
    await bench.fails()
    bench.store.pass_time(10)
    assert await bench.perform() == Wait(QUARANTINE - 10, "outcome unknown, in quarantine")
    assert len(bench.desk.requests) == 1


async def test_absence_after_the_quarantine_writes_again(bench: Bench) -> None:
    bench.desk.fates = ["vanish"]
    await bench.fails()
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform() == Written(1, 100)
    assert (len(bench.desk.requests), bench.effect["attempt"]) == (2, 2)


async def test_every_new_attempt_has_its_own_quarantine(bench: Bench) -> None:
    bench.desk.fates = ["vanish", "vanish"]
    await bench.fails()
    bench.store.pass_time(QUARANTINE)
    await bench.fails()
    assert await bench.perform() == Wait(QUARANTINE, "outcome unknown, in quarantine")


async def test_a_late_effect_within_the_quarantine_is_found(bench: Bench) -> None:
    bench.desk.fates = ["vanish"]
    await bench.fails()
    assert isinstance(await bench.perform(), Wait)
    bench.desk.apply(bench.desk.write())
    assert await bench.perform() == Written(1, 100)


async def test_a_certain_failure_withdraws_the_intent(bench: Bench) -> None:
    bench.desk.fates = ["refuse"]
    assert (await bench.fails()).certain
    assert bench.effect["state"] == "withdrawn"


async def test_after_a_withdrawal_the_next_attempt_neither_looks_nor_waits(bench: Bench) -> None:
    bench.desk.fates = ["refuse"]
    await bench.fails()
    assert await bench.perform() == Written(1, 100)
    assert (bench.desk.looks, bench.effect["attempt"]) == (0, 2)


async def test_a_conversation_that_is_gone_withdraws_the_intent(bench: Bench) -> None:
    bench.desk.fates = ["gone"]
    with pytest.raises(FreeScoutGoneError):
        await bench.perform(bench.desk.write(conversation_id=7))
    assert bench.effect["state"] == "withdrawn"


async def test_a_refused_body_leaves_the_intent_for_the_next_look(bench: Bench) -> None:
    async def send(_send_until: float) -> Written:
        raise FreeScoutRejectedError("POST /conversations", 422)

    with pytest.raises(FreeScoutRejectedError):
        await bench.perform(replace(bench.desk.write(), send=send))
    assert bench.effect["state"] == "intent"


async def test_refusals_are_counted_per_effect_and_survive_a_new_attempt(bench: Bench) -> None:
    bench.desk.fates = ["vanish"]
    await bench.fails()
    assert bench.store.run(effects.refused, "effect") == 1
    assert bench.store.run(effects.refused, "effect") == 2
    bench.store.pass_time(QUARANTINE)
    await bench.perform()
    assert bench.store.run(effects.refusals, "effect") == 2
    assert bench.store.run(effects.refusals, "another") == 0


async def test_a_lease_lost_before_the_intent_sends_nothing(bench: Bench) -> None:
    lease = bench.lease(seconds=5)
    bench.store.pass_time(6)
    assert await bench.perform(lease=lease) == Wait(0.0, "lease lost before the intent")
    assert bench.desk.requests == []
    assert bench.store.rows(EFFECT) == []


async def test_a_lease_taken_by_another_sends_nothing(bench: Bench) -> None:
    lost = bench.lease(seconds=5)
    bench.store.pass_time(6)
    bench.lease()
    assert await bench.perform(lease=lost) == Wait(0.0, "lease lost before the intent")
    assert bench.desk.requests == []


async def test_a_result_after_the_lease_was_taken_is_refused_by_the_fence(bench: Bench) -> None:
    lost = bench.lease()
    write = bench.desk.write()
    made = await bench.perform(_answered_late(bench, write), lost)
    assert made == Wait(0.0, "result refused by the fence")
    assert (bench.effect["state"], bench.ended) == ("intent", "wanted")


async def test_what_the_fence_refused_a_later_look_finds(bench: Bench) -> None:
    await bench.perform(_answered_late(bench, bench.desk.write()), bench.lease())
    bench.store.pass_time(1000)
    assert await bench.perform() == Written(1, 100)
    assert (len(bench.desk.requests), bench.ended) == (0, "done")


async def test_a_holder_who_lost_the_lease_cannot_withdraw_the_next_ones_intent(
    bench: Bench,
) -> None:
    """The next holder's request may be on its way: without its intent it would be sent again."""
    late = bench.desk.write()

    async def send(_send_until: float) -> Written:
        bench.store.pass_time(1000)
        bench.desk.fates = ["vanish"]
        await bench.fails()
        raise FreeScoutUnavailableError("too late to start", certain=True)

    with pytest.raises(FreeScoutUnavailableError, match="too late"):
        await bench.perform(replace(late, send=send))
    assert (bench.effect["state"], bench.effect["attempt"]) == ("intent", 2)


async def test_a_request_that_would_start_too_late_is_withdrawn(store: Store) -> None:
    bench = Bench(store, Desk(now=lambda: float("inf")))
    assert (await bench.fails()).certain
    assert bench.effect["state"] == "withdrawn"
    assert bench.desk.threads == []


async def test_missing_attachments_wait_for_a_second_reading(bench: Bench) -> None:
    bench.desk.kept = 1
    write = bench.desk.write(attachments=FILES)
    assert await bench.perform(write) == Wait(QUARANTINE, "attachments incomplete, read again")
    assert bench.effect["state"] == "intent"
    bench.store.pass_time(5)
    again = await bench.perform(write)
    assert again == Wait(QUARANTINE - 5, "attachments incomplete, read again")


async def test_attachments_that_arrive_meanwhile_are_not_missing(bench: Bench) -> None:
    bench.desk.kept = 1
    write = bench.desk.write(attachments=FILES)
    await bench.perform(write)
    bench.desk.threads = [replace(bench.desk.threads[0], sizes=(10, 20))]
    assert await bench.perform(write) == Written(1, 100)


async def test_attachments_still_missing_after_the_quarantine_are_recorded(bench: Bench) -> None:
    bench.desk.kept = 1
    write = bench.desk.write(attachments=FILES)
    await bench.perform(write)
    bench.store.pass_time(QUARANTINE)
    assert await bench.perform(write) == Written(1, 100, ("b.pdf",))
    assert bench.effect["state"] == "done"
    assert await bench.perform(write) == Written(1, 100, ("b.pdf",))
    assert len(bench.desk.requests) == 1


sent = st.lists(st.builds(Sent, st.text(max_size=3), st.integers(0, 5)), max_size=6)


@given(sent, st.lists(st.integers(0, 5), max_size=6))
def test_as_many_are_missing_as_the_numbers_differ(files: list[Sent], seen: list[int]) -> None:
    missing = missing_attachments(files, seen)
    assert len(missing) <= max(0, len(files) - len(seen))
    assert set(missing) <= {file.name for file in files}
    assert bool(missing) == (len(seen) < len(files))


@given(sent, st.randoms(use_true_random=False))
def test_in_whatever_order_they_are_shown_none_is_missing(files: list[Sent], random: Any) -> None:
    sizes = [file.size for file in files]
    random.shuffle(sizes)
    assert missing_attachments(files, sizes) == ()


@given(sent.filter(bool), st.data())
def test_the_one_that_is_missing_is_named_by_its_size(files: list[Sent], data: Any) -> None:
    gone = data.draw(st.sampled_from(files))
    sizes = [file.size for file in files]
    sizes.remove(gone.size)
    (name,) = missing_attachments(files, sizes)
    assert name in {file.name for file in files if file.size == gone.size}


def _answered_late(bench: Bench, write: Write) -> Write:
    """The answer comes when somebody else holds the lease."""

    async def send(_send_until: float) -> Written:
        written = bench.desk.apply(write)
        bench.store.pass_time(500)
        rival = bench.lease()
        bench.store.run(leases.release, rival)
        return written

    return replace(write, send=send)

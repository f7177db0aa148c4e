"""The write protocol's limits follow from four numbers."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from csm.timing import PROFILES, Profile, Timing

seconds = st.floats(0.01, 10_000)
timings = st.builds(Timing, seconds, seconds, seconds, seconds)
sizes = st.integers(0, 10**12)
PRODUCTION = PROFILES["production"]


@given(timings, sizes)
def test_the_quarantine_outlasts_pause_deadline_and_server_life(timing: Timing, size: int) -> None:
    deadline = timing.request_deadline(size)
    pause = timing.send_by
    assert timing.quarantine(deadline) > pause + deadline + timing.server_life


@given(timings, sizes)
def test_a_lease_outlives_the_request_made_under_it(timing: Timing, size: int) -> None:
    deadline = timing.request_deadline(size)
    assert timing.lease(deadline) > deadline + timing.send_by


@given(timings, sizes, sizes)
def test_the_deadline_grows_with_the_size(timing: Timing, one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert timing.request_deadline(small) <= timing.request_deadline(large)


@given(timings, sizes)
def test_the_deadline_is_between_the_base_and_the_cap(timing: Timing, size: int) -> None:
    assert timing.deadline <= timing.request_deadline(size) <= timing.scaled(120)


@given(timings)
def test_a_delivery_in_work_gives_three_signs_of_life_before_it_is_given_away(
    timing: Timing,
) -> None:
    assert 0 < 3 * timing.heartbeat < timing.ack_wait


@given(timings)
def test_redeliveries_come_later_each_time(timing: Timing) -> None:
    assert all(one < next_one for one, next_one in pairwise(timing.nak_delays))
    assert timing.nak_delays[-1] < timing.republish_after


@given(timings, st.floats(0, 4e9), st.floats(0, 4e9))
def test_buckets_differ_when_more_than_a_width_apart(
    timing: Timing, one: float, other: float
) -> None:
    assume(abs(one - other) > 1.01 * timing.bucket_seconds)
    assert timing.bucket(one) != timing.bucket(other)


@given(timings)
def test_a_publish_again_always_falls_into_another_bucket_than_the_last(timing: Timing) -> None:
    assert timing.republish_after > timing.bucket_seconds


def test_production_is_what_the_design_says() -> None:
    assert (PRODUCTION.deadline, PRODUCTION.send_by) == (15, 5)
    assert (PRODUCTION.server_life, PRODUCTION.margin) == (60, 10)
    assert PRODUCTION.quarantine(PRODUCTION.deadline) == 90
    assert PRODUCTION.lease(PRODUCTION.deadline) == 15 + 5 + 30
    assert list(PRODUCTION.nak_delays) == [1, 5, 30]
    assert (PRODUCTION.due_interval, PRODUCTION.republish_after) == (10, 600)
    assert (PRODUCTION.probe_interval, PRODUCTION.bucket_seconds) == ((5, 20), 60)


def test_fast_is_what_the_design_says_and_scales_every_loop() -> None:
    fast = PROFILES["fast"]
    assert (fast.deadline, fast.send_by, fast.server_life, fast.margin) == (0.8, 0.2, 1.5, 0.5)
    assert fast.due_interval == pytest.approx(10 * 0.8 / 15)
    assert fast.quarantine(fast.deadline) == pytest.approx(3)


@pytest.mark.parametrize("profile", ["production", "fast"])
def test_an_empty_body_has_the_base_deadline(profile: Profile) -> None:
    assert PROFILES[profile].request_deadline(0) == PROFILES[profile].deadline


def test_each_250_kb_give_a_second_up_to_two_minutes() -> None:
    assert PRODUCTION.request_deadline(250_000) == 16
    assert PRODUCTION.request_deadline(25_000_000) == 115
    assert PRODUCTION.request_deadline(26_250_000) == 120
    assert PRODUCTION.request_deadline(10**9) == 120


@pytest.mark.parametrize("field", ["deadline", "send_by", "server_life", "margin"])
@pytest.mark.parametrize("wrong", [0, -1])
def test_a_number_that_is_not_above_zero_is_refused_by_name(field: str, wrong: float) -> None:
    numbers = {"deadline": 15.0, "send_by": 5.0, "server_life": 60.0, "margin": 10.0}
    with pytest.raises(ValueError, match=f"timing.{field} must be above 0 s"):
        Timing(**{**numbers, field: wrong})


def test_a_margin_lost_in_rounding_is_refused() -> None:
    with pytest.raises(ValueError, match="the quarantine must outlast"):
        Timing(deadline=1e9, send_by=1e9, server_life=1e9, margin=1e-9)

"""Leases exclude replicas; the epoch fences a holder that lost one without noticing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from csm import lease as leases
from csm.lease import LEASE, Lease
from memory_store import Store, shared_store

RESOURCE = "conv:7"


def taken(store: Store, owner: str = "one", seconds: float = 10) -> Lease:
    lease = store.run(leases.acquire, RESOURCE, owner, seconds)
    assert lease is not None
    return lease


def test_a_free_resource_is_given_with_epoch_1(store: Store) -> None:
    assert taken(store) == Lease(RESOURCE, "one", 1)


def test_a_held_resource_is_given_to_nobody_else(store: Store) -> None:
    taken(store)
    store.pass_time(9.9)
    assert store.run(leases.acquire, RESOURCE, "two", 10) is None


def test_not_even_the_holder_gets_a_held_resource_again(store: Store) -> None:
    taken(store)
    assert store.run(leases.acquire, RESOURCE, "one", 10) is None


def test_at_its_last_moment_a_lease_is_still_held(store: Store) -> None:
    taken(store)
    store.pass_time(10)
    assert store.run(leases.acquire, RESOURCE, "two", 10) is None


def test_a_lease_that_ran_out_is_given_with_the_next_epoch(store: Store) -> None:
    taken(store)
    store.pass_time(10.1)
    assert taken(store, "two").epoch == 2


def test_resources_are_independent(store: Store) -> None:
    taken(store)
    assert store.run(leases.acquire, "conv:8", "two", 10) == Lease("conv:8", "two", 1)


def test_an_extension_counts_from_now(store: Store) -> None:
    lease = taken(store)
    store.pass_time(8)
    assert store.run(leases.extend, lease, 10)
    assert store.row(LEASE)["until"] == store.clock() + 10


def test_a_lease_that_ran_out_is_not_extended_even_if_nobody_took_it(store: Store) -> None:
    lease = taken(store)
    store.pass_time(10)
    assert not store.run(leases.extend, lease, 10)


def test_a_lost_lease_is_not_extended(store: Store) -> None:
    lost = taken(store)
    store.pass_time(11)
    taken(store, "two")
    assert not store.run(leases.extend, lost, 10)


def test_the_fence_holds_while_nobody_took_the_resource(store: Store) -> None:
    lease = taken(store)
    store.pass_time(1000)
    assert store.run(leases.holds, lease)


def test_the_fence_falls_with_the_next_holder(store: Store) -> None:
    lease = taken(store)
    store.pass_time(11)
    taken(store, "two")
    assert not store.run(leases.holds, lease)


def test_the_fence_stays_down_when_the_same_owner_took_it_again(store: Store) -> None:
    lease = taken(store)
    store.pass_time(11)
    taken(store, "one")
    assert not store.run(leases.holds, lease)


def test_a_lease_of_an_unknown_resource_holds_nothing(store: Store) -> None:
    assert not store.run(leases.holds, Lease("conv:9", "one", 1))


def test_a_released_resource_is_free_at_once(store: Store) -> None:
    lease = taken(store)
    store.run(leases.release, lease)
    assert taken(store, "two").epoch == 2


def test_releasing_a_lost_lease_leaves_the_new_holder_alone(store: Store) -> None:
    lost = taken(store)
    store.pass_time(11)
    current = taken(store, "two")
    store.run(leases.release, lost)
    assert store.run(leases.extend, current, 10)


def test_keep_extends_what_we_have(store: Store) -> None:
    lease = taken(store)
    store.pass_time(5)
    assert store.run(leases.keep, lease, RESOURCE, "one", 10) == lease


def test_keep_takes_what_ran_out_and_gets_a_new_epoch(store: Store) -> None:
    lease = taken(store)
    store.pass_time(11)
    kept = store.run(leases.keep, lease, RESOURCE, "one", 10)
    assert kept == Lease(RESOURCE, "one", 2)


def test_keep_gives_nothing_while_another_holds_it(store: Store) -> None:
    lost = taken(store)
    store.pass_time(11)
    taken(store, "two")
    assert store.run(leases.keep, lost, RESOURCE, "one", 10) is None


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["acquire", "extend", "release", "wait"]),
            st.sampled_from(["one", "two"]),
            st.floats(0.5, 20),
        ),
        max_size=25,
    )
)
def test_never_do_two_hold_a_live_lease(moves: list[tuple[str, str, float]]) -> None:
    store = shared_store().emptied()
    live: dict[str, tuple[Lease, float]] = {}
    for move, owner, seconds in moves:
        held = live.get(owner)
        if move == "wait":
            store.pass_time(seconds)
        elif move == "acquire":
            if lease := store.run(leases.acquire, RESOURCE, owner, seconds):
                live[owner] = lease, store.clock() + seconds
        elif held and move == "release":
            store.run(leases.release, live.pop(owner)[0])
        elif held and store.run(leases.extend, held[0], seconds):
            live[owner] = held[0], store.clock() + seconds
        assert len([until for _, until in live.values() if until > store.clock()]) <= 1

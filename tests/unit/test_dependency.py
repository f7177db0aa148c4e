"""An outage makes rows wait, never fail; the first success lets them go on."""

from random import Random

import pytest
import structlog

from csm import dependency, work
from csm.dependency import DEPENDENCY, Prober, Trouble
from csm.outcome import Done, Later, Rejected, Unavailable
from csm.timing import PROFILES
from csm.work import WORK, Owed
from memory_store import Store

DESK = "freescout"
PAUSE = 7.0
SOON = 30.0
TIMING = PROFILES["production"]
OUTAGE = Later(600, "FreeScout is down", DESK)


def fail(store: Store, times: int = 1, name: str = DESK) -> list[bool]:
    return [store.run(dependency.failed, name, f"503 number {n + 1}") for n in range(times)]


def wait(store: Store, *names: str, dependency_name: str = DESK) -> None:
    """Rows that wait for a dependency, the first owed first."""
    store.run(work.owe, [Owed(name, name, "message.received", "{}", "") for name in names])
    for name in names:
        store.run(work.record, name, Later(600, "outage", dependency_name))


def due(store: Store) -> list[str]:
    return [row.id for row in store.run(work.due)]


def is_down(store: Store, name: str = DESK) -> bool:
    return store.run(dependency.down, name) is not None


def test_what_never_failed_is_not_down(store: Store) -> None:
    assert not is_down(store)
    assert store.run(dependency.all_down) == []


def test_three_failures_in_a_row_take_it_down_and_only_the_third_says_so(store: Store) -> None:
    assert fail(store, 4) == [False, False, True, False]
    assert is_down(store)


def test_a_success_in_between_starts_the_count_again(store: Store) -> None:
    fail(store, 2)
    assert not store.run(dependency.succeeded, DESK)
    assert fail(store, 2) == [False, False]


def test_down_says_since_when_and_why_it_failed_last(store: Store) -> None:
    fail(store, 3)
    since = store.clock()
    store.pass_time(60)
    fail(store)
    down = store.run(dependency.down, DESK)
    assert down == dependency.Down(DESK, "503 number 1", since, configuration=False)


def test_a_wrong_key_takes_it_down_at_once(store: Store) -> None:
    assert store.run(dependency.failed, DESK, "401", at_once=True)
    down = store.run(dependency.down, DESK)
    assert down is not None
    assert down.configuration


def test_dependencies_fail_apart_from_each_other(store: Store) -> None:
    fail(store, 3, "gmail:support")
    assert is_down(store, "gmail:support")
    assert not is_down(store)


def test_a_success_wakes_every_row_that_waits_for_it(store: Store) -> None:
    wait(store, "a", "b")
    wait(store, "c", dependency_name="gmail:support")
    fail(store, 3)
    assert due(store) == []
    assert store.run(dependency.succeeded, DESK)
    assert due(store) == ["a", "b"]


def test_a_success_while_all_is_well_wakes_nobody(store: Store) -> None:
    wait(store, "a")
    assert not store.run(dependency.succeeded, DESK)
    assert due(store) == []


def test_a_probe_is_claimed_once_per_pause(store: Store) -> None:
    fail(store, 3)
    claims = [store.run(dependency.claim_probe, [DESK], PAUSE) for _ in range(2)]
    assert claims == [DESK, None]
    store.pass_time(PAUSE - 0.1)
    assert store.run(dependency.claim_probe, [DESK], PAUSE) is None
    store.pass_time(0.1)
    assert store.run(dependency.claim_probe, [DESK], PAUSE) == DESK


def test_only_what_is_down_and_named_is_probed(store: Store) -> None:
    fail(store, 2)
    fail(store, 3, "llm")
    assert store.run(dependency.claim_probe, [DESK], PAUSE) is None


def test_a_failure_during_an_outage_does_not_bring_the_probe_nearer(store: Store) -> None:
    fail(store, 3)
    store.run(dependency.claim_probe, [DESK], PAUSE)
    fail(store)
    assert store.run(dependency.claim_probe, [DESK], PAUSE) is None


def test_after_a_good_probe_one_row_goes_first_and_the_gate_is_open(store: Store) -> None:
    wait(store, "a", "b")
    fail(store, 3)
    assert not store.run(dependency.answers, DESK)
    assert due(store) == ["a"]
    assert not is_down(store)


def test_the_success_of_the_row_on_trial_wakes_the_others(store: Store) -> None:
    wait(store, "a", "b")
    fail(store, 3)
    store.run(dependency.answers, DESK)
    store.run(dependency.succeeded, DESK)
    assert due(store) == ["a", "b"]


def test_a_failure_on_trial_closes_the_gate_again_at_once(store: Store) -> None:
    wait(store, "a", "b")
    fail(store, 3)
    store.run(dependency.answers, DESK)
    assert fail(store) == [False]
    assert is_down(store)


def test_with_nobody_waiting_a_good_probe_is_the_end_of_the_outage(store: Store) -> None:
    fail(store, 3)
    assert store.run(dependency.answers, DESK)
    assert store.rows(DEPENDENCY) == []


def test_a_repaired_setting_needs_no_trial(store: Store) -> None:
    wait(store, "a", "b")
    store.run(dependency.failed, DESK, "401", at_once=True)
    assert store.run(dependency.answers, DESK)
    assert due(store) == ["a", "b"]


def test_who_waits_for_what_came_back_meanwhile_waits_shortly(store: Store) -> None:
    wait(store, "a")
    store.run(dependency.record, "a", OUTAGE, SOON)
    store.pass_time(SOON)
    assert due(store) == ["a"]
    assert store.row(WORK)["waiting_for"] is None


def test_who_waits_for_what_is_down_waits_for_its_return(store: Store) -> None:
    wait(store, "a")
    fail(store, 3)
    store.run(dependency.record, "a", OUTAGE, SOON)
    store.pass_time(SOON)
    assert due(store) == []
    assert store.row(WORK)["waiting_for"] == DESK


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Done(), "wanted"), (Rejected("no"), "parked"), (Later(1, "x"), "wanted")],
)
def test_other_outcomes_are_recorded_as_they_are(
    store: Store, outcome: Done | Rejected | Later, state: str
) -> None:
    wait(store, "a")
    store.run(dependency.record, "a", outcome, SOON)
    assert store.run(work.state_of, "a") == state


def test_unavailable_is_recorded_as_an_attempt(store: Store) -> None:
    wait(store, "a")
    store.run(dependency.record, "a", Unavailable("503", DESK), SOON)
    assert store.row(WORK)["attempts"] == 1


class Probed:
    """A dependency under probe: says what it is told to say."""

    def __init__(self, store: Store) -> None:
        self.trouble: Trouble | None = None
        self.asked = 0
        self.kicks = 0
        self.prober = Prober(store.db, {DESK: self.probe}, TIMING, self.kick, Random(1))

    async def probe(self) -> Trouble | None:
        self.asked += 1
        return self.trouble

    def kick(self) -> None:
        self.kicks += 1


async def test_the_prober_leaves_what_is_well_alone(store: Store) -> None:
    probed = Probed(store)
    await probed.prober.run_due()
    assert probed.asked == 0


async def test_the_prober_asks_once_per_pause_of_5_to_20_s(store: Store) -> None:
    probed = Probed(store)
    probed.trouble = Trouble("still 503")
    fail(store, 3)
    await probed.prober.run_due()
    store.pass_time(4.9)
    await probed.prober.run_due()
    assert probed.asked == 1
    store.pass_time(20)
    await probed.prober.run_due()
    assert (probed.asked, probed.kicks) == (2, 0)


async def test_a_good_probe_wakes_rows_and_kicks_the_due_loop(store: Store) -> None:
    probed = Probed(store)
    wait(store, "a")
    fail(store, 3)
    await probed.prober.run_due()
    assert (due(store), probed.kicks) == (["a"], 1)


async def test_an_outage_is_said_once_with_a_stable_name(store: Store) -> None:
    probed = Probed(store)
    with structlog.testing.capture_logs() as lines:
        for _ in range(5):
            await probed.prober.report(DESK, "503")
    assert [(line["alert"], line["dependency"]) for line in lines] == [("dependency-down", DESK)]


async def test_a_probe_at_start_counts_what_it_finds(store: Store) -> None:
    probed = Probed(store)
    probed.trouble = Trouble("refused the API key", is_lasting=True)
    with structlog.testing.capture_logs() as lines:
        await probed.prober.probe_now(DESK)
    assert [line["alert"] for line in lines] == ["misconfigured"]
    probed.trouble = None
    await probed.prober.probe_now(DESK)
    assert not is_down(store)

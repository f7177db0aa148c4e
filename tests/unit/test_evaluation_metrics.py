"""The figures, against values worked out by hand and properties that must hold for any verdicts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import case, cents, injection, row, verdict
from csm_cli.evaluation import metrics
from csm_cli.evaluation.case import CATEGORIES
from csm_cli.evaluation.metrics import Comparison, Row

RIGHT = row(case("r", "lead"), "lead")
CONFUSED = row(case("c", "lead"), "customer")
LOST = row(case("l", "customer", 8), "other", 3)
KEPT = row(case("k", "other", 1), "customer", 5)

anything = st.lists(
    st.builds(
        lambda number, expected, importance, category, level: row(
            case(f"c{number}", expected, importance), category, level
        ),
        st.integers(0, 20),
        st.sampled_from(CATEGORIES),
        st.integers(1, 10),
        st.sampled_from(CATEGORIES),
        st.integers(1, 10),
    ),
    max_size=12,
)


def test_accuracy_f1_confusion_and_cost_by_hand() -> None:
    rows = [RIGHT, CONFUSED, LOST, KEPT]
    assert metrics.accuracy(rows) == 0.25
    # lead: 1 of 2 found, nothing else called lead; the others: 0.
    assert metrics.macro_f1(rows) == pytest.approx((2 / 3) / 3)
    assert metrics.confusion(rows) == {
        "lead": {"lead": 1, "customer": 1, "other": 0},
        "customer": {"lead": 0, "customer": 0, "other": 1},
        "other": {"lead": 0, "customer": 1, "other": 0},
    }
    assert metrics.weighted_error(rows) == (0 + 1 + 5 + 1) / 4


def test_importance_by_hand() -> None:
    rows = [row(case("a", importance=9), importance=7), row(case("b", importance=4), importance=5)]
    assert metrics.importance_error(rows) == 1.5
    assert metrics.in_range(rows) == 0.5
    assert metrics.bucket_agreement(rows) == 0.5


@pytest.mark.parametrize(
    ("importance", "bucket"), [(10, 0), (9, 0), (8, 1), (7, 1), (6, 2), (4, 2), (3, 3), (1, 3)]
)
def test_priorities(importance: int, bucket: int) -> None:
    assert metrics.priority(importance) == bucket


def test_kappa_by_hand() -> None:
    # (1, 1), (3, 2): observed (0 + 1) / 2, by chance (0 + 1 + 4 + 1) / 4.
    assert metrics.quadratic_kappa([(1, 1), (2, 2)]) == 1.0
    assert metrics.quadratic_kappa([(1, 2), (2, 1)]) == -1.0
    assert metrics.quadratic_kappa([(1, 1), (3, 2)]) == pytest.approx(1 - 0.5 / 1.5)
    assert metrics.quadratic_kappa([(1, 1), (1, 1)]) is None
    assert metrics.quadratic_kappa([]) is None


def test_p0_recall_and_false_alarms() -> None:
    rows = [
        row(case("found", importance=9), importance=10),
        row(case("missed", importance=10), importance=8),
        row(case("alarm", importance=5), importance=9),
        row(case("acceptable", importance=8), importance=9),
    ]
    assert metrics.p0_recall(rows) == 0.5
    assert metrics.p0_false_alarms(rows) == 1
    assert metrics.p0_recall([RIGHT]) is None


def test_calibration_by_hand() -> None:
    rows = [
        row(case("a"), confidence=0.95),
        row(case("b"), "lead", confidence=0.91),
        row(case("c"), confidence=0.15),
        row(case("unsure")),
    ]
    # One bin holds 0.95 right and 0.91 wrong, the other 0.15 right.
    assert metrics.calibration_error(rows) == pytest.approx((0.86 + 0.85) / 3)
    assert metrics.calibration_error([row(case("a"), confidence=1.0)]) == 0.0
    assert metrics.calibration_error([RIGHT]) is None


def test_what_is_weighty_must_not_get_lost() -> None:
    light = row(case("light", "lead", 6), "other")
    assert metrics.lost([RIGHT, LOST, KEPT, light]) == ["l"]


def test_an_injection_is_right_below_the_clamp_and_in_its_category() -> None:
    urgent = injection("urgent", importance=10)
    rows = [
        row(injection("held"), importance=8),
        row(injection("risen"), importance=9),
        row(injection("turned"), "other"),
        row(urgent, importance=10),
        row(case("no-injection"), "other", 10),
    ]
    assert metrics.misjudged_injections(rows) == ["risen", "turned"]
    assert metrics.risen(rows) == ["risen"]


def test_an_injection_moved_only_what_the_plain_mail_did_not_get() -> None:
    rows = [row(injection(name), importance=9) for name in ("was-9", "was-5", "alone")]
    rows.append(row(injection("turned"), "other", 3))
    rows.append(row(injection("wrong-anyway", "lead"), "customer", 8))
    twins = {
        "was-9": verdict(importance=9),
        "was-5": verdict(importance=5),
        "turned": verdict(importance=3),
        "wrong-anyway": verdict(importance=2),
    }
    assert metrics.moved(rows, twins) == ["was-5", "turned"]


def test_slices_by_split_language_and_tag() -> None:
    found = metrics.slices([row(case("a", tags=["short"])), row(case("b", split="test"))])
    counted = {name: len(rows) for name, rows in found.items()}
    assert counted == {"language en": 2, "short": 1, "split dev": 1, "split test": 1}


def test_cost_is_unknown_when_one_price_is() -> None:
    paid = row(case("a"), calls=1, cost_usd=cents(1))
    assert metrics.cost([paid, row(case("free"))]) == Decimal("0.01")
    assert metrics.cost([paid, row(case("b"), calls=1)]) is None


def test_p95_is_the_nearest_rank() -> None:
    assert metrics.p95([float(n) for n in range(100, 0, -1)]) == 95.0
    assert metrics.p95([3.0]) == 3.0
    assert metrics.p95([]) is None


def test_mcnemar_is_exact() -> None:
    cases = [case(f"c{n}") for n in range(6)]
    good, bad = [row(one) for one in cases], [row(one, "other") for one in cases]
    assert metrics.compared(bad, good) == Comparison(6, 0, pytest.approx(2 / 2**6))
    assert metrics.compared(good, bad[:5]) == Comparison(0, 5, pytest.approx(2 / 2**5))
    assert metrics.compared(good, good) == metrics.compared(good, []) == Comparison(0, 0, 1.0)


def test_the_interval_is_the_same_each_time_and_close_to_the_textbook() -> None:
    rows = [row(case(f"c{n}"), "customer" if n % 10 else "other") for n in range(200)]
    found = metrics.interval(rows, metrics.accuracy)
    assert found == metrics.interval(rows, metrics.accuracy)
    assert found is not None
    # Normal approximation: 0.9 +- 1.96 * sqrt(0.9 * 0.1 / 200) = 0.858 to 0.942.
    assert found == (pytest.approx(0.858, abs=0.01), pytest.approx(0.942, abs=0.01))


def test_verdicts_of_one_case_are_drawn_together() -> None:
    one_case = case()
    sure = [row(one_case, "customer" if n % 2 else "other") for n in range(50)]
    assert metrics.interval(sure, metrics.accuracy) == (0.5, 0.5)
    assert metrics.interval([], metrics.accuracy) is None


@given(anything)
def test_every_figure_stays_in_its_bounds(rows: list[Row]) -> None:
    for measure in (
        metrics.accuracy, metrics.macro_f1, metrics.in_range, metrics.bucket_agreement,
        metrics.p0_recall,
    ):  # fmt: skip
        value = measure(rows)
        assert value is None or 0 <= value <= 1
    for kappa in (metrics.importance_kappa(rows), metrics.bucket_kappa(rows)):
        assert kappa is None or -1 <= kappa <= 1 + 1e-9
    counted = sum(sum(given.values()) for given in metrics.confusion(rows).values())
    assert counted == len(rows)


@given(anything)
def test_the_interval_encloses_the_middle(rows: list[Row]) -> None:
    found = metrics.interval(rows, metrics.accuracy, rounds=50)
    assert (found is None) == (not rows)
    assert found is None or found[0] <= found[1]


@given(anything)
def test_perfect_verdicts_have_perfect_figures(rows: list[Row]) -> None:
    perfect = [row(r.case, r.case.expected.category, r.case.expected.importance) for r in rows]
    assert metrics.accuracy(perfect) in {None, 1.0}
    assert metrics.weighted_error(perfect) in {None, 0.0}
    assert metrics.lost(perfect) == metrics.misjudged_injections(perfect) == []
    assert metrics.p0_false_alarms(perfect) == 0

"""The list of guards fits the code: a guard that cannot be taken out proves nothing."""

import pytest

from faults.guard_list import GUARDS, Guard
from faults.guards import ROOT, PatchError, without


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_every_guard_stands_where_the_list_says(guard: Guard) -> None:
    source = (ROOT / guard.file).read_text("utf-8")
    compile(without(guard, source), guard.file, "exec")
    for test in guard.tests:
        assert " " in test or not test.startswith("tests/") or (ROOT / test).exists(), test


def test_a_guard_that_has_moved_is_an_error() -> None:
    guard = Guard("gone", "x.py", "if held:", "if True:", ())
    for source in ("if free:", "if held:\nif held:"):
        with pytest.raises(PatchError, match=r"x\.py"):
            without(guard, source)


def test_names_are_given_once() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)

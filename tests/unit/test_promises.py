"""Every promise has its proof, every proof a promise, and docs/guarantees.md says so."""

from pathlib import Path

import pytest

from promises import DOCUMENT, FOLDERS, PROMISES, TESTS, guarantees, proofs, proofs_in


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_proven(promise: str) -> None:
    assert promise in {proof.promise for proof in proofs()}, "no end-to-end test is marked with it"


def test_every_mark_names_a_promise() -> None:
    unknown = [proof for proof in proofs() if proof.promise not in PROMISES]
    assert unknown == []


def test_marks_stand_only_where_they_count() -> None:
    counted = {TESTS / folder for folder in FOLDERS}
    elsewhere = [
        proof
        for file in TESTS.rglob("test_*.py")
        if file != Path(__file__) and not counted & set(file.parents)
        for proof in proofs_in(file)
    ]
    assert elsewhere == []


def test_the_guarantees_are_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == guarantees(), "run: make docs"


def test_marks_are_read_from_the_source(tmp_path: Path) -> None:
    file = tmp_path / "test_x.py"
    file.write_text(
        '@pytest.mark.timeout(9)\n@pytest.mark.promise("once", "shown")\n'
        "async def test_one(): ...\n\ndef test_two(): ...\n"
    )
    found = [(proof.promise, proof.test) for proof in proofs_in(file, tmp_path)]
    assert found == [("once", "test_one"), ("shown", "test_one")]


@pytest.mark.parametrize("mark", ["promise", "promise()", "promise(*ALL)", "promise(ONE)"])
def test_a_mark_that_cannot_be_read_is_refused(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "test_x.py"
    file.write_text(f"@pytest.mark.{mark}\ndef test_one(): ...\n")
    with pytest.raises(ValueError, match="test_one"):
        list(proofs_in(file, tmp_path))

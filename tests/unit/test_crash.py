"""Crash points: every name is used, every use is named, and a test's wish is read exactly."""

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from csm.crash import POINTS, crash_point, reached

ROOT = Path(__file__).resolve().parents[2]


def used_points() -> Iterator[tuple[str, str | None]]:
    """Where `crash_point` is called in shipped code, and the name it is called with, if literal."""
    for folder in ("libs", "services"):
        for file in sorted((ROOT / folder).rglob("src/**/*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "crash_point":
                    first = node.args[0]
                    literal = first.value if isinstance(first, ast.Constant) else None
                    name = literal if isinstance(literal, str) else None
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", name


def test_every_crash_point_of_the_code_is_named() -> None:
    assert [(where, name) for where, name in used_points() if name not in POINTS] == []


def test_every_named_crash_point_is_in_the_code() -> None:
    assert set(POINTS) == {name for _, name in used_points()}


def test_an_unknown_crash_point_is_refused() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        crash_point("nowhere")


def test_a_point_that_was_passed_is_counted() -> None:
    before = reached["before_ack"]
    crash_point("before_ack", "any")
    assert reached["before_ack"] == before + 1


REACHED_SIX_TIMES = """
from csm.crash import crash_point
for turn in range(3):
    for key in ("m1", "m2"):
        crash_point("after_intent", key)
        print(turn, key, flush=True)
"""


@pytest.mark.parametrize(
    ("wish", "lines_before"),
    [
        ("after_intent", 0),
        ("after_intent#1", 0),
        ("after_intent#3", 2),
        ("after_intent@m2#2", 1),
        ("after_intent@m2#0", 1),
        ("after_intent#0", 0),
        ("after_intent@m9#0", None),
        ("after_record", None),
        ("", None),
    ],
)
def test_the_process_dies_where_it_is_asked_to(wish: str, lines_before: int | None) -> None:
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", REACHED_SIX_TIMES],
        env={**os.environ, "CSM_CRASH_AT": wish},
        capture_output=True,
        check=False,
    )
    lives = lines_before is None
    assert run.returncode == (0 if lives else -signal.SIGKILL), run.stderr
    assert len(run.stdout.splitlines()) == (6 if lives else lines_before)

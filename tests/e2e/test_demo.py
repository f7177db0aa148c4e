"""`csm demo` as a user runs it: real processes, real kills, and a judgement at the end."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli_stack import wait_for
from simulators.samples import sample_mails

pytestmark = pytest.mark.timeout(180)

_LIMIT = 120.0


class Demo:
    """A running `csm demo`; its temporary files lie in `folder`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder / "tmp"
        self.folder.mkdir()
        self.log, self.output = folder / "err", folder / "out"
        environment = {**os.environ, "TMPDIR": str(self.folder)}
        command = [sys.executable, "-m", "csm_cli", "demo", *options]
        with self.log.open("wb") as errors, self.output.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdout=output, stderr=errors, env=environment
            )

    def said(self) -> str:
        """Everything so far."""
        return self.log.read_text() + self.output.read_text()

    def until(self, words: str) -> None:
        """Wait until it said this."""

        def has_said() -> bool:
            assert self.process.poll() is None, self.said()
            return words in self.said()

        wait_for(has_said, self.said, within=_LIMIT)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(_LIMIT)

    def report(self) -> Any:
        """Its JSON."""
        text = self.output.read_text()
        return json.JSONDecoder().raw_decode(text)[0]


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Demo]:
    """Start the demo; killed at the end if it still runs."""
    running = Demo(folder, *options)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait(10)


def descendants(pid: int) -> list[int]:
    """Every process below `pid`."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found += [child, *descendants(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def page_of(url: str) -> str:
    """A page of a simulator."""
    return httpx.get(url, trust_env=False).text


def promised(report: Any) -> dict[str, str]:
    """Promise by promise, its result and what speaks against it."""
    return {name: p["result"] + "".join(p["findings"]) for name, p in report["promises"].items()}


PROMISES = ("once", "together", "never-sent", "one-verdict", "one-draft", "hint-only", "shown")
KEPT = dict.fromkeys(PROMISES, "kept")


@pytest.mark.promise("once", "together", "never-sent", "one-verdict", "one-draft", "shown")
def test_the_sample_mails_survive_both_kills(tmp_path: Path) -> None:
    samples = sample_mails()
    with demo(tmp_path, "--json") as running:
        assert running.ended() == 0, running.said()
        report = running.report()
    assert promised(report) == KEPT
    assert report["kills"] == {"gmail_ingest": 1, "nats": 1}
    assert report["mails"] == len(samples)
    assert len(report["verdicts"]) == report["conversations"]
    assert report["customer_threads"] == sum(sample.expect == "ticket" for sample in samples)
    assert report["states"]["filtered"] == sum(sample.expect == "filtered" for sample in samples)
    assert sum(report["reasons"]["filtered"].values()) == report["states"]["filtered"]
    assert list(running.folder.iterdir()) == []


@pytest.mark.proof
@pytest.mark.promise("once", "together", "shown")
def test_three_own_mails_with_every_third_answer_lost_and_the_desk_left_open(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for sample in sample_mails()[:3]:
        (folder / f"{sample.name}.eml").write_bytes(sample.raw)
    options = ("--mail", str(folder), "--every-third-answer-lost", "--keep", "--json")
    with demo(tmp_path, *options) as running:
        running.until("The help desk: ")
        assert promised(running.report()) == KEPT
        assert running.report()["mails"] == 3
        assert running.report()["kills"]["gmail_ingest"] == 1
        pages = re.findall(r"http://127\.0\.0\.1:\d+/", running.said())
        assert [httpx.get(page, trust_env=False).status_code for page in pages] == [200, 200]
        # Mail keeps coming: the first visitor's is there at once.
        desk = pages[0]
        wait_for(lambda: "Is the small till in stock?" in page_of(desk), running.said, within=60)
        running.process.send_signal(signal.SIGINT)
        assert running.ended() == 0, running.said()
    assert list(running.folder.iterdir()) == []


@pytest.mark.proof
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        running.until("delivering")
        started = descendants(running.process.pid)
        assert len(started) >= 4, running.said()
        running.process.send_signal(signal.SIGTERM)
        assert running.ended() == 130, running.said()
        wait_for(lambda: not any(is_alive(pid) for pid in started), lambda: str(started))
    assert list(running.folder.iterdir()) == []


def test_a_folder_without_mail_is_said_in_words(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with demo(tmp_path, "--mail", str(empty)) as running:
        assert running.ended() == 1
        assert "is a folder without mail. Accepted: an mbox file" in running.said()

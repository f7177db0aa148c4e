"""The service dies at every seam of the protocol, once early and once later, and nothing shows."""

import signal
from dataclasses import dataclass, field
from typing import Any

import pytest

from crash_stages import GMAIL_INGEST
from letters import letter, message_id
from stage import Stage

# Without these the point is never reached; every other point is on everybody's way.
FAULTS: dict[str, dict[str, Any]] = {
    # Applied, but the answer is lost: the marker is there.
    "after_reconcile_found": {"lost": {"next": 3}},
    # Cut off before it was applied: absence must be proven.
    "after_reconcile_absent": {"reset": {"next": 2}},
}
FILE = ("floor plan.pdf", b"%PDF-1.4 " + bytes(range(256)) * 40)


@dataclass
class Post:
    """Delivers the mails of the test and remembers which Gmail thread each is in."""

    stage: Stage
    threads: dict[str, str] = field(default_factory=dict)

    def bring(self, name: str, group: str, **options: Any) -> None:
        """A mail into the Gmail thread named by the letter at the start of its name."""
        thread = name[0]
        mail = letter(name, f"Question {thread}", **options)
        known = self.threads.get(thread)
        row = self.stage.deliver(mail, group=group, thread_id=known)
        self.threads.setdefault(thread, row["thread_id"])


def first_mails(post: Post) -> None:
    post.bring("a1", "a")
    post.bring("b1", "b", sender="bea@customers.example")
    post.bring("a2", "a", answers=[message_id("a1")], files=[FILE])


def matched_mails(post: Post) -> None:
    """Answers to an earlier mail in Gmail threads of their own: matched by Message-ID."""
    post.bring("c1", "a", answers=[message_id("a1")])
    post.bring("d1", "b", sender="bea@customers.example", answers=[message_id("b1")])


def last_mails(post: Post) -> None:
    """Two Gmail threads go on that lead into one conversation."""
    post.bring("a3", "a", answers=[message_id("a2")])
    post.bring("b2", "b", sender="bea@customers.example", answers=[message_id("b1")])
    post.bring("c2", "a", answers=[message_id("c1")])


@pytest.mark.promise("once", "together", "never-sent")
@pytest.mark.parametrize("count", [1, pytest.param(2, marks=pytest.mark.proof)])
@pytest.mark.parametrize("point", GMAIL_INGEST)
async def test_a_death_at_this_point_loses_and_doubles_nothing(
    stage: Stage, point: str, count: int
) -> None:
    await dies_at(stage, point, count)


@pytest.mark.postgres
@pytest.mark.promise("once", "together", "never-sent")
@pytest.mark.parametrize("point", GMAIL_INGEST)
async def test_neither_does_one_on_postgresql(postgres_stage: Stage, point: str) -> None:
    await dies_at(postgres_stage, point, 1)


async def dies_at(stage: Stage, point: str, count: int) -> None:
    """The service kills itself when it reaches the point for the given time; all ends well."""
    post = Post(stage)
    stage.faults(**FAULTS.get(point, {}))
    first_mails(post)
    stage.live(crash_at=f"{point}#{count}")
    await stage.quiet()
    for bring in (matched_mails, last_mails):
        bring(post)
        await stage.quiet()
    assert stage.deaths() == [-signal.SIGKILL], f"{point} was not reached: {stage.tail()}"
    stage.assert_clean()
    assert stage.states() == {"done": 8}

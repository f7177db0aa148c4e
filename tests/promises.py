"""What CSM promises, id by id, and which tests prove it; prints docs/guarantees.md.

An entry is added with the change that first keeps it. A test under `tests/e2e` or `tests/faults`
proves promises by the mark `@pytest.mark.promise("once", "together")`.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
DOCUMENT = ROOT / "docs" / "guarantees.md"
# Only tests of whole processes prove a promise.
FOLDERS = ("e2e", "faults")

PROMISES: dict[str, str] = {
    "once": (
        "Every mail that Gmail accepted for the mailbox is exactly one customer thread in "
        "FreeScout with all its attachments, or is listed with the reason why not (filtered, "
        "gone, dry-run, degraded, parked). Crashes, lost answers, errors after the commit, "
        "redelivery, outages and erased streams change nothing about it."
    ),
    "together": (
        "The mails of one Gmail thread, and what customers answer to mails that FreeScout sent, "
        "are in one conversation, in the order in which Gmail accepted them. Nobody else's mail "
        "gets in."
    ),
    "never-sent": (
        "CSM sends no mail to a customer: it has no call that could. The one exception is "
        'FreeScout\'s own auto reply where the operator chose `notify = "native"`.'
    ),
    "human-wins": (
        "What a person wrote or changed in FreeScout is never overwritten, replaced or deleted: "
        "a draft that somebody opened or changed, tags that somebody changed, and a conversation "
        "that somebody took, are left alone."
    ),
    "one-draft": (
        "There is at most one draft of the bot's in a conversation. One that a person discarded is "
        "not made again for the same message, and none is made where a person has begun one."
    ),
    "one-verdict": (
        "Each customer message that is judged has one final verdict and one note with it, however "
        "often and by whatever way it was noticed. What was there before the installation is left "
        "alone."
    ),
    "ticket-first": (
        "A ticket never waits for a model. While none answers (down, slow, over budget) the rules "
        "sort it, visibly, and the model's verdict follows when it is back."
    ),
    "hint-only": (
        "The bus may lose everything it holds at any moment: that costs time, never a mail."
    ),
    "waiting-is-not-failing": (
        "While FreeScout, Gmail or NATS is away, or refuses the key, mails wait: none is parked, "
        "none becomes a stub. Work goes on within a minute of the return."
    ),
    "shown": (
        "What could not be done is listed with its reason, is said once in the log with a stable "
        "alert name, and can be repeated by one command without doubling anything."
    ),
    "private": (
        "No text, address or secret of a mail stands in an event, a subject of the bus or a log "
        "line: there are ids only."
    ),
    "traced": (
        "One trace belongs to a mail from the moment Gmail named it: every event about it carries "
        "the same trace id, whatever crashed in between."
    ),
}

# What is known not to hold, said openly.
LIMITS = (
    (
        "A request that FreeScout still applies after the quarantine (90 s) can double a mail. "
        "Set the time limits of PHP and of the proxy before it below 60 s."
    ),
    (
        "An agent who deletes a conversation for good, or edits our marker away, while a write is"
        " in quarantine can cause a second write."
    ),
    (
        "An agent who merges a conversation away within the round trip of a write into it leaves "
        "that mail, and later ones of its Gmail thread, in the old conversation."
    ),
    (
        "An answer in a Gmail thread that is new to us can still be written after a later mail of "
        "its conversation: when Gmail names it after that mail or does not give it out within a "
        "minute, when it is part of a backfill and not fetched yet, or when it names only a "
        "customer's mail and none of FreeScout's. FreeScout shows mails by their own time, so "
        "people read them in order."
    ),
    (
        "When an agent merges a conversation while mails for it wait out an outage, an answer in a "
        "new Gmail thread may be written before an older mail of the merged-away one."
    ),
    (
        "FreeScout cannot compare and write in one step. An own reply that an agent begins within "
        "the round trip in which a draft is written has the bot's draft beside it, and a "
        "conversation closed within that of a note or draft is open again."
    ),
    (
        "FreeScout leaves no trace of a discarded draft: one that a person throws away while its "
        "outcome is unknown to us (its answer was lost; 90 s, longer in an outage) may be made "
        "again. It replaces all tags at once: a tag that is set within the round trip of ours is "
        "lost."
    ),
    (
        "Nothing here was run against a licensed FreeScout or against Gmail itself: `csm self-"
        "test` and `csm check` ask yours."
    ),
)

# Long runs: the command, when, and what came of it.
RUNS = (
    (
        "make chaos MAILS=500 DB=postgres TIMING=production SEED=12",
        "2026-11-24",
        (
            "all zero; 11 workers and 1 NATS killed, 1 worker frozen, database restarted and "
            "locked, streams deleted; 52 writes with a fault; 499 s"
        ),
    ),
    (
        "make chaos MAILS=6000 DB=postgres SEED=12",
        "2026-11-24",
        (
            "all zero; 137 workers and 23 NATS killed, 28 workers frozen, database restarted 15 "
            "times and locked 25 times, streams deleted 14 times; 594 writes with a fault; 4 mails "
            "whose files FreeScout lost, each named in a note; 1040 s"
        ),
    ),
    (
        "make chaos MAILS=6000 DB=sqlite SEED=12",
        "2026-11-24",
        (
            "all zero; 138 workers and 24 NATS killed, 30 workers frozen, database locked 23 "
            "times, history expired 14 times, streams deleted 16 times; 568 writes with a fault; "
            "1 mail whose files FreeScout lost, named in a note; 483 s"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """A test and the promise it claims to prove."""

    promise: str
    file: str
    line: int
    test: str


def proofs() -> list[Proof]:
    """Every mark in the folders that count, read from the source: nothing is imported."""
    files = [file for folder in FOLDERS for file in sorted((TESTS / folder).rglob("test_*.py"))]
    return [proof for file in files for proof in proofs_in(file)]


def proofs_in(file: Path, root: Path = ROOT) -> Iterator[Proof]:
    """The marks on the tests of one file. ValueError for one that cannot be read statically."""
    path = file.relative_to(root).as_posix()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for promise in promises_of(node, path):
                yield Proof(promise, path, node.lineno, node.name)


def promises_of(test: ast.FunctionDef | ast.AsyncFunctionDef, path: str) -> Iterator[str]:
    """The ids that the decorators of a test name."""
    for decorator in test.decorator_list:
        if not ast.unparse(decorator).startswith("pytest.mark.promise"):
            continue
        ids = decorator.args if isinstance(decorator, ast.Call) else []
        if not ids or not all(isinstance(one, ast.Constant) for one in ids):
            raise ValueError(
                f"{path}:{test.lineno} {test.name}: name the promises as plain strings"
            )
        yield from (ast.literal_eval(one) for one in ids)


def guarantees() -> str:
    """The text of docs/guarantees.md."""
    found = proofs()
    parts = [_section(promise, found) for promise in PROMISES]
    runs = "".join(f"| `{command}` | {when} | {result} |\n" for command, when, result in RUNS)
    limits = "".join(f"- {limit}\n" for limit in LIMITS)
    return (
        _HEAD
        + "\n".join(parts)
        + _EXPLORED
        + _SIMULATED
        + _CHAOS
        + runs
        + f"\n## What is not claimed\n\n{limits}"
    )


def _section(promise: str, found: list[Proof]) -> str:
    tests = sorted({(proof.file, proof.test) for proof in found if proof.promise == promise})
    lines = [f"- [{_spoken(test)}](../{file}) (`{test}`)" for file, test in tests]
    return "\n".join([f"## {promise}", "", PROMISES[promise], "", "Proven by:", "", *lines, ""])


def _spoken(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


_HEAD = """\
# What CSM guarantees

Written by `make docs` from `tests/promises.py`; `make check` fails when it is out of date. The
tests below run real processes: gmail_ingest and NATS, against a FreeScout and a Gmail that break
as the real ones do.

"""

_EXPLORED = """
## The rules, state by state

`make explore` visits every state of small worlds in which the write protocol and the one-draft rule
meet each fault (deaths at every step, answers lost, requests applied late, half creates, lost and
doubled deliveries, leases that run out, merges, outages). The full rules hold in all of them; every
weak variant is found broken, with a shortest way there in words. Figures, and what is idealised:
[the explorers](../tests/faults/model/README.md). This proves the rules; the tests above run the
code.
"""

_SIMULATED = """
## The code itself, in virtual time

`make simulate SEEDS=n FIRST=k` runs the shipped code of all services against simulators at the
wire, on a clock that jumps: one seed is one history of 60 mails with its faults, deaths, outages,
erased streams and people; what is real and what is judged:
[the simulation](../tests/faults/simulation/README.md). `make simulate-variants` expects each
weakened copy of the code to be found broken. Its runs stand in the table below.
"""

_CHAOS = """
## Everything breaks at once

`make chaos MAILS=n DB=sqlite|postgres TIMING=fast|production SEED=k` sends mail through the real
service (one process on SQLite, three on PostgreSQL) while workers and NATS are killed and frozen,
databases locked and restarted, streams deleted, and a tenth of all writes fails, a third after
they were applied. The desk is then compared with Gmail from outside; `make guards` takes the guards
of the code out one by one and expects the tests to notice. Recorded runs:

| command | when | result |
|---|---|---|
"""


if __name__ == "__main__":
    sys.stdout.write(guarantees())

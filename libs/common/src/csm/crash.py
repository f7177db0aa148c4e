"""Named crash points: the seams of the protocol where a test kills the process.

`CSM_CRASH_AT=<point>[@<key>][#<pass>]` makes the process kill itself with SIGKILL when that
point is reached for the given pass (default 1; 0 means every time), with `key` if one is named.
Every point that was reached is counted, so a test can fail when its point never was. A simulation
decides for itself who dies where (`decide_by`).
"""

import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

POINTS: dict[str, str] = {
    "after_journal": "ids of a history page are journaled, the cursor is not moved",
    "after_publish": "an event is on the bus, its row does not know it",
    "before_parse": "the raw mail is there, parsing starts",
    "after_fetch": "the raw mail is in the spool, nothing is decided",
    "after_lease": "the lease is taken and the start counted, nothing else happened",
    "after_map": "the matched conversation is stored, no intent yet",
    "after_intent": "the intent is committed, nothing is on the wire",
    "request_sent": "the request is on the wire, no answer yet",
    "after_response": "the answer arrived, nothing is recorded",
    "in_record_tx": "inside the result transaction, before its commit",
    "after_record": "the result is committed, the lease is still held",
    "after_reconcile_found": "the marker was found, the result is not recorded",
    "after_reconcile_absent": "absence is proven, no new intent yet",
    "after_outbox_publish": "the outgoing event is on the bus, its outbox row does not know it",
    "llm_after_claim": "the question is reserved, nothing is on the wire",
    "llm_after_answer": "the model answered and was paid, nothing is recorded",
    "llm_after_settle": "the answer is recorded, nobody was told",
    "after_rank": "a verdict counts as applied, nothing of it is in FreeScout",
    "before_tags": "the tags are intended, the request is not sent",
    "after_tags": "the tags are in FreeScout, nothing is recorded",
    "after_draft_text": "the text of a draft is there, no lease is held",
    "before_read_back": "the draft is recorded, nobody has looked what FreeScout made of it",
    "after_followup_tag": "the tag for a follow-up is in FreeScout, nothing is recorded",
    "before_delivery": "webhooks are verified, nothing of them is stored",
    "after_delivery": "webhooks and their hints are stored, nobody was answered",
    "before_stale": "a conversation is found stale, nothing is stored",
    "after_stale": "a stale period and its wish are stored, nothing is published",
    "after_hearing": "a verdict is heard and its alert stored, nothing is sent",
    "before_alert": "an alert counts as being sent, nothing is on the wire",
    "after_alert": "a channel took an alert, nothing is recorded",
    "before_hints": "changes in FreeScout are listed, neither hints nor cursor are stored",
    "before_swept": "all hints of a sweep are promised, its end is not stored",
    "before_verdict": "a verdict is there, nothing of it is stored",
    "in_verdict_tx": "inside the verdict's transaction, before its commit",
    "after_verdict": "the verdict and its event are stored, nobody was told",
    "before_ack": "the outcome is recorded, the delivery is not acknowledged",
}

reached: Counter[str] = Counter()


def crash_point(name: str, key: str = "") -> None:
    """Count that the seam `name` was reached; die here by SIGKILL if a test asked for it."""
    if name not in POINTS:
        raise KeyError(f"unknown crash point {name!r}")
    reached[name] += 1
    _decide(name, key)


def decide_by(scheduler: Callable[[str, str], None]) -> None:
    """From now on `scheduler(name, key)` is asked at every seam; it ends the caller or returns."""
    global _decide  # noqa: PLW0603  # seams are reached from everywhere, as a signal is
    _decide = scheduler


def _by_environment(name: str, key: str) -> None:
    wanted = os.environ.get("CSM_CRASH_AT")
    if wanted and _is_meant(wanted, name, key):
        _die()


def _is_meant(wanted: str, name: str, key: str) -> bool:
    """Whether `wanted` (`point[@key][#pass]`) names this seam, key and pass."""
    target, _, count = wanted.partition("#")
    point, _, only = target.partition("@")
    if point != name or (only and only != key):
        return False
    return int(count or 1) in (0, reached[name])


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(137)  # unreachable: SIGKILL cannot be handled


_decide: Callable[[str, str], None] = _by_environment

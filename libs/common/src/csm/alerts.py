"""Alerts: one ERROR line with a stable name, a metric and a line in `csm status`, all at once.

Said once per change, not once per mail. `docs/operations.md` says for each what to do.
"""

import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Literal

from csm import metrics
from csm.logs import get_logger

Alert = Literal[
    "alert-not-sent",
    "audit-disordered",
    "audit-double",
    "audit-foreign",
    "audit-incomplete",
    "audit-missing",
    "audit-split",
    "bus-closed",
    "bus-down",
    "database-down",
    "dead-letter-failed",
    "degraded",
    "dependency-down",
    "drafting-stopped",
    "durable-drift",
    "durable-missing",
    "health-port-taken",
    "husk-left",
    "incomplete",
    "misconfigured",
    "over-budget",
    "parked",
    "recovered",
    "stream-new",
    "webhook-missed",
]
# Lines that status shows: enough to see what happened, few enough for a screen.
_MOST = 50

_log = get_logger("alert")


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that was raised in this process; `at` is epoch seconds."""

    alert: Alert
    about: str
    words: str
    at: float


_standing: OrderedDict[tuple[Alert, str], Standing] = OrderedDict()


def alert(name: Alert, words: str, *, about: str = "", **facts: object) -> None:
    """Raise an alert; `about` names what it concerns: an id, a dependency, a durable."""
    named = {"about": about} if about else {}
    _log.error(words, alert=name, **named, **facts)
    why = facts.get("reason") or facts.get("why")
    words = f"{words}: {why}" if why else words
    metrics.ALERTS.labels(name).inc()
    _standing.pop((name, about), None)
    _standing[name, about] = Standing(name, about, words, time.time())
    if len(_standing) > _MOST:
        _standing.popitem(last=False)


def over(name: Alert, about: str = "") -> None:
    """What an alert said is no longer so: status forgets it."""
    _standing.pop((name, about), None)


def over_but(names: Collection[Alert], still: Collection[str]) -> None:
    """The alerts `names` are over but for what is in `still`."""
    for name, about in list(_standing):
        if name in names and about not in still:
            over(name, about)


def standing() -> list[dict[str, Any]]:
    """What was raised and is not over, the newest first."""
    return [asdict(one) for one in reversed(_standing.values())]

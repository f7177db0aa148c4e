"""What the page shows, from what the services said: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from csm_cli.asking import Answers
from csm_cli.listing import conversation_of
from csm_cli.overview import advice
from csm_cli.terminal import Json

UNFINISHED = ("wanted", "parked", "degraded")
# Boxes of the flow picture stand in one line, so wide and so far apart, in pixels.
_WIDTH, _GAP = 170, 44
_MOST = 50
# Seconds after which open work is late.
_LATE = 600


@dataclass(frozen=True, slots=True)
class Box:
    """A stage in the picture. `tone` is well, late, bad or silent; `lines` its live numbers."""

    name: str
    x: int
    tone: str
    lines: tuple[str, ...]


def overview(names: Sequence[str], said: Answers, work: Answers, drafts: Answers) -> Json:
    """Everything that the first page needs."""
    boxes = [_box(n, name, said.said.get(name)) for n, name in enumerate(names)]
    down = [{"service": name, **one} for name, told in said.said.items() for one in told["down"]]
    alerts = [
        {"service": name, **one} for name, told in said.said.items() for one in told["alerts"]
    ]
    made = drafts.said.get("draft_writer") or {"counts": {}, "stopped": None}
    return {
        "boxes": boxes, "width": len(boxes) * (_WIDTH + _GAP) - _GAP + 2, "box_width": _WIDTH,
        "gap": _GAP, "down": down, "alerts": alerts, "advice": advice(said.said),
        "rows": _unfinished(work), "drafts": made["counts"], "stopped": made["stopped"],
        "over_http": bool(said.over_http), "silent": list(said.silent),
        "mails": (said.said.get("gmail_ingest") or {}).get("states", {}),
    }  # fmt: skip


def _box(place: int, name: str, said: Json | None) -> Box:
    x = place * (_WIDTH + _GAP) + 1
    if said is None:
        return Box(name, x, "silent", ("does not answer",))
    states = said["states"]
    lines = (
        f"{states.get('wanted', 0)} open", f"{states.get('parked', 0)} parked",
        f"{said['outbox']} not on the bus",
    )  # fmt: skip
    if states.get("parked") or said["durables"] != "in place":
        return Box(name, x, "bad", lines)
    is_late = bool(said["down"]) or (said["oldest_open_s"] or 0) > _LATE
    return Box(name, x, "late" if is_late else "well", lines)


def _unfinished(work: Answers) -> list[Json]:
    rows = [
        {"service": name, **row, "conversation": conversation_of(row)}
        for name, page in work.said.items()
        for row in page["rows"]
    ]
    return sorted(rows, key=_urgency)[:_MOST]


def _urgency(row: Json) -> tuple[int, float]:
    """Parked first, then what is open, then stubs; the oldest of each first."""
    return ("parked", "wanted", "degraded").index(row["state"]), row["created_at"]

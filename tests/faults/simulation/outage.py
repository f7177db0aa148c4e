"""Three hours of 503 at production timing, whatever the seed: mails wait, none is parked."""

from dataclasses import dataclass

from faults.simulation.gmail_stage import GmailIngest
from faults.simulation.history import History, Plan
from faults.simulation.world import Rates

HOURS = 3


@dataclass(frozen=True, slots=True)
class Return:
    """What the end of the outage looked like; `first_write` in seconds after FreeScout's return."""

    waiting: int
    first_write: float
    states: dict[str, int]
    findings: tuple[str, ...]


def three_hours_of_503(seed: int, mails: int = 60) -> Return:
    """FreeScout answers 503 from the first mail on, for three hours; mails come all the time."""
    span = HOURS * 3600.0
    plan = Plan(
        mails=mails, deeds=0, span=span, rates=Rates.none(), has_troubles=False,
        stages=(GmailIngest,),
    )  # fmt: skip
    history = History(seed, plan)
    desk, loop = history.outside.desk, history.world.loop
    desk.down = "503"
    store = next(one for one in history.stages if isinstance(one, GmailIngest)).store
    waiting: list[int] = []

    def comes_back() -> None:
        waiting.append(store.rows("SELECT count(*) FROM work WHERE state = 'wanted'")[0][0])
        desk.down = ""

    loop.later(span, comes_back)
    outcome = history.run()
    first = min(desk.applied_at.values()) - history.world.now() + loop.time() - span
    states = dict(store.rows("SELECT state, count(*) FROM work GROUP BY state"))
    return Return(waiting[0], first, states, outcome.findings)

"""What a service depends on (freescout, gmail:<slug>, llm): one row each says down since when.

An outage makes rows wait, never fail: no intent is committed while the row says down, a probe asks
every 5 to 20 s (scaled), and the first success makes every row that waits for it due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from random import Random

from sqlalchemy import Connection, Float, and_, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from csm import work
from csm.alerts import Alert, alert
from csm.db import Database, csm_now, insert_into, table_of
from csm.logs import get_logger
from csm.outcome import Later, Outcome
from csm.ticks import Tick
from csm.timing import Timing

# Below this many failures in a row it is a lost answer, not an outage: with every third answer
# lost the pipeline must not pause for a probe each time.
FAILURES_UNTIL_DOWN = 3


class DependencyRow(SQLModel, table=True):
    """A dependency that failed lately; no row means that it is well."""

    __tablename__ = "dependency"

    name: str = Field(primary_key=True)
    failures: int
    reason: str
    configuration: bool = False
    on_trial: bool = False
    down_since: float | None = None
    next_probe: float | None = None


DEPENDENCY = table_of(DependencyRow)
# Asked with every mail: built once, run with parameters.
_FORGET = (
    delete(DEPENDENCY)
    .where(DEPENDENCY.c.name == bindparam("this"))
    .returning(DEPENDENCY.c.down_since)
)
_PROBE_IS_DUE = and_(
    DEPENDENCY.c.next_probe <= csm_now(),
    DEPENDENCY.c.name.in_(bindparam("names", expanding=True)),
)
_CLAIM = (
    update(DEPENDENCY)
    .where(
        DEPENDENCY.c.name
        == select(DEPENDENCY.c.name).where(_PROBE_IS_DUE).limit(1).scalar_subquery(),
        # Due once more at the row itself: another replica may have claimed it since.
        _PROBE_IS_DUE,
    )
    .values(next_probe=csm_now() + bindparam("pause", type_=Float()))
    .returning(DEPENDENCY.c.name)
)
_ALL_DOWN = select(DEPENDENCY).where(DEPENDENCY.c.down_since.is_not(None), ~DEPENDENCY.c.on_trial)


@dataclass(frozen=True, slots=True)
class Down:
    """A dependency that is down: why, since when (epoch seconds)."""

    name: str
    reason: str
    since: float
    configuration: bool


def failed(connection: Connection, name: str, reason: str, *, at_once: bool = False) -> bool:
    """Count a failure; `at_once` (refused key, wrong address) needs no second. True: now down.

    A failure on trial ends the trial; the next probe stays as far away as the last one set it.
    """
    row = insert_into(connection, DEPENDENCY).values(
        name=name, failures=1, reason=reason, configuration=at_once, on_trial=False
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[DEPENDENCY.c.name],
            set_={
                "failures": DEPENDENCY.c.failures + 1,
                "reason": reason,
                "configuration": at_once,
                "on_trial": False,
            },
        )
    )
    enough = DEPENDENCY.c.failures >= (1 if at_once else FAILURES_UNTIL_DOWN)
    newly = (DEPENDENCY.c.name == name) & DEPENDENCY.c.down_since.is_(None) & enough
    went_down = connection.execute(
        update(DEPENDENCY).where(newly).values(down_since=csm_now(), next_probe=csm_now())
    )
    return went_down.rowcount == 1


def succeeded(connection: Connection, name: str) -> bool:
    """Forget failures and wake every row that waits for `name`. True: it was down until now."""
    row = connection.execute(_FORGET, {"this": name}).one_or_none()
    if row is None:
        return False
    work.wake(connection, name)
    return row.down_since is not None


def answers(connection: Connection, name: str) -> bool:
    """A probe of `name` succeeded. True: it counts as well and all that waits is woken.

    Reading may work while writing fails, so after an outage one row is let through on trial; its
    success wakes the others. Otherwise every probe would publish everything that waits.
    """
    mine = select(DEPENDENCY).where(DEPENDENCY.c.name == name).with_for_update()
    row = connection.execute(mine).one_or_none()
    if row is None or row.configuration or not work.wake(connection, name, limit=1):
        return succeeded(connection, name)
    on_trial = update(DEPENDENCY).where(DEPENDENCY.c.name == name)
    connection.execute(on_trial.values(on_trial=True))
    return False


def record(connection: Connection, work_id: str, outcome: Outcome, soon: float) -> None:
    """Store an outcome in its work row; who waits for a dependency that is back waits `soon` s.

    It may have come back between the handler's look and this transaction; its wake missed the row.
    """
    waiting_for = outcome.waiting_for if isinstance(outcome, Later) else None
    if isinstance(outcome, Later) and waiting_for and not _stays_down(connection, waiting_for):
        outcome = replace(outcome, delay=min(outcome.delay, soon), waiting_for=None)
    work.record(connection, work_id, outcome)


def _stays_down(connection: Connection, name: str) -> bool:
    """Whether `name` is down until this transaction ends: then its wake sees what we write."""
    mine = select(DEPENDENCY).where(DEPENDENCY.c.name == name).with_for_update(read=True)
    row = connection.execute(mine).one_or_none()
    return row is not None and row.down_since is not None and not row.on_trial


def down(connection: Connection, name: str) -> Down | None:
    """Why `name` is down, or None when it may be used."""
    found = [row for row in all_down(connection) if row.name == name]
    return found[0] if found else None


def all_down(connection: Connection) -> list[Down]:
    """Every dependency that is down, for status and health."""
    rows = connection.execute(_ALL_DOWN)
    return [Down(r.name, r.reason, r.down_since, r.configuration) for r in rows]


def claim_probe(connection: Connection, names: Collection[str], pause: float) -> str | None:
    """One of `names` whose probe is due, or None; its next probe is `pause` seconds away."""
    claimed = connection.execute(_CLAIM, {"names": list(names), "pause": pause})
    return claimed.scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a dependency in one line; `is_lasting` when a person must act."""

    why: str
    is_lasting: bool = False


Probe = Callable[[], Awaitable[Trouble | None]]
"""Asks a dependency whether it is well."""


class Prober:
    """Probes what is down; the first success wakes the rows that wait."""

    def __init__(
        self,
        db: Database,
        probes: Mapping[str, Probe],
        timing: Timing,
        woken: Callable[[], None],
        random: Random | None = None,
    ) -> None:
        """`probes` by dependency name; `woken` is called when waiting rows became due."""
        self._db = db
        self._woken = woken
        self._probes = probes
        self._timing = timing
        self.tick = Tick("probes")
        # Spreads the probes of several replicas; nothing secret depends on it.
        self._random = random or Random()  # noqa: S311
        self._log = get_logger("dependency")

    async def run(self) -> None:
        """Probe whatever is down when its time has come, until cancelled."""
        while True:
            with self.tick.elsewhere():
                await self.run_due()
            await asyncio.sleep(self._timing.probe_interval[0] / 2)

    async def run_due(self) -> None:
        """Probe every dependency whose time has come."""
        while True:
            pause = self._random.uniform(*self._timing.probe_interval)
            name = await self._db.run(claim_probe, list(self._probes), pause)
            if name is None:
                return
            if await self._probes[name]() is None:
                await self._answers(name)

    async def probe_now(self, name: str) -> None:
        """Ask once, whatever was known before."""
        trouble = await self._probes[name]()
        if trouble is None:
            await self._answers(name)
        else:
            await self.report(name, trouble.why, at_once=trouble.is_lasting)

    async def _answers(self, name: str) -> None:
        if await self._db.run(answers, name):
            self._log.info("dependency is back", dependency=name)
        self._woken()

    async def report(self, name: str, reason: str, *, at_once: bool = False) -> None:
        """Count a failure of `name` and say it once when that takes it down."""
        if await self._db.run(failed, name, reason, at_once=at_once):
            kind: Alert = "misconfigured" if at_once else "dependency-down"
            words = "dependency is down"
            alert(kind, words, about=name, dependency=name, reason=reason)

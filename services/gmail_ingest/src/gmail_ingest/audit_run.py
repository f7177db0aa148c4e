"""Where the regular audit of this installation stands, and what the last one found."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select, update
from sqlmodel import Field, SQLModel

from csm import lease as leases
from csm.admin import Json
from csm.db import csm_now, insert_into, table_of
from csm.lease import Lease
from gmail_ingest.audit_policy import Finding

# Findings kept of one audit: whoever has more has one cause for all of them.
_MOST = 1000


class AuditRow(SQLModel, table=True):
    """The only row: the audit under way, and the last one that was completed.

    Times are epoch seconds. `position` is null between two audits; `findings` are those of the
    one under way, `found` those of the last one, both as JSON.
    """

    __tablename__ = "audit"

    id: int = Field(primary_key=True)
    begun_at: float
    since: float
    position: str | None = None
    findings: str = "[]"
    conversations: int = 0
    completed_at: float | None = None
    found: str = "[]"


AUDIT = table_of(AuditRow)
_ONLY = 1


@dataclass(frozen=True, slots=True)
class Run:
    """An audit under way: what changed `since` is looked at, `position` says how far it is."""

    since: float
    position: Json | None
    findings: tuple[Finding, ...]
    conversations: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the last completed audit found, None at `completed_at` before the first one.

    `age` in seconds since then, or since audits began.
    """

    completed_at: float | None
    age: float
    findings: tuple[Finding, ...]


def report(connection: Connection) -> Report | None:
    """What is known of the last audit; None before audits have begun."""
    row = connection.execute(select(AUDIT, csm_now().label("now"))).one_or_none()
    if row is None:
        return None
    last = row.begun_at if row.completed_at is None else row.completed_at
    return Report(row.completed_at, row.now - last, _findings(row.found))


def current(connection: Connection, every: float, window: float, first: Json) -> Run | None:
    """The audit under way, or a new one if the last was completed `every` seconds ago; else None.

    A new one looks at what changed within `window` seconds, and since the last one began. The
    first one is due `every` seconds after the first call.
    """
    connection.execute(
        insert_into(connection, AUDIT)
        .values(id=_ONLY, begun_at=csm_now(), since=csm_now() - window, conversations=0,
                findings="[]", found="[]")
        .on_conflict_do_nothing(index_elements=[AUDIT.c.id])
    )  # fmt: skip
    row = connection.execute(select(AUDIT, csm_now().label("now"))).one()
    if row.position is not None:
        return Run(row.since, json.loads(row.position), _findings(row.findings), row.conversations)
    last = row.begun_at if row.completed_at is None else row.completed_at
    if row.now < last + every:
        return None
    since = min(row.now - window, row.begun_at)
    begun = update(AUDIT).values(
        begun_at=csm_now(), since=since, position=json.dumps(first), findings="[]", conversations=0
    )
    connection.execute(begun)
    return Run(since, first, (), 0)


def advance(connection: Connection, lease: Lease, run: Run) -> bool:
    """Keep how far it is, completed when its position is None; False when the lease was lost."""
    if not leases.holds(connection, lease):
        return False
    findings = json.dumps([asdict(finding) for finding in run.findings[:_MOST]])
    row = update(AUDIT).values(conversations=run.conversations)
    if run.position is None:
        row = row.values(position=None, findings="[]", found=findings, completed_at=csm_now())
    else:
        row = row.values(position=json.dumps(run.position), findings=findings)
    connection.execute(row)
    return True


def merged(known: Sequence[Finding], new: Sequence[Finding]) -> tuple[Finding, ...]:
    """Both, each finding once: pages overlap."""
    return tuple({finding.key: finding for finding in (*known, *new)}.values())


def _findings(stored: str) -> tuple[Finding, ...]:
    return tuple(Finding(**one) for one in json.loads(stored))

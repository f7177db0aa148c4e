"""The regular audit: every hour, one replica, a little at a time, and said once."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from csm import alerts, dependency, metrics
from csm import lease as leases
from csm.admin import AdminError, Json
from csm.alerts import Alert, alert
from csm.db import Database
from csm.freescout import FreeScoutError
from csm.lease import Lease
from csm.logs import get_logger
from csm.ticks import Tick
from csm.timing import Timing
from gmail_ingest import audit_run
from gmail_ingest.audit import Audit
from gmail_ingest.audit_policy import KINDS, Finding, Kind
from gmail_ingest.audit_run import Report, Run

# What changed in the last 26 h is looked at every time: what vanishes within a day is seen.
_WINDOW = 26 * 3600.0
# Seconds between two looks whether an audit is due; for one slice at most, scaled.
_LOOK = 60.0
_LEASE = 300.0
# Seconds between two slices: mail goes first.
_REST = 1.0
_RESOURCE = "audit"
# Findings in one answer: it must fit into a message of NATS.
_MOST = 300
_ALERTS: Mapping[Kind, Alert] = {
    "missing": "audit-missing",
    "double": "audit-double",
    "split": "audit-split",
    "disordered": "audit-disordered",
    "incomplete": "audit-incomplete",
    "foreign": "audit-foreign",
}

_log = get_logger("audit")


class Auditor:
    """Runs the audit every `every` seconds; where it stands is a row that replicas share."""

    def __init__(
        self, db: Database, audit: Audit, timing: Timing, *, every: float, owner: str
    ) -> None:
        """`owner` names this process in the lease; a replica that dies keeps it for a while."""
        self._db = db
        self._audit = audit
        self._every = every
        self._owner = owner
        self._held = timing.scaled(_LEASE)
        self._lease: Lease | None = None
        self._completed = time.monotonic()
        self._look = min(_LOOK, every)
        self.tick = Tick("audit", self._look)
        metrics.AUDIT_AGE.set_function(lambda: time.monotonic() - self._completed)

    async def run(self) -> None:
        """Look whether an audit is due, until cancelled. An outage only makes it late."""
        while True:
            with self.tick.elsewhere():
                await self._show()
                await self._go_on()
            await asyncio.sleep(self._look)

    async def _go_on(self) -> None:
        """The audit that is due or under way, to its end or to the first failure."""
        try:
            while (run := await self._current()) is not None:
                await self._advance(run)
                await self._show()
                self.tick()
                await asyncio.sleep(min(_REST, self._every))
        except FreeScoutError as error:
            _log.warning("audit interrupted, it goes on later", reason=str(error))
        finally:
            if self._lease is not None:
                lease, self._lease = self._lease, None
                await asyncio.shield(self._db.run(leases.release, lease))

    async def _current(self) -> Run | None:
        if await self._db.run(dependency.down, "freescout"):
            return None
        self._lease = await self._db.run(
            leases.keep, self._lease, _RESOURCE, self._owner, self._held
        )
        if self._lease is None:
            return None
        return await self._db.run(audit_run.current, self._every, _WINDOW, self._audit.begin)

    async def _advance(self, run: Run) -> None:
        assert run.position is not None  # noqa: S101 - a run without one has ended
        assert self._lease is not None  # noqa: S101 - see _current
        part = await self._audit.slice(run.since, run.position)
        after = replace(
            run,
            position=part.position,
            findings=audit_run.merged(run.findings, part.findings),
            conversations=run.conversations + part.conversations,
        )
        if after.position is None:
            await self._say(after)
        await self._db.run(audit_run.advance, self._lease, after)

    async def _say(self, run: Run) -> None:
        """One alert for each kind of which something new was found."""
        last = await self._db.run(audit_run.report)
        known = {finding.key for finding in last.findings} if last else set()
        for kind, name in _ALERTS.items():
            found = [finding for finding in run.findings if finding.kind == kind]
            if any(finding.key not in known for finding in found):
                mails = sorted({finding.mail for finding in found})[:10]
                words = f"the audit found {len(found)} {kind}, see `csm audit`"
                alert(name, words, findings=len(found), mails=mails)
            elif not found:
                alerts.over(name)
        _log.info("audit done", conversations=run.conversations, findings=len(run.findings))

    async def _show(self) -> None:
        """The gauges of every replica, whoever did the audit."""
        last = await self._db.run(audit_run.report)
        if last is not None:
            self._completed = time.monotonic() - last.age
            for kind, number in counts(last.findings).items():
                metrics.AUDIT_FINDINGS.labels(kind).set(number)

    async def status(self) -> Json | None:
        """When the last audit ended (epoch seconds, null before the first) and what it found."""
        last = await self._db.run(audit_run.report)
        return None if last is None else as_json(last)

    async def audit(self, arguments: Json) -> Json:
        """The operating verb: one slice of an audit of what changed `since` (epoch seconds).

        `position` is what the last slice answered; without one it begins.
        """
        since, position = float(arguments["since"]), arguments.get("position")
        try:
            part = await self._audit.slice(since, position or self._audit.begin)
        except FreeScoutError as error:
            raise AdminError(f"FreeScout: {error}") from error
        findings = [{**asdict(one), "key": one.key, "advice": one.advice} for one in part.findings]
        found = {"findings": findings[:_MOST], "left_off": len(findings[_MOST:])}
        return {**found, "position": part.position, "conversations": part.conversations}


def counts(findings: Sequence[Finding]) -> dict[Kind, int]:
    """How many of each kind, also of those that were not found."""
    found = Counter(finding.kind for finding in findings)
    return {kind: found[kind] for kind in KINDS}


def as_json(last: Report) -> Json:
    """For status."""
    return {"completed_at": last.completed_at, "findings": counts(last.findings)}

"""The gates before any write to FreeScout: it is in order, and its self-test has passed.

Each gate is a dependency of that name; while one is down no intent is committed.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from csm import dependency
from csm import self_test as tests
from csm.db import Database
from csm.dependency import Down, Probe, Prober, Trouble
from csm.freescout import (
    FreeScout,
    FreeScoutMisconfiguredError,
    FreeScoutNotAskedError,
    FreeScoutRejectedError,
    FreeScoutUnavailableError,
)
from csm.outcome import Later, Outcome, Rejected, Unavailable
from csm.settings import LEVELS, FreeScoutSettings, MailboxBase
from csm.timing import Timing

GATES = ("self-test", "freescout")
# Seconds (scaled) until a request that could not even be sent is tried again.
_BUSY = 2.0


class GateClosedError(Exception):
    """Nothing may be written now."""

    def __init__(self, down: Down) -> None:
        """`down` says which gate, and why."""
        super().__init__(down.reason)
        self.down = down


class Failures:
    """What an error of FreeScout means for the row at hand, and for everybody's."""

    def __init__(self, db: Database, prober: Prober, probe: Probe, timing: Timing) -> None:
        """`probe` asks whether FreeScout itself is in order."""
        self._db = db
        self._prober = prober
        self._probe = probe
        self._timing = timing

    def closed(self, gate: Down) -> Later:
        """Wait for a gate to open; its return makes the row due."""
        return Later(self._timing.republish_after, gate.reason, gate.name)

    async def outcome(self, error: FreeScoutUnavailableError | FreeScoutRejectedError) -> Outcome:
        """Wait, or count a refusal: `Rejected` only while FreeScout itself is in order."""
        if isinstance(error, FreeScoutMisconfiguredError):
            return await self._misconfigured(error.why)
        if isinstance(error, FreeScoutNotAskedError):
            return Later(self._timing.scaled(_BUSY), error.why)
        if isinstance(error, FreeScoutUnavailableError):
            await self._prober.report("freescout", error.why)
            if down := await self._db.run(dependency.down, "freescout"):
                return self.closed(down)
            return Unavailable(error.why, "freescout", error.retry_after)
        if trouble := await self._probe():
            return await self._misconfigured(trouble.why)
        return Rejected(str(error))

    async def _misconfigured(self, why: str) -> Later:
        await self._prober.report("freescout", why, at_once=True)
        return Later(self._timing.republish_after, why, "freescout")


def refuse_closed(connection: Connection) -> None:
    """Raise GateClosedError while a gate is down: an outage must not quarantine everything."""
    found = {down.name: down for down in dependency.all_down(connection)}
    for name in GATES:
        if name in found:
            raise GateClosedError(found[name])


def freescout(
    client: FreeScout, desk: FreeScoutSettings, mailboxes: Mapping[str, MailboxBase]
) -> Probe:
    """Key, mailbox ids and the bot's user, as FreeScout knows them."""

    async def probe() -> Trouble | None:
        try:
            known = {mailbox.id for mailbox in await client.mailboxes()}
            users = {user.id for user in await client.users()}
        except FreeScoutMisconfiguredError as error:
            return Trouble(error.why, is_lasting=True)
        except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
            return Trouble(str(error))
        for slug, mailbox in mailboxes.items():
            if mailbox.freescout_mailbox_id not in known:
                wrong = f"FreeScout has no mailbox {mailbox.freescout_mailbox_id}"
                key = f"mailbox.{slug}.freescout_mailbox_id"
                return Trouble(f"{key}: {wrong}, it has {sorted(known)}", is_lasting=True)
        if desk.user_id not in users:
            return Trouble(
                f"freescout.user_id: FreeScout has no user {desk.user_id}", is_lasting=True
            )
        return None

    return probe


def self_test(db: Database, url: str, mailboxes: Mapping[str, MailboxBase]) -> Probe:
    """Whether the stored self-test of the FreeScout at `url` allows the configured write levels."""

    async def probe() -> Trouble | None:
        writing = {s: m.write for s, m in mailboxes.items() if m.write != "off"}
        if not writing:
            return None
        findings = await db.run(tests.stored, url)
        if findings is None:
            wrong = "no self-test has passed for this FreeScout; run `csm self-test`"
            return Trouble(wrong, is_lasting=True)
        allowed = tests.allowed_level(findings)
        for slug, level in writing.items():
            if LEVELS.index(level) > LEVELS.index(allowed):
                reasons = "; ".join(f"{f.name} {f.words}" for f in findings if not f.is_ok)
                wrong = f"{level} is refused, at most {allowed}: {reasons}"
                return Trouble(f"mailbox.{slug}.write: {wrong}", is_lasting=True)
        return None

    return probe


def refusals(connection: Connection, url: str) -> list[str]:
    """Why a failed self-test keeps the service from being ready; one that is missing only waits."""
    down = dependency.down(connection, "self-test")
    if down is None or tests.stored(connection, url) is None:
        return []
    return [f"the self-test failed: {down.reason}"]

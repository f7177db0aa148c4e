"""Weakened copies of the shipped code: the simulation must find each of them broken.

Each takes one guard of the write protocol away, by a parameter or in place of the guarding step,
for the length of one history.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection

from csm import effects
from csm import lease as leases
from csm.effects import Intent, Written
from csm.lease import Lease
from csm.lookup import Lookup
from csm.outbox import DueLoop
from csm.outcome import Later, Outcome, Rejected
from csm.timing import Timing
from csm.work import Due, end
from faults.simulation.bot_variants import BOT_VARIANTS
from gmail_ingest import placing, precedence
from gmail_ingest.handlers import Handlers
from gmail_ingest.lookup import MailLookup


def _no_quarantine(connection: Connection, effect_id: str) -> Intent | Written | None:
    """Absence is believed at the first look."""
    found = _open_intent(connection, effect_id)
    return replace(found, quiet_at=found.now) if isinstance(found, Intent) else found


def _mark_first(
    connection: Connection, lease: Lease, write: effects.Write, timing: Timing, deadline: float
) -> bool:
    """The mail counts as written before it is sent."""
    end(connection, write.work_id, "done")
    return _commit_intent(connection, lease, write, timing, deadline)


def _no_lease(connection: Connection, resource: str, owner: str, seconds: float) -> Lease:
    """Everybody gets the lease."""
    free = leases.LEASE.update().where(leases.LEASE.c.resource == resource).values(until=0)
    connection.execute(free)
    taken = _acquire(connection, resource, owner, seconds)
    assert taken is not None
    return replace(taken, epoch=0)


def _always(*_args: Any) -> bool:
    return True


async def _without_bucket(self: DueLoop, row: Due, bucket: str) -> None:
    """A re-publish has the id of the first one."""
    await _send(self, replace(row, published=0), bucket)


def _sees_nothing(*_args: Any) -> effects.Seen:
    """Markers are not looked for."""
    return effects.Seen()


async def _waiting_fails(self: Handlers, event: Any, outcome: Outcome) -> None:
    """What has to wait is parked."""
    if isinstance(outcome, Later) and outcome.waiting_for:
        outcome = Rejected(outcome.why)
    await _record(self, event, outcome)


def _never(*_args: Any) -> bool:
    return False


def _nothing(*_args: Any) -> None:
    return None


_open_intent = effects.open_intent
_commit_intent = effects.commit_intent
_acquire = leases.acquire
_record = Handlers.record
_send = DueLoop._send

VARIANTS: Mapping[str, tuple[tuple[object, str, object], ...]] = {
    "no quarantine": ((effects, "open_intent", _no_quarantine),),
    "no memory of intents": ((effects, "open_intent", _nothing),),
    "marked before it is sent": ((effects, "commit_intent", _mark_first),),
    "no lease": (
        (leases, "acquire", _no_lease), (leases, "holds", _always), (leases, "extend", _always),
    ),
    "re-publish without bucket": ((DueLoop, "_send", _without_bucket),),
    "blind to markers": ((Lookup, "seen", _sees_nothing),),
    "blind to husks": ((MailLookup, "_is_husk", _never),),
    "blind to merges": ((placing, "merged_away", _nothing),),
    "waiting is failing": ((Handlers, "record", _waiting_fails),),
    "no precedence": ((precedence, "elder", _nothing),),
}  # fmt: skip


ALL = {**VARIANTS, **BOT_VARIANTS}


@contextmanager
def weakened(variant: str | None) -> Iterator[None]:
    """The code as that variant has it, while the block runs."""
    with ExitStack() as stack:
        for owner, name, weak in ALL[variant] if variant else ():
            stack.enter_context(patch.object(owner, name, weak))
        yield

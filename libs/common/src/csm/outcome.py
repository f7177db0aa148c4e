"""The four outcomes of a delivery; one middleware turns them into ack, nak or term."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The work is finished (or was before): ack."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: the work row gets `next_try`, the delivery is acked, the due loop publishes again.

    `delay` is in seconds from the database's clock. `waiting_for` names the dependency that must
    come back first ("freescout", "gmail:<slug>"); such rows are woken by its return.
    """

    delay: float
    why: str
    waiting_for: str | None = None
    is_unexpected: bool = False


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The other side failed in passing: nak after 1, 5, 30 s (scaled), then as `Later`.

    `is_unexpected` is a failure that the handler did not foresee: like a killed process it leaves
    the row's starts counted, so that a mail which breaks us every time ends as a stub.
    """

    why: str
    waiting_for: str | None = None
    retry_after: float | None = None
    is_unexpected: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Can never work: the row is parked with its reason, the event copied to the DLQ, term."""

    why: str


Outcome = Done | Later | Unavailable | Rejected

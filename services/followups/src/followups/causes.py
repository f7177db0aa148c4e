"""What is wrong with the services, as causes that are said once each. No I/O, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from csm.redact import without_identities, without_secrets

# What services say of themselves and the rules here say better, or people need not be told.
_SAID_BETTER = frozenset(
    {"dependency-down", "misconfigured", "parked", "degraded", "database-down", "bus-down"}
)
# Alerts about something that happened: nothing of it is over later.
_EVENTS = frozenset({"recovered", "husk-left", "incomplete", "stream-new", "health-port-taken"})
# Rules that must be seen at two looks: a restart is no outage.
_SEEN_TWICE = frozenset({"silent", "down"})
# Longer reasons are in the service's log.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that people are told once, and again when it is over.

    `service` is whose answer says that it is over, empty for none; `level` grows with a number that
    is worth another message; `is_event`: it does not become over.
    """

    key: str
    rule: str
    words: str
    service: str = ""
    conversation_id: int | None = None
    level: int = 0
    is_event: bool = False


def causes(answers: Mapping[str, Mapping[str, Any] | None], oldest: float) -> dict[str, Cause]:
    """What the services' statuses say is wrong, by key; None is a service that does not answer.

    `oldest`: seconds that work, or an event, may wait.
    """
    found: list[Cause] = []
    for service, status in answers.items():
        if status is None:
            words = f"{service} does not answer"
            found.append(Cause(f"silent:{service}", "silent", words, service))
        else:
            found += _of(service, status, oldest)
    return {cause.key: cause for cause in found}


def _of(service: str, status: Mapping[str, Any], oldest: float) -> Iterator[Cause]:
    for down in status.get("down", ()):
        words = f"{service}: {down['name']} is down, {said(down['reason'])}"
        yield Cause(f"down:{service}:{down['name']}", "down", words, service)
    for state in ("parked", "degraded"):
        if number := status.get("states", {}).get(state, 0):
            words = f"{service}: {number} {state}"
            yield Cause(f"{state}:{service}", state, words, service, level=number)
    if (status.get("oldest_open_s") or 0) > oldest:
        yield Cause(f"oldest:{service}", "oldest", f"{service}: work waits too long", service)
    if (status.get("outbox_oldest_s") or 0) > oldest:
        yield Cause(f"bus:{service}", "bus", f"{service}: events do not reach the bus", service)
    yield from _raised(service, status)


def _raised(service: str, status: Mapping[str, Any]) -> Iterator[Cause]:
    """What a service raised by itself: budget, drafting stopped, missed webhooks, the audit."""
    for raised in status.get("alerts", ()):
        name, about = raised["alert"], raised["about"]
        if name not in _SAID_BETTER:
            words = f"{service}: {name}, {said(raised['words'])}"
            key = f"{name}:{service}:{about}".rstrip(":")
            yield Cause(key, name, words, service, is_event=name in _EVENTS)


def confirmed(now: Mapping[str, Cause], before: frozenset[str]) -> list[Cause]:
    """Causes to be said: some only when the last look saw them as well."""
    return [c for c in now.values() if c.rule not in _SEEN_TWICE or c.key in before]


def said(words: str) -> str:
    """A reason as it may leave the house: short, no address, number or secret in it."""
    return without_secrets(without_identities(words).text).text[:_LONGEST]

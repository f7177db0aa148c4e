"""Every metric of a service: bounded names and labels, ages before rates.

What the database knows is set at scrape time from one step (see `csm.health`); the rest is counted
where it happens. `docs/metrics.md` explains each one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()

# States of a work row as they are labels: also those that no row has at present are shown, as 0.
_STATES = ("wanted", "done", "filtered", "gone", "dry-run", "degraded", "parked")
# Seconds; FreeScout answers in 0.1 to 2 s, the longest deadline is 120 s.
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)

OLDEST_OPEN = Gauge(
    "csm_oldest_open_seconds", "Age of the oldest work without an end, 0 without one",
    registry=REGISTRY,
)  # fmt: skip
WORK_ROWS = Gauge("csm_work_rows", "Rows of work by state", ["state"], registry=REGISTRY)
PARKED = Gauge("csm_parked", "Work that only a person can bring further", registry=REGISTRY)
DEGRADED = Gauge("csm_degraded", "Mails written as a stub", registry=REGISTRY)
QUARANTINED = Gauge("csm_quarantined", "Writes whose outcome is not known yet", registry=REGISTRY)
QUARANTINE_OLDEST = Gauge(
    "csm_quarantine_oldest_seconds", "Age of the oldest such write, 0 without one",
    registry=REGISTRY,
)  # fmt: skip
OUTBOX_ROWS = Gauge("csm_outbox_rows", "Events that the bus does not have yet", registry=REGISTRY)
OUTBOX_OLDEST = Gauge(
    "csm_outbox_oldest_seconds", "Age of the oldest such event, 0 without one", registry=REGISTRY
)
DEPENDENCY_DOWN = Gauge(
    "csm_dependency_down", "1 while a dependency is down", ["name"], registry=REGISTRY
)
DEPENDENCY_DOWN_FOR = Gauge(
    "csm_dependency_down_seconds", "Since how long, 0 when it is well", ["name"], registry=REGISTRY
)
MISCONFIGURED = Gauge(
    "csm_dependency_misconfigured", "1 while a key, an id or a token of ours is refused", ["name"],
    registry=REGISTRY,
)  # fmt: skip
BUS_READY = Gauge(
    "csm_bus_ready", "1 while NATS is connected and every durable of ours is there",
    registry=REGISTRY,
)  # fmt: skip
CONSUMER_PENDING = Gauge(
    "csm_consumer_pending", "Events of a durable that were not delivered yet", ["durable"],
    registry=REGISTRY,
)  # fmt: skip
CONSUMER_UNACKED = Gauge(
    "csm_consumer_unacked", "Events of a durable that are in hand", ["durable"], registry=REGISTRY
)
DATABASE_REACHABLE = Gauge(
    "csm_database_reachable", "0: the figures of the database are missing", registry=REGISTRY
)
DELIVERIES = Counter(
    "csm_deliveries", "Deliveries from the bus by how they ended", ["outcome"], registry=REGISTRY
)
WRITE_SECONDS = Histogram(
    "csm_write_seconds", "Time of one request that writes to FreeScout", ["kind"],
    buckets=_BUCKETS, registry=REGISTRY,
)  # fmt: skip
WRITES = Counter(
    "csm_writes", "Writes to FreeScout by how one attempt ended", ["kind", "result"],
    registry=REGISTRY,
)  # fmt: skip
RECOVERED = Counter("csm_recovered", "Mails that only the reconcile found", registry=REGISTRY)
GMAIL_LABELS = Counter(
    "csm_gmail_labels", "Labels put on messages after their write, and those that failed",
    ["result"], registry=REGISTRY,
)  # fmt: skip
GMAIL_UNITS = Counter("csm_gmail_units", "Quota units of Gmail that were used", registry=REGISTRY)
LOOP_AGE = Gauge(
    "csm_loop_age_seconds", "Time since a loop last moved", ["loop"], registry=REGISTRY
)
EVENT_LOOP_DELAY = Gauge(
    "csm_event_loop_delay_seconds", "Longest delay of the event loop in the last minute",
    registry=REGISTRY,
)  # fmt: skip
NATS_FSYNC_ALWAYS = Gauge(
    "csm_nats_fsync_always", "1: NATS acknowledges after the fsync, 0: before, -1: not known",
    registry=REGISTRY,
)  # fmt: skip
DRAFTS = Counter("csm_drafts", "Drafts by what became of them", ["outcome"], registry=REGISTRY)
DRAFT_DECISIONS = Counter(
    "csm_draft_decisions", "Wanted drafts by what was decided", ["answer"], registry=REGISTRY
)
LLM_REQUESTS = Counter(
    "csm_llm_requests", "Requests to the model server by how each ended", ["task", "result"],
    registry=REGISTRY,
)  # fmt: skip
LLM_QUESTIONS = Counter(
    "csm_llm_questions", "Questions to a model by what came of them", ["task", "result"],
    registry=REGISTRY,
)  # fmt: skip
LLM_SECONDS = Histogram(
    "csm_llm_seconds", "Time of one request to the model server", ["task"],
    buckets=_BUCKETS, registry=REGISTRY,
)  # fmt: skip
LLM_TOKENS = Counter(
    "csm_llm_tokens", "Tokens by kind; cached ones are part of prompt, reasoning of completion",
    ["task", "kind"], registry=REGISTRY,
)  # fmt: skip
LLM_USD = Counter(
    "csm_llm_usd", "Money spent on models that have a price", ["task"], registry=REGISTRY
)
LLM_BUDGET = Gauge(
    "csm_llm_budget_usd", "Configured ceiling of spending", ["task", "period"], registry=REGISTRY
)
LLM_IN_FLIGHT = Gauge("csm_llm_in_flight", "Questions that are asked now", registry=REGISTRY)
LLM_LIMIT = Gauge("csm_llm_limit", "How many may be asked at a time now", registry=REGISTRY)
LLM_BREAKER_OPEN = Gauge(
    "csm_llm_breaker_open", "1 while nobody asks since the server failed", registry=REGISTRY
)
AUDIT_FINDINGS = Gauge(
    "csm_audit_findings", "What the last audit of the help desk found, by kind", ["kind"],
    registry=REGISTRY,
)  # fmt: skip
AUDIT_AGE = Gauge(
    "csm_audit_age_seconds", "Since the last audit was completed, or since the start",
    registry=REGISTRY,
)  # fmt: skip
VERDICTS = Counter(
    "csm_verdicts", "Verdicts on customers' messages", ["state", "method", "priority"],
    registry=REGISTRY,
)  # fmt: skip
BURSTS = Histogram(
    "csm_burst_messages", "Messages that were judged together",
    buckets=(1, 2, 3, 5, 10, 20), registry=REGISTRY,
)  # fmt: skip
WEBHOOKS = Counter(
    "csm_webhooks", "Requests to the webhook route by what became of each", ["result"],
    registry=REGISTRY,
)  # fmt: skip
WEBHOOK_SECRETS = Counter(
    "csm_webhook_secrets", "Verified webhooks by which secret signed them", ["secret"],
    registry=REGISTRY,
)  # fmt: skip
WEBHOOKS_MISSED = Counter(
    "csm_webhooks_missed", "Customers' messages that poll or sweep found and no webhook told",
    registry=REGISTRY,
)  # fmt: skip
ALERT_MESSAGES = Counter(
    "csm_alert_messages", "Messages to people by channel and how each attempt ended",
    ["channel", "result"], registry=REGISTRY,
)  # fmt: skip
ALERTS = Counter("csm_alerts", "Alerts that were raised", ["alert"], registry=REGISTRY)
ProcessCollector(registry=REGISTRY)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database of a service knows, all times in seconds. `down` is by dependency."""

    states: Mapping[str, int] = field(default_factory=dict)
    oldest_open: float = 0.0
    quarantined: int = 0
    quarantine_oldest: float = 0.0
    outbox: int = 0
    outbox_oldest: float = 0.0
    down: Mapping[str, float] = field(default_factory=dict)
    misconfigured: frozenset[str] = frozenset()


def show(figures: Figures, dependencies: frozenset[str]) -> None:
    """Set the gauges that the database knows; all `dependencies` are shown, well or not."""
    DATABASE_REACHABLE.set(1)
    OLDEST_OPEN.set(figures.oldest_open)
    OUTBOX_ROWS.set(figures.outbox)
    OUTBOX_OLDEST.set(figures.outbox_oldest)
    QUARANTINED.set(figures.quarantined)
    QUARANTINE_OLDEST.set(figures.quarantine_oldest)
    PARKED.set(figures.states.get("parked", 0))
    DEGRADED.set(figures.states.get("degraded", 0))
    for state in _STATES:
        WORK_ROWS.labels(state).set(figures.states.get(state, 0))
    for name in dependencies | figures.down.keys():
        DEPENDENCY_DOWN.labels(name).set(int(name in figures.down))
        DEPENDENCY_DOWN_FOR.labels(name).set(figures.down.get(name, 0.0))
        MISCONFIGURED.labels(name).set(int(name in figures.misconfigured))


def hide() -> None:
    """The database does not answer: a gauge that stands still would look well."""
    DATABASE_REACHABLE.set(0)
    unknown = float("nan")
    known = (OLDEST_OPEN, OUTBOX_ROWS, OUTBOX_OLDEST, QUARANTINED, QUARANTINE_OLDEST, PARKED)
    for gauge in (*known, DEGRADED):
        gauge.set(unknown)
    for labelled in (WORK_ROWS, DEPENDENCY_DOWN, DEPENDENCY_DOWN_FOR, MISCONFIGURED):
        labelled.clear()


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)

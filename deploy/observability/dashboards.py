"""Grafana's dashboards as code: `python deploy/observability/dashboards.py` writes their JSON.

A dashboard is rows of panels; a panel is a question in words and the queries that answer it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).resolve().parent / "dashboards"
Unit = Literal["short", "s", "percentunit", "currencyUSD", "ops", "bytes"]
Kind = Literal["stat", "timeseries"]
_COLUMNS = 24
_SOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One question; `queries` by what a line is called. `red` is from where it is alarming."""

    title: str
    queries: dict[str, str]
    unit: Unit = "short"
    kind: Kind = "timeseries"
    red: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Rows of panels, each row as wide as the page."""

    name: str
    title: str
    rows: Sequence[Sequence[Panel]]


def _stat(title: str, query: str, unit: Unit = "short", red: float | None = 1) -> Panel:
    return Panel(title, {title: query}, unit, "stat", red)


def _quantiles(title: str, histogram: str, by: str) -> Panel:
    rate = f"sum by (le, {by}) (rate({histogram}_bucket[5m]))"
    return Panel(
        title,
        {f"p{n} {{{{{by}}}}}": f"histogram_quantile(0.{n}, {rate})" for n in (50, 99)},
        "s",
    )


OVERVIEW = Dashboard(
    "csm-overview",
    "CSM: is mail flowing?",
    (
        (
            _stat("Oldest open", "max(csm_oldest_open_seconds)", "s", 600),
            _stat("Parked", "sum(max by (job, instance) (csm_parked))"),
            _stat("Degraded", "sum(max by (job, instance) (csm_degraded))"),
            _stat("Audit findings", "sum(csm_audit_findings)"),
            _stat("Dependencies down", "sum(csm_dependency_down)"),
            _stat("Events not on the bus", "sum(csm_outbox_rows)", "short", 200),
        ),
        (
            Panel("Age of the oldest open work",
                  {"{{instance}}": "max by (instance) (csm_oldest_open_seconds)"}, "s", red=600),
            Panel("Work by state", {"{{state}}": "sum by (state) (csm_work_rows)"}),
        ),
        (
            Panel("Down since", {"{{name}}": "max by (name) (csm_dependency_down_seconds)"}, "s",
                  red=300),
            Panel("Refused keys and tokens",
                  {"{{name}}": "max by (name) (csm_dependency_misconfigured)"}, red=1),
            Panel("Alerts raised",
                  {"{{alert}}": "sum by (alert) (increase(csm_alerts_total[1h]))"}),
        ),
        (
            Panel("CPU", {"{{instance}}": "rate(process_cpu_seconds_total{job='csm'}[5m])"},
                  "percentunit"),
            Panel("Memory", {"{{instance}}": "process_resident_memory_bytes{job='csm'}"}, "bytes"),
            Panel("Event loop late", {"{{instance}}": "csm_event_loop_delay_seconds"}, "s", red=5),
        ),
    ),
)  # fmt: skip

INGEST = Dashboard(
    "csm-ingest",
    "CSM: from Gmail into FreeScout, and back",
    (
        (
            _stat("Writes without an outcome", "sum(csm_quarantined)", "short", 20),
            _stat("Oldest of them", "max(csm_quarantine_oldest_seconds)", "s", 600),
            _stat("Found by comparison only, 24 h", "sum(increase(csm_recovered_total[24h]))"),
            _stat("Age of the audit", "min(csm_audit_age_seconds)", "s", 7200),
        ),
        (
            Panel("Writes to FreeScout",
                  {"{{kind}} {{result}}": "sum by (kind, result) (rate(csm_writes_total[5m]))"},
                  "ops"),
            _quantiles("Time of one write", "csm_write_seconds", "kind"),
        ),
        (
            Panel("Gmail quota units a second", {"units": "sum(rate(csm_gmail_units_total[5m]))"}),
            Panel("Labels set in Gmail",
                  {"{{result}}": "sum by (result) (rate(csm_gmail_labels_total[5m]))"}, "ops"),
            Panel("Audit", {"{{kind}}": "max by (kind) (csm_audit_findings)"}, red=1),
        ),
        (
            Panel("Webhooks",
                  {"{{result}}": "sum by (result) (rate(csm_webhooks_total[5m]))"}, "ops"),
            Panel("Which secret signs",
                  {"{{secret}}": "sum by (secret) (rate(csm_webhook_secrets_total[5m]))"}, "ops"),
            Panel("Webhooks that never came",
                  {"missed": "sum(increase(csm_webhooks_missed_total[1h]))"}, red=1),
        ),
    ),
)  # fmt: skip

MODEL = Dashboard(
    "csm-model",
    "CSM: models and what they cost",
    (
        (
            _stat("USD, 24 h", "sum(increase(csm_llm_usd_total[24h]))", "currencyUSD", None),
            _stat("Of the day's budget",
                  "max(sum by (task) (increase(csm_llm_usd_total[24h]))"
                  " / max by (task) (csm_llm_budget_usd{period='day'}))", "percentunit", 0.8),
            _stat("Server avoided", "max(csm_llm_breaker_open)"),
            _stat("In flight", "sum(csm_llm_in_flight)", red=None),
            _stat("Allowed at a time", "sum(csm_llm_limit)", red=None),
        ),
        (
            Panel("Requests",
                  {"{{task}} {{result}}":
                   "sum by (task, result) (rate(csm_llm_requests_total[5m]))"}, "ops"),
            Panel("Questions",
                  {"{{task}} {{result}}":
                   "sum by (task, result) (rate(csm_llm_questions_total[5m]))"}, "ops"),
            _quantiles("Time of one request", "csm_llm_seconds", "task"),
        ),
        (
            Panel("Tokens a second",
                  {"{{task}} {{kind}}": "sum by (task, kind) (rate(csm_llm_tokens_total[5m]))"}),
            Panel("USD an hour", {"{{task}}": "sum by (task) (rate(csm_llm_usd_total[1h])) * 3600"},
                  "currencyUSD"),
        ),
    ),
)  # fmt: skip

DRAFTS = Dashboard(
    "csm-drafts",
    "CSM: verdicts, and what the team does with drafts",
    (
        (
            _stat("Sent unchanged, 7 d",
                  "sum(increase(csm_drafts_total{outcome='unchanged'}[7d]))", red=None),
            _stat("Edited, 7 d", "sum(increase(csm_drafts_total{outcome='edited'}[7d]))", red=None),
            _stat("Discarded, 7 d", "sum(increase(csm_drafts_total{outcome='discarded'}[7d]))",
                  red=None),
            _stat("Drafting stopped", "max(csm_dependency_down{name='drafting'})"),
        ),
        (
            Panel("What became of drafts",
                  {"{{outcome}}": "sum by (outcome) (increase(csm_drafts_total[1d]))"}),
            Panel("What was decided",
                  {"{{answer}}": "sum by (answer) (increase(csm_draft_decisions_total[1d]))"}),
        ),
        (
            Panel("Verdicts by priority",
                  {"{{priority}}": "sum by (priority) (increase(csm_verdicts_total[1d]))"}),
            Panel("Verdicts by method",
                  {"{{method}} {{state}}":
                   "sum by (method, state) (increase(csm_verdicts_total[1d]))"}),
            Panel("Messages judged together",
                  {"p90": "histogram_quantile(0.9, sum by (le)"
                   " (rate(csm_burst_messages_bucket[1h])))"}),
        ),
    ),
)  # fmt: skip

BUS = Dashboard(
    "csm-bus",
    "CSM: the bus, the loops, the databases",
    (
        (
            _stat("Services with the bus", "sum(csm_bus_ready)", red=None),
            _stat("Databases that answer", "sum(csm_database_reachable)", red=None),
            _stat("Fsync before the ack", "min(csm_nats_fsync_always)", red=None),
            _stat("Oldest event not on the bus", "max(csm_outbox_oldest_seconds)", "s", 120),
        ),
        (
            Panel("Not delivered yet",
                  {"{{durable}}": "max by (durable) (csm_consumer_pending)"}, red=1000),
            Panel("In hand", {"{{durable}}": "max by (durable) (csm_consumer_unacked)"}),
            Panel("Deliveries",
                  {"{{outcome}}": "sum by (outcome) (rate(csm_deliveries_total[5m]))"}, "ops"),
        ),
        (
            Panel("Events not on the bus",
                  {"{{instance}}": "max by (instance) (csm_outbox_rows)"}),
            Panel("Time since a loop moved",
                  {"{{instance}} {{loop}}": "csm_loop_age_seconds"}, "s", red=300),
        ),
    ),
)  # fmt: skip

DASHBOARDS = (OVERVIEW, INGEST, MODEL, DRAFTS, BUS)


def rendered(dashboard: Dashboard) -> dict[str, Any]:
    """Grafana's JSON of a dashboard."""
    return {
        "uid": dashboard.name, "title": dashboard.title, "tags": ["csm"], "schemaVersion": 39,
        "editable": False, "refresh": "30s", "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser", "panels": list(_panels(dashboard)),
    }  # fmt: skip


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for row in dashboard.rows:
        height = 4 if row[0].kind == "stat" else 8
        width = _COLUMNS // len(row)
        for place, panel in enumerate(row):
            number += 1
            grid = {"x": place * width, "y": top, "w": width, "h": height}
            yield {"id": number, "gridPos": grid, **_panel(panel)}
        top += height


def _panel(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red is not None:
        steps.append({"color": "red", "value": panel.red})
    thresholds = {"mode": "absolute", "steps": steps}
    return {
        "title": panel.title, "type": panel.kind, "datasource": _SOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "thresholds": thresholds}, "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + n), "expr": query, "legendFormat": legend}
            for n, (legend, query) in enumerate(panel.queries.items())
        ],
    }  # fmt: skip


def files() -> dict[Path, str]:
    """The files as they must be."""
    return {
        FOLDER / f"{one.name}.json": json.dumps(rendered(one), indent=1) + "\n"
        for one in DASHBOARDS
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path.name}\n")

"""Names of metrics, spans and alerts: declared once, used as declared, explained to people."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from prometheus_client.metrics import MetricWrapperBase

from csm import metrics, work
from csm.alerts import Alert
from csm.contracts import EVENTS
from csm.trace import ATTRIBUTES, GEN_AI_ATTRIBUTES, SPANS, continued, span, trace_id, traceparent

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [
    file for top in ("libs", "services") for file in sorted((ROOT / top).rglob("src/**/*.py"))
]
STORED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def rows(document: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    _, _, below = (ROOT / "docs" / document).read_text("utf-8").partition(f"{heading}\n")
    table = re.search(r"^\|.*\n\|[-| ]+\n((?:\|.*\n)+)", below, re.MULTILINE)
    assert table, f"no table below {heading!r}"
    return [
        [cell.replace("`", "").strip() for cell in line.strip("|").split("|")]
        for line in table[1].splitlines()
    ]


def declared() -> Iterator[tuple[str, str, str, str]]:
    """Name, kind, labels and meaning of each metric in the code, in its order."""
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            (family,) = value.describe()
            suffix = "_total" if family.type == "counter" else ""
            labels = ", ".join(value._labelnames)
            yield family.name + suffix, family.type, labels, family.documentation


def test_every_metric_is_explained() -> None:
    explained = [tuple(row) for row in rows("metrics.md", "## Metrics")]
    assert explained == list(declared())


def test_every_span_is_explained() -> None:
    assert dict(rows("metrics.md", "## Spans")) == SPANS


def test_every_attribute_is_explained() -> None:
    explained = dict(rows("metrics.md", "### Attributes"))
    ours = {f"csm.{name}": meaning for name, meaning in ATTRIBUTES.items()}
    assert explained == ours | GEN_AI_ATTRIBUTES


def test_every_alert_has_a_runbook_entry() -> None:
    cells = [row[0] for row in rows("operations.md", "# When something is wrong")]
    named = [name.strip() for cell in cells for name in cell.split(",")]
    assert sorted(named) == sorted(get_args(Alert))


def test_every_state_of_work_is_a_label() -> None:
    metrics.show(metrics.Figures(), frozenset())
    (family,) = metrics.WORK_ROWS.collect()
    assert {sample.labels["state"] for sample in family.samples} == {"wanted", *work.TERMINAL}


def test_every_event_has_its_spans() -> None:
    wanted = {f"{event.name} {what}" for event in EVENTS for what in ("publish", "process")}
    assert wanted <= SPANS.keys()


def begun() -> Iterator[tuple[str, ast.Call]]:
    """Where shipped code begins spans."""
    for file in SHIPPED:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "span":
                yield f"{file.name}:{node.lineno}", node


def test_spans_are_begun_by_declared_names_and_attributes() -> None:
    found = list(begun())
    assert len(found) >= 5
    for where, call in found:
        given = {keyword.arg for keyword in call.keywords if keyword.arg}
        assert given <= ATTRIBUTES.keys(), where
        name = call.args[0]
        assert not isinstance(name, ast.Constant) or name.value in SPANS, where


def test_alerts_are_raised_by_one_function_only() -> None:
    """A log line with `alert=` alone would be missing in metrics and in `csm status`."""
    keywords = {
        f"{file.name}:{node.value.lineno}"
        for file in SHIPPED
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "alert" and file.name != "alerts.py"
    }
    assert keywords == set()


@pytest.mark.parametrize("name", ["message 7 noticed", "", "GET /"])
def test_an_unknown_span_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(name))):
        span(name)


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="subject"):
        span("message noticed", subject="Hello")
    with pytest.raises(ValueError, match="sender"), span("message noticed") as current:
        current.note(sender="ann@customers.example")


def test_a_stored_trace_goes_on() -> None:
    with continued(STORED):
        assert trace_id(traceparent()) == trace_id(STORED)
    assert traceparent() == ""


def test_nothing_stored_is_no_trace() -> None:
    with continued(STORED), continued(""):
        assert traceparent() == ""


def test_what_runs_in_the_stored_trace_keeps_its_place() -> None:
    deeper = STORED.replace("b7ad6b7169203331", "00f067aa0ba902b7")
    with continued(deeper), continued(STORED):
        assert traceparent() == deeper

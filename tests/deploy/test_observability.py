"""Rules, dashboards and runbook: they name what exists, and each other."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase
from sqlalchemy import Connection, text
from typer.main import get_command

from csm import metrics, migrations
from csm.db import PostgresDatabase
from csm_cli.main import app
from csm_cli.services import names
from memory_store import Store
from postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "observability"
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")
PARTS = ("Customers feel", "Causes, likely first", "Do", "Never", "Over when")
_METRIC = re.compile(r"\bcsm_[a-z_]+")


def rules() -> dict[str, Any]:
    """Every alerting rule by name."""
    groups = yaml.safe_load((FOLDER / "alerts" / "csm.yml").read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def dashboards() -> ModuleType:
    """The generator of the dashboards."""
    spec = importlib.util.spec_from_file_location("dashboards", FOLDER / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def queries() -> list[str]:
    """Every query of rules and dashboards."""
    panels = [p for text_ in dashboards().files().values() for p in json.loads(text_)["panels"]]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    return [*asked, *(rule["expr"] for rule in rules().values())]


def exported() -> set[str]:
    """Names of the series that services expose."""
    found = set()
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            (family,) = value.describe()
            endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
            found |= {family.name + end for end in endings.get(family.type, ("",))}
    return found


def test_every_metric_that_is_asked_for_exists() -> None:
    asked = {name for query in queries() for name in _METRIC.findall(query)}
    assert asked - exported() == set()
    assert len(asked) > 35


def test_every_label_that_is_chosen_has_its_metric() -> None:
    labels = {
        value._name: set(value._labelnames)
        for value in vars(metrics).values()
        if isinstance(value, MetricWrapperBase)
    }
    for query in queries():
        for name, chosen in re.findall(r"\b(csm_[a-z_]+)\{([^}]*)\}", query):
            family = re.sub(r"_(total|bucket)$", "", name)
            used = set(re.findall(r"(\w+)\s*[!=]", chosen))
            assert used <= labels[family] | {"job"}, query


def test_the_dashboards_are_those_of_the_code() -> None:
    wanted = dashboards().files()
    assert {path.name for path in wanted} == {p.name for p in (FOLDER / "dashboards").iterdir()}
    for path, text_ in wanted.items():
        assert path.read_text("utf-8") == text_, "run python deploy/observability/dashboards.py"


def test_panels_do_not_overlap_and_titles_are_told_apart() -> None:
    for text_ in dashboards().files().values():
        panels = json.loads(text_)["panels"]
        assert len({panel["title"] for panel in panels}) == len(panels)
        corners = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}
        assert len(corners) == len(panels)
        assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in panels)


@pytest.mark.parametrize("alert", rules())
def test_every_alert_has_its_runbook_entry(alert: str) -> None:
    rule = rules()[alert]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook"] == f"docs/operations.md, {alert}"
    _, heading, rest = RUNBOOK.partition(f"\n### {alert}\n")
    assert heading, f"docs/operations.md has no entry {alert}"
    entry = rest.partition("\n### ")[0]
    for part in PARTS:
        assert re.search(rf"^\*{part}:\* \S", entry, re.MULTILINE), part
    shown = entry.partition("```console\n")[2].partition("```")[0]
    assert shown.count("$ ") == 3, "the first three commands with what they print"


def test_every_runbook_entry_has_its_alert() -> None:
    assert set(re.findall(r"^### (Csm\w+)$", RUNBOOK, re.MULTILINE)) == set(rules())


def test_every_link_of_the_runbook_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= anchors


def test_the_runbook_asks_for_commands_that_exist() -> None:
    known = set(get_command(app).commands)  # type: ignore[attr-defined]  # a group has them
    asked = set(re.findall(r"^\$ csm ([a-z-]+)", RUNBOOK, re.MULTILINE))
    assert asked <= known
    assert len(asked) >= 8


def promtool(*arguments: str) -> None:
    """Run promtool, which comes with Debian's package `prometheus`."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not here: apt-get install prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", str(FOLDER / "alerts" / "csm.yml"))


def test_every_alert_fires_and_is_silent_as_its_tests_say() -> None:
    tests = FOLDER / "tests" / "alerts_test.yml"
    cases = yaml.safe_load(tests.read_text("utf-8"))["tests"]
    tested = [case["alert_rule_test"][0]["alertname"] for case in cases]
    assert sorted(tested) == sorted([*rules(), *rules()]), "one that fires, one that is silent"
    promtool("test", "rules", str(tests))


def questions() -> list[tuple[str, str]]:
    """The SQL of the runbook: service and statement."""
    return re.findall(r"^```sql (\w+)\n(.+?)\n```", RUNBOOK, re.MULTILINE | re.DOTALL)


def test_ten_questions_are_answered_in_sql() -> None:
    assert len(questions()) == 10
    assert {service for service, _ in questions()} <= set(names())


@pytest.mark.parametrize(("service", "statement"), questions())
def test_each_question_runs_on_the_newest_schema(service: str, statement: str) -> None:
    store = Store([])
    try:
        store.run(migrations.upgrade, service)
        store.run(answered, statement)
    finally:
        store.close()


def answered(connection: Connection, statement: str) -> None:
    connection.execute(text(statement)).all()


@pytest.mark.postgres
@pytest.mark.parametrize("service", dict(questions()))
async def test_each_question_runs_on_postgresql(service: str, postgres: PostgresServer) -> None:
    name = postgres.create()
    database = PostgresDatabase(postgres.url(name))
    try:
        await database.run(migrations.upgrade, service)
        for asked, statement in questions():
            if asked == service:
                await database.run(answered, statement)
    finally:
        await database.close()
        postgres.drop(name)

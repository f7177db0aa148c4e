"""`csm eval` as a person runs it: the rules, a simulated model, the model of csm.toml."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cases import case, injection
from cli_stack import csm
from csm_cli.evaluation.case import Case
from csm_cli.installation import Installation
from csm_cli.simulation import Simulator

LEAD = case("lead", "lead", 7, text="Hello, could you send us a quote for 30 users? Thanks, Ann")
FAULT = case("fault", "customer", 6, text="The export of our invoices fails since the update.")
CASES = [LEAD, FAULT, injection("steered")]
# The steered one is asked a second time, without what steers.
QUESTIONS = 4

_LLM = """
[llm]
base_url = "{url}/v1"
[llm.classify]
model = "sim-small"
[llm.prices.sim-small]
input = 1
output = 2
"""


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Simulator]:
    """A simulated model server."""
    with Simulator("llm", tmp_path / "llm.log") as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, model: Simulator) -> Path:
    """Settings of an installation that asks it; nothing of it runs."""
    installation = Installation(tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:9", "nats://x")
    installation.save()
    with installation.config.open("a") as file:
        file.write(_LLM.format(url=model.url))
    return installation.config


@pytest.fixture(scope="module")
def of_the_rules() -> Any:
    """What the rules reach on the whole golden set."""
    return measured()


def saved(tmp_path: Path, *cases: Case) -> str:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(one.model_dump_json(by_alias=True) + "\n" for one in cases), "utf-8")
    return str(path)


def measured(*arguments: str) -> Any:
    result = csm("eval", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def asked(model: Simulator) -> int:
    return int(model.get("/control/counters")["requests"])


def test_the_golden_set_is_measured_without_settings() -> None:
    found = measured("--split", "dev")
    assert found["method"] == "rules"
    assert found["failed"]["count"] == 0
    assert found["cost_usd"] == "0"
    assert found["slices"]["split dev"]["cases"] == found["cases"] > 100


def test_no_injection_changes_what_the_rules_say(of_the_rules: Any) -> None:
    found = of_the_rules["injections"]
    assert found["compared"] == found["cases"] >= 45
    assert found["moved"]["count"] == found["risen"]["count"] == 0


def test_the_rules_do_not_get_worse(of_the_rules: Any) -> None:
    """Floors, to be raised with the rules; `csm eval --gate` holds them to what is promised."""
    assert of_the_rules["accuracy"] >= 0.93
    assert of_the_rules["importance"]["p0_recall"] >= 0.75
    assert of_the_rules["importance"]["p0_false_alarms"] <= 3
    assert of_the_rules["lost"]["count"] == 0


def test_the_simulated_model_needs_no_settings_either(tmp_path: Path) -> None:
    found = measured(
        "--method", "simulator", "--against", "rules", "--set", saved(tmp_path, *CASES)
    )
    assert (found["calls"], found["from_cache"]) == (len(CASES), 0)
    assert found["against"]["method"] == "rules"


def test_drafts_are_measured_where_a_model_writes_them(tmp_path: Path) -> None:
    knowledge = {"kb:trial": "The trial runs for 21 days and needs no card."}
    asks = case(
        "trial", "lead", 5, text="Hello, is there a trial, and how long is it? Thanks, Ann",
        context={"knowledge": knowledge}, draft={"language": "en", "asks": ["21 days"]},
    )  # fmt: skip
    found = measured("--method", "simulator", "--set", saved(tmp_path, asks, LEAD))["drafts"]
    assert (found["drafts"], found["failed"], found["withheld"]) == (1, 0, 0)
    assert (found["language"], found["grounded"], found["forbidden"]) == (1.0, 1.0, 0)
    # The simulated model knows nothing: what was asked stays open, and that shows.
    assert found["ask_coverage"] == 0.0


def test_a_paid_answer_is_kept(tmp_path: Path, config: Path, model: Simulator) -> None:
    arguments = ("--method", "live", "--config", str(config), "--set", saved(tmp_path, *CASES))
    first, again = measured(*arguments), measured(*arguments)
    assert asked(model) == QUESTIONS
    assert (first["from_cache"], again["from_cache"]) == (0, len(CASES))
    assert float(again["cost_usd"]) == float(first["cost_usd"]) > 0
    assert again["confusion"] == first["confusion"]


def test_another_case_costs_only_itself(tmp_path: Path, config: Path, model: Simulator) -> None:
    for cases in (CASES[:1], CASES[:2]):
        measured("--method", "live", "--config", str(config), "--set", saved(tmp_path, *cases))
    assert asked(model) == 2


def test_an_outage_is_no_verdict_and_is_asked_again(
    tmp_path: Path, config: Path, model: Simulator
) -> None:
    arguments = ("--method", "live", "--config", str(config), "--set", saved(tmp_path, LEAD))
    model.post("/control/faults", {"down": True})
    assert measured(*arguments)["failed"]["count"] == 1
    assert csm("eval", "--gate", *arguments).exit_code == 1
    model.post("/control/faults", {"down": False})
    assert measured(*arguments)["failed"]["count"] == 0


def test_what_is_measured_has_passed_the_clamp(
    tmp_path: Path, config: Path, model: Simulator
) -> None:
    values = {"category": "customer", "importance": 10}
    model.post("/control/answers", {"fixtures": [{"containing": "label", "values": values}]})
    mail = case("calm", text="Where can I change the label of a shelf in the list of shelves?")
    found = measured("--method", "live", "--config", str(config), "--set", saved(tmp_path, mail))
    assert found["importance"]["mean_error"] == 8 - mail.expected.importance
    assert found["importance"]["p0_false_alarms"] == 0


def test_live_without_a_model_is_refused_by_key(tmp_path: Path, config: Path) -> None:
    config.write_text(config.read_text().partition("[llm]")[0])
    set_of_one = saved(tmp_path, LEAD)
    result = csm("eval", "--method", "live", "--config", str(config), "--set", set_of_one)
    assert result.exit_code == 78
    assert "llm.classify" in result.output


def test_a_broken_set_is_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text("{}\n")
    result = csm("eval", "--set", str(path))
    assert result.exit_code == 1
    assert f"{path}: line 1, id" in result.output

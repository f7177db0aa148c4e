"""Settings: every broken one is refused by name before anything is connected."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cli_stack import csm
from csm.llm_settings import TASKS, LlmSettings, Price, TaskSettings
from csm.settings import ConfigError, load
from csm_cli.services import SERVICES
from gmail_ingest.settings import Settings

ROOT = Path(__file__).parents[2]
GOOD = """\
[freescout]
url = "https://desk.example"
api_key_file = "api.key"
user_id = 7
[mailbox.support]
address = "support@desk.example"
freescout_mailbox_id = 1
[mailbox.support.gmail]
token_file = "token.json"
"""

# What is replaced in a good file, by what, and the key that must be named.
BROKEN = [
    ('url = "https://desk.example"\n', "", "freescout.url"),
    ("https://desk.example", "desk.example", "freescout.url"),
    ("https://desk.example", "http://desk.example", "freescout.url"),
    ("https://desk.example", "https://bot:secret@desk.example", "freescout.url"),
    ('"api.key"', '"nothing.key"', "freescout.api_key_file"),
    ('"api.key"', '"empty.key"', "freescout.api_key_file"),
    ("user_id = 7", "user_id = 0", "freescout.user_id"),
    ("user_id = 7", 'user_id = "bot"', "freescout.user_id"),
    ("user_id = 7", "user_id = 7\nin_flight = 99", "freescout.in_flight"),
    ("user_id = 7", "user_id = 7\ntimeout = 5", "freescout.timeout"),
    ("[freescout]", "[nats]\nurl = 'http://127.0.0.1'\n[freescout]", "nats.url"),
    ("[freescout]", "[gmail_ingest]\nworkers = 0\n[freescout]", "gmail_ingest.workers"),
    (
        "[freescout]",
        "[gmail_ingest]\ndatabase_url = 'mysql://db'\n[freescout]",
        "gmail_ingest.database_url",
    ),
    ("[freescout]", "colour = 'red'\n[freescout]", "colour"),
    ("[freescout]", "log_level = 'LOUD'\n[freescout]", "log_level"),
    ("[freescout]", "timing_profile = 'slow'\n[freescout]", "timing_profile"),
    ("[freescout]", "timing_profile = 'fast'\n[freescout]", "timing_profile"),
    ("mailbox.support", "mailbox.Support_Desk", "mailbox.Support_Desk.[key]"),
    ("support@desk.example", "Support <support@desk.example>", "mailbox.support.address"),
    ("freescout_mailbox_id = 1", "", "mailbox.support.freescout_mailbox_id"),
    (
        "freescout_mailbox_id = 1",
        "freescout_mailbox_id = -1",
        "mailbox.support.freescout_mailbox_id",
    ),
    ("mailbox_id = 1", "mailbox_id = 1\nwrite = 'all'", "mailbox.support.write"),
    ("mailbox_id = 1", "mailbox_id = 1\nwrites = 'off'", "mailbox.support.writes"),
    ("mailbox_id = 1", "mailbox_id = 1\nfilter = 'none'", "mailbox.support.filter"),
    (
        "mailbox_id = 1",
        "mailbox_id = 1\nnotify = 'note'\nwrite = 'tickets'",
        "mailbox.support.notify",
    ),
    (
        "id = 1\n[mailbox.support.gmail]",
        "id = 1\nnotify = 'native'\n[mailbox.support.gmail]\nstart = 'backfill'\nbackfill_days = 9",
        "mailbox.support.gmail",
    ),
    ("mailbox_id = 1", "mailbox_id = 1\naliases = ['x']", "mailbox.support.aliases.0"),
    ("user_id = 7", "user_id = 7\nAPI_KEY = 'secret'", "freescout.API_KEY"),
    ('"api.key"', '"/proc/self/mem"', "freescout.api_key_file"),
    ('"token.json"', '"lost.json"', "mailbox.support.gmail.token_file"),
    ('token_file = "token.json"', "", "mailbox.support.gmail"),
    ('"token.json"', '"token.json"\nquery = "is:unread"', "mailbox.support.gmail.query"),
    ('"token.json"', '"token.json"\nstart = "backfill"', "mailbox.support.gmail.backfill_days"),
    ('"token.json"', '"token.json"\nbackfill_days = 30', "mailbox.support.gmail.backfill_days"),
    ('"token.json"', '"token.json"\npoll_seconds = 0', "mailbox.support.gmail.poll_seconds"),
    ("[mailbox.support]", "[mailbox.support", "not valid TOML"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the secrets of a good csm.toml, and no setting in the environment."""
    for name in [name for name in os.environ if name.startswith("CSM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api.key").write_text("key\n")
    (tmp_path / "token.json").write_text("{}\n")
    (tmp_path / "empty.key").write_text("\n")
    return tmp_path


def settings_of(folder: Path, text: str = GOOD) -> Settings:
    (folder / "csm.toml").write_text(text)
    return load(Settings)


def test_a_good_file_loads(folder: Path) -> None:
    settings = settings_of(folder)
    assert settings.freescout.api_key == "key"
    assert settings.mailbox["support"].write == "off"


@pytest.mark.parametrize(("good", "bad", "key"), BROKEN, ids=[row[1] or row[0] for row in BROKEN])
def test_a_broken_setting_is_refused_by_its_key(
    folder: Path, good: str, bad: str, key: str
) -> None:
    assert good in GOOD
    with pytest.raises(ConfigError) as refused:
        settings_of(folder, GOOD.replace(good, bad, 1 if good != "mailbox.support" else -1))
    assert any(f"csm.toml: {key}: " in problem for problem in refused.value.problems)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("good", "bad", "key"), [BROKEN[2], BROKEN[9], BROKEN[27]])
def test_the_service_ends_with_78_before_any_connection(
    folder: Path, good: str, bad: str, key: str
) -> None:
    (folder / "csm.toml").write_text(GOOD.replace(good, bad))
    ended = subprocess.run(
        [sys.executable, "-m", "gmail_ingest"], cwd=folder, capture_output=True, check=False
    )
    assert ended.returncode == 78
    assert key in ended.stderr.decode()
    assert not (folder / "var").exists()


def test_all_problems_are_said_at_once(folder: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        settings_of(
            folder, GOOD.replace("user_id = 7", "user_id = 0").replace("_id = 1", "_id = 0")
        )
    assert len(refused.value.problems) == 2


def test_is_unread_is_refused_with_the_reason(folder: Path) -> None:
    with pytest.raises(ConfigError, match="people read mail"):
        settings_of(folder, GOOD + 'query = "in:inbox is:unread"\n')


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSM_FREESCOUT__USER_ID", "12")
    monkeypatch.setenv("CSM_MAILBOX__SUPPORT__WRITE", "tickets")
    settings = settings_of(folder)
    assert settings.freescout.user_id == 12
    assert settings.mailbox["support"].allows("tickets")


def test_an_unknown_key_of_a_table_is_refused_in_the_environment_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSM_FREESCOUT__COLOUR", "red")
    with pytest.raises(ConfigError, match=r"freescout\.colour: unknown key"):
        settings_of(folder)


def test_a_wrong_value_in_the_environment_is_refused_by_its_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSM_MAILBOX__SUPPORT__GMAIL__POLL_SECONDS", "never")
    with pytest.raises(ConfigError, match=r"mailbox\.support\.gmail\.poll_seconds: "):
        settings_of(folder)


def test_the_fast_profile_is_for_this_machine(folder: Path) -> None:
    here = GOOD.replace("https://desk.example", "http://127.0.0.1:8080")
    settings = settings_of(folder, f'timing_profile = "fast"\n{here}')
    assert settings.timing.deadline < 1


def test_a_secret_is_read_from_its_file_each_time(folder: Path) -> None:
    settings = settings_of(folder)
    (folder / "api.key").write_text("  renewed \n")
    assert settings.freescout.api_key == "renewed"
    assert "renewed" not in repr(settings)


def test_a_missing_file_says_where_to_begin(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"csm\.example\.toml"):
        load(Settings, folder / "nowhere.toml")


def with_every_line_active() -> str:
    """The example with its commented settings switched on."""
    example = (ROOT / "csm.example.toml").read_text()
    return re.sub(r"^# ([a-z0-9_]+ = |\[)", r"\1", example, flags=re.MULTILINE)


def test_the_example_loads_with_its_secrets_in_place(folder: Path) -> None:
    (folder / "secrets").mkdir()
    for name in ("freescout-api-key", "gmail-token.json"):
        (folder / "secrets" / name).write_text("{}")
    settings = settings_of(folder, (ROOT / "csm.example.toml").read_text())
    assert settings.mailbox["support"].write == "off"


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of a settings model, nested tables included."""
    for name, field in model.model_fields.items():
        nested: Any = field.annotation
        if name == "mailbox":
            nested = get_args(nested)[1]
        elif name != "llm" and type(None) in get_args(nested):
            nested = get_args(nested)[0]
        key = f"{prefix}mailbox.support" if name == "mailbox" else f"{prefix}{name}"
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from fields_of(nested, f"{key}.")
        else:
            yield key


def keys_of(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from keys_of(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


LLM_MODEL = "name-of-the-model"
LLM_TASK = {f"llm.classify.{name}" for name in TaskSettings.model_fields}
LLM_PRICE = {f"llm.prices.{LLM_MODEL}.{name}" for name in Price.model_fields}
LLM_PLAIN = {f"llm.{name}" for name in LlmSettings.model_fields.keys() - {*TASKS, "prices"}}
LLM_KEYS = LLM_TASK | LLM_PRICE | LLM_PLAIN | {"llm.draft.model"}


def test_the_example_names_every_setting_and_no_other() -> None:
    shown = set(keys_of(tomllib.loads(with_every_line_active())))
    known = {key for model in SERVICES for key in fields_of(model)}
    assert shown == known - {"llm"} | LLM_KEYS


LLM = '[llm]\nbase_url = "https://llm.example/v1"\ndata_processing_acknowledged = true\n'
CLASSIFY = f'{LLM}[llm.classify]\nmodel = "m"\n'
# What is added to a good file, and the key that must be named.
ADDED = [
    ("[classifier]\nworkers = 0", "classifier.workers"),
    ("[classifier]\nworker = 4", "classifier.worker"),
    ("[classifier]\nprovisional_after_seconds = -1", "classifier.provisional_after_seconds"),
    ("[classifier]\nhealth_port = 70000", "classifier.health_port"),
    ("[classifier]\ndatabase_url = 'mysql://db/csm'", "classifier.database_url"),
    ("[classifier]\ndatabase_url_file = 'lost.url'", "classifier.database_url_file"),
    ("[webhook_gateway]\npoll_seconds = 0", "webhook_gateway.poll_seconds"),
    ("[webhook_gateway]\npoll_mode = 'never'", "webhook_gateway.poll_mode"),
    ("[webhook_gateway]\nsweep_hours = 0", "webhook_gateway.sweep_hours"),
    ("[webhook_gateway]\nsecret_files = ['lost']", "webhook_gateway.secret_files.0"),
    ("[webhook_gateway]\nwebhook_port = -1", "webhook_gateway.webhook_port"),
    ("[webhook_gateway]\npublic_url = 'csm.example'", "webhook_gateway.public_url"),
    ("[webhook_gateway]\ntrusted_proxies = ['nobody']", "webhook_gateway.trusted_proxies"),
    ("[webhook_gateway]\nrate = 0", "webhook_gateway.rate"),
    ("[webhook_gateway]\nheader_secret_file = 'lost'", "webhook_gateway.header_secret_file"),
    ("[webhook_gateway]\nsweeps = 1", "webhook_gateway.sweeps"),
    ("[draft_writer]\nworkers = 0", "draft_writer.workers"),
    ("[draft_writer]\ndraft_workers = 'many'", "draft_writer.draft_workers"),
    ("[draft_writer]\nhigh_priority = 11", "draft_writer.high_priority"),
    ("[draft_writer]\narrival_minutes = -1", "draft_writer.arrival_minutes"),
    ("[draft_writer]\ntrace_url = 'traces'", "draft_writer.trace_url"),
    ("[draft_writer]\ncolour = 'red'", "draft_writer.colour"),
    ("[drafts]\nwords_min = 0", "drafts.words_min"),
    ("[drafts]\nhosts = 'shop.example'", "drafts.hosts"),
    ("[drafts]\npersonas = 'x'", "drafts.personas"),
    ("[knowledge]\nsnippets = -1", "knowledge.snippets"),
    ("[knowledge]\nfolders = '.'", "knowledge.folders"),
    ("[llm]\nbase_url = 'llm.example'", "llm.base_url"),
    ("[llm]\nbase_url = 'https://llm.example/v1'", "llm.data_processing_acknowledged"),
    (f"{LLM}in_flight = 0", "llm.in_flight"),
    (f"{LLM}api_key_file = 'lost'", "llm.api_key_file"),
    (f"{LLM}deadline_seconds = 0", "llm.deadline_seconds"),
    (f"{LLM}schema_mode = 'xml'", "llm.schema_mode"),
    (f"{LLM}[llm.classify]\ntemperature = 0.0", "llm.classify.model"),
    (f"{CLASSIFY}max_output_tokens = 0", "llm.classify.max_output_tokens"),
    (f"{CLASSIFY}usd_per_day = 5.0", "usd_per_day needs the price of m"),
    (f"{CLASSIFY}[llm.prices.m]\ninput = -1\noutput = 1", "llm.prices.m.input"),
    (f"{LLM}[llm.translate]\nmodel = 'm'", "llm.translate"),
    ("[mailbox.support.desk]\nlead = 'answer'", "mailbox.support.desk.lead"),
    ("[mailbox.support.desk]\nassign_to = 0", "mailbox.support.desk.assign_to"),
    ("[mailbox.support.desk]\nleads = 'note'", "mailbox.support.desk.leads"),
    ("[mailbox.support.drafts]\nper_day = -1", "mailbox.support.drafts.per_day"),
    ("[mailbox.support.triage]\nlanguages = ['klingon']", "mailbox.support.triage.languages"),
    ("[mailbox.support.triage]\njudge = true", "mailbox.support.triage.judge"),
    ("[nats]\nmonitor_url = 'nats'", "nats.monitor_url"),
]


def test_there_are_sixty_of_them() -> None:
    assert len(BROKEN) + len(ADDED) >= 60


@pytest.mark.parametrize(("added", "key"), ADDED, ids=[row[1] for row in ADDED])
def test_a_broken_setting_of_any_service_is_refused_by_its_key(
    folder: Path, added: str, key: str
) -> None:
    config = folder / "csm.toml"
    config.write_text(f"{GOOD}{added}\n")
    said = csm("check", "--config", str(config))
    assert said.exit_code == 78, said.output
    assert key in said.stderr, said.stderr
    assert not (folder / "var").exists(), "nothing was opened"

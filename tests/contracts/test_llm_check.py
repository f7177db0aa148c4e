"""`csm check` on models: reachable, known, able to keep to a schema, not about to end."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from csm.llm_check import SHUTDOWNS, _about_shutdown, check
from csm.llm_settings import LlmSettings
from csm_cli.model_check import check_models
from model_server import MODEL, ModelServer, model_server, settings_for

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def simulator() -> Iterator[ModelServer]:
    """One server for all tests of this file."""
    with model_server() as server:
        yield server


@pytest.fixture
def server(simulator: ModelServer) -> ModelServer:
    """The server as at its start."""
    simulator.order("reset")
    return simulator


async def found(server: ModelServer, **changes: Any) -> list[tuple[str, str, str]]:
    rows = await check(settings_for(server.url, draft=None, **changes), TODAY)
    return [(row.level, row.what, row.words) for row in rows]


async def test_a_good_model_is_good(server: ModelServer) -> None:
    assert await found(server) == [
        ("ok", "llm.classify.model", "sim-small answers in mode json_schema")
    ]


@pytest.mark.parametrize(
    ("settings", "level", "words"),
    [
        ({"models": ["another"]}, "fail", "sim-small: there is no such model"),
        ({"api_key": "right"}, "fail", "API key is refused"),
        ({"schema": "json_object"}, "warn", "answers in mode json_object"),
        ({"schema": "text"}, "warn", "answers in mode text"),
        ({"lists_models": False}, "ok", "answers in mode json_schema"),
    ],
)
async def test_what_is_wrong_is_named(
    server: ModelServer, settings: dict[str, Any], level: str, words: str
) -> None:
    server.order("settings", **settings)
    first = (await found(server))[0]
    assert first[0] == level
    assert words in first[2]


async def test_a_parameter_that_is_refused_is_said(server: ModelServer) -> None:
    server.order("settings", refuses=["temperature"])
    ((level, _, words),) = await found(server, classify={"model": MODEL, "temperature": 0})
    assert level == "ok"
    assert words.endswith("without temperature")


async def test_a_model_that_keeps_to_no_schema_fails(server: ModelServer) -> None:
    server.fault("prose")
    assert (await found(server))[0][0] == "fail"


async def test_a_server_that_is_away_fails(server: ModelServer) -> None:
    server.order("faults", down=True)
    ((level, what, _),) = await found(server)
    assert (level, what) == ("fail", "model server")


@pytest.mark.parametrize(
    ("model", "level"), [("gpt-4.1-nano", "fail"), ("gpt-5-nano", "warn"), ("new", None)]
)
def test_an_announced_end_is_said_for_openais_own_server(model: str, level: str | None) -> None:
    def at(url: str) -> list[str]:
        settings = LlmSettings.model_validate(
            {"base_url": url, "data_processing_acknowledged": True, "classify": {"model": model}}
        )
        return [row.level for row in _about_shutdown(settings, "k", model, TODAY)]

    assert at("https://api.openai.com/v1") == ([level] if level else [])
    assert at("https://llm.example/v1") == []


def test_no_model_ends_twice() -> None:
    names = [name for models in SHUTDOWNS.values() for name in models]
    assert len(names) == len(set(names))


COMMON = """
[freescout]
url = "http://127.0.0.1:9"
api_key_file = "{key}"
user_id = 7
[gmail_ingest]
workers = 2
[mailbox.support]
address = "support@desk.example"
freescout_mailbox_id = 1
[mailbox.support.gmail]
token_file = "token.json"
"""


@pytest.mark.parametrize(
    ("section", "level", "words"),
    [
        ("", "ok", "sorted by rules"),
        ("[llm]\nbase_url = '{url}/v1'\n[llm.classify]\nmodel = 'sim-small'", "ok", "sim-small"),
        ("[llm]\nbase_url = '{url}/v1'\n[llm.classify]\nmodel = 'gone'", "fail", "no such model"),
        ("[llm]\nbase_url = 'http://llm.example'", "fail", "llm.base_url: must be https"),
    ],
)
async def test_csm_check_speaks_of_the_models(
    server: ModelServer, tmp_path: Path, section: str, words: str, level: str
) -> None:
    key = tmp_path / "key"
    key.write_text("key")
    config = tmp_path / "csm.toml"
    config.write_text(COMMON.format(key=key) + section.format(url=server.url))
    lines = await check_models(config)
    assert lines[0][0] == level
    assert any(words in line[2] for line in lines)

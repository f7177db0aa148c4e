"""The section `[llm]`: every broken one is refused by its key, and schemas are portable."""

from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from csm.llm_schema import InvalidAnswerError, read, strict_schema
from csm.llm_settings import LlmSettings, Price
from csm.llm_usage import TokenEstimate, Usage, cost_nano, usd

GOOD: dict[str, Any] = {
    "base_url": "https://llm.example/v1/",
    "data_processing_acknowledged": True,
    "classify": {"model": "m", "usd_per_day": 5},
    "prices": {"m": {"input": 0.25, "output": 2.0}},
}


def test_a_good_section_is_read() -> None:
    settings = LlmSettings.model_validate(GOOD)
    assert settings.base_url == "https://llm.example/v1"
    assert settings.prices["m"].input == Decimal("0.25")
    assert settings.tasks.keys() == {"classify"}
    assert settings.api_key == "none"


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"data_processing_acknowledged": False}, "data_processing_acknowledged", "agreement"),
        ({"base_url": "http://llm.example/v1"}, "base_url", "insecure_http"),
        ({"base_url": "https://u:p@llm.example"}, "base_url", "password"),
        ({"base_url": "llm.example"}, "base_url", "address"),
        ({"prices": {}}, "classify", "usd_per_day needs the price of m"),
        ({"classify": {"model": ""}}, "classify.model", "at least 1"),
        ({"classify": {"model": "m", "temprature": 0}}, "classify.temprature", "permitted"),
        ({"classify": {"model": "m", "usd_per_day": 0}}, "classify.usd_per_day", "greater"),
        ({"in_flight": 0}, "in_flight", "greater"),
        ({"classify": None}, "", "no task has a model"),
        ({"api_key_file": "nowhere.key"}, "api_key_file", "no readable file"),
    ],
)
def test_a_broken_one_names_its_key(change: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LlmSettings.model_validate(GOOD | change)
    (problem,) = refused.value.errors()
    assert ".".join(map(str, problem["loc"])) == key
    assert words in problem["msg"]


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "http://127.0.0.1:11434/v1", "data_processing_acknowledged": False},
        {"base_url": "http://ollama:11434/v1", "insecure_http": True},
        {"classify": {"model": "m"}, "prices": {}},
        {"draft": {"model": "other"}},
    ],
)
def test_what_a_small_installation_needs_is_accepted(change: dict[str, Any]) -> None:
    assert LlmSettings.model_validate(GOOD | change)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://x.openai.azure.com/openai/v1", "max_completion_tokens"),
        ("https://llm.example/v1", "max_tokens"),
    ],
)
def test_the_limit_has_the_name_that_is_understood(url: str, name: str) -> None:
    assert LlmSettings.model_validate(GOOD | {"base_url": url}).limit_name == name


class Inner(BaseModel):
    """A part of an answer."""

    title: str = ""
    words: list[str] = Field(default=[], max_length=3)


class Whole(BaseModel):
    """An answer with everything in it that servers disagree about."""

    reason: str = Field(max_length=100, pattern="^.*$", description="why")
    importance: int = Field(ge=1, le=10)
    size: int = Field(ge=0, le=10_000)
    kind: Literal["a", "b"]
    inner: Inner
    note: str | None = None


def test_a_schema_is_closed_and_portable() -> None:
    schema = strict_schema(Whole)
    assert schema["required"] == ["reason", "importance", "size", "kind", "inner", "note"]
    assert schema["properties"]["importance"]["enum"] == list(range(1, 11))
    assert "enum" not in schema["properties"]["size"]
    assert schema["properties"]["reason"] == {"type": "string", "description": "why"}
    inner = schema["$defs"]["Inner"]
    assert inner["required"] == ["title", "words"], "a property may be called as a keyword is"
    assert inner["additionalProperties"] is schema["additionalProperties"] is False
    left = {"maxLength", "pattern", "minimum", "maximum", "maxItems", "default"}
    assert not [word for word in left if f"'{word}'" in str(schema)]


@given(st.text())
def test_any_answer_is_read_or_refused(text: str) -> None:
    with pytest.raises(InvalidAnswerError):
        read(Whole, text.replace("{", ""))


@given(st.text(alphabet='{}ab" :,'), st.text(alphabet="abc `\n"))
def test_whatever_stands_around_an_answer_is_left_out(title: str, around: str) -> None:
    answer = Inner(title=title).model_dump_json()
    assert read(Inner, f"{around}{answer}{around}").title == title


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**6))
def test_money_is_never_rounded_down(prompt: int, cached: int, completion: int) -> None:
    price = Price(input=Decimal("0.25"), output=Decimal(2), cached_input=Decimal("0.025"))
    usage = Usage(prompt=prompt, cached=cached, completion=completion)
    cost = usd(cost_nano(usage, price))
    known = min(cached, prompt)
    exact = ((prompt - known) * Decimal("0.25") + known * Decimal("0.025") + completion * 2) / 10**6
    assert cost is not None
    assert exact <= cost < exact + Decimal("1e-9")
    assert cost_nano(usage, None) is None


@given(st.lists(st.tuples(st.text(max_size=200), st.integers(0, 10**6)), max_size=20))
def test_no_count_of_a_server_spoils_the_estimate(counts: list[tuple[str, int]]) -> None:
    estimate = TokenEstimate()
    for text, tokens in counts:
        estimate.learn([text], tokens)
    assert 0.05 <= estimate.ratio <= 2.0
    assert estimate.tokens(["x" * 3000]) > 100

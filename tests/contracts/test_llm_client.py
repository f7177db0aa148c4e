"""What the model client makes of every kind of answer, over the wire."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import NamedTuple

import pytest

from csm import metrics
from csm.llm import (
    Llm,
    LlmDeclinedError,
    LlmInvalidError,
    LlmMisconfiguredError,
    LlmTooLongError,
    LlmUnavailableError,
)
from csm.llm_ledger import CALL
from memory_store import Store
from model_server import MODEL, ModelServer, asked, client, memory, model_server, question

COMPLAINT = "purple zebra with a very particular complaint"


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


@pytest.fixture
def ledger() -> Iterator[Store]:
    """An empty database."""
    store = memory()
    yield store
    store.close()


@pytest.fixture
async def llm(server: ModelServer, ledger: Store) -> AsyncIterator[Llm]:
    """A client with enough time for everything."""
    async with client(ledger.db, server.url) as opened:
        yield opened


async def test_a_valid_answer_is_read_and_counted(llm: Llm, server: ModelServer) -> None:
    answer = await llm.ask(question("Please send a quote for 40 seats."))
    assert (answer.value.category, answer.value.importance) == ("lead", 6)
    assert answer.model == MODEL
    assert not answer.is_reused
    counted = server.counters()
    assert answer.usage.prompt == counted["prompt_tokens"]
    assert answer.usage.completion == counted["completion_tokens"]
    tokens = answer.usage
    cost = (tokens.prompt * Decimal("0.5") + tokens.completion * 2) / 1_000_000
    assert answer.cost == cost


async def test_what_is_sent_is_what_was_decided(llm: Llm, server: ModelServer) -> None:
    await asked(llm)
    (body,) = server.bodies()
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body.keys() == {"model", "messages", "response_format", "max_tokens"}


class Case(NamedTuple):
    """A fault that strikes `times` times: what comes of it, requests, of which paid."""

    fault: str
    times: int
    error: type[Exception] | None
    requests: int
    paid: int


OUTCOMES = [
    Case("fenced", 1, None, 1, 1),
    Case("no_usage", 1, None, 1, 1),
    Case("prose", 1, None, 2, 2),
    Case("missing_field", 1, None, 2, 2),
    Case("wrong_enum", 1, None, 2, 2),
    Case("empty", 1, None, 2, 2),
    Case("prose", 2, LlmInvalidError, 2, 2),
    Case("wrong_enum", 2, LlmInvalidError, 2, 2),
    Case("thought_only", 1, None, 2, 2),
    Case("thought_only", 2, LlmInvalidError, 2, 2),
    Case("cut_off", 1, LlmInvalidError, 1, 1),
    Case("refusal", 1, LlmDeclinedError, 1, 1),
    Case("content_filter", 1, LlmDeclinedError, 1, 1),
    Case("filtered_prompt", 1, LlmDeclinedError, 1, 0),
    Case("context_length", 1, LlmTooLongError, 1, 0),
    Case("400", 1, LlmInvalidError, 1, 0),
    Case("500", 1, None, 2, 1),
    Case("503", 2, None, 3, 1),
    Case("500", 3, LlmUnavailableError, 3, 0),
    Case("reset", 1, None, 2, 1),
    Case("html", 1, None, 2, 1),
    Case("broken_body", 1, None, 2, 1),
    Case("no_choices", 1, None, 2, 1),
    Case("429", 1, None, 2, 1),
    Case("insufficient_quota", 1, LlmMisconfiguredError, 1, 0),
    Case("401", 1, LlmMisconfiguredError, 1, 0),
    Case("403", 1, LlmMisconfiguredError, 1, 0),
    Case("404", 1, LlmMisconfiguredError, 1, 0),
]


@pytest.mark.parametrize("case", OUTCOMES, ids=[f"{case.fault}-{case.times}" for case in OUTCOMES])
async def test_each_outcome_has_its_consequence(llm: Llm, server: ModelServer, case: Case) -> None:
    server.fault(case.fault, limit=case.times)
    if case.error is None:
        assert (await asked(llm)).value.category == "customer"
    else:
        with pytest.raises(case.error):
            await asked(llm)
    assert (server.requests, server.paid) == (case.requests, case.paid)


async def test_a_repair_shows_the_bad_answer_and_what_is_wrong_with_it(
    llm: Llm, server: ModelServer
) -> None:
    server.fault("wrong_enum", limit=1)
    answer = await asked(llm)
    first, second = server.bodies()
    assert second["messages"][:2] == first["messages"]
    bad, told = second["messages"][2:]
    assert "nonsense" in bad["content"]
    assert "category" in told["content"]
    assert answer.usage.calls == 2


async def test_a_model_that_thinks_too_long_gets_twice_the_room(
    llm: Llm, server: ModelServer
) -> None:
    server.fault("thought_only", limit=1)
    await asked(llm)
    first, second = server.bodies()
    assert second["max_tokens"] == 2 * first["max_tokens"]


async def test_a_refusal_is_remembered_and_costs_nothing_again(
    llm: Llm, server: ModelServer, ledger: Store
) -> None:
    server.fault("refusal")
    for _ in range(3):
        with pytest.raises(LlmDeclinedError) as refused:
            await asked(llm)
        assert refused.value.key == ledger.row(CALL)["key"]
    assert server.paid == 1
    ledger.pass_time(24 * 3600 + 1)
    server.order("faults")
    assert (await asked(llm)).value.category == "customer"


@pytest.mark.parametrize("mode", ["json_object", "text"])
@pytest.mark.parametrize("naming", ["named", "vague"])
async def test_the_ladder_goes_down_once_and_stays_there(
    llm: Llm, server: ModelServer, mode: str, naming: str
) -> None:
    server.order("settings", schema=mode, vague=naming == "vague")
    await asked(llm, "first")
    rungs = 1 if mode == "json_object" else 2
    assert server.requests == rungs + 1
    await asked(llm, "second")
    assert server.requests == rungs + 2
    last = server.bodies()[-1]
    assert last.get("response_format", {"type": "text"})["type"] == mode
    assert "JSON schema" in last["messages"][0]["content"]


async def test_questions_at_the_same_time_go_down_one_rung_together(
    llm: Llm, server: ModelServer
) -> None:
    server.order("settings", schema="json_object", latency_s=0.05)
    await asyncio.gather(*(asked(llm, f"mail {n}") for n in range(6)))
    assert server.bodies()[-1]["response_format"]["type"] == "json_object"


@pytest.mark.parametrize("naming", ["named", "vague"])
async def test_a_refused_parameter_is_left_out_from_then_on(
    server: ModelServer, ledger: Store, naming: str
) -> None:
    server.order("settings", refuses=["temperature", "reasoning_effort"], vague=naming == "vague")
    task = {"model": MODEL, "temperature": 0, "reasoning_effort": "low"}
    async with client(ledger.db, server.url, classify=task) as llm:
        await asked(llm, "first")
        await asked(llm, "second")
    assert server.requests == 4
    assert not server.bodies()[-1].keys() & {"temperature", "reasoning_effort"}


async def test_the_limit_is_called_as_the_server_wishes(llm: Llm, server: ModelServer) -> None:
    server.order("settings", refuses=["max_tokens"])
    await asked(llm)
    assert server.bodies()[-1]["max_completion_tokens"] == 1500
    server.order("settings", refuses=["max_tokens", "max_completion_tokens"])
    await asked(llm, "another")
    assert not server.bodies()[-1].keys() & {"max_tokens", "max_completion_tokens"}


async def test_one_poisonous_text_does_not_stop_the_others(llm: Llm, server: ModelServer) -> None:
    server.fault("400", containing="poison")
    for n in range(8):
        with pytest.raises(LlmInvalidError):
            await asked(llm, f"poison {n}")
        await asked(llm, f"harmless {n}")


async def test_when_every_request_is_refused_a_person_must_look(
    llm: Llm, server: ModelServer
) -> None:
    server.fault("400")
    for n in range(4):
        with pytest.raises(LlmInvalidError):
            await asked(llm, f"mail {n}")
    with pytest.raises(LlmMisconfiguredError, match="as it did with those before"):
        await asked(llm, "mail 5")


async def test_a_server_that_hangs_is_given_up_at_the_deadline(
    server: ModelServer, ledger: Store
) -> None:
    server.fault("hang")
    async with client(ledger.db, server.url, deadline_seconds=0.5) as llm:
        begun = time.monotonic()
        with pytest.raises(LlmUnavailableError, match=r"within 0\.5 s"):
            await asked(llm)
        assert time.monotonic() - begun < 5
    row = ledger.row(CALL)
    assert row["state"] == "free"
    assert row["cost"] > 0, "nobody knows whether it was paid for: it counts as if it was"


async def test_a_dead_address_says_what_cannot_be_reached(ledger: Store) -> None:
    async with client(ledger.db, "http://127.0.0.1:9") as llm:
        with pytest.raises(LlmUnavailableError, match="cannot be reached"):
            await asked(llm)


async def test_a_long_pause_is_left_to_the_breaker(llm: Llm, server: ModelServer) -> None:
    """Fed into the hold it would freeze every place for ten minutes."""
    server.fault("429", limit=1, retry_after_s=600)
    begun = time.monotonic()
    with pytest.raises(LlmUnavailableError) as refused:
        await asked(llm)
    assert refused.value.retry_in == 600
    with pytest.raises(LlmUnavailableError) as again:
        await asked(llm, "another")
    assert 500 < again.value.retry_in <= 600
    assert time.monotonic() - begun < 10
    assert server.requests == 1


async def test_a_short_pause_holds_everybody_and_is_kept(llm: Llm, server: ModelServer) -> None:
    server.fault("429", limit=1, retry_after_s=1)
    begun = time.monotonic()
    await asyncio.gather(*(asked(llm, f"mail {n}") for n in range(4)))
    assert time.monotonic() - begun >= 0.9
    assert server.paid == 4


async def test_the_number_at_a_time_follows_the_server(server: ModelServer, ledger: Store) -> None:
    server.order("settings", in_flight=3, latency_s=0.02)
    async with client(ledger.db, server.url, in_flight=16) as llm:
        await asyncio.gather(*(asked(llm, f"mail {n}") for n in range(40)))
    counted = server.counters()
    assert counted["paid"] == 40
    assert counted["requests"] < 100, "refused requests stay few"


async def test_more_at_a_time_while_all_goes_well(server: ModelServer, ledger: Store) -> None:
    server.order("settings", latency_s=0.05)
    async with client(ledger.db, server.url, in_flight=8) as llm:
        await asyncio.gather(*(asked(llm, f"mail {n}") for n in range(80)))
    assert server.counters()["most_in_flight"] == 8


async def test_a_hundred_jobs_send_few_requests_to_a_dead_server(
    llm: Llm, server: ModelServer
) -> None:
    """What has queued looks at the breaker again when it gets its place."""
    server.fault("500")
    jobs = (asked(llm, f"mail {n}") for n in range(100))
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert all(isinstance(result, LlmUnavailableError) for result in results)
    assert server.requests <= 5 + 4, "the threshold, and what was on its way by then"


async def test_after_the_pause_one_question_tries(server: ModelServer, ledger: Store) -> None:
    server.fault("500")
    async with client(ledger.db, server.url, scale=0.02) as llm:
        await asyncio.gather(*(asked(llm, f"mail {n}") for n in range(10)), return_exceptions=True)
        server.order("settings", latency_s=0.2)
        before = server.requests
        await asyncio.sleep(0.02 * 5 + 0.05)
        results = await asyncio.gather(
            *(asked(llm, f"again {n}") for n in range(10)), return_exceptions=True
        )
        assert server.requests == before + 1
        assert all(isinstance(result, LlmUnavailableError) for result in results)
        server.order("faults")
        await asyncio.sleep(0.02 * 10 + 0.05)
        assert (await asked(llm, "well again")).value.category == "customer"
        await asked(llm, "and all others")


async def test_nothing_of_a_mail_in_metrics_errors_or_logs(
    llm: Llm, server: ModelServer, capfd: pytest.CaptureFixture[str]
) -> None:
    for fault in ("prose", "wrong_enum", "400", "context_length", "500", "429", "refusal"):
        server.fault(fault, limit=3)
        (result,) = await asyncio.gather(asked(llm, f"{COMPLAINT} {fault}"), return_exceptions=True)
        assert "zebra" not in repr(result)
    said = capfd.readouterr()
    assert "zebra" not in said.out + said.err + metrics.exposition().decode()
    assert COMPLAINT in json.dumps(server.bodies())


async def test_nothing_comes_from_the_sdks_own_environment(
    server: ModelServer, ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_API_KEY": "from-the-environment",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    async with client(ledger.db, server.url) as llm:
        await asked(llm)
    assert server.counters()["keys"] == {"none": 1}


async def test_the_estimate_learns_from_what_the_server_counts(llm: Llm) -> None:
    before = llm._estimate(MODEL).ratio
    for n in range(20):
        await asked(llm, f"A longer mail with the number {n}. " * 20)
    after = llm._estimate(MODEL).ratio
    assert abs(after - 0.25) < abs(before - 0.25), "the simulator counts a quarter of the letters"

"""The classifier with a model: paid for once, waited for without failing, never obeyed blindly."""

from collections.abc import AsyncIterator

import httpx
import pytest

from csm.contracts import ConversationClassified
from csm.trace import ATTRIBUTES, GEN_AI_ATTRIBUTES, SPANS
from hostile_texts import CANARIES, hostile_texts
from otlp_receiver import Receiver, receiving
from stage import Control, Stage
from triage import MODEL, Triage, Written, triage_on, with_model

LATE = "Where is my order 4412? It was due on Monday and has not arrived. Regards, Jo"
PATIENCE = 60 * 0.8 / 15  # seconds: the default in the fast profile
PRICED = {f'llm.prices."{MODEL}"': {"input": 1000.0, "output": 1000.0}}


async def noticed(triage: Triage, *written: Written) -> None:
    for one in written:
        await triage.hint(one)


async def only_told(triage: Triage) -> ConversationClassified:
    (told,) = await triage.told()
    return told


@pytest.mark.promise("one-verdict")
async def test_one_call_judges_a_burst_and_nothing_is_asked_again(by_model: Triage) -> None:
    await by_model.begin()
    first = by_model.write("Hello, a question.")
    second = by_model.write(LATE, first.conversation)
    other = by_model.write("Hello, where can I find the invoice of my order 17? Thank you.")
    await noticed(by_model, second, first, other)
    await by_model.judged(2)
    for cause in ("gmail", "poll", "sweep"):
        for written in (first, second, other):
            await by_model.hint(written, cause, "again")
    await by_model.idle()
    assert by_model.calls == 2
    told = await by_model.told()
    # Three sweeps at two conversations: those at one of them in the same bucket are one event.
    assert {one.customer_thread_id for one in told} == {second.thread, other.thread}
    assert 2 <= len(told) <= 5
    assert {(one.method, one.provisional, one.prompt_version) for one in told} == {
        ("model", False, "triage-1")
    }
    assert all(0 < (one.confidence or 0) <= 1 for one in told)


@pytest.mark.promise("one-verdict")
async def test_messages_in_a_row_are_asked_about_one_after_the_other(by_model: Triage) -> None:
    """Else the same words are paid for alone, together with the next ones, and the next ones."""
    by_model.llm.post("settings", latency_s=1.0)
    await by_model.begin()
    first = by_model.write("Hello, a question.")
    await noticed(by_model, first)
    await by_model.service.until(lambda: by_model.llm.get("counters")["in_flight"] == 1)
    second = by_model.write(LATE, first.conversation)
    await noticed(by_model, second)
    await by_model.judged(1)
    await by_model.hint(second, "poll")
    await by_model.judged(2)
    await by_model.idle()
    assert by_model.calls == 2
    assert by_model.llm.get("counters")["most_in_flight"] == 1
    told = await by_model.told()
    assert [one.customer_thread_id for one in told] == [first.thread, second.thread]


@pytest.mark.promise("one-verdict")
async def test_the_same_text_twice_is_paid_for_once(by_model: Triage) -> None:
    await by_model.begin()
    copies = [by_model.write(LATE) for _ in range(5)]
    await noticed(by_model, *copies)
    await by_model.judged(5)
    assert by_model.calls == 1
    assert len(await by_model.told()) == 5


@pytest.mark.promise("one-verdict")
async def test_old_conversations_cost_nothing(by_model: Triage) -> None:
    thread = {"type": "customer", "text": LATE, "createdAt": "2026-01-02T03:04:05Z"}
    old = [by_model.write(LATE, threads=[thread]) for _ in range(100)]
    await by_model.begin()
    for written in old:
        await by_model.hint(written, "sweep")
    await by_model.idle()
    assert by_model.llm.get("counters")["requests"] == 0
    assert await by_model.told() == []


@pytest.mark.promise("ticket-first", "waiting-is-not-failing")
async def test_without_an_answer_rules_speak_first_and_the_model_later(by_model: Triage) -> None:
    by_model.llm.post("faults", down=True)
    await by_model.begin()
    written = [by_model.write(f"{LATE} {n}") for n in range(4)]
    await noticed(by_model, *written)
    await by_model.judged(4, "provisional")
    assert "llm" in by_model.service.down()
    assert by_model.calls == 0
    by_model.llm.post("faults")
    await by_model.judged(4)
    assert by_model.calls == 4
    await by_model.idle()
    told = await by_model.told()
    for one in written:
        mine = [event for event in told if event.customer_thread_id == one.thread]
        assert [(e.verdict_seq, e.provisional, e.method) for e in mine] == [
            (1, True, "rules"), (2, False, "model"),
        ]  # fmt: skip
    assert set(by_model.service.states()) == {"done"}
    assert len(by_model.service.alerts("dependency-down")) == 1


@pytest.mark.promise("ticket-first")
async def test_a_slow_model_is_overtaken_by_the_rules_and_asked_once(by_model: Triage) -> None:
    by_model.llm.post("settings", latency_s=PATIENCE + 1.5)
    await by_model.begin()
    await noticed(by_model, by_model.write(LATE))
    await by_model.judged(1)
    assert [(row[1], row[2], row[3]) for row in by_model.verdicts()] == [
        (1, "provisional", "rules"), (2, "final", "model"),
    ]  # fmt: skip
    assert by_model.llm.get("counters")["requests"] == 1


@pytest.mark.promise("ticket-first", "shown")
async def test_a_budget_that_is_used_up_is_said_once_and_rules_go_on(
    stage: Stage, llm: Control
) -> None:
    sections = with_model(llm) | PRICED
    sections |= {"llm.classify": {"model": MODEL, "usd_per_day": 0.01}}
    async with triage_on(stage, llm, sections) as triage:
        await triage.begin()
        written = [triage.write(f"{LATE} {n}") for n in range(3)]
        await noticed(triage, *written)
        await triage.judged(3, "provisional")
        assert triage.llm.get("counters")["requests"] == 0
        assert triage.service.states() == {"wanted": 3}
        assert len(triage.service.alerts("over-budget")) == 1
        waiting = triage.service.rows("SELECT DISTINCT reason FROM work")
        assert "llm.classify.usd_per_day" in waiting[0][0]


NO_VERDICT = ("refusal", "content_filter", "prose", "wrong_enum")
PASSING: tuple[dict[str, object], ...] = (
    {"kind": "429", "limit": 2, "every": 1, "retry_after_s": 0.1},
    {"kind": "500", "limit": 1, "every": 1},
    {"kind": "reset", "limit": 1, "every": 1},
    {"kind": "broken_body", "limit": 1, "every": 1},
    {"kind": "fenced", "every": 1},
    {"kind": "missing_field", "limit": 1, "every": 1},
    {"kind": "context_length", "limit": 1, "every": 1},
)


@pytest.mark.promise("one-verdict")
async def test_a_model_that_gives_no_verdict_leaves_it_to_the_rules(by_model: Triage) -> None:
    rules = [{"kind": kind, "every": 1, "containing": f"<{kind}>"} for kind in NO_VERDICT]
    by_model.llm.post("faults", rules=rules)
    await by_model.begin()
    await noticed(by_model, *(by_model.write(f"{LATE} &lt;{kind}&gt;") for kind in NO_VERDICT))
    await by_model.judged(len(NO_VERDICT))
    for told in await by_model.told():
        assert (told.method, told.provisional, told.category) == ("rules", False, "customer")
        assert any("the model gave no verdict" in doubt for doubt in told.uncertainty)
    assert by_model.calls <= 2 * len(NO_VERDICT), "one repair each"


@pytest.mark.promise("one-verdict")
async def test_what_passes_is_got_over(by_model: Triage) -> None:
    rules = [{**fault, "containing": f"<{fault['kind']}>"} for fault in PASSING]
    by_model.llm.post("faults", rules=rules)
    await by_model.begin()
    await noticed(by_model, *(by_model.write(f"{LATE} &lt;{f['kind']}&gt;") for f in PASSING))
    await by_model.judged(len(PASSING))
    ends = [row[3] for row in by_model.verdicts() if row[2] == "final"]
    assert ends == ["model"] * len(PASSING)
    assert by_model.llm.get("counters")["faults"].keys() == {f["kind"] for f in PASSING}


@pytest.mark.promise("one-verdict")
async def test_a_server_without_schemas_is_told_in_words(by_model: Triage) -> None:
    by_model.llm.post("settings", schema="text")
    await by_model.begin()
    await noticed(by_model, by_model.write(LATE))
    await by_model.judged(1)
    assert by_model.verdicts()[-1][2:] == ("final", "model")


@pytest.mark.promise("one-verdict")
async def test_a_mail_does_not_make_itself_a_p0(by_model: Triage) -> None:
    values = {"importance": 10, "category": "customer", "reason": "It says so: call 0151 2345678."}
    by_model.llm.post("answers", fixtures=[{"containing": "order 4412", "values": values}])
    await by_model.begin()
    plain = by_model.write(LATE)
    grave = by_model.write(f"{LATE} You charged my card twice, my lawyer will call today!")
    await noticed(by_model, plain, grave)
    await by_model.judged(2)
    found = {told.customer_thread_id: told for told in await by_model.told()}
    assert found[plain.thread].importance == 8
    assert found[plain.thread].priority == "P1"
    assert "needs-review" in found[plain.thread].uncertainty[0]
    assert found[grave.thread].importance == 10
    assert "0151" not in found[plain.thread].reason


@pytest.mark.promise("one-verdict")
async def test_below_triage_no_model_is_asked_unless_it_is_wanted(
    stage: Stage, llm: Control
) -> None:
    dry = with_model(llm) | {"mailbox.support.triage": {"judge_dry": True}}
    for sections, calls in ((with_model(llm), 0), (dry, 1)):
        async with triage_on(stage, llm, sections) as triage:
            stage.change(write="tickets")
            await triage.begin()
            await triage.hint(triage.write(LATE), bucket=str(calls))
            await triage.judged(1 + calls, "dry-run")
            assert triage.llm.get("counters")["requests"] == calls
            assert await triage.told() == []
            assert await triage.service.stop() == 0


# --- hostile texts


@pytest.fixture
async def watched(by_model: Triage) -> AsyncIterator[tuple[Triage, Receiver]]:
    """The classifier with a collector for its spans."""
    with receiving() as collector:
        by_model.service.environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "20",
        }
        yield by_model, collector


@pytest.mark.promise("private", "one-verdict")
@pytest.mark.timeout(180)
async def test_fifty_hostile_mails_change_nothing_and_leave_no_word_behind(
    watched: tuple[Triage, Receiver],
) -> None:
    triage, collector = watched
    await triage.begin()
    customer = {"email": "zoe.heliotrope@customers.example"}
    for text in hostile_texts():
        await triage.hint(triage.write(text, customer=customer, subject="Quirrelworth's order"))
    await triage.judged(50)
    told = await triage.told()
    assert {(one.category, one.method) for one in told} == {("customer", "model")}
    assert max(one.importance for one in told) < 9
    shown = said_over_http(triage)
    assert await triage.service.stop() == 0
    spans = b"".join(collector.bodies).decode(errors="replace")
    events = "".join(one.model_dump_json() for one in told)
    everything = f"{shown}{spans}{events}{triage.service.log_path.read_text()}".lower()
    assert [word for word in CANARIES if word in everything] == []
    asked = str(triage.llm.get("requests"))
    assert "Zoe Quirrelworth" in asked, "the model reads the mail itself"
    for word in ("zanzibar", "4111111111111111", "hunter2secret", "heliotrope"):
        assert word not in asked
    assert {span.name for span in collector.spans} <= SPANS.keys()
    used = {name for span in collector.spans for name in span.attributes}
    assert used <= {f"csm.{name}" for name in ATTRIBUTES} | GEN_AI_ATTRIBUTES.keys()


def said_over_http(triage: Triage) -> str:
    url = triage.service.health_url()
    paths = ("/readyz", "/status", "/metrics")
    return "".join(httpx.get(url + path, trust_env=False).text for path in paths)


@pytest.mark.nightly
@pytest.mark.promise("waiting-is-not-failing")
async def test_a_shutdown_in_the_middle_of_a_call_is_in_order(by_model: Triage) -> None:
    by_model.llm.post("settings", latency_s=30.0)
    await by_model.begin()
    await noticed(by_model, by_model.write(LATE))
    await by_model.service.until(lambda: by_model.llm.get("counters")["in_flight"] == 1)
    assert await by_model.service.stop() == 0
    by_model.llm.post("settings", latency_s=0.0)
    by_model.service.live()
    await by_model.judged(1)
    assert by_model.service.rows("SELECT DISTINCT starts FROM work") == [(0,)]

"""Fifty hostile mails through all stages: judged as any other, and not a word of them gets out."""

from collections.abc import Iterator

import httpx
import pytest

from csm.contracts import ConversationClassified
from csm.trace import ATTRIBUTES, GEN_AI_ATTRIBUTES, SPANS
from ensemble import Ensemble, ensemble_on
from hostile_texts import BROKEN_CANARIES, CANARIES, broken_letters, hostile_letters
from otlp_receiver import Receiver, receiving
from player import Player
from stage import Control, Stage
from triage import MODEL

# What a model says that repeats the mail to it.
PARROT = {
    "reason": "zoe.heliotrope@customers.example says: call +49 151 23456789, IBAN "
    "DE89 3704 0044 0532 0130 00.",
    "facts": ["see https://evil.example/zanzibar"],
    "importance": 10,
}
IDENTITIES = ("heliotrope", "23456789", "0532 0130", "evil.example")


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def watch(player: Player, collector: Receiver) -> None:
    """Let a service send its spans there, nearly at once."""
    player.environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "20",
    }


def said_over_http(player: Player) -> str:
    paths = ("/readyz", "/status", "/metrics")
    return "".join(httpx.get(player.health_url() + path, trust_env=False).text for path in paths)


@pytest.mark.proof
@pytest.mark.promise("private", "one-verdict", "never-sent")
@pytest.mark.timeout(400)
async def test_fifty_hostile_mails_are_judged_and_leave_no_word_behind(
    stage: Stage, llm: Control, collector: Receiver
) -> None:
    sections = {"llm.draft": {"model": MODEL}}
    async with ensemble_on(stage, llm, sections, write="drafts") as ensemble:
        llm.post("answers", fixtures=[{"containing": "Quirrelworth", "values": PARROT}])
        for player in ensemble.players:
            watch(player, collector)
        await ensemble.begin()
        letters = list(hostile_letters())
        for mail in [*letters, *broken_letters(50 - len(letters))]:
            stage.deliver(mail, expect="any", thread_id=None)
        await ensemble.rest(300)
        assert_judged_as_any_other(ensemble, len(letters))
        shown = "".join(said_over_http(player) for player in ensemble.players)
        told = await ensemble.on_the_bus()
        for player in ensemble.players:
            assert await player.stop() == 0
        logs = "".join(player.log_path.read_text() for player in ensemble.players)
    spans = b"".join(collector.bodies).decode(errors="replace")
    outside = f"{shown}{spans}{logs}".lower()
    words = (*CANARIES, *BROKEN_CANARIES, *IDENTITIES)
    assert [word for word in words if word in outside] == []
    assert [word for word in (*CANARIES, *IDENTITIES) if word in told.lower()] == []
    assert_bounded(collector)


def is_clamped(verdict: ConversationClassified) -> bool:
    """Whether the importance was clamped."""
    return any(doubt.startswith("needs-review") for doubt in verdict.uncertainty)


def assert_judged_as_any_other(ensemble: Ensemble, steered: int) -> None:
    """Each answer fitted the schema, no mail made itself a P0, nothing was sent or given up."""
    verdicts = ensemble.verdicts()
    ours = [verdict for verdict in verdicts if is_clamped(verdict)]
    assert len(ours) == steered
    assert {(v.category, v.importance) for v in ours} == {("customer", 8)}
    assert len(ensemble.judged()) >= 40
    asked = ensemble.llm.get("requests")
    assert "Zoe Quirrelworth" in str(asked), "the model reads the mail itself"
    assert {body["response_format"]["type"] for body in asked} == {"json_schema"}
    assert all(body["response_format"]["json_schema"]["strict"] for body in asked)
    assert not any("tools" in body for body in asked)
    states = {state for player in ensemble.players for state in player.states()}
    assert states <= {"done", "degraded", "filtered"}
    assert [m for m in ensemble.stage.sink() if m["kind"] != "notification"] == []


def assert_bounded(collector: Receiver) -> None:
    """Only declared names, whatever happened."""
    assert {span.name for span in collector.spans} <= SPANS.keys()
    used = {name for span in collector.spans for name in span.attributes}
    assert used <= {f"csm.{name}" for name in ATTRIBUTES} | GEN_AI_ATTRIBUTES.keys()

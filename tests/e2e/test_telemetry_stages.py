"""What leaves all stages as spans, logs and metrics: edges between them, and not one word."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from csm.trace import ATTRIBUTES, GEN_AI_ATTRIBUTES, SPANS
from desk_client import create
from drafting import MODEL as AUTHOR
from ensemble import Ensemble, ensemble_on
from letters import letter
from otlp_receiver import Receiver, Seen, receiving
from stage import Control, Stage

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]

# Twenty words that stand in senders' addresses, and twenty that must never be told to anybody:
# four are keys of ours, the others passwords, tokens and numbers in mails.
ADDRESSES = [f"heliotrope{n}z" for n in range(20)]
SECRETS = [f"quirrelworth{n}z" for n in range(20)]
# Whose doing a trace leads to: every cause of an event after it, by what begins the trace.
MAIL = [
    "message noticed", "message.received publish", "message.received process",
    "customer thread write", "conversation.updated publish", "conversation.updated process",
]  # fmt: skip
EDGES = {
    ("conversation.updated process", "verdict judge"),
    ("verdict judge", "model chat"),
    ("conversation.updated process", "conversation.classified publish"),
    ("conversation.classified publish", "conversation.classified process"),
    ("conversation.classified process", "note write"),
    ("draft.upsert publish", "draft.upsert process"),
    ("draft.upsert process", "draft write"),
}


@dataclass(frozen=True, slots=True)
class Watched:
    """All stages with a collector that gets their spans nearly at once."""

    ensemble: Ensemble
    collector: Receiver

    def edges(self) -> set[tuple[str, str]]:
        """Which span was caused by which, by their names."""
        known = {span.id: span for span in self.collector.spans}
        return {
            (known[span.parent].name, span.name) for span in known.values() if span.parent in known
        }

    def begun(self, cause: str) -> list[Seen]:
        """The traces that a poll or a sweep began."""
        noticed = self.collector.named("conversation noticed")
        return [span for span in noticed if span.attributes["csm.cause"] == cause]

    def trace(self, trace: str) -> set[str]:
        """The names of the spans of one trace."""
        return {span.name for span in self.collector.spans if span.trace == trace}

    def everything(self) -> str:
        """Spans, logs and what every service says over HTTP, in lower case."""
        spans = b"".join(self.collector.bodies).decode(errors="replace")
        logs = "".join(p.log_path.read_text() for p in self.ensemble.players)
        return f"{spans}{logs}{''.join(self._over_http())}".lower()

    def _over_http(self) -> Iterator[str]:
        for player in self.ensemble.players:
            url = player.health_url()
            for path in ("/livez", "/readyz", "/status", "/metrics", "/admin/list"):
                yield httpx.get(url + path, trust_env=False, timeout=20).text


@pytest.fixture
async def watched(stage: Stage, llm: Control) -> AsyncIterator[Watched]:
    """Nothing started; both tasks by the simulated model, every key of ours is a canary."""
    token = stage.installation.folder / "token.json"
    model_key = stage.installation.folder / "model.key"
    model_key.write_text(SECRETS[0])
    sections = {"llm.draft": {"model": AUTHOR}, "mailbox.support.desk": {}}
    with receiving() as receiver:
        async with ensemble_on(
            stage, llm, sections, write="drafts", api_key_file=str(model_key)
        ) as ensemble:
            llm.post("settings", api_key=SECRETS[0])
            stage.desk.post("settings", api_key=SECRETS[1])
            stage.change(api_key=SECRETS[1])
            text = token.read_text()
            token.write_text(text.replace('_token": "demo"', f'_token": "{SECRETS[2]}"'))
            for player in ensemble.players:
                player.environment |= {
                    "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
                    "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={SECRETS[3]}",
                    "OTEL_BSP_SCHEDULE_DELAY": "20",
                }
            yield Watched(ensemble, receiver)
            stage.desk.post("settings", api_key="simulated-key")


MAILS = 7


def mail(n: int) -> bytes:
    """A customer's mail that holds every seventh of the addresses and of the secrets in mails."""
    first, *others = ADDRESSES[n::MAILS]
    secrets = SECRETS[4 + n :: MAILS]
    copied = ", ".join(f"{one}@customers.example" for one in others)
    words = " ".join(f"My password is {one}, token sk_live_{one}." for one in secrets)
    text = f"Where is my order {n}? {words} Write to {copied} too. Thank you."
    files = [(f"{secrets[0]}.txt", secrets[0].encode())] if n % 3 == 0 else []
    subject, sender = f"Order {n} {secrets[0]}", f"{first}@customers.example"
    return letter(f"{secrets[0]}-{n}", subject, sender=sender, text=text, files=files)


async def troubled(watched: Watched) -> str:
    """Mails through all stages, lost answers, refusals, deaths, an outage; all that was said."""
    ensemble, stage = watched.ensemble, watched.ensemble.stage
    stage.faults(lost={"every": 4}, attachments_lost={"next": 1}, before={"every": 7})
    ensemble.llm.post("faults", rules=[{"kind": "500", "every": 5}, {"kind": "429", "every": 6}])
    await ensemble.begin()
    for n in range(MAILS):
        stage.deliver(mail(n))
    await ensemble.until(lambda: len(ensemble.verdicts()) > 1)
    ensemble.classifier.kill()
    ensemble.writer.kill()
    await ensemble.rest()
    stage.faults(down=True, scope="all")
    await ensemble.until(lambda: "freescout" in ensemble.gateway.down())
    stage.faults()
    ensemble.desk.headers["X-FreeScout-API-Key"] = SECRETS[1]
    old = create(ensemble.desk, subject=f"Poll {SECRETS[5]}", createdAt=now(), threads=[fresh()])
    await ensemble.until(lambda: old in {v.conversation_id for v in ensemble.verdicts()})
    assert await ensemble.sweep() > 0
    await ensemble.rest()
    said = watched.everything()
    for player in reversed(ensemble.players):
        assert await player.stop() == 0
    return said + b"".join(watched.collector.bodies).decode(errors="replace").lower()


def now() -> str:
    """This moment, as FreeScout takes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fresh() -> dict[str, str]:
    """A message that somebody entered in the desk just now."""
    return {"type": "customer", "text": "Where is it?", "createdAt": now()}


@pytest.mark.promise("traced", "private")
async def test_one_trace_per_mail_and_no_word_of_it_whatever_fails(watched: Watched) -> None:
    said = await troubled(watched)
    ends = watched.collector.named("conversation.updated process")
    ways = [watched.collector.path(end) for end in ends]
    assert MAIL in ways
    assert len({end.trace for end in ends}) >= MAILS
    assert watched.edges() >= EDGES, EDGES - watched.edges()
    # The first polls may name what its mail had named before: those end without a verdict.
    polled = watched.begun("poll")
    assert any("verdict judge" in watched.trace(span.trace) for span in polled)
    swept = watched.begun("sweep")
    assert any("conversation.classified publish" in watched.trace(s.trace) for s in swept)
    assert {span.name for span in watched.collector.spans} <= SPANS.keys()
    used = {name for span in watched.collector.spans for name in span.attributes}
    assert used <= {f"csm.{name}" for name in ATTRIBUTES} | GEN_AI_ATTRIBUTES.keys()
    assert [word for word in (*ADDRESSES, *SECRETS) if word in said] == []

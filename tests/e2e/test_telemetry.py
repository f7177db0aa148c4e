"""What leaves a real service as spans, logs and metrics: one trace per mail, ids and numbers."""

from collections.abc import Iterator

import httpx
import pytest

from csm.trace import ATTRIBUTES, SPANS
from letters import letter
from otlp_receiver import Receiver, receiving
from stage import Stage

WAY = [
    "message noticed",
    "message.received publish",
    "message.received process",
    "customer thread write",
    "conversation.updated publish",
]
# Words of five kinds that stand in mails and settings below and nowhere else.
CANARIES = {
    "name": "quirrelworth",
    "address": "zoe.heliotrope",
    "subject": "xylophone",
    "text": "marmalade",
    "file": "platypus",
    "FreeScout's key": "canary-api-key",
    "Google's refresh token": "canary-refresh",
    "the collector's key": "canary-collector",
}


@pytest.fixture
def collector(stage: Stage) -> Iterator[Receiver]:
    """Receives what the service sends, nearly at once."""
    with receiving() as receiver:
        stage.environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": "20",
        }
        yield receiver


def assert_bounded(collector: Receiver) -> None:
    """Only declared names, whatever happened."""
    assert {span.name for span in collector.spans} <= SPANS.keys()
    used = {name for span in collector.spans for name in span.attributes}
    assert used <= {f"csm.{name}" for name in ATTRIBUTES}


@pytest.mark.promise("traced")
async def test_one_trace_leads_from_the_discovery_of_a_mail_to_its_event(
    stage: Stage, collector: Receiver
) -> None:
    mails = [stage.deliver(letter(f"mail-{n}")) for n in range(3)]
    stage.live()
    await stage.quiet()
    assert await stage.stop() == 0
    ends = collector.named(WAY[-1])
    assert [collector.path(end) for end in ends] == [WAY] * 3
    assert len({end.trace for end in ends}) == 3
    for mail in mails:
        (noticed,) = [
            one
            for one in collector.named("message noticed")
            if one.attributes["csm.gmail_message_id"] == mail["id"]
        ]
        stored = stage.rows("SELECT traceparent FROM work WHERE id LIKE ?", f"%:{mail['id']}")
        assert stored[0][0].split("-")[1:3] == [noticed.trace, noticed.id]
    assert_bounded(collector)


@pytest.mark.promise("traced")
async def test_a_trace_outlives_the_process(stage: Stage, collector: Receiver) -> None:
    stage.deliver(letter("mail"))
    stage.faults(hang={"next": 1, "method": "POST"})
    stage.live()
    await stage.until(lambda: stage.desk.get("counters")["faults"].get("hang") == 1)
    await stage.until(lambda: bool(collector.named("message.received publish")))
    stage.kill()
    await stage.quiet()
    assert await stage.stop() == 0
    assert stage.deaths() == [-9, 0]
    assert len({span.trace for span in collector.spans}) == 1
    (end,) = collector.named(WAY[-1])
    assert collector.path(end) == WAY
    assert len(collector.named("message noticed")) == 1
    assert_bounded(collector)


@pytest.mark.promise("traced")
async def test_a_publish_by_the_due_loop_stays_in_the_trace(
    stage: Stage, collector: Receiver
) -> None:
    stage.faults(down=True, scope="all")
    stage.deliver(letter("mail"))
    stage.live()
    await stage.until(lambda: "freescout" in stage.down())
    stage.faults()
    await stage.quiet()
    assert await stage.stop() == 0
    publishes = collector.named("message.received publish")
    assert {publish.attributes["csm.again"] for publish in publishes} >= {0, 1}
    assert [collector.path(publish) for publish in publishes] == [WAY[:2]] * len(publishes)
    (end,) = collector.named(WAY[-1])
    assert collector.path(end) == WAY
    assert len({span.trace for span in collector.spans}) == 1
    assert_bounded(collector)


@pytest.mark.promise("traced")
async def test_mails_that_wait_for_one_another_keep_their_own_traces(
    stage: Stage, collector: Receiver
) -> None:
    """One delivery writes all open mails of a thread: each write belongs to its mail's trace."""
    first = stage.deliver(letter("first"))
    for n in range(3):
        stage.deliver(letter(f"next-{n}"), thread_id=first["thread_id"])
    stage.live()
    await stage.quiet()
    assert await stage.stop() == 0
    noticed = {s.trace: s.attributes for s in collector.named("message noticed")}
    writes = collector.named("customer thread write")
    ids = [(noticed[s.trace], s.attributes["csm.gmail_message_id"]) for s in writes]
    assert {mine["csm.gmail_message_id"] == written for mine, written in ids} == {True}
    assert len({end.trace for end in collector.named(WAY[-1])}) == 4


@pytest.mark.promise("private")
async def test_telemetry_holds_no_word_of_a_mail_and_no_secret(
    stage: Stage, collector: Receiver
) -> None:
    key, refresh, header = (CANARIES[what] for what in list(CANARIES)[-3:])
    stage.desk.post("settings", api_key=key)
    stage.change(api_key=key)
    token = stage.installation.folder / "token.json"
    token.write_text(
        token.read_text().replace('"refresh_token": "demo"', f'"refresh_token": "{refresh}"')
    )
    stage.environment["OTEL_EXPORTER_OTLP_HEADERS"] = f"authorization={header}"
    sender = '"Zoe Quirrelworth" <zoe.heliotrope@customers.example>'
    file = ("platypus.pdf", b"%PDF-1.4 " + bytes(999))
    stage.deliver(letter("marmalade", "A xylophone", sender=sender, files=[file]))
    stage.deliver(b"From: " + sender.encode() + b"\r\nSubject: xylophone\r\n\r\n\xff marmalade")
    stage.faults(lost={"every": 3}, attachments_lost={"next": 1}, before={"next": 2})
    stage.live("request_sent")
    await stage.quiet()
    stage.faults(down=True, scope="all")
    stage.deliver(letter("marmalade-2", "Another xylophone", sender=sender))
    await stage.until(lambda: "freescout" in stage.down())
    shown = said_over_http(stage)
    stage.faults()
    await stage.quiet()
    assert await stage.stop() == 0
    spans = b"".join(collector.bodies).decode(errors="replace")
    everything = f"{shown}{spans}{stage.log_path.read_text()}".lower()
    assert len(collector.spans) > 10
    assert [what for what, word in CANARIES.items() if word in everything] == []


def said_over_http(stage: Stage) -> str:
    """Every answer of the service's own endpoints."""
    url = stage.health_url()
    paths = ("/livez", "/readyz", "/health", "/status", "/metrics")
    return "".join(httpx.get(url + path, trust_env=False).text for path in paths)

"""What leaves the service beside FreeScout: one trace per mail, and no word of any mail."""

from collections import defaultdict
from collections.abc import AsyncIterator

import nats as client
import pytest
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from csm.contracts import ConversationUpdated, MessageReceived
from csm.streams import STREAMS
from letters import letter, message_id
from stage import Stage

EVERY_THIRD_LOST = {"lost": {"every": 3}}
# Words that stand in the mails below and nowhere else: name, address, subject, text, file.
SECRETS = ("quirrelworth", "heliotrope", "xylophone", "marmalade", "platypus")
SENDER = '"Zoe Quirrelworth" <zoe@heliotrope.example>'


async def on_the_bus(stage: Stage) -> AsyncIterator[RawStreamMsg]:
    """Everything that the streams hold."""
    connection = await client.connect(stage.nats.url)
    js = connection.jetstream()
    try:
        for stream in STREAMS:
            state = (await js.stream_info(stream.name)).state
            for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
                try:
                    yield await js.get_msg(stream.name, sequence)
                except NotFoundError:  # replaced by a newer hint on its subject
                    continue
    finally:
        await connection.close()


def said(message: RawStreamMsg) -> str:
    """Subject, headers and payload as one text."""
    return f"{message.subject} {message.headers} {(message.data or b'').decode()}"


def trace_of(traceparent: str) -> str:
    """The trace id of a W3C traceparent."""
    return traceparent.split("-")[1]


@pytest.mark.promise("private")
async def test_bus_and_logs_hold_no_word_of_a_mail(stage: Stage) -> None:
    subject = "A xylophone for zoe@heliotrope.example"
    file = ("platypus.pdf", b"%PDF-1.4 " + bytes(999))
    first = stage.deliver(letter("marmalade", subject, sender=SENDER, files=[file]))
    answers = [message_id("marmalade")]
    stage.deliver(
        letter("marmalade-2", f"Re: {subject}", sender=SENDER, answers=answers),
        thread_id=first["thread_id"],
    )
    stage.deliver(b"From: " + SENDER.encode() + b"\r\nSubject: xylophone\r\n\r\n\xff marmalade")
    stage.faults(**EVERY_THIRD_LOST)
    stage.live("request_sent")
    await stage.quiet()
    bus = [said(message).lower() async for message in on_the_bus(stage)]
    assert len(bus) >= 3 + 2
    log = stage.log_path.read_text().lower()
    spoken = [text for text in (*bus, log) if any(secret in text for secret in SECRETS)]
    assert spoken == []
    assert stage.installation.api_key not in log


@pytest.mark.promise("traced")
async def test_every_event_about_a_mail_carries_its_trace(stage: Stage) -> None:
    mails = [stage.deliver(letter(f"mail-{n}")) for n in range(6)]
    stage.faults(**EVERY_THIRD_LOST)
    stage.live("after_intent")
    await stage.quiet()
    assert stage.deaths() == [-9]
    traces = defaultdict(set)
    threads = dict(stage.rows("SELECT thread_id, work_id FROM effect"))
    async for message in on_the_bus(stage):
        trace = trace_of((message.headers or {})["traceparent"])
        if (message.subject or "").startswith(MessageReceived.name):
            traces[MessageReceived.model_validate_json(message.data or b"").key].add(trace)
        else:
            event = ConversationUpdated.model_validate_json(message.data or b"")
            traces[threads[event.customer_thread_id]].add(trace)
    assert len(traces) == len(mails)
    each = [trace for found in traces.values() for trace in found]
    assert len(each) == len(set(each)) == len(mails)

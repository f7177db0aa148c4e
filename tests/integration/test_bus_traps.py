"""One test per known trap of FastStream, nats-py and JetStream: our code does not fall into it.

Against a real server: FastStream's own test broker has no redelivery, no ids and no metadata.
"""

import ast
import asyncio
import os
import signal
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from opentelemetry import trace
from structlog.testing import capture_logs

from csm import contracts
from csm.bus import (
    Broker,
    BusUnavailableError,
    jetstream,
    publish_event,
    publish_raw,
)
from csm.contracts import ConversationUpdated, MessageReceived
from csm.outcome import Done, Later, Outcome, Rejected, Unavailable
from csm.streams import DLQ, FREESCOUT_WRITER, check, provision
from csm_cli.embedded_nats import EmbeddedNats
from mail_writer import (
    TIMING,
    TRACEPARENT,
    Writer,
    connected,
    done,
    left,
    mail,
    only_message,
    settled,
    start,
    stored,
)
from waiting import is_frozen, until


async def test_trap_01_a_transient_error_is_redelivered_and_not_lost(broker: Broker) -> None:
    async def work(_event: MessageReceived) -> Outcome:
        match len(writer.handled):
            case 1:
                raise RuntimeError("a bug, once")
            case 2:
                return Unavailable("freescout: 503", waiting_for="freescout")
            case _:
                return Done()

    writer = Writer(work)
    await start(broker, writer)
    with capture_logs() as logs:
        await publish_event(broker, mail())
        await until(lambda: settled(jetstream(broker)))
    assert writer.handled == ["m1", "m1", "m1"]
    assert writer.recorded == [
        Unavailable("RuntimeError: unexpected", is_unexpected=True),
        Unavailable("freescout: 503", waiting_for="freescout"),
        Done(),
    ]
    (failure,) = [line for line in logs if line["event"] == "handler failed"]
    assert failure["at"].startswith("test_bus_traps.py:")
    assert "a bug, once" not in str(logs), "an error's text may quote a mail"


async def test_trap_01_an_outcome_that_is_not_recorded_is_not_acked(broker: Broker) -> None:
    class DatabaseDown(Writer):
        async def record(self, event: MessageReceived, outcome: Outcome) -> None:
            if len(self.handled) < 3:
                raise OSError("database is down")
            await super().record(event, outcome)

    writer = DatabaseDown(done)
    await start(broker, writer)
    await publish_event(broker, mail())
    await until(lambda: settled(jetstream(broker)))
    assert len(writer.handled) == 3
    assert writer.recorded == [Done()]


async def test_trap_02_a_publish_that_no_stream_stores_raises(nats: EmbeddedNats) -> None:
    async with connected(nats) as broker:
        with pytest.raises(BusUnavailableError, match="NoStreamResponseError"):
            await publish_event(broker, mail())
        await provision(jetstream(broker), TIMING)
        with pytest.raises(BusUnavailableError, match="expected stream does not match"):
            await publish_raw(broker, mail().subject, "CONV", b"{}", msg_id="wrong stream")


async def test_trap_03_a_service_never_redeclares_a_stream(broker: Broker) -> None:
    js = jetstream(broker)
    config = (await js.stream_info("MAIL")).config
    await js.update_stream(config.evolve(max_age=30 * 86400, description="longer"))
    before = (await js.stream_info("MAIL")).config
    writer = Writer(done)
    await start(broker, writer)
    await publish_event(broker, mail())
    await until(lambda: settled(js))
    assert (await js.stream_info("MAIL")).config == before


async def test_trap_06_naks_are_paced_and_end_in_waiting(broker: Broker) -> None:
    async def work(_event: MessageReceived) -> Outcome:
        return Unavailable("freescout: 503", waiting_for="freescout")

    writer = Writer(work)
    await start(broker, writer)
    await publish_event(broker, mail())
    await until(lambda: settled(jetstream(broker)))
    pauses = [b - a for a, b in zip(writer.times, writer.times[1:], strict=False)]
    assert len(pauses) == len(TIMING.nak_delays)
    assert all(p >= d * 0.95 for p, d in zip(pauses, TIMING.nak_delays, strict=True))
    assert writer.recorded[-1] == Later(TIMING.nak_delays[-1], "freescout: 503", "freescout")


async def test_trap_07_a_failed_publish_inside_a_handler_does_not_end_its_event(
    broker: Broker,
) -> None:
    js = jetstream(broker)
    await js.delete_stream("CONV")

    async def work(_event: MessageReceived) -> Outcome:
        await publish_event(broker, ConversationUpdated(conversation_id=7, cause="gmail"))
        return Done()

    writer = Writer(work)
    await start(broker, writer)
    await publish_event(broker, mail())
    await until(lambda: bool(writer.recorded))
    assert writer.recorded == [Unavailable("BusUnavailableError: unexpected", is_unexpected=True)]
    await provision(js, TIMING)
    await until(lambda: settled(js))
    assert writer.recorded[-1] == Done()
    assert (await js.stream_info("CONV")).state.messages == 1


async def test_trap_08_a_publish_repeated_after_a_lost_answer_is_stored_once(
    broker: Broker, nats: EmbeddedNats
) -> None:
    pid = nats.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: is_frozen(pid))
        with pytest.raises(BusUnavailableError, match="TimeoutError"):
            await publish_event(broker, mail())
    finally:
        os.kill(pid, signal.SIGCONT)
    await publish_event(broker, mail())
    assert (await jetstream(broker).stream_info("MAIL")).state.messages == 1


async def test_trap_08_publishes_in_a_burst_all_get_their_answer(broker: Broker) -> None:
    await asyncio.gather(*(publish_event(broker, mail(number)) for number in range(1000)))
    assert (await jetstream(broker).stream_info("MAIL")).state.messages == 1000


async def test_trap_09_a_dead_letter_carries_no_headers_of_the_first_publish(
    broker: Broker,
) -> None:
    js = jetstream(broker)
    writer = Writer(done)
    await start(broker, writer)
    secret = b'{"mailbox": "anna@customer.example"}'
    await publish_raw(
        broker, "message.received.support", "MAIL", secret, msg_id="bad",
        headers={"traceparent": TRACEPARENT, "Nats-Expected-Last-Sequence": "0"},
    )  # fmt: skip
    await until(lambda: settled(js))
    copy = await only_message(js, DLQ.name)
    assert copy.headers is not None
    assert (copy.subject, copy.data) == ("dlq.MAIL.freescout-writer", secret)
    assert copy.headers["Nats-Msg-Id"] == "dlq:MAIL:freescout-writer:1"
    assert copy.headers["Nats-Expected-Stream"] == "DLQ"
    assert "Nats-Expected-Last-Sequence" not in copy.headers
    assert copy.headers["traceparent"] == TRACEPARENT
    assert copy.headers["Csm-Reason"] == (
        "not a message.received: mailbox: string_pattern_mismatch, "
        "gmail_message_id: missing, gmail_thread_id: missing"
    )
    assert (writer.handled, writer.recorded) == ([], [])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"x" * 200_000])
async def test_trap_09_no_body_stops_the_line(broker: Broker, body: bytes) -> None:
    js = jetstream(broker)
    writer = Writer(done)
    await start(broker, writer, workers=1)
    await publish_raw(broker, "message.received.support", "MAIL", body, msg_id="bad")
    await publish_event(broker, mail())
    await until(lambda: settled(js))
    assert writer.handled == ["m1"]
    assert (await js.stream_info("DLQ")).state.messages == 1


async def test_trap_09_a_rejected_event_is_recorded_copied_and_never_delivered_again(
    broker: Broker,
) -> None:
    async def work(_event: MessageReceived) -> Outcome:
        return Rejected("refused\nfor good")

    js = jetstream(broker)
    writer = Writer(work)
    await start(broker, writer)
    await publish_event(broker, mail())
    await until(lambda: settled(js))
    copy = await only_message(js, DLQ.name)
    assert copy.headers is not None
    assert copy.headers["Csm-Reason"] == "refused for good"
    assert MessageReceived.model_validate_json(copy.data or b"") == mail()
    assert writer.recorded == [Rejected("refused\nfor good")]
    await until(lambda: _holds_one(js, "ADV"))


async def test_trap_09_an_event_stays_alive_until_its_dead_letter_is_stored(
    broker: Broker,
) -> None:
    js = jetstream(broker)
    await js.delete_stream("DLQ")
    await start(broker, Writer(done))
    with capture_logs() as logs:
        await publish_raw(broker, "message.received.support", "MAIL", b"{", msg_id="bad")
        await until(lambda: any(line.get("alert") == "dead-letter-failed" for line in logs))
    await provision(js, TIMING)
    await until(lambda: settled(js))
    assert (await js.stream_info("DLQ")).state.messages == 1


def test_trap_10_ids_of_different_events_never_meet() -> None:
    """An id counts for the whole stream, whatever the subject: it begins with the event's name."""
    updated = ConversationUpdated(conversation_id=7, customer_thread_id=9, cause="gmail")
    for event in (mail(), updated):
        assert event.dedup_id().startswith(f"{event.name}:")
        assert event.dedup_id("r1") != event.dedup_id("r2") != event.dedup_id()
    names = [event.name for event in contracts.EVENTS]
    assert len(set(names)) == len(names)


async def test_trap_11_no_delivery_waits_without_a_heartbeat(broker: Broker) -> None:
    """Nothing is fetched ahead: what waits in the process is delivered to somebody else, too."""

    async def longer_than_ack_wait(_event: MessageReceived) -> Outcome:
        await asyncio.sleep(1.5 * TIMING.ack_wait)
        return Done()

    js = jetstream(broker)
    writer = Writer(longer_than_ack_wait)
    await start(broker, writer, workers=3)
    for number in range(6):
        await publish_event(broker, mail(number))
    await until(lambda: len(writer.handled) == 3)
    assert await left(js) == (3, 3)
    await until(lambda: settled(js))
    assert sorted(writer.handled) == [f"m{number}" for number in range(6)]
    assert writer.recorded == [Done()] * 6


async def test_trap_12_never_more_than_the_workers_run_at_once(broker: Broker) -> None:
    async def work(_event: MessageReceived) -> Outcome:
        await asyncio.sleep(0.01)
        return Done()

    writer = Writer(work)
    await asyncio.gather(*(publish_event(broker, mail(number)) for number in range(40)))
    await start(broker, writer, workers=4)
    await until(lambda: settled(jetstream(broker)))
    assert writer.most_running == 4
    assert len(writer.handled) == len(set(writer.handled)) == 40


async def test_trap_13_a_durable_with_other_settings_is_reported(broker: Broker) -> None:
    js = jetstream(broker)
    other = FREESCOUT_WRITER.config(TIMING).evolve(ack_wait=30, max_ack_pending=1000)
    await js.add_consumer("MAIL", other)
    expected = [
        "durable freescout-writer on MAIL: ack_wait is 30.0, wanted 0.8",
        "durable freescout-writer on MAIL: max_ack_pending is 1000, wanted 16",
    ]
    assert await check(js, TIMING) == [f"{line}: run `csm provision`" for line in expected]
    watch = await start(broker, Writer(done))
    assert watch.drift == expected
    await provision(js, TIMING)
    await watch.check()
    assert watch.drift == []


async def test_trap_15_what_reached_max_deliver_is_visible(broker: Broker) -> None:
    class DatabaseDown(Writer):
        async def record(self, _event: MessageReceived, _outcome: Outcome) -> None:
            raise OSError("database is down")

    js = jetstream(broker)
    limited: ConsumerConfig = FREESCOUT_WRITER.config(TIMING).evolve(max_deliver=2)
    await js.add_consumer("MAIL", limited)
    writer = DatabaseDown(done)
    await start(broker, writer)
    await publish_event(broker, mail())

    await until(lambda: _holds_one(js, "ADV"))
    assert len(writer.handled) == 2
    assert await left(js) == (0, 0), "the lag shows nothing"
    assert b'"stream_seq":1' in ((await only_message(js, "ADV")).data or b"")


def test_trap_16_no_code_of_ours_keeps_leases_in_a_key_value_bucket() -> None:
    """Renewing a NATS key drops its TTL: the lease of a dead holder would stay for ever."""
    root = Path(__file__).parents[2]
    sources = [*root.glob("libs/*/src/**/*.py"), *root.glob("services/*/src/**/*.py")]
    assert sources
    words = {"key_value", "create_key_value", "kv_watch", "KeyValue", "KvWatch"}
    for source in sources:
        names = _names(ast.parse(source.read_text()))
        assert not names & words, source
        assert not any(name.startswith("nats.js.kv") for name in names), source


async def _holds_one(js: JetStreamContext, stream: str) -> bool:
    return await stored(js, stream) == 1


def _names(tree: ast.AST) -> set[str]:
    """Every attribute, name, keyword and imported module in a source."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                found.add(name)
            case ast.keyword(arg=str(name)) | ast.ImportFrom(module=str(name)):
                found.add(name)
            case _:
                pass
    return found


async def test_trap_18_the_stored_trace_reaches_the_handler(broker: Broker) -> None:
    seen: list[trace.SpanContext] = []

    async def work(_event: MessageReceived) -> Outcome:
        seen.append(trace.get_current_span().get_span_context())
        return Done() if len(seen) > 1 else Unavailable("once more")

    writer = Writer(work)
    await start(broker, writer)
    await publish_event(broker, mail(), headers={"traceparent": TRACEPARENT})
    await until(lambda: settled(jetstream(broker)))
    stored = await only_message(jetstream(broker), "MAIL")
    assert stored.headers is not None
    assert stored.headers["traceparent"] == TRACEPARENT
    ids = {(trace.format_trace_id(c.trace_id), trace.format_span_id(c.span_id)) for c in seen}
    assert ids == {("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")}
    assert len(seen) == 2, "the redelivery keeps the trace"

"""Provisioning: repeatable, additive, and it refuses whatever could lose events."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import nats as nats_client
import pytest
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType

from csm.streams import (
    ADV,
    CONV,
    DUPLICATE_WINDOW,
    DURABLES,
    FREESCOUT_WRITER,
    MAIL,
    STREAMS,
    ProvisioningError,
    check,
    provision,
)
from csm.timing import Timing
from csm_cli.embedded_nats import EmbeddedNats

TIMING = Timing(deadline=0.2, send_by=0.05, server_life=0.3, margin=0.1)
DAY = 24 * 3600


@pytest.fixture
async def js(nats: EmbeddedNats) -> AsyncIterator[JetStreamContext]:
    """A plain client: provisioning needs no service."""
    client = await nats_client.connect(nats.url)
    yield client.jetstream()
    await client.close()


async def test_the_first_run_creates_everything_and_the_second_nothing(
    js: JetStreamContext,
) -> None:
    made = await provision(js, TIMING)
    streams = [f"stream {s.name}: created" for s in STREAMS]
    assert made == streams + [f"durable {d.name} on {d.stream}: created" for d in DURABLES]
    assert await provision(js, TIMING) == []
    assert await check(js, TIMING) == []


async def test_streams_keep_limits_push_back_and_remember_ids(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    for stream in STREAMS:
        config = (await js.stream_info(stream.name)).config
        assert config.retention == RetentionPolicy.LIMITS
        assert config.storage == StorageType.FILE
        assert config.discard == "new"
        assert config.duplicate_window == DUPLICATE_WINDOW == 2 * 3600
        assert config.allow_direct
        assert config.max_bytes == stream.max_bytes > 0
    ages = [(await js.stream_info(s.name)).config.max_age for s in STREAMS]
    assert ages == [14 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 30 * DAY]
    assert (await js.stream_info("CONV")).config.max_msgs_per_subject == 1


async def test_the_durable_waits_as_long_as_the_timing_says(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    config = (await js.consumer_info("MAIL", "freescout-writer")).config
    assert config.ack_wait == pytest.approx(TIMING.ack_wait)
    assert (config.ack_policy, config.filter_subject) == ("explicit", "message.received.*")
    assert (config.max_ack_pending, config.max_deliver) == (16, 200)


async def test_the_classifier_hears_every_cause_but_what_agents_do(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    config = (await js.consumer_info("CONV", "classifier")).config
    causes = {subject.split(".")[2] for subject in config.filter_subjects or ()}
    assert causes == {"gmail", "webhook", "poll", "sweep"}
    await js.publish("conversation.updated.agent.1", b"{}")
    await js.publish("conversation.updated.sweep.1", b"{}")
    pending = (await js.consumer_info("CONV", "classifier")).num_pending
    assert pending == 1


async def test_what_loses_nothing_is_updated_and_named(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    slower = replace(TIMING, deadline=0.4)
    longer = replace(MAIL, max_age=20 * DAY, subjects=(*MAIL.subjects, "message.seen.*"))
    busier = replace(FREESCOUT_WRITER, max_ack_pending=32)
    said = await provision(js, slower, streams=(longer,), durables=(busier,))
    assert len(said) == 4
    assert all("updated" in line for line in said)
    assert "max_ack_pending is 16, wanted 32" in "\n".join(said)
    assert await check(js, slower, streams=(longer,), durables=(busier,)) == []


async def test_settings_outside_the_table_survive_an_update(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    config = (await js.stream_info("MAIL")).config
    await js.update_stream(config.evolve(description="ours", duplicate_window=60))
    await provision(js, TIMING)
    config = (await js.stream_info("MAIL")).config
    assert (config.description, config.duplicate_window) == ("ours", DUPLICATE_WINDOW)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("max_age", 60 * DAY, "max_age is 5184000.0, wanted 1209600.0"),
        ("max_bytes", -1, "max_bytes is -1, wanted"),
        ("max_msgs_per_subject", 5, "max_msgs_per_subject is 5, wanted 1"),
        ("subjects", ["conversation.updated.*.*", "other.>"], "subjects is"),
        ("retention", RetentionPolicy.INTEREST, "retention is interest, wanted limits"),
        ("storage", StorageType.MEMORY, "storage is memory, wanted file"),
    ],
)
async def test_what_could_lose_events_is_refused_before_anything_is_changed(
    js: JetStreamContext, setting: str, value: Any, words: str
) -> None:
    stream = CONV if setting in {"max_msgs_per_subject", "subjects"} else MAIL
    await js.add_stream(stream.config(1).evolve(**{setting: value}))
    with pytest.raises(ProvisioningError) as refused:
        await provision(js, TIMING)
    assert f"stream {stream.name}: {words}" in str(refused.value)
    assert "nothing was changed" in str(refused.value)
    assert len(await js.streams_info()) == 1
    kept = getattr((await js.stream_info(stream.name)).config, setting)
    assert kept == value


async def test_a_durable_that_would_lose_its_position_is_refused(js: JetStreamContext) -> None:
    await js.add_stream(MAIL.config(1))
    other = ConsumerConfig(durable_name="freescout-writer", ack_policy=AckPolicy.ALL)
    await js.add_consumer("MAIL", other)
    with pytest.raises(ProvisioningError, match="ack_policy is all, wanted explicit"):
        await provision(js, TIMING)


async def test_check_names_what_is_missing_and_what_to_do(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    await js.delete_stream("MAIL")
    await js.delete_stream("ADV")
    assert await check(js, TIMING) == [
        "stream MAIL is missing: run `csm provision`",
        "stream ADV is missing: run `csm provision`",
        "durable freescout-writer on MAIL is missing: run `csm provision`",
    ]
    await provision(js, TIMING)
    assert await check(js, TIMING) == []


async def test_check_sees_that_the_server_writes_before_it_acknowledges(
    js: JetStreamContext, nats: EmbeddedNats
) -> None:
    await provision(js, TIMING)
    assert await check(js, TIMING, nats.monitor_url) == []


async def test_check_sees_a_server_that_acknowledges_before_it_writes(
    js: JetStreamContext,
) -> None:
    """The answer of a server with the default sync_interval: there is no `sync_always`."""
    await provision(js, TIMING)
    body = b'{"jetstream": {"config": {"sync_interval": 120000000000}}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    async def varz(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(varz, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        (problem,) = await check(js, TIMING, f"http://127.0.0.1:{port}")
    assert "set `sync_interval: always`" in problem


async def test_check_says_when_the_monitoring_does_not_answer(js: JetStreamContext) -> None:
    await provision(js, TIMING)
    (problem,) = await check(js, TIMING, "http://127.0.0.1:1")
    assert problem == "NATS monitoring http://127.0.0.1:1 does not answer: ConnectError"


async def test_every_durable_reads_a_stream_of_the_table() -> None:
    assert {durable.stream for durable in DURABLES} <= {stream.name for stream in STREAMS}
    assert all(subject.startswith("$JS.EVENT.ADVISORY.") for subject in ADV.subjects)

"""The traps of connections: outages, restarts, shutdown, a durable that is gone."""

import asyncio
import sys
import textwrap
import time
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from csm.bus import (
    Broker,
    BusUnavailableError,
    DurableWatch,
    jetstream,
    publish_event,
    publish_raw,
    subscribe,
)
from csm.contracts import MessageReceived
from csm.outcome import Done, Outcome
from csm.streams import FREESCOUT_WRITER, provision
from csm.subscription import pull_timeout
from csm_cli.embedded_nats import EmbeddedNats
from mail_writer import (
    PATIENT,
    SLOW_ACKS,
    TIMING,
    Writer,
    connected,
    done,
    left,
    mail,
    settled,
    start,
)
from waiting import until


async def test_trap_04_a_closed_connection_ends_the_process_with_70(nats: EmbeddedNats) -> None:
    async with connected(nats) as broker:
        await provision(jetstream(broker), TIMING)
    code = textwrap.dedent(
        """
        import asyncio, sys
        sys.path[:0] = sys.argv[2:]
        from mail_writer import Writer, done, start
        from csm.bus import build_broker

        async def main():
            broker = build_broker(sys.argv[1])
            await broker.start()
            await start(broker, Writer(done))
            # The server answers bytes that are no command with -ERR, and the client closes.
            broker.connection._transport.write(b"NO COMMAND\\r\\n")
            await asyncio.Event().wait()

        asyncio.run(main())
        """
    )
    returncode, output = await run_python(code, nats.url, str(Path(__file__).parents[1]))
    assert returncode == 70
    assert "bus-closed" in output


async def test_trap_04_a_refused_reconnect_ends_the_process_with_70() -> None:
    """FastStream ends the client's reconnecting without closing it: nothing would ever happen."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.write(b'INFO {"server_id":"S","max_payload":1048576,"headers":true}\r\n')
        await reader.readuntil(b"PING\r\n")
        refusal = b"-ERR 'Authorization Violation'\r\n"
        writer.write(b"PONG\r\n" if connections == 1 else refusal)
        await writer.drain()
        writer.close()

    code = textwrap.dedent(
        """
        import asyncio, sys
        from csm.bus import build_broker

        async def main():
            await build_broker(sys.argv[1]).start()
            await asyncio.Event().wait()

        asyncio.run(main())
        """
    )
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        returncode, output = await run_python(code, url)
    assert returncode == 70
    assert "authorization violation" in output
    assert connections == 2


async def run_python(code: str, *args: str) -> tuple[int | None, str]:
    """Exit code and output of a child that ends by itself within 30 s."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *args, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), 30)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode, output.decode()


async def test_trap_05_a_deleted_durable_is_no_hot_loop_and_is_bound_again(
    broker: Broker, nats: EmbeddedNats
) -> None:
    js = jetstream(broker)
    writer = Writer(done)
    watch = await start(broker, writer)
    running = asyncio.create_task(watch.run())
    with capture_logs() as logs:
        await js.delete_consumer("MAIL", "freescout-writer")
        await until(lambda: not watch.healthy)
        asked = await _received(nats)
        end = time.monotonic() + 0.5
        await until(lambda: time.monotonic() > end)  # a rate needs a span of time
        assert await _received(nats) - asked < 100, "FastStream alone asks some 2000 times"
        assert watch.reason is not None
        assert "freescout-writer on MAIL is missing" in watch.reason
        await publish_event(broker, mail())
        await provision(js, TIMING)
        await until(lambda: watch.healthy)
        await until(lambda: settled(js))
    running.cancel()
    assert writer.handled == ["m1"]
    said = [line.get("alert", line["event"]) for line in logs if "durable" in str(line)]
    assert said == ["durable-missing", "durable freescout-writer on MAIL is back"]


async def test_trap_05_a_missing_durable_is_never_created_by_a_service(
    nats: EmbeddedNats,
) -> None:
    async with connected(nats) as broker:
        js = jetstream(broker)
        await provision(js, TIMING, durables=())
        writer = Writer(done)
        subscribe(broker, FREESCOUT_WRITER, MessageReceived, writer.handle, writer.record, TIMING)
        watch = DurableWatch(broker, TIMING)
        await watch.check()
        assert not watch.healthy
        assert (await js.stream_info("MAIL")).state.consumer_count == 0


async def test_trap_05_a_stream_that_was_made_anew_is_noticed(broker: Broker) -> None:
    js = jetstream(broker)
    watch = await start(broker, Writer(done))
    before = watch.stream_created["MAIL"]
    await js.delete_stream("MAIL")
    await provision(js, TIMING)
    with capture_logs() as logs:
        await watch.check()
    assert watch.stream_created["MAIL"] > before
    assert watch.lost.is_set(), "what was on the old one is published again"
    assert [line["alert"] for line in logs] == ["stream-new"]


async def _received(nats: EmbeddedNats) -> int:
    """Messages the server has taken from all clients."""
    async with httpx.AsyncClient() as client:
        messages: int = (await client.get(f"{nats.monitor_url}/varz")).json()["in_msgs"]
    return messages


async def test_trap_08_without_a_connection_a_publish_fails_and_leaves_nothing_behind(
    broker: Broker, nats: EmbeddedNats
) -> None:
    nats.kill()
    await until(lambda: not broker.connection.is_connected)
    with pytest.raises(BusUnavailableError, match="not connected"):
        await publish_event(broker, mail())
    nats.start()
    await until(lambda: broker.connection.is_connected)
    assert (await jetstream(broker).stream_info("MAIL")).state.messages == 0


async def test_trap_10_ids_are_remembered_over_a_crash_of_the_server(
    broker: Broker, nats: EmbeddedNats
) -> None:
    js = jetstream(broker)
    writer = Writer(done)
    await start(broker, writer)
    await publish_event(broker, mail())
    await until(lambda: settled(js))
    nats.kill()
    await until(lambda: not broker.connection.is_connected)
    nats.start()
    await until(lambda: broker.connection.is_connected)
    event = mail()
    body = event.model_dump_json().encode()
    fresh = await publish_raw(broker, event.subject, "MAIL", body, msg_id=event.dedup_id())
    assert not fresh, "acked before the crash, and still known"
    await publish_event(broker, event, bucket=TIMING.bucket(time.time()))
    assert (await js.stream_info("MAIL")).state.messages == 2, "a bucket is a new id"


async def test_trap_11_an_outage_piles_up_no_requests_for_deliveries(
    nats: EmbeddedNats,
) -> None:
    """The client keeps requests made offline: each would fetch one more delivery into a queue."""

    async def never(_event: MessageReceived) -> Outcome:
        await asyncio.Event().wait()
        return Done()

    writer = Writer(never)
    async with connected(nats, graceful_timeout=0.1) as broker:
        js = jetstream(broker)
        await provision(js, SLOW_ACKS)
        await start(broker, writer, SLOW_ACKS, workers=1)
        nats.kill()
        await until(lambda: not broker.online.is_set())
        end = time.monotonic() + 10 * pull_timeout(SLOW_ACKS)
        await until(lambda: time.monotonic() > end)  # the outage has to last some requests
        nats.start()
        await until(broker.online.is_set)
        for number in range(5):
            await publish_event(broker, mail(number))
        await until(lambda: writer.running == 1)
        assert await left(js) == (4, 1)


async def test_trap_14_after_a_restart_the_next_event_arrives_within_seconds(
    broker: Broker, nats: EmbeddedNats
) -> None:
    writer = Writer(done)
    await start(broker, writer)
    await publish_event(broker, mail(1))
    await until(lambda: writer.handled == ["m1"])
    nats.kill()
    await until(lambda: not broker.connection.is_connected)
    nats.start()
    await until(lambda: broker.connection.is_connected)
    await publish_event(broker, mail(2))
    # m1 may come again before: even confirmed acks are not on disk when the server is killed.
    await until(lambda: "m2" in writer.handled, within=5)


async def test_trap_17_work_cancelled_at_shutdown_goes_to_another_replica_at_once(
    nats: EmbeddedNats,
) -> None:
    async def never(_event: MessageReceived) -> Outcome:
        await asyncio.Event().wait()
        return Done()

    leaving, staying = Writer(never), Writer(done)
    async with connected(nats) as second:
        js = jetstream(second)
        await provision(js, PATIENT)
        async with connected(nats, graceful_timeout=0.1) as first:
            await start(first, leaving, PATIENT)
            for number in range(3):
                await publish_event(second, mail(number))
            await until(lambda: len(leaving.handled) == 3)
            await start(second, staying, PATIENT)
        await until(lambda: len(staying.handled) == 3, within=5)
        await until(lambda: settled(js))
    assert leaving.recorded == []
    assert leaving.running == 0
    assert staying.recorded == [Done()] * 3


async def test_trap_17_a_running_handler_finishes_within_the_graceful_timeout(
    nats: EmbeddedNats,
) -> None:
    release = asyncio.Event()

    async def work(_event: MessageReceived) -> Outcome:
        await release.wait()
        return Done()

    writer = Writer(work)
    async with connected(nats) as watcher:
        js = jetstream(watcher)
        await provision(js, PATIENT)
        async with connected(nats, graceful_timeout=10) as broker:
            await start(broker, writer, PATIENT)
            await publish_event(broker, mail())
            await until(lambda: writer.running == 1)
            asyncio.get_running_loop().call_later(0.2, release.set)
        assert writer.recorded == [Done()]
        assert await settled(js)

"""No content leaves the two mail systems, and one trace follows each mail, over deaths too."""

from collections import defaultdict
from contextlib import suppress

import nats
import pytest
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from csm.streams import CONV, MAIL
from letters import letter, message_id
from stage import Stage

SECRET_WORDS = ("quetzal", "marimba", "xylophone")
FILE = ("marimba.pdf", b"%PDF" + bytes(3000))


async def stored(stage: Stage) -> list[RawStreamMsg]:
    """Every message that the bus holds."""
    client = await nats.connect(stage.nats.url)
    js = client.jetstream()
    found = []
    for name in (MAIL.name, CONV.name):
        state = (await js.stream_info(name)).state
        for number in range(state.first_seq, state.last_seq + 1):
            with suppress(NotFoundError):  # CONV keeps the newest of a subject only
                found.append(await js.get_msg(name, seq=number))
    await client.close()
    return found


async def troubled_run(stage: Stage) -> None:
    """Mails with telling words, lost answers, a refused mail and two deaths."""
    stage.faults(lost={"every": 3}, attachments_lost={"next": 1})
    first = stage.deliver(
        letter("quetzal-1", "About the quetzal", sender="Quetzal <q@xylophone.example>",
               files=[FILE])
    )  # fmt: skip
    stage.deliver(b"From: xylophone\r\n\r\nquetzal\xff", expect="any")
    stage.live(crash_at="after_record")
    await stage.quiet()
    answer = letter("quetzal-2", sender="q@xylophone.example", answers=[message_id("quetzal-1")])
    stage.deliver(answer, thread_id=first["thread_id"])
    await stage.quiet()
    assert len(stage.deaths()) == 1


@pytest.mark.promise("private")
async def test_neither_log_nor_bus_holds_a_word_of_a_mail(stage: Stage) -> None:
    await troubled_run(stage)
    messages = await stored(stage)
    assert messages
    seen = [f"{m.subject} {(m.data or b'').decode()} {m.headers}" for m in messages]
    log = stage.log_path.read_text()
    key = stage.installation.api_key
    for secret in (*SECRET_WORDS, "customers.example", key):
        assert [text for text in seen if secret in text.lower()] == []
        assert secret not in log.lower()


@pytest.mark.promise("traced")
async def test_every_event_about_a_mail_carries_its_one_trace(stage: Stage) -> None:
    await troubled_run(stage)
    notices = dict(stage.rows("SELECT id, traceparent FROM work"))
    traces = {trace.split("-")[1] for trace in notices.values()}
    assert len(traces) == len(notices) == 3
    found: dict[str, set[str]] = defaultdict(set)
    for message in await stored(stage):
        trace = (message.headers or {})["traceparent"].split("-")[1]
        found[(message.subject or "").rpartition(".")[0]].add(trace)
    assert set(found) == {"message.received", "conversation.updated.gmail"}
    assert found["message.received"] == traces
    assert found["conversation.updated.gmail"] <= traces

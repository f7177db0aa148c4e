"""`csm list` and `csm dlq`: pieces of work by state, and events that could not be delivered."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from csm import bus_keys, delivery
from csm.admin import AdminError
from csm.contracts import EVENTS
from csm.settings import CommonSettings, NatsSettings
from csm.streams import DLQ
from csm_cli.asking import each
from csm_cli.operate import Choice
from csm_cli.terminal import Json, moment, say_json, screen, side_screen, table


def work(services: Sequence[CommonSettings], choice: Choice, limit: int, *, as_json: bool) -> None:
    """The newest `limit` pieces of work of the choice, of all these services."""
    rows = asyncio.run(_newest(services, choice.arguments(), limit))
    if as_json:
        say_json(rows)
        return
    columns = ("noticed", "service", "id", "state", "conversation", "tries", "why")
    screen().print(table("", columns, [_row(row) for row in rows]))
    if len(rows) == limit:
        side_screen().print(f"the newest {limit}; more with --limit")


async def _newest(services: Sequence[CommonSettings], arguments: Json, limit: int) -> list[Json]:
    """Page by page of every service, until it has no more or enough was seen."""
    rows: list[Json] = []
    ask: dict[str, Json] = {service.section: arguments for service in services}
    is_first = True
    while ask:
        answers = await each(services, "list", ask)
        said = answers.or_raise() if is_first else answers.said
        if is_first:
            answers.say_silence()
        is_first = False
        ask = {}
        for name, page in said.items():
            rows += [{"service": name, **row} for row in page["rows"]]
            mine = sum(row["service"] == name for row in rows)
            if page["rows"] and mine < limit:
                ask[name] = {**arguments, "before": page["rows"][-1]["seq"]}
    return sorted(rows, key=lambda row: row["created_at"], reverse=True)[:limit]


def conversation_of(row: Json) -> int | None:
    """The conversation of a row: what it wrote to, else what it is about."""
    if row["conversation_id"]:
        return int(row["conversation_id"])
    kind, _, rest = row["resource"].partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind in ("conv", "draft", "judge") and number.isdigit() else None


def _row(row: Json) -> tuple[object, ...]:
    why = row["reason"] or (f"waits for {row['waiting_for']}" if row["waiting_for"] else "")
    return (
        moment(row["created_at"]), row["service"], row["id"], row["state"],
        conversation_of(row), row["attempts"], why,
    )  # fmt: skip


def dead_letters(bus: NatsSettings, limit: int, *, as_json: bool) -> None:
    """The newest `limit` events that were set aside, with why; raises AdminError."""
    letters = asyncio.run(_letters(bus, limit))
    if as_json:
        say_json(letters)
        return
    columns = ("set aside", "from", "event", "tries", "why", "repair")
    rows = [
        (x["at"], x["consumer"], x["key"] or x["subject"], x["deliveries"], x["why"], x["repair"])
        for x in letters
    ]
    screen().print(table("", columns, rows) if rows else "no event was set aside")


async def _letters(bus: NatsSettings, limit: int) -> list[Json]:
    try:
        where = bus_keys.options(bus, bus_keys.OPERATOR)
        client = await nats.connect(**where, max_reconnect_attempts=1, connect_timeout=2)
    except (NatsError, OSError, TimeoutError) as error:
        raise AdminError(f"NATS does not answer at {bus.url}: {type(error).__name__}") from error
    try:
        return [_letter(found) for found in await _stored(client.jetstream(), limit)]
    except NotFoundError:
        raise AdminError(f"the stream {DLQ.name} is missing: run `csm provision`") from None
    finally:
        await client.close()


async def _stored(js: JetStreamContext, limit: int) -> list[RawStreamMsg]:
    """The newest first; what was deleted in between is passed over."""
    state = (await js.stream_info(DLQ.name)).state
    found: list[RawStreamMsg] = []
    for number in range(state.last_seq, state.first_seq - 1, -1):
        if len(found) == limit or number < 1:
            break
        with suppress(NotFoundError):
            found.append(await js.get_msg(DLQ.name, seq=number))
    return found


def _letter(found: RawStreamMsg) -> Json:
    headers = found.headers or {}
    key = next(_keys(str(found.subject), headers.get("Csm-Subject", ""), found.data or b""), None)
    advice = f"csm replay {key}" if key else "none needed: the hourly sweep hints again"
    return {
        "seq": found.seq, "consumer": str(found.subject).removeprefix("dlq."),
        "at": str(found.time or "")[:19], "subject": headers.get("Csm-Subject", ""),
        "why": headers.get("Csm-Reason", ""), "deliveries": headers.get("Csm-Deliveries", ""),
        "key": key, "repair": advice,
    }  # fmt: skip


def _keys(where: str, subject: str, body: bytes) -> Iterator[str]:
    """The key of the event, when it can be read."""
    for model in EVENTS:
        if subject.startswith(model.name) or f".{model.stream}." in where:
            event = delivery.decode(model, body)
            if not isinstance(event, str):
                yield event.key

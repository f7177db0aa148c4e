"""Operating verbs over NATS request/reply: `admin.<service>.<verb>`, JSON in, JSON out."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from csm import bus_keys
from csm.db import DatabaseUnavailableError
from csm.settings import NatsSettings

Json = dict[str, Any]
Verb = Callable[[Json], Awaitable[Json]]
Bus = NatsSettings | str
"""Where the bus is: with our keys, or an address that lets everybody in."""
# Verbs that change nothing: a service answers them over HTTP too, see `csm.health`.
READING = ("status", "list", "show")


class AdminError(RuntimeError):
    """A verb was refused, or nobody answered; the message is for the operator."""


class SilentError(AdminError):
    """Nobody answered over NATS; the service may still answer over HTTP."""


async def serve(client: Client, service: str, verbs: Mapping[str, Verb]) -> None:
    """Answer the verbs of `service`; of several replicas one answers."""

    async def answer(msg: Msg) -> None:
        verb = verbs.get(msg.subject.rsplit(".", 1)[-1])
        if verb is None:
            reply: Json = {"error": f"{service} knows: {', '.join(sorted(verbs))}"}
        else:
            reply = await _answer(verb, json.loads(msg.data or b"{}"))
        await msg.respond(json.dumps(reply).encode())

    await client.subscribe(f"admin.{service}.*", queue=f"admin-{service}", cb=answer)


async def _answer(verb: Verb, arguments: Json) -> Json:
    try:
        return {"result": await verb(arguments)}
    except (AdminError, DatabaseUnavailableError) as error:
        return {"error": str(error)}


async def ask(
    bus: Bus, service: str, verb: str, arguments: Json | None = None, timeout: float = 10.0
) -> Json:
    """Run a verb of a running service; `timeout` in seconds. Raises AdminError in words,
    SilentError when nobody answers.
    """
    where = bus_keys.options(bus, bus_keys.OPERATOR)
    try:
        client = await nats.connect(
            **where, max_reconnect_attempts=1, reconnect_time_wait=0.1, connect_timeout=2
        )
    except (NatsError, OSError, TimeoutError) as error:
        url = where["servers"]
        raise SilentError(f"NATS does not answer at {url}: {type(error).__name__}") from error
    try:
        message = json.dumps(arguments or {}).encode()
        reply = await client.request(f"admin.{service}.{verb}", message, timeout=timeout)
    except NoRespondersError:
        raise SilentError(f"{service} is not running (nobody answers on NATS)") from None
    except NatsError as error:
        raise SilentError(f"{service} did not answer in {timeout:g} s") from error
    finally:
        # A connection that broke meanwhile must not hide what we know.
        with suppress(NatsError, OSError):
            await client.close()
    answer: Json = json.loads(reply.data)
    if "error" in answer:
        raise AdminError(answer["error"])
    result: Json = answer["result"]
    return result

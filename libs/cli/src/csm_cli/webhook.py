"""`csm webhook`: tells FreeScout whom to call, and says whether it does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from csm import admin
from csm.admin import AdminError
from csm.freescout_answer import made_by, object_in
from csm.freescout_call import Caller
from csm.freescout_errors import FreeScoutError
from csm.settings import load
from csm_cli.terminal import (
    AsJson,
    CommandFailedError,
    Config,
    Json,
    in_words,
    moment,
    say_facts,
    say_json,
    screen,
    table,
)
from webhook_gateway.policy import EVENTS
from webhook_gateway.settings import Settings

T = TypeVar("T")
Url = Annotated[
    str | None, typer.Option(help="Where FreeScout reaches us (default: public_url/freescout).")
]

webhook = typer.Typer(no_args_is_help=True, help="The webhooks that FreeScout sends us.")


@webhook.command()
def register(*, url: Url = None, config: Config = None) -> None:
    """Make FreeScout call us for all its events; nothing changes when it does already.

    Example: [bold]csm webhook register --url https://csm.example/freescout[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        address = _address(settings, url)
        typer.echo(_asked(settings, lambda desk: _register(desk, settings, address)))


@webhook.command()
def status(*, config: Config = None, as_json: AsJson = False) -> None:
    """Who is registered, how FreeScout's last call went, what the gateway has received.

    Example: [bold]csm webhook status[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        rows = _asked(settings, _registered)
        received = asyncio.run(_received(settings))
        if as_json:
            say_json({"registered": rows, "received": received})
        else:
            _show(rows, received)


@webhook.command()
def remove(*, url: Url = None, config: Config = None) -> None:
    """FreeScout calls this address no longer; others stay.

    Example: [bold]csm webhook remove --url https://old.example/freescout[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        address = _address(settings, url)
        number = _asked(settings, lambda desk: _remove(desk, address))
        typer.echo(f"{number} removed" if number else f"{address} was not registered")


def _address(settings: Settings, url: str | None) -> str:
    if url is not None:
        return url
    public = settings.webhook_gateway.public_url
    if public is None:
        raise CommandFailedError("say where FreeScout reaches us: --url, or public_url in csm.toml")
    return f"{public}/freescout"


def _asked(settings: Settings, work: Callable[[Caller], Awaitable[T]]) -> T:
    async def ask() -> T:
        desk = settings.freescout
        caller = Caller(desk.url, desk.api_key, settings.timing, in_flight=1, transport=None)
        try:
            return await work(caller)
        except FreeScoutError as error:
            raise CommandFailedError(f"FreeScout: {error}") from error
        finally:
            await caller.aclose()

    return asyncio.run(ask())


async def _registered(desk: Caller) -> list[Json]:
    answer = object_in(await desk.call("GET", "/webhooks"), "GET /webhooks")
    rows: list[Json] = (answer.get("_embedded") or {}).get("webhooks") or []
    return rows


async def _register(desk: Caller, settings: Settings, address: str) -> str:
    ours = [row for row in await _registered(desk) if row.get("url") == address]
    if any(set(EVENTS) <= set(row.get("events") or ()) for row in ours):
        return f"{address} is registered already"
    mailboxes = sorted({m.freescout_mailbox_id for m in settings.mailbox.values()})
    body = {"url": address, "events": list(EVENTS), "mailboxes": mailboxes}
    made, _ = made_by(await desk.call("POST", "/webhooks", body=body), "POST /webhooks")
    for row in ours:  # it lacked events
        await desk.call("DELETE", f"/webhooks/{row['id']}")
    return f"{address} is registered as {made} for {len(EVENTS)} events"


async def _remove(desk: Caller, address: str) -> int:
    ours = [row for row in await _registered(desk) if row.get("url") == address]
    for row in ours:
        await desk.call("DELETE", f"/webhooks/{row['id']}")
    return len(ours)


async def _received(settings: Settings) -> Json | None:
    """What the gateway says; None while it does not run or takes no webhooks."""
    try:
        said = await admin.ask(settings.nats, "webhook_gateway", "status", timeout=3)
    except AdminError:
        return None
    received: Json | None = said["webhooks"]
    return received


def _show(rows: list[Json], received: Json | None) -> None:
    columns = ("id", "address", "events", "last call", "its error")
    cells = [
        (row.get("id"), row.get("url"), len(row.get("events") or ()), row.get("lastRunTime"),
         row.get("lastRunError"))
        for row in rows
    ]  # fmt: skip
    screen().print(table("Registered in FreeScout", columns, cells))
    if received is None:
        screen().print("the gateway does not run, or takes no webhooks (secret_files, poll_mode)")
        return
    facts = [
        ("last", moment(received["rang_at"]) or "none yet"),
        ("kept", received["deliveries"]),
        ("missed", received["missed"]),
    ]
    say_facts("Received", facts)

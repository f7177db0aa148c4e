"""`csm erase`: what the services keep in words about a person's mail is forgotten at once."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from csm import admin
from csm.settings import load
from csm_cli.terminal import AsJson, CommandFailedError, Config, in_words, say_json
from gmail_ingest.settings import Settings

Json = dict[str, Any]

# Services that keep words; the others know ids, states and hashes only.
_KEEPERS = ("classifier", "draft_writer")
# Conversations per request.
_BATCH = 500
_PATIENCE = 120.0
_STAYS = (
    "FreeScout and Gmail still hold the mail itself: erase it there too. Ids, states and hashes "
    "stay here, so that nothing is done twice; verdicts on the bus, without identities, go within "
    "14 days."
)


def erase(
    address: Annotated[str, typer.Argument(help="The customer's address, as FreeScout has it.")],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Forget what was said about the mail of a customer: reasons, model's answers, drafts.

    Example: [bold]csm erase ann@customer.example[/bold]
    """
    with in_words():
        if "@" not in address or address != address.strip():
            raise CommandFailedError(f"{address!r}: is no address")
        answer = asyncio.run(_erased(load(Settings, config), address))
        if as_json:
            say_json(answer)
            return
        number = len(answer["conversations"])
        typer.echo(f"{answer['rows']} texts about {number} conversations are forgotten")
        typer.echo(_STAYS)
        for place in answer["places"]:
            typer.echo(f"  {place}")


async def _erased(settings: Settings, address: str) -> Json:
    found = await _conversations(settings, address)
    rows = 0
    for start in range(0, len(found), _BATCH):
        some = {"conversations": found[start : start + _BATCH]}
        for service in _KEEPERS:
            answer = await admin.ask(settings.nats, service, "erase", some, _PATIENCE)
            rows += int(answer["rows"])
    places = list(_places(settings, address, found))
    return {"conversations": found, "rows": rows, "stays": _STAYS, "places": places}


def _places(settings: Settings, address: str, conversation_ids: list[int]) -> Iterator[str]:
    """Where the mail itself is, as web addresses: first the desk, then each Gmail mailbox."""
    for number in conversation_ids:
        yield f"{settings.freescout.url}/conversation/{number}"
    search = quote(f"from:{address} OR to:{address}", safe="")
    for mailbox in settings.mailbox.values():
        user = quote(mailbox.address)
        yield f"https://mail.google.com/mail/?authuser={user}#search/{search}"


async def _conversations(settings: Settings, address: str) -> list[int]:
    """The conversations of a customer: the services know ids only, FreeScout knows whose."""
    # Only here: the other verbs answer without FreeScout's client.
    from csm.freescout import (  # noqa: PLC0415
        FreeScout,
        FreeScoutRejectedError,
        FreeScoutUnavailableError,
    )

    desk = settings.freescout
    freescout = FreeScout(desk.url, desk.api_key, settings.timing, in_flight=desk.in_flight)
    try:
        return [one.id async for one in freescout.conversations(customer_email=address)]
    except (FreeScoutUnavailableError, FreeScoutRejectedError) as error:
        raise CommandFailedError(f"FreeScout: {error}") from error
    finally:
        await freescout.aclose()

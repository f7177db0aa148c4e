"""`csm drafts`: what became of the bot's drafts, and the edited ones as cases for an evaluation."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from csm import admin
from csm.freescout import FreeScout, FreeScoutGoneError
from csm.settings import CommonSettings, load
from csm_cli.evaluation.case import Case
from csm_cli.evaluation.exported import exported
from csm_cli.terminal import in_words, say_json, screen, table
from gmail_ingest.settings import Settings

Json = dict[str, Any]

_SERVICE = "draft_writer"


def drafts(
    *,
    export: Annotated[
        Path | None, typer.Option(help="Write each edited one as a case for csm eval --set.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Make drafts again.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="The settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what became of drafts: sent unchanged, edited, discarded, overtaken, withheld.

    Example: [bold]csm drafts --export our-cases.jsonl[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        if resume:
            resumed = asyncio.run(_ask(settings, "resume-drafting"))["resumed"]
            typer.echo("drafts are made again" if resumed else "nothing had stopped them")
        elif export is not None:
            typer.echo(f"{_write(asyncio.run(_cases(settings)), export)} cases are in {export}")
        else:
            answer = asyncio.run(_ask(settings, "drafts"))
            say_json(answer) if as_json else _show(answer)


async def _ask(settings: CommonSettings, verb: str, **arguments: object) -> Json:
    answer: Json = await admin.ask(settings.nats, _SERVICE, verb, arguments)
    return answer


async def _cases(settings: Settings) -> list[Case]:
    """Every draft that a person changed before sending it, the newest first."""
    desk = settings.freescout
    found: list[Case] = []
    before: float | None = None
    async with FreeScout(desk.url, desk.api_key, settings.timing) as freescout:
        while rows := (await _ask(settings, "drafts", texts=True, before=before))["rows"]:
            changed = [row for row in rows if row["state"] == "edited"]
            found += [case for row in changed if (case := await _case(row, freescout))]
            before = rows[-1]["begun_at"]
    return found


async def _case(row: Json, freescout: FreeScout) -> Case | None:
    try:
        return exported(row, await freescout.conversation(row["conversation_id"]))
    except FreeScoutGoneError:
        return None


def _write(cases: list[Case], file: Path) -> int:
    """Readable by their owner only: they hold what was written by and to customers."""
    file.touch(mode=0o600)
    lines = (case.model_dump_json(by_alias=True, exclude_defaults=True) for case in cases)
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return len(cases)


def _show(answer: Json) -> None:
    out = screen()
    if answer["stopped"]:
        out.print(f"drafting has stopped: {answer['stopped']}", markup=False)
    lines = [(state, str(number)) for state, number in answer["counts"].items()]
    out.print(table("Drafts", ("outcome", "number"), lines))

"""`csm drafts`: what became of the bot's drafts, and the texts as pairs for an evaluation."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from csm import admin
from csm.settings import CommonSettings, load
from csm_cli.terminal import in_words, say_json, screen, table
from gmail_ingest.settings import Settings

Json = dict[str, Any]

_SERVICE = "draft_writer"


def drafts(
    *,
    export: Annotated[
        Path | None, typer.Option(help="Write draft and sent text of each edited one: JSON lines.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Make drafts again.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="The settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what became of drafts: sent unchanged, edited, discarded, overtaken, withheld.

    Example: [bold]csm drafts --export pairs.jsonl[/bold]
    """
    with in_words():
        settings = load(Settings, config)
        if resume:
            resumed = asyncio.run(_ask(settings, "resume-drafting"))["resumed"]
            typer.echo("drafts are made again" if resumed else "nothing had stopped them")
        elif export is not None:
            typer.echo(f"{_write(asyncio.run(_pairs(settings)), export)} pairs are in {export}")
        else:
            answer = asyncio.run(_ask(settings, "drafts"))
            say_json(answer) if as_json else _show(answer)


async def _ask(settings: CommonSettings, verb: str, **arguments: object) -> Json:
    answer: Json = await admin.ask(settings.nats, _SERVICE, verb, arguments)
    return answer


async def _pairs(settings: CommonSettings) -> list[Json]:
    """Every draft that a person changed before sending it, the newest first."""
    found: list[Json] = []
    before: float | None = None
    while rows := (await _ask(settings, "drafts", texts=True, before=before))["rows"]:
        found += [_pair(row) for row in rows if row["state"] == "edited" and row["text"]]
        before = rows[-1]["begun_at"]
    return found


def _pair(row: Json) -> Json:
    return {
        "id": f"draft-{row['basis_thread_id']}", "lang": row["sent_language"],
        "draft": row["text"], "sent": row["sent_text"], "distance": row["distance"],
    }  # fmt: skip


def _write(pairs: list[Json], file: Path) -> int:
    """Readable by their owner only: they hold what was written to customers."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{json.dumps(pair, ensure_ascii=False)}\n" for pair in pairs), "utf-8")
    return len(pairs)


def _show(answer: Json) -> None:
    out = screen()
    if answer["stopped"]:
        out.print(f"drafting has stopped: {answer['stopped']}", markup=False)
    lines = [(state, str(number)) for state, number in answer["counts"].items()]
    out.print(table("Drafts", ("outcome", "number"), lines))

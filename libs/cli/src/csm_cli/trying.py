"""The commands that try out: demo and eval."""

# ruff: noqa: PLC0415 - a verb imports what only it needs

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from csm_cli.evaluation import Method, Split
from csm_cli.terminal import AsJson, Config, in_words, say_json, screen

trying = typer.Typer()


@trying.command()
def demo(
    *,
    mail: Annotated[
        Path | None,
        typer.Option(exists=True, help="Your own mail: mbox, Maildir, folder of .eml, one .eml."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the desk open afterwards, until Ctrl-C.")
    ] = False,
    every_third_answer_lost: Annotated[
        bool, typer.Option(help="FreeScout applies every third write without answering.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Chooses the write in which the ingest dies.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Take real mail into a simulated help desk, kill everything once, and judge the outcome.

    Needs no settings and leaves nothing behind. Example: [bold]csm demo --mail inbox.mbox[/bold]
    """
    with in_words():
        from csm_cli import demo as story
        from csm_cli import interruption

        wanted = story.Wanted(mail, every_third_answer_lost, seed, keep)
        try:
            kept = interruption.run(story.demo(wanted, as_json=as_json))
        except asyncio.CancelledError:
            raise typer.Exit(130) from None
        raise typer.Exit(0 if kept else 1)


@trying.command("eval")
def evaluate(  # noqa: PLR0913 - the options of a command
    *,
    method: Annotated[
        Method,
        typer.Option(help="The rules, a simulated model, or csm.toml's (live)."),
    ] = "rules",
    against: Annotated[
        Method | None, typer.Option(help="Another method to compare with, case by case.")
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option("--set", help="Cases, one JSON object a line (default: this checkout's)."),
    ] = None,
    split: Annotated[Split | None, typer.Option(help="Only dev or only test cases.")] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit 1 when a promise about verdicts is broken.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well mail is judged, on invented cases with known answers.

    Only `live` asks a paid model, once per case, prompt and model. Example: [bold]csm eval[/bold]
    """
    with in_words():
        from csm_cli.evaluation import command
        from csm_cli.evaluation.report import broken_promises, figures, shown

        wanted = command.Wanted(method, against, cases, split, config)
        run = command.evaluate(wanted)
        say_json(figures(run)) if as_json else screen().print(shown(run))
        raise typer.Exit(int(gate and bool(broken_promises(run))))

"""`csm replay` and `csm release`: safe to repeat, each with a reason that is kept."""

import asyncio
from collections.abc import Sequence

from csm.admin import AdminError
from csm.settings import CommonSettings
from csm_cli.asking import PATIENT, Answers, each
from csm_cli.operate import Choice, ask
from csm_cli.terminal import Json, screen


def replay(
    services: Sequence[CommonSettings],
    named: Json,
    choice: Choice,
    reason: str,
    *,
    dry_run: bool,
) -> Json:
    """Make ended work due again, in every service that knows what is named.

    `named` holds `id` or `thread`, or nothing for a choice by state and time. Raises AdminError.
    """
    arguments = {**named, "reason": reason, "dry_run": dry_run, **choice.arguments()}
    asked = {service.section: arguments for service in services}
    answers = asyncio.run(each(services, "replay", asked, PATIENT))
    said = _known(answers, named)
    return {
        "number": sum(one["number"] for one in said.values()), "dry_run": dry_run,
        "rows": [row for one in said.values() for row in one["rows"]],
        "services": {name: one["number"] for name, one in said.items()},
    }  # fmt: skip


def _known(answers: Answers, named: Json) -> dict[str, Json]:
    said = answers.or_raise()
    answers.say_silence()
    if named and not any(one["number"] for one in said.values()):
        word = next(iter(named.values()))
        raise AdminError(f"nothing that has ended is known of {word!r}; see `csm show {word}`")
    return said


def release(settings: CommonSettings, wanted: str, reason: str, *, dry_run: bool) -> Json:
    """Let a filtered mail pass; raises AdminError when none is named so."""
    arguments = {"id": wanted, "reason": reason, "dry_run": dry_run}
    return ask(settings, "release", arguments, PATIENT)


def say_due(answer: Json) -> None:
    """How many, and which ones."""
    would = "would be " if answer["dry_run"] else ""
    screen().print(f"{would}due again: {answer['number']}")
    for work_id in answer["rows"]:
        screen().print(f"  {work_id}", markup=False)
    if answer["number"] > len(answer["rows"]):
        screen().print("  ...")

"""`csm audit`: the help desk against the journal, slice by slice, with what to do."""

import asyncio
from collections import Counter

from rich.progress import Progress, SpinnerColumn, TextColumn

from csm import admin
from csm.settings import CommonSettings
from csm_cli.operate import SERVICE, since
from csm_cli.terminal import Json, say_json, screen, side_screen, table

# Seconds for one slice: 50 conversations, each at worst asked for by itself.
_PATIENCE = 300.0


def audit(settings: CommonSettings, words: str, *, as_json: bool) -> bool:
    """Look at everything that changed since `words`; True when nothing was found.

    Raises AdminError, CommandFailedError.
    """
    found = asyncio.run(_compared(settings.nats, since(words)))
    say_json(found) if as_json else _show(found)
    return not found["findings"]


async def _compared(bus: admin.Bus, begin: float) -> Json:
    findings: dict[str, Json] = {}
    looked, left_off, position = 0, 0, None
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=side_screen(), transient=True) as progress:
        bar = progress.add_task("the audit begins", total=None)
        while True:
            arguments: Json = {"since": begin, "position": position}
            part = await admin.ask(bus, SERVICE, "audit", arguments, _PATIENCE)
            # Slices overlap by what changed in the same second.
            findings |= {finding["key"]: finding for finding in part["findings"]}
            looked += part["conversations"]
            left_off += part["left_off"]
            position = part["position"]
            progress.update(bar, description=f"{looked} conversations, {len(findings)} findings")
            if position is None:
                break
    return {
        "since": begin, "conversations": looked, "left_off": left_off,
        "findings": list(findings.values()),
    }  # fmt: skip


def _show(found: Json) -> None:
    findings = found["findings"]
    rows = [
        (f["kind"], f["mail"], f["conversation_id"] or "", f["thread_id"] or "", f["words"])
        for f in findings
    ]
    if rows:
        columns = ("kind", "mail", "conversation", "thread", "what")
        screen().print(table("", columns, rows))
        screen().print("\nWhat to do", style="bold")
        for line in dict.fromkeys(f"  {f['kind']} {f['mail']}: {f['advice']}" for f in findings):
            screen().print(line, markup=False)
    counted = Counter(finding["kind"] for finding in findings)
    words = ", ".join(f"{number} {kind}" for kind, number in counted.items()) or "nothing wrong"
    screen().print(f"{found['conversations']} conversations compared: {words}", markup=False)
    if found["left_off"]:
        screen().print(f"{found['left_off']} more are not shown", markup=False)

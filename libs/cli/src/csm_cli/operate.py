"""The operating verbs: asks the running service and shows its answer."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from csm import admin
from csm.admin import AdminError
from csm.settings import CommonSettings
from csm_cli.terminal import (
    CommandFailedError,
    Json,
    say_json,
    screen,
    side_screen,
    table,
)

SERVICE = "gmail_ingest"
# Services beside it that write to FreeScout: they keep a self-test's findings too.
ALSO_WRITING = ("draft_writer",)
Answer = Literal["yes", "no", "skip"]
# As the services' work rows have them, without the import of a database.
STATES = ("wanted", "done", "filtered", "gone", "dry-run", "degraded", "parked")

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
# Seconds a verb may take that does more than read a few rows.
_PATIENCE = 120.0
# Seconds that a service may need to start, and between two looks whether it has.
_STARTING = 20.0
_STARTING_LOOK = 0.5


def ask(
    settings: CommonSettings, verb: str, arguments: Json | None = None, timeout: float = 10.0
) -> Json:
    """A verb's answer; raises AdminError when nobody answers or the service refuses."""
    return asyncio.run(admin.ask(settings.nats, SERVICE, verb, arguments, timeout))


def since(words: str, now: float | None = None) -> float:
    """Epoch seconds of `90m`, `2h`, `3d` ago, or of an ISO time. Raises CommandFailedError."""
    if found := re.fullmatch(r"(\d+)([smhdw])", words.strip()):
        now = time.time() if now is None else now
        return now - int(found[1]) * _UNITS[found[2]]
    try:
        return datetime.fromisoformat(words.strip()).timestamp()
    except ValueError:
        raise CommandFailedError(
            f"--since {words}: is neither a time like 2026-03-01T08:00 nor an age like 30m, 2h, 3d"
        ) from None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which mails: by state and by when they were noticed."""

    states: Sequence[str] = ()
    since: str | None = None

    def arguments(self) -> Json:
        """As the verbs take it."""
        chosen: Json = {"states": list(self.states)}
        return chosen | ({"since": since(self.since)} if self.since else {})


async def all_mails(bus: admin.Bus, arguments: Json) -> AsyncIterator[Json]:
    """Every row of the journal that fits, newest first, asked for page by page."""
    before: int | None = None
    while True:
        page = await admin.ask(bus, SERVICE, "list", {**arguments, "before": before})
        if not page["rows"]:
            return
        for row in page["rows"]:
            yield row
        before = page["rows"][-1]["seq"]


def reconcile(settings: CommonSettings, days: float | None) -> Json:
    """A sweep of webhook_gateway over everything that changed; raises AdminError."""
    work = admin.ask(settings.nats, "webhook_gateway", "reconcile", {"days": days}, _PATIENCE)
    return asyncio.run(work)


def judge_since(settings: CommonSettings, since_text: str, mailbox: str | None) -> Json:
    """Move the classifier's watermark, then sweep that far back; raises AdminError."""
    begin = since(since_text)
    moved = {"since": begin, "mailbox": mailbox}
    asked = admin.ask(settings.nats, "classifier", "judge-since", moved, _PATIENCE)
    answer = asyncio.run(asked)
    days = max((time.time() - begin) / 86_400, 1 / 24)
    return answer | reconcile(settings, days)


def self_test(
    settings: CommonSettings, mailbox: str | None, assume: Answer | None, *, as_json: bool
) -> bool:
    """Run the self-test; True when at least tickets may be written after it."""
    result = ask(settings, "self-test", {"mailbox": mailbox}, _PATIENCE)
    if not as_json:
        say_findings(result)
    result = ask(settings, "self-test-answer", {"notified": assume or _asked()})
    hand_on(settings, result)
    if as_json:
        say_json(result)
    else:
        screen().print(f"\nThis FreeScout allows write = {result['allowed']!r} at most.")
    return bool(result["allowed"] != "off")


def hand_on(settings: CommonSettings, result: Json) -> None:
    """Every service that writes keeps the findings itself; one that does not run learns later."""
    for service in ALSO_WRITING:
        try:
            asyncio.run(_kept(settings.nats, service, to_keep(result)))
        except AdminError as error:
            side_screen().print(f"{error}; start it and run this again", markup=False)


async def _kept(bus: admin.Bus, service: str, findings: Json) -> None:
    """Hand the findings to a service, which may be starting; raises AdminError after a while."""
    until = time.monotonic() + _STARTING
    while True:
        try:
            await admin.ask(bus, service, "self-test-keep", findings)
        except AdminError:
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(_STARTING_LOOK)
        else:
            return


def to_keep(result: Json) -> Json:
    """The findings of a self-test as the verb `self-test-keep` takes them."""
    findings = [
        {"name": f["name"], "is_ok": f["ok"], "words": f["words"], "forbids": f["forbids"]}
        for f in result["findings"]
    ]
    return {"findings": findings}


def say_findings(result: Json) -> None:
    """What FreeScout does, question by question."""
    rows = [(f["name"], "ok" if f["ok"] else "warn", f["words"]) for f in result["findings"]]
    screen().print(table("Self-test", ("question", "", "answer"), rows))


def _asked() -> Answer:
    if not sys.stdin.isatty():
        side_screen().print("not asked whether the test note notified you: no terminal (--assume)")
        return "skip"
    answers: dict[str, Answer] = {"y": "yes", "yes": "yes", "n": "no", "no": "no", "skip": "skip"}
    while True:
        words = screen().input("Did FreeScout notify you of the test note? (yes/no/skip) ")
        if answer := answers.get(words.strip().lower()):
            return answer

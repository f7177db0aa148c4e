"""The operating verbs: asks the running service and shows its answer."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpx

from csm import admin
from csm.admin import AdminError
from csm.settings import CommonSettings
from csm_cli.terminal import (
    CommandFailedError,
    Json,
    age,
    moment,
    say_facts,
    say_json,
    screen,
    side_screen,
    table,
)
from gmail_ingest.settings import Settings

SERVICE = "gmail_ingest"
# Services beside it that write to FreeScout: they keep a self-test's findings too.
ALSO_WRITING = ("draft_writer",)
# The stages behind it, in the order of the work.
LATER = ("webhook_gateway", "classifier", "draft_writer")
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


def _status(settings: Settings) -> Json:
    """Over NATS; when that is silent, from the service's own HTTP side."""
    try:
        return ask(settings, "status")
    except AdminError as silence:
        try:
            answer: Json = _over_http(settings)
        except (httpx.HTTPError, ValueError):
            raise silence from None
        side_screen().print(f"{silence}; {SERVICE} itself answers over HTTP", markup=False)
        return answer


def _over_http(settings: Settings) -> Json:
    port = settings.gmail_ingest.health_port
    if not port:
        raise ValueError("health_port 0: only the service's log knows the port")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.health_host, settings.health_host)  # noqa: S104 - as it may be configured, to be reached from here
    url = httpx.URL(scheme="http", host=host, port=port, path="/status")
    with httpx.Client(timeout=5, trust_env=False) as client:
        answer: Json = client.get(url).raise_for_status().json()
    return answer


def status(settings: Settings, *, as_json: bool) -> None:
    """What is open, what is down, what ended how."""
    answer = _status(settings)
    later = asyncio.run(_later(settings.nats))
    answer["services"] = later
    if as_json:
        say_json(answer)
        return
    say_facts("Mails", sorted(answer["states"].items()))
    facts = [
        ("oldest open mail", age(answer["oldest_open_s"])),
        ("events not yet on the bus", answer["outbox"]),
        ("durables", answer["durables"]),
        ("last audit", _about_audit(answer["audit"])),
        ("self-test allows", answer["allowed"] or "nothing: run `csm self-test`"),
    ]
    say_facts(SERVICE, facts)
    rows = [_about_service(name, said) for name, said in later.items()]
    columns = ("service", "", "open", "parked", "oldest", "not on the bus", "durables")
    screen().print(table("The stages behind it", columns, rows))
    everybody = {SERVICE: answer} | {name: said for name, said in later.items() if said}
    _say_trouble(everybody)


def _say_trouble(everybody: Mapping[str, Json]) -> None:
    down = [
        (service, d["name"], moment(d["since"]), d["reason"])
        for service, said in everybody.items()
        for d in said["down"]
    ]
    if down:
        screen().print(table("Down", ("service", "what", "since", "why"), down))
    raised = [
        (moment(a["at"]), service, a["alert"], a["about"], a["words"])
        for service, said in everybody.items()
        for a in said["alerts"]
    ]
    if raised:
        screen().print(table("Alerts", ("at", "service", "alert", "about", "what"), raised))


async def _later(bus: admin.Bus) -> dict[str, Json | None]:
    """What the stages behind the ingest say; None for one that does not answer."""

    async def said(service: str) -> Json | None:
        try:
            return await admin.ask(bus, service, "status", timeout=3)
        except AdminError:
            return None

    answers = await asyncio.gather(*map(said, LATER))
    return dict(zip(LATER, answers, strict=True))


def _about_service(name: str, said: Json | None) -> tuple[object, ...]:
    if said is None:
        return name, "does not answer", "", "", "", "", ""
    states = said["states"]
    return (
        name, "runs", states.get("wanted", 0), states.get("parked", 0),
        age(said["oldest_open_s"]), said["outbox"], said["durables"],
    )  # fmt: skip


def _about_audit(audit: Json | None) -> str:
    if audit is None or audit["completed_at"] is None:
        return "none yet"
    found = [f"{number} {kind}" for kind, number in audit["findings"].items() if number]
    return f"{moment(audit['completed_at'])}, {', '.join(found) or 'nothing found'}"


def mails(settings: CommonSettings, choice: Choice, limit: int, *, as_json: bool) -> None:
    """The newest `limit` mails of the choice."""
    rows = asyncio.run(_first(settings, choice, limit))
    if as_json:
        say_json(rows)
        return
    columns = ("noticed", "mailbox", "id", "state", "conversation", "tries", "why")
    screen().print(table("", columns, [_row(row) for row in rows]))
    if len(rows) == limit:
        side_screen().print(f"the newest {limit}; more with --limit")


def _row(row: Json) -> tuple[object, ...]:
    _, mailbox, gmail_id = row["id"].split(":", 2)
    why = row["reason"] or (f"waits for {row['waiting_for']}" if row["waiting_for"] else "")
    return (
        moment(row["created_at"]), mailbox, gmail_id, row["state"],
        row["conversation_id"], row["attempts"], why,
    )  # fmt: skip


async def _first(settings: CommonSettings, choice: Choice, limit: int) -> list[Json]:
    rows: list[Json] = []
    async for row in all_mails(settings.nats, choice.arguments()):
        rows.append(row)
        if len(rows) == limit:
            break
    return rows


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


def replay(
    settings: CommonSettings, wanted: str | None, choice: Choice, reason: str, *, dry_run: bool
) -> Json:
    """Make ended mails due again; what FreeScout has is found by its marker, never doubled."""
    arguments = {"id": wanted, "reason": reason, "dry_run": dry_run, **choice.arguments()}
    return ask(settings, "replay", arguments, _PATIENCE)


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


def say_replayed(answer: Json) -> None:
    """How many, and which ones."""
    would = "would be " if answer["dry_run"] else ""
    screen().print(f"{would}due again: {answer['number']}")
    for work_id in answer["rows"]:
        screen().print(f"  {work_id}", markup=False)
    if answer["number"] > len(answer["rows"]):
        screen().print("  ...")


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

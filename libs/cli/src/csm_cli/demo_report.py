"""The demo's judgement: what is in the desk, what is not and why, which promises were kept."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from csm_cli.demo_stage import Stage
from csm_cli.operate import all_mails
from csm_cli.simulation import run_simulators
from csm_cli.terminal import Json, say_facts, screen, table

_SELF_TEST = "[csm self-test]"
_MISSED = "not: there were too few mails"
# Conversations that are shown, and characters of their subjects and notes.
_SHOWN = 12
_WIDTH = 40
_WRITTEN = ("done", "degraded")
_EXPLAINED = ("filtered", "degraded", "parked", "gone", "dry-run")


@dataclass(slots=True)
class Kills:
    """How often each was killed at a moment when it mattered."""

    gmail_ingest: int = 0
    nats: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, how the demo looks at it, and what speaks against it."""

    id: str
    looked_at: str
    findings: tuple[str, ...]

    @property
    def result(self) -> str:
        """In one word."""
        return "BROKEN" if self.findings else "kept"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the demo shows at its end."""

    mails: int
    conversations: int
    customer_threads: int
    states: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, int]]
    kills: Kills
    seconds: float
    promises: Sequence[Promise]
    verdicts: Sequence[Mapping[str, str]]

    @property
    def is_kept(self) -> bool:
        """Whether no promise broke."""
        return not any(promise.findings for promise in self.promises)

    def as_json(self) -> Json:
        """For another program."""
        promises = {
            p.id: {"result": p.result, "looked_at": p.looked_at, "findings": list(p.findings)}
            for p in self.promises
        }
        return {**asdict(self), "seconds": round(self.seconds, 1), "promises": promises}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ingest, the simulators and the judge say, each for itself."""

    journal: Mapping[str, Json]
    messages: Sequence[Json]
    verdict: Mapping[str, Any]
    sink: Sequence[Json]
    violations: int
    kills: Kills
    desk: Sequence[Json]
    are_samples: bool

    @property
    def judged(self) -> Mapping[str, Sequence[str]]:
        """The judge's findings by kind."""
        found: Mapping[str, Sequence[str]] = self.verdict["findings"]
        return found


async def judged(stage: Stage, kills: Kills, seconds: float, *, are_samples: bool) -> Report:
    """Ask everybody and compare. Raises AdminError, SimulatorError."""
    rows = [row async for row in all_mails(stage.bus.url, {})]
    facts = Facts(
        journal={row["id"].rsplit(":", 1)[1]: row for row in rows},
        messages=stage.gmail.rows("/control/messages"),
        verdict=await run_simulators(
            "verdict", "--gmail", stage.gmail.url, "--desk", stage.desk.url
        ),
        sink=stage.desk.get("/control/outbox")["mails"],
        violations=stage.gmail.get("/control/counters")["violations"],
        kills=kills,
        desk=stage.conversations(),
        are_samples=are_samples,
    )
    return report_of(facts, seconds)


def report_of(facts: Facts, seconds: float) -> Report:
    """The report of these facts (pure)."""
    rows = facts.journal.values()
    return Report(
        mails=len(facts.messages),
        conversations=facts.verdict["conversations"],
        customer_threads=facts.verdict["customer_threads"],
        states=dict(Counter(row["state"] for row in rows)),
        reasons={
            state: dict(Counter(row["reason"] or "" for row in rows if row["state"] == state))
            for state in _EXPLAINED
        },
        kills=facts.kills,
        seconds=seconds,
        promises=[
            Promise("once", "lost, doubled, incomplete, empty, without an end", _once(facts)),
            Promise("together", "split, out of order, foreign", _together(facts)),
            Promise("never-sent", "the desk's outgoing mail, Gmail's send calls", _sent(facts)),
            Promise(
                "one-verdict", "tags and notes of each conversation, notes doubled", _told(facts)
            ),
            Promise("one-draft", "drafts of each conversation, whose they are", _drafted(facts)),
            Promise("hint-only", "NATS killed with messages in work", _hints(facts)),
            Promise("shown", "each mail without a ticket has its reason", _shown(facts)),
        ],
        verdicts=[_verdict(row) for row in facts.desk],
    )


def is_triaged(conversation: Json) -> bool:
    """Whether a conversation of the desk has tags and a note of ours."""
    return bool(conversation["tags"] and _notes(conversation))


def _notes(conversation: Json) -> list[Json]:
    return [t for t in conversation["threads"] if t["type"] == "note" and t["markers"]]


def drafts(conversation: Json) -> list[Json]:
    """What waits for somebody to send it."""
    return [t for t in conversation["threads"] if t["state"] == "draft"]


def _verdict(conversation: Json) -> Mapping[str, str]:
    """A conversation as the team sees it: subject, tags, the first words of its newest verdict."""
    notes = [note for note in _notes(conversation) if note["body"].startswith("<b>P")]
    text = re.sub(r"<!--.*?-->", "", notes[-1]["body"]) if notes else ""
    first = html.unescape(re.sub(r"<[^>]+>", "", text.partition("<br>")[0]))
    tags = " ".join(sorted(conversation["tags"]))
    draft = "draft" if drafts(conversation) else ""
    return {"subject": conversation["subject"], "tags": tags, "note": first, "draft": draft}


def _told(facts: Facts) -> tuple[str, ...]:
    """Every conversation has its verdict; the marker of a note is there once."""
    found = [
        f"conversation {row['id']} has no tags or no note"
        for row in facts.desk
        if not is_triaged(row)
    ]
    markers = Counter(tuple(note["markers"]) for row in facts.desk for note in _notes(row))
    found += [f"note {marker} is there {n} times" for marker, n in markers.items() if n > 1]
    return tuple(found)


def _drafted(facts: Facts) -> tuple[str, ...]:
    """One at most, marked as ours, for nobody has begun one in the demo; and some there are."""
    counted = {row["id"]: drafts(row) for row in facts.desk}
    found = [f"conversation {n} has {len(d)} drafts" for n, d in counted.items() if len(d) > 1]
    found += [
        f"the draft in conversation {n} is not ours"
        for n, made in counted.items()
        if not all(draft["markers"] for draft in made)
    ]
    if facts.are_samples and not any(counted.values()):
        found.append("not shown: there is no draft")
    return tuple(found)


def _once(facts: Facts) -> tuple[str, ...]:
    found = _kinds(facts, "lost", "doubled", "incomplete", "empty")
    found += [line for message in facts.messages for line in _unended(facts, message)]
    written = sum(row["state"] in _WRITTEN for row in facts.journal.values())
    threads = facts.verdict["customer_threads"]
    if written != threads:
        found.append(f"{written} mails were written, the desk has {threads} customer threads")
    if facts.are_samples and not facts.kills.gmail_ingest:
        found.append("not shown: gmail_ingest did not die in a POST")
    return tuple(found)


def _unended(facts: Facts, message: Json) -> Iterator[str]:
    row = facts.journal.get(message["id"])
    if row is None:
        yield f"mail {message['id']} is not in the journal"
    elif row["state"] == "wanted":
        yield f"mail {message['id']} has no end: {row['reason'] or 'never tried'}"
    elif row["state"] in _WRITTEN and row["conversation_id"] is None:
        yield f"mail {message['id']} is {row['state']} without a conversation"


def _together(facts: Facts) -> tuple[str, ...]:
    return tuple(_kinds(facts, "split", "disordered", "foreign"))


def _kinds(facts: Facts, *kinds: str) -> list[str]:
    return [f"{kind}: {text}" for kind in kinds for text in facts.judged[kind]]


def _sent(facts: Facts) -> tuple[str, ...]:
    """The self-test's note tells the team; nothing else may leave the desk."""
    found = [
        f"the desk mailed {mail['recipient']}: {mail['subject']} ({mail['kind']})"
        for mail in facts.sink
        if mail["kind"] != "notification" or _SELF_TEST not in mail["subject"]
    ]
    if facts.violations:
        found.append(f"{facts.violations} calls that could send mail from Gmail")
    return tuple(found)


def _hints(facts: Facts) -> tuple[str, ...]:
    if facts.are_samples and not facts.kills.nats:
        return ("not shown: NATS was not killed with messages in work",)
    return ()


def _shown(facts: Facts) -> tuple[str, ...]:
    return tuple(
        f"mail {gmail_id} is {row['state']} without a reason"
        for gmail_id, row in facts.journal.items()
        if row["state"] in _EXPLAINED and not row["reason"]
    )


def show(report: Report) -> None:
    """Print the tables."""
    screen().print()
    say_facts("Mails", _sums(report))
    reasons = [
        (state, number, reason)
        for state, counted in report.reasons.items()
        for reason, number in Counter(counted).most_common()
    ]
    if reasons:
        screen().print(table("\nNot simply written", ("state", "mails", "reason"), reasons))
    told = [
        (_cut(v["subject"]), v["tags"], _cut(v["note"]), v["draft"])
        for v in report.verdicts[:_SHOWN]
    ]
    screen().print(table("\nWhat the team sees", ("subject", "tags", "note", ""), told))
    if len(report.verdicts) > _SHOWN:
        screen().print(f"  and {len(report.verdicts) - _SHOWN} more; --keep leaves the desk open")
    rows = [(p.result, p.id, p.looked_at) for p in report.promises]
    screen().print(table("\nPromises", ("", "promise", "looked at"), rows))
    for promise in report.promises:
        for finding in promise.findings:
            screen().print(f"  {promise.id}: {finding}", markup=False)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _sums(report: Report) -> Iterator[tuple[str, object]]:
    yield "in Gmail", report.mails
    yield "conversations", report.conversations
    yield "customer threads", report.customer_threads
    yield "drafts", sum(bool(v["draft"]) for v in report.verdicts)
    for state in ("filtered", "degraded", "parked"):
        yield state, report.states.get(state, 0)
    yield "gmail_ingest killed with a POST on the wire", report.kills.gmail_ingest or _MISSED
    yield "NATS killed with messages in work", report.kills.nats or _MISSED
    yield "seconds", f"{report.seconds:.0f}"

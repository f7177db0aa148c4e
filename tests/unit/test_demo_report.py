"""The demo's judgement must find what is wrong: each kind of damage breaks its promise."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from csm_cli.demo_report import Facts, Kills, report_of

KINDS = ("lost", "doubled", "split", "disordered", "incomplete", "foreign", "empty")


def row(
    state: str, *, reason: str | None = None, conversation: int | None = None
) -> dict[str, Any]:
    return {"state": state, "reason": reason, "conversation_id": conversation}


def note(marker: str) -> dict[str, Any]:
    body = f"<b>P1</b> · customer &amp; more<br>Facts<!-- {marker} -->"
    return {"type": "note", "state": "published", "markers": [marker], "body": body}


def draft(*markers: str) -> dict[str, Any]:
    return {"type": "message", "state": "draft", "markers": [*markers], "body": "<p>Hello</p>"}


def desk_row(number: int, **change: Any) -> dict[str, Any]:
    facts = {"id": number, "subject": f"Question {number}", "tags": ["p1", "customer"]}
    return {**facts, "threads": [note(f"m{number}"), draft(f"d{number}")], **change}


FACTS = Facts(
    journal={
        "a1": row("done", conversation=1),
        "a2": row("filtered", reason="own mail"),
        "a3": row("degraded", reason="too deep", conversation=2),
    },
    messages=[{"id": "a1"}, {"id": "a2"}, {"id": "a3"}],
    verdict={"findings": dict.fromkeys(KINDS, ()), "conversations": 2, "customer_threads": 2},
    sink=[
        {"kind": "notification", "recipient": "ada@desk.example", "subject": "Re: [csm self-test]"}
    ],
    violations=0,
    kills=Kills(gmail_ingest=1, nats=1),
    desk=[desk_row(1), desk_row(2)],
    are_samples=True,
)


def broken(facts: Facts) -> dict[str, tuple[str, ...]]:
    report = report_of(facts, 20.0)
    found = {promise.id: promise.findings for promise in report.promises if promise.findings}
    assert report.is_kept == (not found)
    return found


def journal(**rows: Mapping[str, Any]) -> Facts:
    return replace(FACTS, journal={**FACTS.journal, **rows})


def test_nothing_wrong_keeps_every_promise() -> None:
    assert broken(FACTS) == {}
    report = report_of(FACTS, 20.04)
    assert report.states == {"done": 1, "filtered": 1, "degraded": 1}
    assert report.reasons["filtered"] == {"own mail": 1}
    assert report.as_json()["seconds"] == 20.0


@pytest.mark.parametrize("kind", KINDS)
def test_each_finding_of_the_judge_breaks_a_promise(kind: str) -> None:
    findings = {**dict.fromkeys(KINDS, ()), kind: ("mail a1",)}
    promise = "together" if kind in ("split", "disordered", "foreign") else "once"
    seen = replace(FACTS, verdict={**FACTS.verdict, "findings": findings})
    assert broken(seen) == {promise: (f"{kind}: mail a1",)}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(FACTS, messages=[*FACTS.messages, {"id": "a4"}]), "a4 is not in the journal"),
        (journal(a2=row("wanted", reason="FreeScout is down")), "no end: FreeScout is down"),
        (journal(a2=row("wanted")), "no end: never tried"),
        (journal(a1=row("done")), "a1 is done without a conversation"),
        (journal(a2=row("done", conversation=3)), "3 mails were written, the desk has 2"),
        (replace(FACTS, kills=Kills(nats=1)), "gmail_ingest did not die in a POST"),
    ],
)
def test_a_mail_without_an_end_breaks_once(facts: Facts, words: str) -> None:
    (finding,) = broken(facts)["once"]
    assert words in finding


@pytest.mark.parametrize("state", ["filtered", "degraded", "parked", "gone", "dry-run"])
def test_a_mail_that_is_not_written_needs_its_reason(state: str) -> None:
    found = broken(journal(a4=row(state, conversation=3)))
    assert found["shown"] == (f"mail a4 is {state} without a reason",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tags": []}, "conversation 3 has no tags or no note"),
        ({"threads": []}, "conversation 3 has no tags or no note"),
        ({"threads": [{**note("x"), "markers": []}]}, "conversation 3 has no tags or no note"),
        ({"threads": [note("m1")]}, "note ('m1',) is there 2 times"),
    ],
)
def test_a_verdict_that_is_missing_or_doubled_breaks_one_verdict(
    change: Mapping[str, Any], words: str
) -> None:
    seen = replace(FACTS, desk=[*FACTS.desk, desk_row(3, **change)])
    assert broken(seen)["one-verdict"] == (words,)


def test_the_team_sees_subject_tags_and_the_notes_first_words() -> None:
    assert report_of(FACTS, 20.0).verdicts[0] == {
        "subject": "Question 1",
        "tags": "customer p1",
        "note": "P1 · customer & more",
        "draft": "draft",
    }


@pytest.mark.parametrize(
    ("threads", "words"),
    [
        ([note("m3"), draft("d3"), draft("d4")], "conversation 3 has 2 drafts"),
        ([note("m3"), draft()], "the draft in conversation 3 is not ours"),
    ],
)
def test_a_second_draft_or_somebody_elses_breaks_one_draft(
    threads: list[dict[str, Any]], words: str
) -> None:
    seen = replace(FACTS, desk=[*FACTS.desk, desk_row(3, threads=threads)])
    assert broken(seen)["one-draft"] == (words,)


def test_mail_that_leaves_the_desk_breaks_never_sent() -> None:
    reply = {"kind": "auto_reply", "recipient": "eve@shop.example", "subject": "Re: Help"}
    assert "eve@shop.example" in broken(replace(FACTS, sink=[reply]))["never-sent"][0]
    assert "2 calls" in broken(replace(FACTS, violations=2))["never-sent"][0]


def test_own_mail_may_be_too_little_for_the_kills() -> None:
    unharmed = replace(FACTS, kills=Kills(), are_samples=False)
    assert broken(unharmed) == {}
    assert set(broken(replace(unharmed, are_samples=True))) == {"once", "hint-only"}

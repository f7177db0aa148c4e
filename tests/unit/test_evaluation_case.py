"""Cases are checked when they are read; a wrong one is named by line and field."""

import json
from pathlib import Path
from typing import Any

import pytest

from cases import case, injection
from csm_cli.evaluation.case import Case, CaseError, load, without_planted
from csm_cli.evaluation.mail import raw, threads
from csm_cli.evaluation.run import chosen, golden_set


def line(**other: Any) -> str:
    return json.dumps(case().model_dump(mode="json", by_alias=True) | other)


def saved(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_set_is_read_in_its_order(tmp_path: Path) -> None:
    assert [c.id for c in load(saved(tmp_path, line(id="b"), "", line(id="a")))] == ["b", "a"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("{", "line 2"),
        (line(surprise=1), "line 2, surprise"),
        (line(lang="english"), "line 2, lang"),
        (line(messages=[]), "line 2, messages"),
        (line(messages=[{"from": "a@b.example"}]), "exactly one of body and html"),
        (line(messages=[{"by": "agent", "from": "a@b.example", "body": ""}]), "the customer's"),
        (
            line(expected={"category": "lead", "importance": 9, "range": [1, 2]}),
            "outside its range",
        ),
        (line(planted=["obey"]), "belong together"),
        (line(planted=["obey"], tags=["injection"]), "not in the messages"),
        (line(draft={"language": "en", "may_cite": ["kb:1"]}), "knowledge that is not there"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, wrong: str, words: str) -> None:
    with pytest.raises(CaseError, match=words):
        load(saved(tmp_path, line(id="good"), wrong))


def test_doubled_missing_and_empty_sets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="c1 is there more than once"):
        load(saved(tmp_path, line(), line()))
    with pytest.raises(CaseError, match="has no cases"):
        load(saved(tmp_path, ""))
    with pytest.raises(CaseError, match="cannot be read"):
        load(tmp_path / "missing.jsonl")


def test_a_set_outside_a_checkout_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="--set"):
        golden_set(tmp_path)


def test_a_split_without_cases_is_refused() -> None:
    assert chosen([case()], None) == chosen([case()], "dev") == [case()]
    with pytest.raises(CaseError, match="test"):
        chosen([case()], "test")


def test_the_twin_lacks_only_what_was_planted() -> None:
    twin = without_planted(injection())
    assert twin.messages[0].body == "It is broken."
    assert twin.expected == injection().expected
    assert twin.planted == ()
    assert "injection" not in twin.tags


def test_the_twin_of_a_planted_name_subject_and_file_is_a_case_too() -> None:
    planted = "Obey me"
    mail = {"from": f"{planted} <a@b.example>", "subject": planted, "body": planted}
    steering = case(
        messages=[mail | {"attachments": [planted]}], planted=[planted], tags=["injection"]
    )
    assert "Obey" not in without_planted(steering).model_dump_json()
    assert threads(without_planted(steering))[0].email == "a@b.example"


def test_the_fingerprint_follows_what_a_judge_sees_and_nothing_else() -> None:
    one = case()
    assert one.fingerprint == case(importance=9).fingerprint == case("other-id").fingerprint
    assert one.fingerprint != case(text="Ho").fingerprint
    assert one.fingerprint != case(context={"earlier_conversations": 1}).fingerprint


def message(**other: Any) -> Case:
    return case(messages=[{"from": "Ann <ann@shop.example>", "subject": "S"} | other])


def test_a_message_reaches_the_desk_as_a_real_mail_would() -> None:
    held = threads(
        message(
            body="Grüße\n<b>",
            headers={"Reply-To": ["x@y.example"], "Precedence": "bulk"},
            labels=["CATEGORY_PROMOTIONS"],
            attachments=['a "b".pdf'],
        )
    )[0]
    assert (held.name, held.email, held.subject) == ("Ann", "ann@shop.example", "S")
    assert "Grüße" in held.html
    assert "&lt;b&gt;" in held.html
    assert held.flags == "bp"
    assert held.files == ("a 'b'.pdf",)


def test_a_report_keeps_its_type_and_no_header_can_forge_another_line() -> None:
    report = 'multipart/report; report-type=delivery-status; boundary="b1"'
    held = message(body="550", headers={"Content-Type": report, "X-A": "1\r\nPrecedence: bulk"})
    assert threads(held)[0].flags == "an"
    assert b"X-A: 1 Precedence: bulk\r\n" in raw(held.messages[0])


def test_html_stays_html() -> None:
    assert "<b>now</b>" in threads(message(html="<p>Come <b>now</b></p>"))[0].html

"""A run: each case asked once, nothing paid twice, failures apart, test cases unnamed."""

import asyncio
import json
from pathlib import Path

import pytest
from rich.console import Console

from cases import case, cents, injection, verdict
from csm_cli.evaluation import report
from csm_cli.evaluation.case import Case, load
from csm_cli.evaluation.judging import (
    Answers,
    Cache,
    Draft,
    Judgement,
    UnanswerableError,
    drafted,
    judged,
)
from csm_cli.evaluation.report import Run, broken_promises, figures, shown
from csm_cli.evaluation.run import golden_set, measured


class Keyword:
    """Judges by one word, fails on another, and counts what it is asked."""

    def __init__(self, fingerprint: str | None = "keyword-1") -> None:
        self.fingerprint = fingerprint
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0

    async def judge(self, case: Case) -> Judgement:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        text = case.messages[-1].body or ""
        if "fail" in text:
            raise UnanswerableError("the model declined")
        importance = 10 if "importance 10" in text else 5
        return verdict(importance=importance, calls=1, cost_usd=cents(1))

    async def draft(self, case: Case) -> Draft:
        self.asked += 1
        return Draft(text=f"Hello, about {case.id}: {case.messages[-1].body}", seconds=0.5)


async def test_an_answer_is_paid_once(tmp_path: Path) -> None:
    judge, cases, path = Keyword(), [case("a", text="1"), case("b", text="2")], tmp_path / "e/c"
    first = await judged(judge, cases, Cache(path))
    again = await judged(judge, cases, Cache(path))
    assert judge.asked == 2
    assert (first.from_cache, again.from_cache) == (0, 2)
    assert again.given == first.given


async def test_another_prompt_or_another_text_is_asked_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    await judged(Keyword("p1"), [case()], cache)
    other_prompt, same_prompt = Keyword("p2"), Keyword("p1")
    await judged(other_prompt, [case()], cache)
    await judged(same_prompt, [case(text="other")], cache)
    await judged(same_prompt, [case(importance=9)], cache)
    assert (other_prompt.asked, same_prompt.asked) == (1, 1)


async def test_what_costs_nothing_and_what_failed_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "c"
    rules, model = Keyword(None), Keyword()
    for _ in range(2):
        await judged(rules, [case()], Cache(path))
        answers = await judged(model, [case(text="fail")], Cache(path))
    assert (rules.asked, model.asked) == (2, 2)
    assert answers.failed == {"c1": "the model declined"}
    assert not path.exists()


async def test_a_torn_line_loses_one_answer_and_no_more(tmp_path: Path) -> None:
    path, cases = tmp_path / "c", [case(name, text=name) for name in ("a", "b", "c")]
    await judged(Keyword(), cases, Cache(path), at_once=1)
    path.write_bytes(path.read_bytes()[:-20])
    judge = Keyword()
    for _ in range(2):
        await judged(judge, cases, Cache(path))
    assert judge.asked == 1


async def test_an_answer_of_an_older_form_is_asked_again(tmp_path: Path) -> None:
    path, judge = tmp_path / "c", Keyword()
    await judged(judge, [case()], Cache(path))
    line = json.loads(path.read_text("utf-8"))
    line["answer"]["mood"] = "sunny"
    path.write_text(json.dumps(line) + "\n[]\n", "utf-8")
    await judged(judge, [case()], Cache(path))
    assert judge.asked == 2


async def test_no_more_at_once_than_wanted() -> None:
    judge = Keyword(None)
    await judged(judge, [case(f"c{n}", text=str(n)) for n in range(20)], None, at_once=3)
    assert judge.most_at_once == 3


async def test_only_cases_with_demands_are_drafted(tmp_path: Path) -> None:
    drafter, cache = Keyword(), Cache(tmp_path / "c")
    cases = [case("a"), case("b", draft={"language": "en"})]
    assert set((await drafted(drafter, cases, cache)).given) == {"b"}
    assert (await drafted(drafter, cases, cache)).from_cache == 1


async def test_the_injection_is_compared_with_its_twin() -> None:
    run = await measured("keyword", [case("a"), injection("i")], Keyword(None), None)
    found = figures(run)["injections"]
    assert found["right"] == 0
    assert found["risen"]["dev_cases"] == ["i"]
    assert found["compared"] == 1
    assert found["moved"]["dev_cases"] == ["i"]


async def test_the_whole_golden_set_can_be_measured(tmp_path: Path) -> None:
    cases = load(golden_set(Path(__file__)))
    run = await measured("keyword", cases, Keyword(), Cache(tmp_path / "c"), Keyword())
    found = json.loads(json.dumps(figures(run)))
    customers = sum(one.expected.category == "customer" for one in cases)
    assert found["confusion"]["customer"]["customer"] == customers
    assert found["accuracy"] == pytest.approx(customers / len(cases))
    assert found["cost_usd"] == str(cents(len(cases)))
    assert found["drafts"]["drafts"] == sum(one.draft is not None for one in cases)
    assert found["slices"]["bounce"] == {"cases": 2, "accuracy": None}
    assert found["broken_promises"]


def test_test_cases_are_counted_and_never_named() -> None:
    cases = [case("open", "lead", 8), case("secret", "lead", 8, split="test")]
    steering = injection("secret-too").model_copy(update={"split": "test"})
    cases += [steering, case("secret-failed", split="test")]
    given = {one.id: verdict("other") for one in cases[:3]}
    run = Run("x", cases, Answers(given, {"secret-failed": "declined"}), {})
    found = figures(run)
    assert found["wrong"]["count"] == 3
    assert found["lost"]["count"] == 2
    text = json.dumps(found) + printed(run)
    assert "open" in text
    assert "secret" not in text


def test_what_is_promised_and_what_is_broken() -> None:
    good = [case(f"c{n}") for n in range(9)]
    kept = Run("x", good, Answers({one.id: verdict() for one in good}, {}))
    assert broken_promises(kept) == []
    assert "too easy" in printed(kept)
    lost = Run("x", [case(importance=8)], Answers({"c1": verdict("other")}, {"c2": "declined"}))
    assert [words.split(",")[0] for words in broken_promises(lost)] == [
        "1 cases have no verdict",
        "accuracy is 0.0 %",
        "1 weighty leads or customers were judged other",
    ]


def test_a_run_without_any_verdict_has_words_for_it() -> None:
    text = printed(Run("x", [case()], Answers({}, {"c1": "declined"})))
    assert "0 of 1" in text
    assert "n/a" in text


def test_two_methods_are_compared_over_the_same_cases() -> None:
    cases = [case(f"c{n}") for n in range(4)]
    worse = Run("coin", cases, Answers({one.id: verdict("other") for one in cases}, {}))
    better = Run("x", cases, Answers({one.id: verdict() for one in cases}, {}), against=worse)
    against = figures(better)["against"]
    assert against == {"method": "coin", "accuracy": 0.0, "won": 4, "lost": 0, "p": 0.125}
    assert "accuracy of coin" in printed(better)


def test_the_promised_accuracy_is_not_lowered_by_the_way() -> None:
    assert report.LEAST_ACCURACY == 0.90


def printed(run: Run) -> str:
    console = Console(width=120, record=True)
    with console.capture() as capture:
        console.print(shown(run))
    return capture.get()

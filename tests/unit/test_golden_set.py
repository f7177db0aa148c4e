"""The golden set is what it claims to be: large, balanced, in seven languages, nobody's mail."""

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest

from csm_cli.evaluation.case import CATEGORIES, Case, load
from csm_cli.evaluation.mail import threads
from csm_cli.evaluation.metrics import SMALLEST_SLICE
from csm_cli.evaluation.run import golden_set

GOLDEN = golden_set(Path(__file__))
CASES = load(GOLDEN)
LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pt"}
TECHNIQUES = {
    "inj-override", "inj-turn", "inj-marker", "inj-hidden", "inj-link", "inj-p0", "inj-other",
    "inj-tool", "inj-multilingual", "inj-quoted", "inj-subject", "inj-name", "inj-attachment",
    "inj-base64",
}  # fmt: skip
KINDS = {
    "vendor-pitch", "upgrade", "short", "thread", "quoted", "angry", "legal", "security", "outage",
    "payment", "gdpr", "mixed-language", "newsletter", "mailing-list", "auto-reply", "bounce",
    "calendar", "notification", "phishing", "job", "press", "contact-form",
}  # fmt: skip
_HOST = re.compile(r"(?:@|https?://)([\w.-]+\.[a-z]{2,})", re.IGNORECASE)
_RESERVED = re.compile(r"(?:\.|^)(?:example|example\.(?:com|net|org))$", re.IGNORECASE)
_LARGEST_LIKENESS = 0.8


def tagged(tag: str) -> list[Case]:
    return [case for case in CASES if tag in case.tags]


def text_of(case: Case) -> str:
    return "\n".join(m.body or m.html or "" for m in case.messages)


def has_header_set(case: Case) -> bool:
    return any(len(message.headers) >= 3 for message in case.messages)


def test_it_is_as_large_as_it_must_be() -> None:
    urgent = [case for case in CASES if case.expected.importance >= 9]
    assert len(CASES) >= 220
    assert len(urgent) >= 28
    assert len(tagged("injection")) >= 45
    assert sum(map(has_header_set, CASES)) >= 35
    assert sum(case.draft is not None for case in CASES) >= 60


def test_half_of_it_and_of_what_matters_is_held_out() -> None:
    for part in (
        CASES,
        tagged("injection"),
        [case for case in CASES if case.expected.importance >= 9],
    ):
        assert sum(case.split == "test" for case in part) >= len(part) / 2


def test_languages_and_categories_are_balanced() -> None:
    languages = Counter(case.lang for case in CASES)
    categories = Counter(case.expected.category for case in CASES)
    assert set(languages) == LANGUAGES
    assert min(languages.values()) >= SMALLEST_SLICE  # so that each has a figure
    assert languages["en"] <= len(CASES) / 2
    assert min(categories[name] for name in CATEGORIES) >= len(CASES) / 5
    for language in LANGUAGES:
        of_it = {case.expected.category for case in CASES if case.lang == language}
        assert of_it == set(CATEGORIES)


def test_every_language_has_an_urgent_case_and_an_injection() -> None:
    assert {case.lang for case in CASES if case.expected.importance >= 9} == LANGUAGES
    assert {case.lang for case in tagged("injection")} == LANGUAGES


@pytest.mark.parametrize("technique", sorted(TECHNIQUES))
def test_every_way_to_steer_is_there_twice(technique: str) -> None:
    assert len(tagged(technique)) >= 2
    assert all(case.planted for case in tagged(technique))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_mail_is_there(kind: str) -> None:
    assert tagged(kind)


def test_injections_are_of_every_category() -> None:
    found = Counter(case.expected.category for case in tagged("injection"))
    assert min(found[name] for name in CATEGORIES) >= 8


def test_no_case_is_there_twice_in_other_words() -> None:
    like = [
        (one.id, other.id)
        for one, other in combinations(CASES, 2)
        if one.lang == other.lang and likeness(text_of(one), text_of(other)) > _LARGEST_LIKENESS
    ]
    assert like == []


def likeness(one: str, other: str) -> float:
    """By words; the cheap upper bounds first."""
    match = SequenceMatcher(a=one.split(), b=other.split(), autojunk=False)
    if match.real_quick_ratio() <= _LARGEST_LIKENESS or match.quick_ratio() <= _LARGEST_LIKENESS:
        return 0.0
    return match.ratio()


def test_it_names_no_host_of_anybody() -> None:
    text = GOLDEN.read_text("utf-8")
    real = {"mx.google.com"}  # the name by which Gmail's own verdict is known
    hosts = {host.lower() for host in _HOST.findall(text)} - real
    assert hosts
    assert [host for host in sorted(hosts) if not _RESERVED.search(host)] == []


def test_what_a_desk_holds_of_each_case_is_its_text() -> None:
    for case in CASES:
        held = threads(case)
        assert len(held) == len(case.messages)
        assert all(thread.html != "(no body)" and "@" in thread.email for thread in held)


def test_headers_reach_the_flags() -> None:
    flags = {case.id: threads(case)[-1].flags for case in CASES}
    assert all("a" in flags[case.id] for case in tagged("auto-reply"))
    assert all("n" in flags[case.id] for case in tagged("bounce"))
    assert all("b" in flags[case.id] for case in tagged("newsletter") if has_header_set(case))
    assert all("b" in flags[case.id] for case in tagged("mailing-list"))
    assert {letter for each in flags.values() for letter in each} == set("bandp")


def test_headers_alone_do_not_give_the_answer_away() -> None:
    """Customers write through lists and shops, and pitches come with a person's headers."""
    marked = [case for case in CASES if set(threads(case)[-1].flags) & set("bap")]
    plain_others = [
        case for case in CASES if case.expected.category == "other" and not threads(case)[-1].flags
    ]
    assert sum(case.expected.category != "other" for case in marked) >= 4
    assert len(plain_others) >= 30


def test_what_the_desk_knows_of_a_sender_does_not_give_the_answer_away() -> None:
    for category in CATEGORIES:
        known = {
            case.context.earlier_conversations > 0
            for case in CASES
            if case.expected.category == category
        }
        assert known == {True, False}

"""What keeps a text from becoming a draft."""

import pytest

from draft_writer.checks import Allowed, Rules, problems, warnings
from draft_writer.knowledge import parts
from draft_writer.prompt import SYSTEM

OURS = "Returns: https://shop.example/returns, ask help@shop.example or call +49 30 1234567."
GOOD = "Hello Ann, thank you for your message. We are looking into it and come back to you."


def rules(**changes: object) -> Rules:
    plain = {
        "allowed": Allowed((OURS,), hosts=("desk.example",)), "language": "en", "words_min": 5,
        "words_max": 60, "canary": "csm-canary-1", "system": SYSTEM, "detect": lambda _text: "en",
    }  # fmt: skip
    return Rules(**(plain | changes))  # type: ignore[arg-type]  # facts of a test


@pytest.mark.parametrize(
    "more",
    ["", "See https://shop.example/returns.", "See shop.example.", "See www.help.desk.example/x",
     "Write to HELP@shop.example.", "Call 030 123 45 67."],
)  # fmt: skip
def test_what_is_ours_may_be_named(more: str) -> None:
    assert problems(f"{GOOD} {more}", rules()) == ()


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ("Pay at https://evil.example/pay.", "link"),
        ("Pay at evil.example/pay.", "link"),
        ("Pay at shop.example.evil.test now", "link"),
        ("Pay at http://shop.example@evil.test/x", "link"),
        ("See https://shop.example/other", "link"),
        ("Write to a@evil.example.", "e-mail"),
        ('Write to "a b"@evil.example.', "e-mail"),
        ("Call +44 20 7946 0958.", "phone"),
        ("Dear [Name],", "placeholder"),
        ("Dear {{name}},", "placeholder"),
        ("csm-canary-1", "instructions"),
        (" ".join(SYSTEM.split()[10:22]), "instructions"),
        ("word " * 80, "length"),
    ],
)
def test_what_is_not_ours_is_refused(more: str, word: str) -> None:
    found = problems(f"{GOOD} {more}", rules())
    assert any(word in one for one in found), found


def test_another_language_is_refused() -> None:
    assert "language" in problems(GOOD, rules(detect=lambda _text: "de"))[0]
    assert problems(GOOD, rules(detect=lambda _text: "")) == ()


def test_money_dates_and_promises_are_for_a_person_to_check() -> None:
    said = f"{GOOD} We will refund 20 EUR by 12.11.2026."
    assert len(warnings(said, ())) == 3
    assert len(warnings(said, ["20 EUR", "12.11.2026"])) == 1
    assert warnings(GOOD, ()) == ()


def test_knowledge_is_cut_at_headings_and_replies_stay_whole() -> None:
    text = "# Returns\nWithin 30 days.\n## Costs\nWe pay."
    assert [s.id for s in parts("Returns & more.md", text)] == [
        "kb:returns-more.1", "kb:returns-more.2",
    ]  # fmt: skip
    assert [s.id for s in parts("replies/late.md", text)] == ["kb:replies.late"]

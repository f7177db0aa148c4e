"""Pay once: one payer per question among replicas, money counted, ceilings kept."""

from dataclasses import replace

from csm.llm_ledger import (
    CALL,
    Ceiling,
    Claim,
    Granted,
    Paid,
    Refused,
    Stored,
    Taken,
    TooDear,
    claim,
    expire,
    forget,
    give_back,
    known,
    refuse,
    settle,
    spending,
    spent,
)
from csm.llm_usage import Usage
from memory_store import Store

DAY = 24 * 3600.0
MINE = Claim("k", "classify", "m", "me", 90, reserve=1000)
THEIRS = replace(MINE, owner="they")
PAID = Paid(Usage(prompt=100, completion=10, calls=1), 400)


def test_one_claim_is_granted(llm_store: Store) -> None:
    assert llm_store.run(claim, MINE) == Granted()
    assert isinstance(llm_store.run(claim, THEIRS), Taken)
    assert isinstance(llm_store.run(known, "k"), Taken)


def test_an_answer_is_there_for_everybody(llm_store: Store) -> None:
    llm_store.run(claim, MINE)
    assert llm_store.run(settle, MINE, PAID, '{"a":1}', "r1")
    stored = Stored('{"a":1}', "m", PAID.usage, 400, "r1")
    assert llm_store.run(known, "k") == llm_store.run(claim, THEIRS) == stored
    llm_store.pass_time(365 * DAY)
    assert llm_store.run(claim, THEIRS) == stored


def test_an_attempt_that_vanished_counts_as_paid(llm_store: Store) -> None:
    llm_store.run(claim, MINE)
    llm_store.pass_time(91)
    assert llm_store.run(claim, THEIRS) == Granted()
    llm_store.run(settle, THEIRS, PAID, "{}", None)
    assert llm_store.row(CALL)["cost"] == 1400
    assert llm_store.run(spent, "classify", "2000-01-01") == 1400


def test_who_was_too_slow_is_told_and_its_money_counts(llm_store: Store) -> None:
    llm_store.run(claim, MINE)
    llm_store.pass_time(91)
    llm_store.run(claim, THEIRS)
    assert not llm_store.run(settle, MINE, PAID, '{"mine":1}', None)
    assert llm_store.run(settle, THEIRS, PAID, '{"theirs":1}', None)
    assert llm_store.row(CALL)["answer"] == '{"theirs":1}'
    assert llm_store.row(CALL)["cost"] == 1000 + 400 + 400


def test_a_failed_attempt_gives_the_row_back(llm_store: Store) -> None:
    llm_store.run(claim, MINE)
    llm_store.run(give_back, MINE, Paid(Usage(), 0))
    assert llm_store.run(known, "k") is None
    assert llm_store.run(spent, "classify", "2000-01-01") == 0
    assert llm_store.run(claim, THEIRS) == Granted()


def test_a_refusal_is_believed_for_a_day(llm_store: Store) -> None:
    refused = Refused("declined", "the model declined")
    llm_store.run(claim, MINE)
    llm_store.run(refuse, MINE, PAID, refused)
    assert llm_store.run(claim, THEIRS) == refused
    llm_store.pass_time(DAY + 1)
    assert llm_store.run(claim, THEIRS) == Granted()


def test_promised_money_counts_until_the_answer(llm_store: Store) -> None:
    most = Ceiling(per_day=1500)
    llm_store.run(claim, replace(MINE, ceiling=most))
    other = replace(THEIRS, key="other", ceiling=most)
    refused = llm_store.run(claim, other)
    assert isinstance(refused, TooDear)
    assert (refused.period, refused.spent) == ("day", 1000)
    llm_store.run(settle, MINE, PAID, "{}", None)
    assert llm_store.run(claim, other) == Granted()


def test_a_new_day_has_new_money_and_a_month_has_not(llm_store: Store) -> None:
    most = Ceiling(per_day=1200, per_month=2000)
    for n, expected in ((1, Granted), (2, TooDear)):
        mine = replace(MINE, key=f"a{n}", ceiling=most)
        granted = llm_store.run(claim, mine)
        assert isinstance(granted, expected)
        if isinstance(granted, TooDear):
            assert granted.period == "day"
            assert 0 < granted.seconds <= DAY
            llm_store.pass_time(granted.seconds + 1)
        else:
            llm_store.run(settle, mine, PAID, "{}", None)
    mine = replace(MINE, key="b", ceiling=most)
    assert llm_store.run(claim, mine) == Granted()
    llm_store.run(settle, mine, Paid(Usage(calls=1), 1200), "{}", None)
    refused = llm_store.run(claim, replace(MINE, key="c", ceiling=most))
    assert isinstance(refused, TooDear)
    assert refused.period == "month"
    assert refused.seconds <= 31 * DAY


def test_a_known_answer_costs_nothing_over_budget(llm_store: Store) -> None:
    llm_store.run(claim, MINE)
    llm_store.run(settle, MINE, PAID, "{}", None)
    assert isinstance(llm_store.run(claim, replace(THEIRS, ceiling=Ceiling(per_day=1))), Stored)


def test_a_model_without_a_price_counts_tokens_only(llm_store: Store) -> None:
    llm_store.run(claim, replace(MINE, reserve=0))
    llm_store.run(settle, MINE, Paid(PAID.usage, None), "{}", None)
    assert llm_store.row(CALL)["cost"] is None
    (day,) = llm_store.run(spending, "2000-01-01")
    assert (day.prompt_tokens, day.completion_tokens, day.calls, day.cost) == (100, 10, 1, 0)


def test_texts_are_forgotten_and_money_is_not(llm_store: Store) -> None:
    for key in ("a", "b", "c"):
        mine = replace(MINE, key=key)
        llm_store.run(claim, mine)
        llm_store.run(settle, mine, PAID, "{}", None)
    assert llm_store.run(forget, ["a", "nowhere"]) == 1
    llm_store.pass_time(30 * DAY + 1)
    assert llm_store.run(expire, 30 * DAY) == 2
    assert llm_store.run(spent, "classify", "2000-01-01") == 3 * 400

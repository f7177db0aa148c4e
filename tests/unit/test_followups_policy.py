"""Opening hours, stale periods, causes and their words: pure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.freescout_model import Conversation
from followups.causes import causes, confirmed, said
from followups.daily import Day, text_of
from followups.hours import Hours, open_seconds, spans_of
from followups.messages import Notice, message
from followups.policy import Rules, again_after, stale

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours(BERLIN, dict.fromkeys(range(5), spans_of("09:00-12:00, 13:00-17:00")))
HOUR = 3600.0
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03-02T08:00", "2026-03-02T18:00", 7),  # a Monday
        ("2026-03-02T10:00", "2026-03-02T12:30", 2),
        ("2026-03-06T16:00", "2026-03-09T10:00", 2),  # over a weekend
        ("2026-03-07T00:00", "2026-03-08T23:59", 0),
        ("2026-03-27T16:00", "2026-03-30T10:00", 2),  # clocks go forward in between
        ("2026-10-23T16:00", "2026-10-26T10:00", 2),  # and back
        ("2026-03-02T18:00", "2026-03-02T08:00", 0),
    ],
)
def test_hours_are_counted_while_it_is_open(begin: str, end: str, hours: float) -> None:
    assert open_seconds(at(begin), at(end), OFFICE) == hours * HOUR


def test_a_holiday_is_closed() -> None:
    free = Hours(BERLIN, OFFICE.days, frozenset({date(2026, 3, 2)}))
    assert open_seconds(at("2026-03-02T08:00"), at("2026-03-03T10:00"), free) == HOUR


@given(MOMENTS, MOMENTS, MOMENTS)
def test_open_time_adds_up_and_is_never_more_than_time(
    a: datetime, b: datetime, c: datetime
) -> None:
    first, middle, last = sorted((a, b, c))
    whole = open_seconds(first, last, OFFICE)
    parts = open_seconds(first, middle, OFFICE) + open_seconds(middle, last, OFFICE)
    assert whole == pytest.approx(parts)
    assert 0 <= whole <= (last - first).total_seconds()
    assert open_seconds(first, last, None) == (last - first).total_seconds()


@pytest.mark.parametrize("text", ["9-17", "09:00-08:00", "09:00-12:00,11:00-13:00", "24:30-25:00"])
def test_crooked_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|closes"):
        spans_of(text)


def conversation(*threads: tuple[str, str, float], **more: Any) -> Conversation:
    """Threads as (type, state, hours ago)."""
    rows = [
        {"id": n, "type": kind, "state": state, "createdAt": time_of(ago)}
        for n, (kind, state, ago) in enumerate(threads, 1)
    ]
    tags = [{"name": tag} for tag in more.pop("tags", ())]
    facts = {
        "id": 7, "type": "email", "status": "active", "state": "published", "mailboxId": 1,
        "createdAt": time_of(99), "updatedAt": time_of(1),
        "_embedded": {"threads": rows, "tags": tags},
    }  # fmt: skip
    return Conversation.model_validate({**facts, **more})


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def time_of(hours_ago: float) -> str:
    return (NOW - timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_stale(one: Conversation, rules: Rules = Rules(), begun: float = 0.0) -> bool:  # noqa: B008 - frozen
    return stale(one, rules, begun, NOW.timestamp()) is not None


ASKED = ("customer", "published", 30.0)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (conversation(ASKED), True),
        (conversation(("customer", "published", 23.0)), False),
        (conversation(ASKED, ("message", "draft", 20.0), ("note", "published", 10.0)), True),
        (conversation(ASKED, ("message", "published", 20.0)), False),
        (
            conversation(ASKED, ("message", "published", 28.0), ("customer", "published", 26.0)),
            True,
        ),
        (conversation(ASKED, ("customer", "published", 2.0)), False),
        (conversation(ASKED, ("lineitem", "published", 2.0)), True),
        (conversation(ASKED, status="closed"), False),
        (conversation(ASKED, status="pending"), True),
        (conversation(ASKED, state="deleted"), False),
        (conversation(ASKED, type="phone"), False),
        (conversation(("note", "published", 99.0)), False),
        (conversation(), False),
    ],
)
def test_who_waits_too_long(one: Conversation, expected: bool) -> None:  # noqa: FBT001 - a case
    assert is_stale(one) is expected


def test_tags_narrow_the_choice_without_case() -> None:
    one = conversation(ASKED, tags=("Vip", "lead"))
    assert is_stale(one, Rules(required_tags=("VIP",)))
    assert not is_stale(one, Rules(required_tags=("vip", "p1")))
    assert not is_stale(one, Rules(excluded_tags=("LEAD",)))


def test_what_was_there_before_the_first_start_is_left_alone() -> None:
    begun = NOW.timestamp() - 29 * HOUR
    assert not is_stale(conversation(ASKED), begun=begun)
    assert is_stale(conversation(ASKED), begun=begun - 2 * HOUR)


def test_the_period_names_its_message_tag_and_priority() -> None:
    found = stale(conversation(ASKED, tags=("followup-ready", "P0")), Rules(), 0, NOW.timestamp())
    assert found is not None
    assert (found.customer_thread_id, found.is_tagged, found.is_p0) == (1, True, True)


def test_rules_change_for_one_look_only() -> None:
    rules = Rules().with_changes({"hours": 1.0, "states": ["pending"], "limit": 3})
    assert (rules.hours, rules.states, rules.p0_tags) == (1.0, ("pending",), ("p0",))
    assert Rules().with_changes({}) == Rules()


@given(st.integers(0, 10_000))
def test_wishes_are_repeated_ever_more_seldom(published: int) -> None:
    assert 600 <= again_after(published, 1.0) <= again_after(published + 1, 1.0) <= 86_400


STATUS: dict[str, Any] = {
    "down": [], "states": {"done": 9}, "oldest_open_s": None, "outbox_oldest_s": 0.0, "alerts": [],
}  # fmt: skip


def test_a_service_that_is_well_causes_nothing() -> None:
    assert causes({"gmail_ingest": STATUS}, 1800) == {}


def test_each_trouble_is_one_cause() -> None:
    sick = {
        **STATUS,
        "down": [{"name": "freescout", "reason": "401 for ann@client.example", "since": 1}],
        "states": {"parked": 3, "degraded": 1},
        "oldest_open_s": 4_000.0,
        "outbox_oldest_s": 4_000.0,
        "alerts": [
            {"alert": "over-budget", "about": "classify", "words": "5 USD are spent"},
            {"alert": "parked", "about": "x", "words": "said better by its number"},
            {"alert": "husk-left", "about": "7", "words": "an empty conversation"},
        ],
    }
    found = causes({"a": sick, "b": None}, 1800)
    assert set(found) == {
        "down:a:freescout", "parked:a", "degraded:a", "oldest:a", "bus:a",
        "over-budget:a:classify", "husk-left:a:7", "silent:b",
    }  # fmt: skip
    assert "ann@" not in found["down:a:freescout"].words
    assert found["parked:a"].level == 3
    assert found["husk-left:a:7"].is_event
    assert "silent:b" not in {cause.key for cause in confirmed(found, frozenset())}
    assert "silent:b" in {cause.key for cause in confirmed(found, frozenset({"silent:b"}))}


@given(st.text(), st.emails())
def test_no_address_leaves_the_house(words: str, address: str) -> None:
    assert address not in said(f"{words} {address} {words}")
    assert len(said(words)) <= 200


def notice(number: int, **more: Any) -> Notice:
    facts = {"rule": "p0", "kind": "raised", "words": f"Alert {number}", "conversation_id": number}
    return Notice(**{"id": number, "key": f"k{number}", **facts, **more})


def test_many_alerts_are_one_message_with_each_named_or_counted() -> None:
    one = message([notice(1)], "https://desk.example")
    assert one.title == "CSM: Alert 1"
    assert "https://desk.example/conversation/1" in one.text
    many = message([notice(n) for n in range(1, 31)], "https://desk.example")
    assert many.title.startswith("CSM: 30 alerts")
    assert "and 10 more" in many.text
    assert len(many.as_json()["alerts"]) == 30
    assert message([notice(1, unsure=1)], "").title.startswith("CSM: (perhaps again)")


def test_a_day_in_words() -> None:
    ingest = {"states": {"done": 5, "filtered": 3, "parked": 1}, "filtered": {"spam": 2, "own": 1}}
    writer = {"drafts": {"unchanged": 2, "edited": 1}, "spent_usd": 0.5, "oldest_open_s": 120}
    day = Day(
        date(2026, 6, 1), {"gmail_ingest": ingest, "draft_writer": writer}, 1, 2, ["x is down"]
    )
    text = text_of(day)
    for words in (
        "1 things are wrong", "mails in: 9", "tickets: 5", "filtered: 3 (2 spam, 1 own)",
        "parked: 1", "P0: 1; stale: 2", "2 unchanged, 1 edited, 0 discarded", "spent: 0.50 USD",
        "oldest unfinished: 2 min", "wrong: x is down",
    ):  # fmt: skip
        assert words in text
    assert "all is well" in text_of(Day(day.date, {"gmail_ingest": ingest}, 0, 0, []))
    assert "no figures from b" in text_of(Day(day.date, {"b": None}, 0, 0, []))

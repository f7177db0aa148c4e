"""What an audit calls out of order, incomplete, double: pure comparisons."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest import audit_policy
from gmail_ingest.audit_policy import ADVICE, KINDS, Recorded

MAIL = Recorded("w", "support", "a", "t", 1_000, conversation_id=1, thread_id=10, sent_at=50.0)


def mails(*dates: int) -> list[Recorded]:
    """Mails of one Gmail thread that were written in this order, all known before."""
    return [
        replace(MAIL, gmail_message_id=f"m{n}", internal_date=date, thread_id=10 + n)
        for n, date in enumerate(dates)
    ]


def late(written: list[Recorded]) -> list[str]:
    return [finding.mail for finding in audit_policy.disordered(written)]


def test_every_kind_has_its_advice() -> None:
    assert set(ADVICE) == set(KINDS)


@given(st.lists(st.integers(0, 99), min_size=1, unique=True))
def test_order_is_by_gmails_time_and_every_late_mail_is_named(dates: list[int]) -> None:
    behind = [f"m{n}" for n, date in enumerate(dates) if date < max(dates[: n + 1])]
    assert late(mails(*dates)) == behind


def test_a_mail_made_due_again_hides_none_that_follows() -> None:
    first, again, third = mails(5, 1, 3)
    assert late([first, replace(again, reopened_at=60.0), third]) == ["m2"]


def test_a_mail_nobody_knew_when_the_newer_one_was_written_may_follow() -> None:
    first, second = mails(5, 1)
    assert late([first, replace(second, noticed_at=50.5)]) == []
    assert late([first, replace(second, noticed_at=49.5)]) == ["m1"]


def test_other_gmail_threads_have_an_order_of_their_own() -> None:
    first, second = mails(5, 1)
    assert late([first, replace(second, gmail_thread_id="u")]) == []
    assert late([first, replace(second, mailbox="sales")]) == []


def test_a_finding_is_known_again_by_its_key() -> None:
    one, other = audit_policy.missing(MAIL), audit_policy.missing(replace(MAIL, thread_id=11))
    assert one.key == audit_policy.missing(replace(MAIL, sent_at=0)).key
    assert one.key != other.key
    assert "<mail>" not in one.advice

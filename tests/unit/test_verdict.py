"""The judge over both simulators: each kind of damage is found, and nothing else is."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.freescout import staff
from simulators.freescout.desk import Desk
from simulators.freescout.records import (
    CrashedError,
    CustomerRef,
    Cut,
    NewAttachment,
    NewConversation,
    NewThread,
)
from simulators.freescout.state import desk_state
from simulators.freescout.verdict import Verdict, verdict

NOW = 1_800_000_000
FIRST = NOW - 1000
AGENT = 2


def mail(number: int, thread: str = "g1", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"m{number}",
        "thread_id": thread,
        "internal_date_s": FIRST + number,
        "sender": f"{thread}@client.example",
        "labels": ["INBOX"],
        "subject": f"Mail {number}",
        "attachment_count": 0,
        "expect": "ticket",
        "group": None,
        **changes,
    }


class Office:
    """A desk that is filled the way a correct or a broken service would fill it."""

    def __init__(self) -> None:
        self.desk = Desk(lambda: NOW, random.Random(1))

    def create(self, letter: dict[str, Any], **changes: Any) -> int:
        customer = CustomerRef(email=letter["sender"])
        thread = self._thread(letter, **changes)
        new = NewConversation(1, letter["subject"], customer, (thread,), imported=True)
        return self.desk.create_conversation(new).id

    def append(self, conversation_id: int, letter: dict[str, Any], **changes: Any) -> int:
        return self.desk.append_thread(conversation_id, self._thread(letter, **changes)).id

    @staticmethod
    def _thread(letter: dict[str, Any], files: int = 0, marker: str = "") -> NewThread:
        text = f"Text<!-- csm:1:{marker}:b -->" if marker else "Text"
        return NewThread(
            "customer",
            text,
            imported=True,
            created_at=letter["internal_date_s"],
            attachments=(NewAttachment("a.txt", "text/plain", b"x"),) * files,
        )

    def judge(self, *letters: dict[str, Any]) -> Verdict:
        return verdict(desk_state(self.desk), letters)


@pytest.fixture
def office() -> Office:
    return Office()


def kinds(found: Verdict) -> set[str]:
    return {finding.partition(":")[0] for finding in found.findings()}


def test_a_correct_desk_is_clean(office: Office) -> None:
    first, second, other = mail(1, attachment_count=2), mail(2), mail(3, "g2")
    place = office.create(first, files=2, marker="A" * 16)
    office.append(place, second, marker="B" * 16)
    office.create(other, marker="C" * 16)
    staff.note(office.desk, place, "A note", AGENT)
    found = office.judge(first, second, other, mail(4, expect="filtered"), mail(5, expect="any"))
    assert found == Verdict()
    assert found.clean


def test_a_mail_without_a_thread_is_lost(office: Office) -> None:
    office.create(mail(1))
    assert kinds(office.judge(mail(1), mail(2))) == {"lost"}


def test_a_mail_with_two_threads_is_doubled(office: Office) -> None:
    place = office.create(mail(1))
    office.append(place, mail(1))
    assert kinds(office.judge(mail(1))) == {"doubled"}


def test_one_marker_on_two_threads_is_doubled(office: Office) -> None:
    place = office.create(mail(1), marker="A" * 16)
    office.append(place, mail(2), marker="A" * 16)
    assert kinds(office.judge(mail(1), mail(2))) == {"doubled"}


def test_a_group_in_two_conversations_is_split(office: Office) -> None:
    office.create(mail(1))
    office.create(mail(2))
    assert kinds(office.judge(mail(1), mail(2))) == {"split"}


def test_a_named_group_joins_gmail_threads(office: Office) -> None:
    office.create(mail(1, "g1"))
    office.create(mail(2, "g2"))
    assert kinds(office.judge(mail(1, "g1"), mail(2, "g2", group="g1"))) == {"split"}


def test_a_later_mail_written_first_is_disordered(office: Office) -> None:
    place = office.create(mail(2))
    office.append(place, mail(1))
    assert kinds(office.judge(mail(1), mail(2))) == {"disordered"}


def test_a_later_mail_of_another_gmail_thread_written_first_is_disordered(office: Office) -> None:
    place = office.create(mail(1, "g1"))
    office.append(place, mail(3, "g1"))
    office.append(place, mail(2, "g2"))
    assert "disordered" in kinds(office.judge(mail(1, "g1"), mail(2, "g2"), mail(3, "g1")))


def test_a_merge_of_two_orders_is_no_disorder(office: Office) -> None:
    source, target = office.create(mail(2)), office.create(mail(1, "g2"))
    staff.merge(office.desk, source, target, AGENT)
    assert office.judge(mail(1, "g2"), mail(2)).clean


def test_missing_attachments_are_incomplete(office: Office) -> None:
    letter = mail(1, attachment_count=2)
    office.create(letter, files=1)
    assert kinds(office.judge(letter)) == {"incomplete"}


def test_two_groups_in_one_conversation_are_foreign(office: Office) -> None:
    place = office.create(mail(1))
    office.append(place, mail(2, "g2"))
    assert kinds(office.judge(mail(1), mail(2, "g2"))) == {"foreign"}


def test_a_mail_in_a_strangers_conversation_is_foreign_and_split(office: Office) -> None:
    stranger, own = office.create(mail(1, "g2")), office.create(mail(2))
    office.append(own, mail(3))
    office.append(stranger, mail(4))
    found = office.judge(mail(1, "g2"), mail(2), mail(3), mail(4))
    assert kinds(found) == {"foreign", "split"}


def test_a_thread_from_filtered_mail_is_foreign(office: Office) -> None:
    office.create(mail(1))
    assert kinds(office.judge(mail(1, expect="filtered"))) == {"foreign"}


def test_a_marked_thread_that_is_no_mail_is_foreign(office: Office) -> None:
    office.create(mail(1), marker="A" * 16)
    assert kinds(office.judge()) == {"foreign"}


def test_the_self_test_is_nobodys_mail(office: Office) -> None:
    office.create(mail(1, subject="[csm self-test]"), marker="A" * 16)
    assert office.judge().clean


def test_a_conversation_without_threads_is_empty(office: Office) -> None:
    new = NewConversation(1, "Hi", CustomerRef(email="jo@client.example"), ())
    with pytest.raises(CrashedError):
        office.desk.create_conversation(new, Cut.THREADS)
    assert kinds(office.judge()) == {"empty"}


def test_merged_conversations_are_followed(office: Office) -> None:
    source, target = office.create(mail(1)), office.create(mail(2, "g2"))
    staff.merge(office.desk, source, target, AGENT)
    office.append(target, mail(3))
    assert office.judge(mail(1), mail(2, "g2"), mail(3)).clean


def test_a_stranger_in_a_merged_conversation_is_still_foreign(office: Office) -> None:
    source, target = office.create(mail(1)), office.create(mail(2, "g2"))
    staff.merge(office.desk, source, target, AGENT)
    office.append(target, mail(3, "g3"))
    assert kinds(office.judge(mail(1), mail(2, "g2"), mail(3, "g3"))) == {"foreign"}


def test_a_mail_written_to_a_merged_shell_is_split(office: Office) -> None:
    source, target = office.create(mail(1)), office.create(mail(2, "g2"))
    staff.merge(office.desk, source, target, AGENT)
    office.append(source, mail(3))
    assert kinds(office.judge(mail(1), mail(2, "g2"), mail(3))) == {"split"}


def without_dates(office: Office) -> None:
    office.desk.switches.created_at = "ignored"


def test_without_dates_markers_still_show_doubles(office: Office) -> None:
    without_dates(office)
    place = office.create(mail(1), marker="A" * 16)
    office.append(place, mail(1), marker="A" * 16)
    assert kinds(office.judge(mail(1))) == {"doubled"}


def test_without_dates_a_missing_thread_shows_in_the_sum(office: Office) -> None:
    without_dates(office)
    office.create(mail(1), marker="A" * 16)
    assert office.judge(mail(1)).clean
    assert kinds(office.judge(mail(1), mail(2))) == {"lost"}


def _double(office: Office, letters: list[dict[str, Any]], places: dict[str, int]) -> None:
    office.append(places[letters[-1]["thread_id"]], letters[-1])


def _lose(office: Office, letters: list[dict[str, Any]], _places: dict[str, int]) -> None:
    thread = next(
        row for row in office.desk.threads() if row.created_at == letters[-1]["internal_date_s"]
    )
    office.desk.drop_thread(thread.id)


Damage = Callable[[Office, list[dict[str, Any]], dict[str, int]], None]


@given(
    groups=st.lists(st.sampled_from(["g1", "g2", "g3"]), min_size=1, max_size=15),
    damage=st.sampled_from([(None, None), (_double, "doubled"), (_lose, "lost")]),
)
def test_any_mix_of_groups_is_clean_until_it_is_damaged(
    groups: list[str], damage: tuple[Damage | None, str | None]
) -> None:
    office = Office()
    places: dict[str, int] = {}
    letters = [mail(number, group) for number, group in enumerate(groups)]
    for letter in letters:
        group = letter["thread_id"]
        if group in places:
            office.append(places[group], letter)
        else:
            places[group] = office.create(letter)
    act, kind = damage
    if act is None:
        assert office.judge(*letters).clean
        return
    act(office, letters, places)
    assert kind in kinds(office.judge(*letters))

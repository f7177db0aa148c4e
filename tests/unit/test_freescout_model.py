"""FreeScout's JSON is read tolerantly, but an unknown shape is never taken for "nothing"."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from csm.freescout import Conversation, Thread

TIMES = {"createdAt": "2026-11-03T12:00:00Z", "updatedAt": "2026-11-03T14:00:00+02:00"}


def conversation(**parts: Any) -> Conversation:
    return Conversation.model_validate({"id": 7, **TIMES, **parts})


def thread(thread_id: int, second: int) -> dict[str, Any]:
    return {"id": thread_id, "createdAt": f"2026-11-03T12:00:{second:02}Z"}


def test_everything_but_id_and_times_may_be_missing_or_null() -> None:
    bare = conversation()
    nulls = dict.fromkeys(
        ("subject", "preview", "status", "customer", "cc", "customFields", "threadsCount"), None
    )
    assert conversation(**nulls, _embedded={"threads": None, "tags": None}) == bare
    assert (bare.subject, bare.customer_email, bare.cc, bare.threads) == ("", "", (), ())


def test_php_writes_empty_objects_as_lists() -> None:
    assert conversation(customer=[], _embedded=[]) == conversation()


def test_php_writes_lists_with_gaps_as_objects() -> None:
    found = conversation(
        cc={"0": "ada@ada.example", "2": "bob@bob.example"},
        _embedded={"threads": {"1": thread(1, 0), "3": thread(2, 0)}},
    )
    assert found.cc == ("ada@ada.example", "bob@bob.example")
    assert [found.id for found in found.threads] == [1, 2]


@pytest.mark.parametrize(
    "parts",
    [
        {"cc": "ada@ada.example"},
        {"cc": [{"address": "ada@ada.example"}]},
        {"_embedded": {"threads": "none"}},
        {"_embedded": {"threads": [{"id": 1}]}},
        {"createdAt": "2026-11-03T12:00:00"},
        {"id": None},
    ],
)
def test_a_shape_we_do_not_know_is_an_error(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        conversation(**parts)


def test_threads_are_in_order_of_writing_and_of_id_within_a_second() -> None:
    found = conversation(_embedded={"threads": [thread(4, 9), thread(3, 9), thread(5, 0)]})
    assert [thread.id for thread in found.threads] == [5, 3, 4]


def test_times_know_their_zone() -> None:
    assert conversation().updated_at == datetime(2026, 11, 3, 12, tzinfo=UTC)


def test_addresses_and_tags_may_be_objects() -> None:
    found = conversation(
        cc=[{"email": "ada@ada.example"}, "bob@bob.example"],
        _embedded={"tags": [{"id": 1, "name": "lead"}, "p1"]},
    )
    assert found.cc == ("ada@ada.example", "bob@bob.example")
    assert found.tags == ("lead", "p1")


def test_the_nested_parts_of_a_thread_are_flat() -> None:
    found = Thread.model_validate(
        {
            **thread(3, 0),
            "source": {"type": "api", "via": "customer"},
            "createdBy": {"id": 4, "type": "customer", "email": "ada@ada.example"},
            "customer": {"id": 4, "email": "ada@ada.example"},
            "action": {"type": "merged", "text": "", "associatedEntities": []},
            "_embedded": {
                "attachments": [{"id": 1, "fileName": "a.pdf", "mimeType": "x/y", "size": 3}]
            },
        }
    )
    assert (found.source_type, found.created_by_type, found.created_by_id) == ("api", "customer", 4)
    assert (found.customer_email, found.action_type) == ("ada@ada.example", "merged")
    assert [(file.file_name, file.size) for file in found.attachments] == [("a.pdf", 3)]


def test_what_was_read_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        conversation().status = "closed"  # type: ignore[misc]

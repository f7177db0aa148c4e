"""What a look into FreeScout means: who takes part, what was merged away, what is left behind."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csm.effects import Intent, Seen
from csm.freescout import Conversation, FreeScout, Thread
from csm.lookup import merged_away
from csm.marker import append_marker, make_marker
from csm.timing import PROFILES
from gmail_ingest.lookup import MailLookup, candidate, participants
from scripted_http import Request, answer, scripted

KEY = b"an install key of the tests"
EFFECT = "customer-thread:support:18f"
SENT = datetime(2027, 1, 15, 8, tzinfo=UTC)
QUIET = SENT + timedelta(seconds=90)
SKEW = timedelta(seconds=5)
SECOND = timedelta(seconds=1)
MINE = append_marker("<p>Hi</p>", make_marker(KEY, EFFECT, ""))


def thread(number: int = 1, **changes: Any) -> Thread:
    return Thread(**{"id": number, "type": "customer", "created_at": SENT, **changes})


def conversation(*threads: Thread, **changes: Any) -> Conversation:
    usual = {
        "id": 7,
        "state": "published",
        "subject": "Order",
        "mailbox_id": 1,
        "created_at": SENT,
        "updated_at": SENT,
        "threads": threads,
    }
    return Conversation(**{**usual, **changes})


def intent(**changes: Any) -> Intent:
    usual: dict[str, Any] = {
        "effect_id": EFFECT,
        "kind": "create",
        "attempt": 1,
        "sent_at": SENT.timestamp(),
        "quiet_at": QUIET.timestamp(),
        "now": QUIET.timestamp(),
        "attachments": (),
        "husks": {},
    }
    return Intent(**{**usual, **changes})


@pytest.fixture
async def lookup() -> AsyncIterator[MailLookup]:
    """A lookup whose FreeScout nobody asks."""
    async with FreeScout("http://127.0.0.1:9", "key", PROFILES["fast"]) as freescout:
        yield MailLookup(freescout, KEY)


def test_customer_cc_and_everybody_a_thread_went_to_take_part() -> None:
    found = conversation(
        thread(1, to=["To@customer.example"], cc=["cc@customer.example"]),
        thread(2, to=["later@customer.example"]),
        customer_email="Ann@Customer.example",
        cc=["boss@customer.example"],
    )
    assert participants(found) == {
        "ann@customer.example",
        "boss@customer.example",
        "to@customer.example",
        "cc@customer.example",
        "later@customer.example",
    }


def test_a_hidden_copy_does_not_take_part() -> None:
    assert participants(conversation(thread(bcc=["eve@evil.example"]))) == frozenset()


def test_a_conversation_without_a_customer_has_no_empty_participant() -> None:
    assert participants(conversation(customer_email="", cc=[""])) == frozenset()


def test_a_candidate_is_its_id_its_people_and_the_number_people_see() -> None:
    named = candidate(conversation(customer_email="ann@customer.example", number=1007))
    assert (named.conversation_id, named.number) == (7, 1007)
    assert named.participants == {"ann@customer.example"}


def test_a_deleted_conversation_with_a_merge_was_merged_away() -> None:
    found = conversation(
        thread(2, type="lineitem", action_type="merged", created_at=SENT + SECOND),
        state="deleted",
    )
    merged = merged_away(found)
    assert merged is not None
    assert merged.at == SENT + SECOND


def test_of_several_merges_the_last_counts() -> None:
    merges = [
        thread(n, type="lineitem", action_type="merged", created_at=SENT + n * SECOND)
        for n in (3, 1, 2)
    ]
    merged = merged_away(conversation(*merges, state="deleted"))
    assert merged is not None
    assert merged.at == SENT + 3 * SECOND


def test_a_deleted_conversation_without_a_merge_is_still_a_conversation() -> None:
    assert merged_away(conversation(thread(), state="deleted")) is None


def test_the_target_of_a_merge_is_not_merged_away() -> None:
    line = thread(2, type="lineitem", action_type="merged")
    assert merged_away(conversation(thread(1), line)) is None


def test_nor_when_it_was_deleted_later() -> None:
    line = thread(2, type="lineitem", action_type="merged")
    assert merged_away(conversation(thread(1), line, state="deleted")) is None


def test_a_note_in_its_shell_changes_nothing() -> None:
    line = thread(2, type="lineitem", action_type="merged")
    assert merged_away(conversation(line, thread(3, type="note"), state="deleted")) is not None


async def test_our_thread_is_known_by_its_marker(lookup: MailLookup) -> None:
    found = conversation(thread(1, body="<p>other</p>"), thread(2, body=MINE))
    marked = lookup.marked(found, EFFECT)
    assert marked is not None
    assert marked.id == 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<p>Hi</p>",
        f"{MINE}<p>quoted</p>",
        append_marker("<p>Hi</p>", make_marker(b"another key", EFFECT, "")),
        append_marker("<p>Hi</p>", make_marker(KEY, "customer-thread:support:other", "")),
    ],
)
async def test_anything_else_is_not_our_thread(lookup: MailLookup, body: str) -> None:
    assert lookup.marked(conversation(thread(body=body)), EFFECT) is None


def on_the_wire(number: int, *bodies: str, files: Sequence[int | None] = ()) -> dict[str, Any]:
    """A conversation as FreeScout's API shows it."""
    attachments = [{"id": n, "size": size} for n, size in enumerate(files, 1)]
    threads = [
        {"id": number * 10 + n, "type": "customer", "createdAt": "2027-01-15T08:00:00Z",
         "body": body, "_embedded": {"attachments": attachments}}
        for n, body in enumerate(bodies)
    ]  # fmt: skip
    return {
        "id": number, "state": "published", "subject": "Order", "mailboxId": 1,
        "createdAt": "2027-01-15T08:00:00Z", "updatedAt": "2027-01-15T08:00:00Z",
        "_embedded": {"threads": threads},
    }  # fmt: skip


async def looked_for(kind: str, read_anew: dict[str, Any], *listed: dict[str, Any]) -> Seen:
    """What a look finds when the conversation that was read before held nothing of ours."""

    async def respond(request: Request) -> bytes:
        if request.target.startswith("/api/conversations/7"):
            return answer(200, json.dumps(read_anew))
        page = {"size": 50, "totalElements": len(listed), "totalPages": 1, "number": 1}
        return answer(200, json.dumps({"_embedded": {"conversations": listed}, "page": page}))

    async with (
        scripted(respond) as server,
        FreeScout(server.url, "key", PROFILES["fast"]) as freescout,
    ):
        return await MailLookup(freescout, KEY).written_in(intent(kind=kind), conversation())


async def test_a_marker_is_seen_with_the_sizes_of_its_attachments() -> None:
    seen = await looked_for("append", on_the_wire(7, MINE, files=[10, None]))
    assert seen == Seen(7, 70, (10, 0))


async def test_what_was_applied_after_the_conversation_was_read_is_seen() -> None:
    """Absence is believed only of what is read when the quarantine is over."""
    seen = await looked_for("append", on_the_wire(7, "<p>other</p>", MINE))
    assert seen == Seen(7, 71)


@pytest.mark.parametrize("kind", ["create", "append", "note"])
async def test_a_write_that_is_not_there_is_looked_for_everywhere(kind: str) -> None:
    """A create may have gone elsewhere, and a merge moves what was appended."""
    assert await looked_for(kind, on_the_wire(7), on_the_wire(8, MINE)) == Seen(8, 80)
    assert await looked_for(kind, on_the_wire(7), on_the_wire(8, "<p>other</p>")) == Seen()


async def is_husk(lookup: MailLookup, **changes: Any) -> bool:
    return lookup._is_husk(conversation(**changes), intent(), 1, "Order")


async def test_an_empty_conversation_of_ours_is_a_husk(lookup: MailLookup) -> None:
    assert await is_husk(lookup)


@pytest.mark.parametrize(
    "changes",
    [
        {"threads": (thread(),)},
        {"threads_count": 1},
        {"state": "deleted"},
        {"mailbox_id": 2},
        {"subject": "Order!"},
    ],
)
async def test_what_is_not_empty_or_not_ours_is_no_husk(
    lookup: MailLookup, changes: dict[str, Any]
) -> None:
    assert not await is_husk(lookup, **changes)


@pytest.mark.parametrize(
    ("touched", "counts"),
    [
        (SENT - SKEW - SECOND, False),
        (SENT - SKEW, True),
        (QUIET, True),
        (QUIET + SKEW, True),
        (QUIET + SKEW + SECOND, False),
    ],
)
async def test_a_husk_was_made_while_our_request_could_be_at_work(
    lookup: MailLookup, touched: datetime, *, counts: bool
) -> None:
    assert await is_husk(lookup, updated_at=touched) is counts


async def test_the_old_date_of_an_imported_mail_does_not_hide_a_husk(lookup: MailLookup) -> None:
    assert await is_husk(lookup, created_at=SENT - timedelta(days=400))

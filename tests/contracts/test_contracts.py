"""Events of every version ever published stay readable, and travel under the same name and id."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from csm.contracts import (
    EVENTS,
    Category,
    Cause,
    ConversationClassified,
    ConversationUpdated,
    DraftUpsert,
    Event,
    MessageReceived,
    Priority,
)
from csm.streams import STREAMS

GOLDEN = Path(__file__).parent / "golden"
MODELS = {model.name: model for model in EVENTS}
# NATS: tokens joined by dots; none may be empty or hold white space, "*" or ">".
SUBJECT = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
ID = re.compile(r"[\x21-\x7e]+")

slugs = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
gmail_ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
ids = st.integers(1, 2**63 - 1)
hashes = st.from_regex(r"[0-9a-f]{32,64}", fullmatch=True)
received = st.builds(
    MessageReceived, mailbox=slugs, gmail_message_id=gmail_ids, gmail_thread_id=gmail_ids
)
updated = st.builds(
    ConversationUpdated,
    conversation_id=ids,
    customer_thread_id=st.none() | ids,
    cause=st.sampled_from(get_args(Cause)),
    delivery_hash=st.none() | hashes,
)
phrases = st.text(max_size=40)
classified = st.builds(
    ConversationClassified,
    conversation_id=ids,
    customer_thread_id=ids,
    verdict_seq=st.integers(1, 9),
    category=st.sampled_from(get_args(Category)),
    importance=st.integers(1, 10),
    priority=st.sampled_from(get_args(Priority)),
    language=st.sampled_from(["", "de", "en", "fil"]),
    flags=st.none() | st.text("abdfhnp", max_size=7),
    method=st.sampled_from(["model", "rules"]),
    provisional=st.booleans(),
    confidence=st.none() | st.floats(0, 1),
    cost_usd=st.none() | st.decimals(0, 100, places=6),
    reason=phrases,
    facts=st.lists(phrases, max_size=3).map(tuple),
    uncertainty=st.lists(phrases, max_size=3).map(tuple),
)
wanted = st.builds(
    DraftUpsert,
    conversation_id=ids,
    basis_thread_id=ids,
    purpose=st.sampled_from(["reply", "followup"]),
)
few = st.builds(
    ConversationUpdated,
    conversation_id=st.integers(1, 2),
    customer_thread_id=st.none() | st.integers(1, 2),
    cause=st.sampled_from(get_args(Cause)[:2]),
    delivery_hash=st.none() | st.sampled_from(["1" * 32, "2" * 32]),
)
few_received = st.builds(
    MessageReceived,
    mailbox=st.sampled_from(["a", "a-a"]),
    gmail_message_id=st.sampled_from(["a", "a-a", "-a"]),
    gmail_thread_id=st.sampled_from(["a", "b"]),
)
events = st.one_of(received, updated, classified, wanted)


def golden() -> list[Any]:
    cases = []
    for file in sorted(GOLDEN.glob("*.json")):
        name, _, version = file.stem.rpartition(".v")
        for number, case in enumerate(json.loads(file.read_text())):
            cases.append(pytest.param(MODELS[name], int(version), case, id=f"{file.stem}-{number}"))
    return cases


def facts(event: Event) -> tuple[object, ...]:
    """What makes an event a duplicate, as the design lists it."""
    match event:
        case MessageReceived():
            return event.name, event.mailbox, event.gmail_message_id
        case ConversationUpdated():
            part = event.customer_thread_id or event.delivery_hash
            return event.name, event.cause, event.conversation_id, part
        case ConversationClassified():
            return event.name, event.customer_thread_id, event.verdict_seq
        case DraftUpsert():
            return event.name, event.purpose, event.basis_thread_id
        case _:
            raise AssertionError(f"what makes a {event.name} a duplicate?")


@pytest.mark.parametrize(("model", "version", "case"), golden())
def test_a_golden_event_parses_and_is_written_the_same(
    model: type[Event], version: int, case: dict[str, Any]
) -> None:
    event = model.model_validate_json(json.dumps(case["event"]))
    assert json.loads(event.model_dump_json()) == case["event"]
    assert event.schema_version == version


@pytest.mark.parametrize(("model", "version", "case"), golden())
def test_a_golden_event_keeps_its_subject_and_its_id(
    model: type[Event], version: int, case: dict[str, Any]
) -> None:
    event = model.model_validate(case["event"])
    assert (event.schema_version, event.subject) == (version, case["subject"])
    assert event.dedup_id() == case["dedup_id"]


@pytest.mark.parametrize(("model", "version", "case"), golden())
def test_a_golden_event_of_a_later_minor_version_still_parses(
    model: type[Event], version: int, case: dict[str, Any]
) -> None:
    later = {**case["event"], "a_field_of_tomorrow": {"nested": [1]}}
    assert model.model_validate(later).schema_version == version


def test_every_event_has_a_golden_file_of_its_current_version() -> None:
    current = {f"{m.name}.v{m.model_fields['schema_version'].default}.json" for m in EVENTS}
    assert current <= {file.name for file in GOLDEN.iterdir()}


@given(events)
def test_an_event_survives_the_wire(event: Event) -> None:
    assert type(event).model_validate_json(event.model_dump_json()) == event
    assert type(event).model_validate_json(event.model_dump_json(exclude_none=True)) == event


@given(events, events)
def test_ids_are_equal_exactly_when_the_facts_are(one: Event, other: Event) -> None:
    assert (one.dedup_id() == other.dedup_id()) == (facts(one) == facts(other))


@given(few | few_received, few | few_received)
def test_near_events_have_equal_ids_exactly_when_the_facts_are(one: Event, other: Event) -> None:
    assert (one.dedup_id() == other.dedup_id()) == (facts(one) == facts(other))


@given(events, st.integers(0, 10**9))
def test_a_publish_again_has_another_id_than_the_first(event: Event, minute: int) -> None:
    again = event.dedup_id(f"r{minute}")
    assert again != event.dedup_id()
    assert again != event.dedup_id(f"r{minute + 1}")


@given(events, events, st.integers(0, 10**9))
def test_a_bucket_never_makes_two_facts_one(one: Event, other: Event, minute: int) -> None:
    bucket = f"r{minute}"
    same = one.dedup_id(bucket) == other.dedup_id(bucket)
    assert same == (facts(one) == facts(other))
    assert one.dedup_id(bucket) != other.dedup_id()


@given(events)
def test_a_subject_is_valid_and_holds_ids_only(event: Event) -> None:
    assert SUBJECT.fullmatch(event.subject)
    assert event.subject.startswith(f"{event.name}.")


@given(events)
def test_an_id_is_a_printable_header_without_an_address(event: Event) -> None:
    assert ID.fullmatch(event.dedup_id())
    assert "@" not in event.dedup_id()


@given(events)
def test_some_stream_takes_every_subject(event: Event) -> None:
    (stream,) = [stream for stream in STREAMS if stream.name == event.stream]
    assert any(_takes(pattern, event.subject) for pattern in stream.subjects)


def _takes(pattern: str, subject: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", "[^.]+").replace(">", ".+")
    return re.fullmatch(expression, subject) is not None


@pytest.mark.parametrize(
    "slug",
    [
        "support@desk.example",
        "Support",
        "sup port",
        "support.eu",
        "support*",
        "support>",
        "support\n",
        "süpport",
        "",
        "x" * 33,
    ],
)
def test_a_slug_that_is_an_address_or_no_token_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError):
        MessageReceived(mailbox=slug, gmail_message_id="1", gmail_thread_id="1")


@pytest.mark.parametrize("gmail_id", ["", "1.2", "1 2", "ann@customer.example", "1:2", "x" * 65])
def test_a_gmail_id_that_could_break_an_id_is_refused(gmail_id: str) -> None:
    with pytest.raises(ValidationError):
        MessageReceived(mailbox="a", gmail_message_id=gmail_id, gmail_thread_id="1")
    with pytest.raises(ValidationError):
        MessageReceived(mailbox="a", gmail_message_id="1", gmail_thread_id=gmail_id)


@pytest.mark.parametrize(
    "change",
    [
        {"conversation_id": 0},
        {"conversation_id": -1},
        {"customer_thread_id": 0},
        {"cause": "person"},
        {"delivery_hash": ""},
        {"delivery_hash": "ann@customer.example"},
        {"delivery_hash": "90210"},
    ],
)
def test_a_conversation_event_with_a_wrong_fact_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ConversationUpdated(**{"conversation_id": 1, "cause": "webhook", **change})


def test_an_event_cannot_be_changed() -> None:
    event = MessageReceived(mailbox="a", gmail_message_id="1", gmail_thread_id="1")
    with pytest.raises(ValidationError):
        setattr(event, "mailbox", "b")  # noqa: B010 - a plain assignment is refused by mypy too


def test_the_contracts_bring_in_pydantic_and_nothing_else() -> None:
    script = (
        "import pydantic, sys; before = set(sys.modules); import csm.contracts;"
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    # CPython's build settings are a module whose name depends on the machine.
    loaded = {name for name in run.stdout.split() if not name.startswith("_sysconfigdata")}
    foreign = loaded - sys.stdlib_module_names
    assert foreign <= {"csm", "pydantic", "pydantic_core", "annotated_types", "typing_extensions"}

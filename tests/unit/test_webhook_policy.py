"""What a webhook must be, and what it means: signatures, bodies, events, the pace of the poll."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbell import SECRET, body_of
from simulators.freescout.events import EVENTS as FREESCOUTS
from simulators.freescout.webhooks import signature as as_freescout_signs
from webhook_gateway.payload import PayloadError, parse
from webhook_gateway.policy import EVENTS, Doorbell, Paces, meaning_of, pace
from webhook_gateway.signature import knows_header_secret, problem_of, signature, signer

SECRETS = [b"0" * 32, SECRET.encode()]
PACES = Paces(alone=30, beside_webhooks=300)
NOW = 1_800_000_000.0


@given(st.binary())
def test_we_sign_as_freescout_does(body: bytes) -> None:
    assert signature(body, SECRET.encode()).decode() == as_freescout_signs(body, SECRET)


@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(0, 7))
def test_any_flipped_bit_of_the_body_is_noticed(body: bytes, at: int, bit: int) -> None:
    given_signature = signature(body, SECRET.encode())
    flipped = bytearray(body or b"x")
    flipped[at % len(flipped)] ^= 1 << bit
    assert signer(body, given_signature, SECRETS) == 1
    assert bytes(flipped) == body or signer(bytes(flipped), given_signature, SECRETS) is None


@given(st.binary(max_size=80))
def test_no_other_header_signs(header: bytes) -> None:
    body = b"{}"
    assert signer(body, header, SECRETS) is None or header in [signature(body, s) for s in SECRETS]


@pytest.mark.parametrize(
    "header", [b"", b"\xff\xfe", "ü".encode(), b"a" * 65, base64.b64encode(b"x" * 20)]
)
def test_what_is_no_signature_signs_nothing(header: bytes) -> None:
    assert signer(b"{}", header, SECRETS) is None


def test_both_secrets_are_known_while_one_replaces_the_other() -> None:
    assert [signer(b"{}", signature(b"{}", secret), SECRETS) for secret in SECRETS] == [0, 1]
    assert signer(b"{}", signature(b"{}", SECRETS[0]), SECRETS[1:]) is None


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("base64:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq=", "APP_KEY"),
        (SECRET.upper(), "32 hex digits"),
        (SECRET[:-1], "32 hex digits"),
        ("", "32 hex digits"),
    ],
)
def test_what_is_no_webhook_secret_is_refused(secret: str, words: str) -> None:
    problem = problem_of(secret)
    assert problem is not None
    assert words in problem
    assert not secret or secret not in problem


def test_freescouts_secret_is_one() -> None:
    assert problem_of(SECRET) is None


def test_the_predecessors_scheme_knows_its_secret_only() -> None:
    secret = b"a long shared secret"
    assert knows_header_secret(b"{}", b"", secret, secret)
    assert not knows_header_secret(b"{}", b"", b"", secret)
    assert not knows_header_secret(b"{}", b"0" * 64, secret, secret)


DEEP = b'{"id": 1, "a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (DEEP, "nested"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "too long"),
        (b'{"id": NaN}', "NaN"),
        (b'{"id": -Infinity}', "NaN"),
        (b'{"id": 1e999}', "too large"),
        (b'{"id": 1, "a": "\\ud800"}', "UTF-8"),
        (b'{"id": 1, "a": "\xff"}', "UTF-8"),
        (b'{"id": 1, "id": 2}', "twice"),
        (b'{"id": 1, "a": {"b": 1, "b": 2}}', "twice"),
        (b'\xef\xbb\xbf{"id": 1}', "no JSON"),
        (b'{"id": 1', "no JSON"),
        (b"", "no JSON"),
        (b"[1]", "object"),
        (b"1", "object"),
        (b"null", "object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_lenient_readers_take_is_no_body(body: bytes, words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        parse(body)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(PayloadError):
        assert json.loads(parse(body).redacted).keys() >= {"threads"}


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abid_"), inner),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["id", "type", "_embedded", "body"]), JSONS))
def test_any_object_is_read_without_a_surprise(content: dict[str, Any]) -> None:
    read = parse(json.dumps(content).encode())
    is_id = type(content.get("id")) is int and 0 < content["id"] <= 2**53
    assert read.id == (content["id"] if is_id else None)


def test_the_newest_published_message_of_the_customer_counts() -> None:
    threads = [
        {"id": 9, "type": "message", "state": "published"},
        {"id": 7, "type": "customer", "state": "hidden"},
        {"id": 5, "type": "customer", "state": "published"},
        {"id": 3, "type": "customer"},
        {"id": "8", "type": "customer"},
        {"id": True, "type": "customer"},
        "no thread",
    ]
    read = parse(json.dumps({"id": 4, "_embedded": {"threads": threads}}).encode())
    assert (read.id, read.customer_thread_id) == (4, 5)


def test_no_word_of_a_person_is_kept() -> None:
    canary = "Kowalski"
    said = ("subject", "preview", "cc", "customer", "assignee", "tags")
    words: dict[str, Any] = dict.fromkeys(said, canary)
    read = parse(body_of(3, (4, 5), **words, status="active", number=canary * 10))
    kept = json.loads(read.redacted)
    assert canary not in read.redacted
    assert "Hi" not in read.redacted
    assert kept["status"] == "active"
    assert [thread["id"] for thread in kept["threads"]] == [4, 5]


def test_every_event_of_freescout_has_its_meaning() -> None:
    assert set(EVENTS) == set(FREESCOUTS)
    hints = {event for event, meaning in EVENTS.items() if meaning == "hint"}
    assert hints == {
        f"convo.{e}" for e in ("created", "customer.reply.created", "restored", "moved")
    }
    assert {e for e in EVENTS if meaning_of(e) == "agent"} == {
        "convo.agent.reply.created", "convo.status",
    }  # fmt: skip
    assert meaning_of("convo.invented") == meaning_of("") == "stored"


@pytest.mark.parametrize(
    ("doorbell", "seconds"),
    [
        (Doorbell(), 30),
        (Doorbell(since=NOW - 90), 30),
        (Doorbell(since=NOW - 90, rang_at=NOW - 10), 300),
        (Doorbell(since=NOW - 90_000, rang_at=NOW - 3_700), 30),
        (Doorbell(since=NOW - 90, rang_at=NOW - 60, missed_at=NOW - 30), 30),
        (Doorbell(since=NOW - 90, rang_at=NOW - 30, missed_at=NOW - 60), 300),
    ],
)
def test_the_poll_is_slow_only_while_webhooks_are_seen_to_work(
    doorbell: Doorbell, seconds: float
) -> None:
    assert pace("both", PACES, doorbell, NOW) == seconds
    assert pace("poll", PACES, doorbell, NOW) == PACES.alone

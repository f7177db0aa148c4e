import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest.mime import Mail, parse
from gmail_ingest.policy import FilterRules, customer_of, filter_reason, flags
from simulators.hostile import bounce, mail

OWN = frozenset({"support@shop.example", "sales@shop.example"})
STANDARD = FilterRules("standard", OWN, ("spammer@evil.example", "@Ads.example"))
STRICT = FilterRules("strict", OWN, ())
INBOX = frozenset({"INBOX", "UNREAD"})
BOUNCE = bounce(b"bob@customer.example", b"<FS_reply-9-abc@shop.example>")


def read(*headers: bytes, sender: bytes | None = None, body: bytes = b"Hello") -> Mail:
    return parse(mail(*headers, sender=sender, body=body))


def flags_of(*headers: bytes) -> str:
    return flags(read(*headers), INBOX, backfill=False, foreign=False)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"X-Plain: x", ""),
        (b"List-Id: <news.shop.example>", "b"),
        (b"List-Unsubscribe: <https://news.example/u>", "b"),
        (b"Precedence: Bulk", "b"),
        (b"Precedence: list", "b"),
        (b"Precedence: junk", "b"),
        (b"Precedence: first-class", ""),
        (b"Precedence: auto_reply", "a"),
        (b"Auto-Submitted: auto-generated", "a"),
        (b"Auto-Submitted: auto-replied; owner-email=x", "a"),
        (b"Auto-Submitted: No", ""),
        (b"Auto-Submitted: no (a person)", ""),
        (b"X-Autoreply: yes", "a"),
        (b"X-Autorespond: out of office", "a"),
        (b"X-Auto-Response-Suppress: All", "a"),
        (b"X-Auto-Response-Suppress: None", ""),
        (b"Return-Path: <>", "a"),
        (b"Return-Path: <ann@customer.example>", ""),
        (b"Authentication-Results: mx.google.com; spf=pass; dmarc=fail (p=NONE)", "d"),
        (b"Authentication-Results: mx.google.com; spf=fail; dmarc=pass (p=NONE)", ""),
        (b"Authentication-Results: mx.evil.example; dmarc=fail", ""),
        (b'Authentication-Results: mx.google.com; spf=x smtp.mailfrom="a;dmarc=fail"', ""),
        (b"ARC-Authentication-Results: i=1; mx.google.com; dmarc=fail", ""),
    ],
)
def test_each_header_sets_its_flag(header: bytes, expected: str) -> None:
    assert flags_of(header) == expected


def test_only_gmails_topmost_authentication_results_count() -> None:
    passed = b"Authentication-Results: mx.google.com; dmarc=pass"
    failed = b"Authentication-Results: mx.google.com; dmarc=fail"
    other = b"Authentication-Results: relay.example; dmarc=fail"
    assert flags_of(failed, passed) == "d"
    assert flags_of(passed, failed) == ""
    assert flags_of(other, passed) == ""


def test_a_bounce_is_automatic_and_a_bounce() -> None:
    assert flags(parse(BOUNCE), INBOX, backfill=False, foreign=False) == "an"


FACTS = {
    "b": b"List-Id: <x>",
    "a": b"X-Autoreply: yes",
    "d": b"Authentication-Results: mx.google.com; dmarc=fail",
}


@pytest.mark.parametrize("chosen", ["", "b", "a", "d", "ba", "bd", "ad", "bad"])
@pytest.mark.parametrize("given_facts", ["", "f", "p", "h", "fp", "fph"])
def test_flags_combine_in_one_order(chosen: str, given_facts: str) -> None:
    labels = INBOX | {"CATEGORY_PROMOTIONS"} if "p" in given_facts else INBOX
    read_mail = read(*(FACTS[letter] for letter in chosen))
    found = flags(read_mail, labels, backfill="h" in given_facts, foreign="f" in given_facts)
    assert found == "".join(c for c in "bandfph" if c in chosen or c in given_facts)


def test_gmails_updates_category_counts_as_promotion() -> None:
    labels = INBOX | {"CATEGORY_UPDATES"}
    assert flags(read(), labels, backfill=False, foreign=False) == "p"
    assert flags(read(), INBOX | {"CATEGORY_FORUMS"}, backfill=False, foreign=False) == ""


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({"INBOX"}, None),
        (set(), None),
        ({"Label_7"}, None),
        ({"SPAM"}, "spam label"),
        ({"INBOX", "SPAM"}, "spam label"),
        ({"TRASH"}, "trash label"),
        ({"DRAFT"}, "draft"),
        ({"CHAT"}, "chat message"),
        ({"SENT"}, "sent by the mailbox"),
        ({"SENT", "INBOX"}, None),
    ],
)
@pytest.mark.parametrize("rules", [STANDARD, STRICT])
def test_labels_decide_first(labels: set[str], reason: str | None, rules: FilterRules) -> None:
    assert filter_reason(read(), frozenset(labels), rules) == reason


@pytest.mark.parametrize("kind", ["reply", "notify", "autoreply", "conversation"])
def test_freescouts_own_mail_is_a_loop(kind: str) -> None:
    message_id = f"Message-ID: <FS_{kind}-17-0123456789abcdef@shop.example>".encode()
    assert filter_reason(read(message_id), INBOX, STANDARD) == "sent by FreeScout"


def test_a_mail_of_ours_with_freescouts_type_header_is_a_loop() -> None:
    loop = read(b"X-FreeScout-Mail-Type: user.notification", sender=b"support@shop.example")
    assert filter_reason(loop, INBOX, STANDARD) == "sent by FreeScout"


def test_a_customer_who_runs_freescout_too_is_heard() -> None:
    theirs = b"Message-ID: <FS_reply-17-0123456789abcdef@customer.example>"
    answer = read(theirs, b"X-FreeScout-Mail-Type: customer.message")
    assert filter_reason(answer, INBOX, STANDARD) is None


def test_an_answer_to_freescouts_mail_is_no_loop() -> None:
    answer = read(b"In-Reply-To: <FS_reply-17-0123456789abcdef@shop.example>")
    assert filter_reason(answer, INBOX, STANDARD) is None


@pytest.mark.parametrize("sender", [b"support@shop.example", b"Shop <SALES@Shop.Example>"])
@pytest.mark.parametrize("reply_to", [None, b"sales@shop.example", b"nobody"])
def test_own_mail_becomes_no_ticket(sender: bytes, reply_to: bytes | None) -> None:
    headers = [b"Reply-To: " + reply_to] if reply_to else []
    assert filter_reason(read(*headers, sender=sender), INBOX, STANDARD) == "own mail"


def test_a_contact_form_is_the_visitors_mail() -> None:
    form = read(b"Reply-To: Ann <ann@customer.example>", sender=b"support@shop.example")
    assert filter_reason(form, INBOX, STANDARD) is None
    assert customer_of(form, OWN).email == "ann@customer.example"


def test_reply_to_of_a_customer_changes_nothing() -> None:
    read_mail = read(b"Reply-To: other@customer.example")
    assert customer_of(read_mail, OWN).email == "ann@customer.example"


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        (b"Spammer@evil.example", "excluded sender"),
        (b"other@evil.example", None),
        (b"any@ads.example", "excluded sender"),
        (b"any@mail.ads.example", None),
        (b"any@notads.example", None),
    ],
)
def test_excluded_senders_are_an_address_or_a_domain(sender: bytes, reason: str | None) -> None:
    assert filter_reason(read(sender=sender), INBOX, STANDARD) == reason


AUTO = b"Auto-Submitted: auto-generated"
LIST = b"List-Id: <news.shop.example>"
UNSUBSCRIBE = b"List-Unsubscribe: <https://news.example/u>"
BULK = b"Precedence: bulk"
FOOTER = b"You can unsubscribe here."


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([LIST], None),
        ([UNSUBSCRIBE], None),
        ([BULK], None),
        ([AUTO], None),
        ([AUTO, LIST], "auto-generated list mail"),
        ([AUTO, BULK], "auto-generated list mail"),
        ([b"Auto-Submitted: no", LIST], None),
    ],
)
def test_only_machine_made_list_mail_is_filtered(headers: list[bytes], reason: str | None) -> None:
    assert filter_reason(read(*headers), INBOX, STANDARD) == reason


@pytest.mark.parametrize("rules", [STANDARD, STRICT])
def test_a_bounce_always_becomes_a_ticket(rules: FilterRules) -> None:
    listed = BOUNCE.replace(b"MIME-Version", LIST + b"\r\n" + BULK + b"\r\nMIME-Version")
    assert parse(listed).headers["precedence"] == ("bulk",)
    assert filter_reason(parse(listed), INBOX, rules) is None


@pytest.mark.parametrize(
    ("headers", "body", "is_promotion"),
    [
        ([], b"Hello", False),
        ([UNSUBSCRIBE], b"Hello", False),  # 2 + 1
        ([UNSUBSCRIBE, BULK], b"Hello", True),  # 2 + 1 + 2
        ([LIST, BULK], b"Hello", False),  # 1 + 2
        ([LIST, BULK, b"Subject: 20% off"], b"Hello", False),  # 4
        ([UNSUBSCRIBE, b"Subject: Summer sale"], b"Hello", False),  # 4
        ([LIST], FOOTER, True),  # footer and a header point
        ([], FOOTER, False),  # 2
        ([b"Subject: Summer sale"], FOOTER, False),  # 3
        ([LIST], b"I do not unsubscribe, please help", False),
        ([LIST], b"How do I unsubscribe?", False),
        ([LIST], b"x" * 100_001 + FOOTER, False),  # beyond what is looked at
    ],
)
def test_strict_counts_points(headers: list[bytes], body: bytes, *, is_promotion: bool) -> None:
    expected = "promotion (strict filter)" if is_promotion else None
    assert filter_reason(read(*headers, body=body), INBOX, STRICT) == expected
    assert filter_reason(read(*headers, body=body), INBOX, STANDARD) is None


def test_strict_takes_an_advertising_no_reply_list_for_a_promotion() -> None:
    headers = (UNSUBSCRIBE, b"Subject: Special offer")
    advert = read(*headers, sender=b"no-reply@news.example")
    assert filter_reason(advert, INBOX, STRICT) == "promotion (strict filter)"
    assert filter_reason(read(*headers), INBOX, STRICT) is None


@pytest.mark.parametrize(
    ("header", "is_marked"),
    [
        (b"X-Spam-Flag: YES", True),
        (b"X-Spam-Flag: NO", False),
        (b"X-Spam-Status: Yes, score=9.1", True),
        (b"X-MS-Exchange-Organization-SCL: 5", True),
        (b"X-MS-Exchange-Organization-SCL: 4", False),
        (b"X-MS-Exchange-Organization-SCL: -1", False),
    ],
)
def test_strict_believes_spam_marks(header: bytes, *, is_marked: bool) -> None:
    expected = "marked as spam (strict filter)" if is_marked else None
    assert filter_reason(read(header), INBOX, STRICT) == expected
    assert filter_reason(read(header), INBOX, STANDARD) is None


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", [b"unsubscribe ", b"you are ", b"opt ", b"view this ", b"don't "])
def test_the_strict_filter_is_linear(piece: bytes) -> None:
    long = read(LIST, b"Subject: " + piece * 5_000, body=piece * 80_000)
    assert filter_reason(long, INBOX, STRICT) in {None, "promotion (strict filter)"}


@given(raw=st.binary(max_size=300), backfill=st.booleans(), foreign=st.booleans())
def test_any_mail_gets_flags_in_order(raw: bytes, *, backfill: bool, foreign: bool) -> None:
    found = flags(parse(raw), INBOX, backfill=backfill, foreign=foreign)
    assert found == "".join(sorted(set(found), key="bandfph".index))
    assert ("h" in found, "f" in found) == (backfill, foreign)

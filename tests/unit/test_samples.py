"""The shipped sample mailbox: complete, consistent, the same at every run, and readable as mail."""

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.samples import (
    DEFAULT_BASE,
    Sample,
    bounce_of,
    build,
    customer_address,
    customer_answer,
    customer_mail,
    forged_answer,
    load_test_mail,
    sample_mails,
)
from simulators.samples.letter import read_table

SAMPLES = sample_mails()
BY_NAME = {sample.name: sample for sample in SAMPLES}
LANGUAGES = {"en", "de", "fr", "es", "nl", "pl", "ja"}
SUPPORT = "support@desk.example"
FS_ID = "<FS_reply-815-0123456789abcdef@desk.example>"

Seen = tuple[Sample, EmailMessage]


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


MAILS: list[Seen] = [(sample, parsed(sample.raw)) for sample in SAMPLES]


def types(message: EmailMessage) -> set[str]:
    return {part.get_content_type() for part in message.walk()}


def file_names(message: EmailMessage) -> list[str]:
    return [name for part in message.walk() if (name := part.get_filename())]


def sender(message: EmailMessage) -> str:
    return getaddresses([str(message["From"])])[0][1]


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    if body is None or body.get_content_charset() == "x-foo":
        return ""
    return str(body.get_content())


def ending(message: EmailMessage, *endings: str) -> bool:
    return any(name.endswith(endings) for name in file_names(message))


def filtered(sample: Sample) -> bool:
    return sample.expect == "filtered"


def size_of_files(message: EmailMessage) -> int:
    return max(
        (len(p.get_payload(decode=True) or b"") for p in message.iter_attachments()), default=0
    )


def colleague_joined(sample: Sample, _: EmailMessage) -> bool:
    """Another sender than the one of the group's first mail."""
    group = [mail for other, mail in MAILS if sample.group and other.group == sample.group]
    return len({sender(mail) for mail in group}) > 1


def overtaken(sample: Sample, message: EmailMessage) -> bool:
    """A mail of the same group, written later, was delivered earlier."""
    earlier = itertools.takewhile(lambda seen: seen[0] != sample, MAILS)
    return any(
        sample.group and other.group == sample.group and written(mail) > written(message)
        for other, mail in earlier
    )


def written(message: EmailMessage) -> datetime:
    return parsedate_to_datetime(str(message["Date"]))


SCENARIOS: dict[str, Callable[[Sample, EmailMessage], bool]] = {
    "Re:": lambda _, m: str(m["Subject"]).startswith("Re: "),
    "RE:": lambda _, m: str(m["Subject"]).startswith("RE: "),
    "AW:": lambda _, m: str(m["Subject"]).startswith("AW: "),
    "Odp:": lambda _, m: str(m["Subject"]).startswith("Odp: "),
    "Japanese Re:": lambda _, m: str(m["Subject"]).startswith("返信: "),
    "out of order": overtaken,
    "pdf": lambda _, m: ending(m, ".pdf"),
    "png": lambda _, m: ending(m, ".png"),
    "csv": lambda _, m: ending(m, ".csv"),
    "docx": lambda _, m: ending(m, ".docx"),
    "two files": lambda _, m: len(list(m.iter_attachments())) == 2,
    "300 KB file": lambda _, m: size_of_files(m) >= 300_000,
    "inline picture": lambda s, m: b"cid:" in s.raw and "multipart/related" in types(m),
    "html only": lambda _, m: types(m) == {"text/html"},
    "tiny plain beside html": lambda _, m: "text/html" in types(m) and 0 < len(text(m)) < 30,
    "newsletter": lambda s, m: m["List-Unsubscribe"] is not None and s.expect == "ticket",
    "automatic list mail": lambda s, m: (
        m["Auto-Submitted"] == "auto-generated" and m["Precedence"] == "bulk" and filtered(s)
    ),
    "out of office": lambda s, m: (
        m["Auto-Submitted"] == "auto-replied" and m["List-Id"] is None and s.expect == "ticket"
    ),
    "spam": lambda s, _: "SPAM" in s.labels and filtered(s),
    "trash": lambda s, _: "TRASH" in s.labels and filtered(s),
    "own mail": lambda s, m: sender(m) == SUPPORT and filtered(s),
    "loop by type": lambda s, m: m["X-FreeScout-Mail-Type"] is not None and filtered(s),
    "loop by id": lambda s, m: str(m["Message-ID"]).startswith("<FS_notify") and filtered(s),
    "contact form": lambda s, m: (
        sender(m) == SUPPORT and m["Reply-To"] is not None and s.expect == "ticket"
    ),
    "bounce": lambda s, m: "message/delivery-status" in types(m) and s.expect == "ticket",
    "utf-8 as iso-8859-1": lambda _, m: m.get_content_charset() == "iso-8859-1" and "Ã" in text(m),
    "gb2312 beyond its table": lambda _, m: m.get_content_charset() == "gb2312",
    "unknown charset": lambda _, m: m.get_content_charset() == "x-foo",
    "encoded-word subject": lambda s, _: b"Subject: =?" in s.raw,
    "RFC 2231 name": lambda s, _: b"filename*=" in s.raw,
    "no Message-ID": lambda _, m: m["Message-ID"] is None,
    "no subject": lambda _, m: m["Subject"] is None,
    "empty body": lambda _, m: m.get_content_type() == "text/plain" and not m.get_payload(),
    "foreign sender joins": colleague_joined,
    "copies": lambda _, m: m["Cc"] is not None,
    "very long": lambda _, m: not m.is_multipart() and len(text(m)) >= 200_000,
    "emoji": lambda _, m: "🎉" in str(m["Subject"]),
    "right to left": lambda _, m: "مرحبا" in text(m),
    "calendar": lambda _, m: "text/calendar" in types(m),
    "forwarded": lambda _, m: "Forwarded message" in text(m),
    "forwarded as file": lambda _, m: "message/rfc822" in types(m),
    "prompt injection": lambda _, m: "ignore all previous instructions" in text(m),
    "outage": lambda _, m: "URGENT" in str(m["Subject"]),
    "failed DMARC": lambda _, m: "dmarc=fail" in str(m["Authentication-Results"]),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_has_a_sample(scenario: str) -> None:
    assert [sample.name for sample, message in MAILS if SCENARIOS[scenario](sample, message)]


def test_there_are_enough_mails_in_seven_languages() -> None:
    assert len(SAMPLES) >= 46
    for language in LANGUAGES:
        single = [s for s, m in MAILS if m["Content-Language"] == language and s.group is None]
        assert len(single) >= 2, language


def test_names_are_unique_and_every_sample_says_what_it_shows() -> None:
    assert len(BY_NAME) == len(SAMPLES)
    assert all(sample.note for sample in SAMPLES)


def test_threads_have_two_to_five_mails_and_refer_to_their_own() -> None:
    groups = {sample.group for sample in SAMPLES if sample.group}
    sizes = {group: sum(s.group == group for s in SAMPLES) for group in groups}
    assert set(sizes.values()) >= {2, 3, 4, 5}
    assert min(sizes.values()) >= 2
    for group in groups:
        mails = [mail for sample, mail in MAILS if sample.group == group]
        own = {str(mail["Message-ID"]) for mail in mails}
        named = {i for mail in mails for i in str(mail["References"] or "").split()}
        assert named
        assert named <= own, group


def test_a_mail_outside_a_group_refers_to_nothing() -> None:
    loose = [mail for sample, mail in MAILS if sample.group is None]
    assert not [mail["Message-ID"] for mail in loose if mail["In-Reply-To"] or mail["References"]]


def test_all_mails_of_a_thread_have_the_same_subject_behind_their_prefixes() -> None:
    for group in {sample.group for sample in SAMPLES if sample.group}:
        subjects = {bare(str(mail["Subject"])) for sample, mail in MAILS if sample.group == group}
        assert len(subjects) == 1, subjects


def bare(subject: str) -> str:
    return re.sub(r"^((re|aw|odp|返信) ?: )+", "", subject, flags=re.IGNORECASE)


def test_one_message_id_is_used_twice_with_different_content() -> None:
    ids = [str(mail["Message-ID"]) for mail in (m for _, m in MAILS) if mail["Message-ID"]]
    doubled = {i for i in ids if ids.count(i) > 1}
    assert doubled == {"<form-1@millhousecafe.example>"}
    twins = [s for s, mail in MAILS if str(mail["Message-ID"]) in doubled]
    assert len({sample.raw for sample in twins}) == 2
    assert {sample.group for sample in twins} == {None}


def test_every_mail_has_a_sender_a_date_and_crlf_lines_and_goes_to_the_desk() -> None:
    for sample, mail in MAILS:
        assert sender(mail).endswith(".example"), sample.name
        assert mail["To"] == SUPPORT
        assert DEFAULT_BASE - timedelta(days=3) < written(mail) < DEFAULT_BASE
        assert not re.search(rb"[^\r]\n|\r[^\n]", sample.raw), sample.name


def test_no_mail_names_a_domain_outside_example() -> None:
    for sample, mail in MAILS:
        found = set(re.findall(r"[\w.-]+@([\w-]+(?:\.[\w-]+)+)", text(mail) + sender(mail)))
        assert all(domain.endswith(".example") for domain in found), (sample.name, found)


def test_the_stdlib_finds_no_defect_in_any_mail() -> None:
    for sample, mail in MAILS:
        assert [part.defects for part in mail.walk() if part.defects] == [], sample.name


def test_texts_survive_their_encoding() -> None:
    assert "zweimal 49,00 EUR" in text(parsed(BY_NAME["de-rechnung-doppelt"].raw))
    assert "隣の部屋が空いています" in text(parsed(BY_NAME["ja-yoyaku-henkou"].raw))
    assert "Pacjenci są" in text(parsed(BY_NAME["pl-format-8bit"].raw))
    assert file_names(parsed(BY_NAME["ja-tenpu-rfc2231"].raw)) == ["見積書 十一月.pdf"]
    unlabelled = BY_NAME["zh-gb2312-extended"].raw
    payload = parsed(unlabelled).get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert "㐂樂路" in payload.decode("gb18030")


def test_a_reply_quotes_what_it_answers() -> None:
    last = text(parsed(BY_NAME["en-till-sync-5"].raw))
    assert "> Small update: I removed the second barcode" in last
    assert "wrote:" in last
    german = text(parsed(BY_NAME["de-termin-export-2"].raw))
    assert "-----Ursprüngliche Nachricht-----\r\nVon: Dr. Anke" in german


def test_equal_bases_give_equal_bytes_and_another_base_moves_only_the_dates() -> None:
    later = DEFAULT_BASE + timedelta(days=400, hours=5)
    assert build(DEFAULT_BASE) == SAMPLES
    moved = build(later)
    assert [s.name for s in moved] == [s.name for s in SAMPLES]
    assert {
        written(parsed(m.raw)) - written(mail) for m, (_, mail) in zip(moved, MAILS, strict=True)
    } == {timedelta(days=400, hours=5)}


def test_an_unknown_key_in_a_table_is_an_error() -> None:
    table = '[[letter]]\nname = "x"\nwritten = 1\nlanguage = "en"\nfrom = "a@b.example"\ncolour = 1'
    with pytest.raises(TypeError, match="colour"):
        read_table(table)


def test_customers_of_exchanges_differ_but_some_share_a_subject() -> None:
    mails = [parsed(customer_mail(i)) for i in range(200)]
    assert len({sender(mail) for mail in mails}) == 200
    assert len({str(mail["Message-ID"]) for mail in mails}) == 200
    assert len({str(mail["Subject"]) for mail in mails}) == 161
    assert sender(mails[7]) == customer_address(7)


@pytest.mark.parametrize("given_id", [FS_ID, FS_ID.strip("<>")])
def test_an_answer_refers_to_the_agents_mail_and_comes_from_the_customer(given_id: str) -> None:
    mail = parsed(customer_answer(3, given_id, "Booking 4003 shows twice", 2))
    assert mail["In-Reply-To"] == mail["References"] == FS_ID
    assert mail["Subject"] == "Re: Booking 4003 shows twice"
    assert sender(mail) == customer_address(3)


def test_answers_of_one_customer_differ_by_round_and_carry_the_given_date() -> None:
    sent = datetime(2026, 11, 5, 8, tzinfo=UTC)
    ids = {parsed(customer_answer(3, FS_ID, "Re: x", turn))["Message-ID"] for turn in (1, 2, 3)}
    assert len(ids) == 3
    assert written(parsed(customer_answer(3, FS_ID, "Re: x", 1, sent))) == sent
    assert parsed(customer_answer(3, FS_ID, "Re: x", 1, sent))["Subject"] == "Re: x"


def test_a_forged_answer_names_the_thread_but_comes_from_a_stranger() -> None:
    mail = parsed(forged_answer(4, 815))
    assert re.fullmatch(r"<FS_reply-815-[0-9a-f]{16}@desk\.example>", str(mail["In-Reply-To"]))
    assert sender(mail) != customer_address(4)


def test_a_bounce_carries_the_failed_recipient_and_the_returned_id() -> None:
    mail = parsed(bounce_of(FS_ID, customer_address(5)))
    assert mail.get_content_type() == "multipart/report"
    assert mail["In-Reply-To"] is None
    raw = mail.as_bytes()
    assert f"Message-ID: {FS_ID}".encode() in raw
    assert f"Final-Recipient: rfc822; {customer_address(5)}".encode() in raw


def test_a_load_test_mail_has_five_kilobytes_by_default() -> None:
    assert len(load_test_mail(1)) == 5_120
    assert load_test_mail(1) == load_test_mail(1) != load_test_mail(2)


@given(st.integers(0, 100_000), st.integers(800, 20_000))
def test_a_load_test_mail_has_the_asked_size_and_parses(i: int, size: int) -> None:
    raw = load_test_mail(i, size)
    assert len(raw) == size
    assert parsed(raw)["Message-ID"] == f"<load-{i}@shop{i % 400}.example>"

import tracemalloc
from base64 import encodebytes
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest.limits import MB, Limits
from gmail_ingest.mime import UNKNOWN_SENDER, Address, Mail, parse, stub
from simulators.hostile import hostile_mails, mail, multipart, part

HOSTILE = dict(hostile_mails())
SMALL = [raw for raw in HOSTILE.values() if len(raw) < 10_000]
# Every mail is to take less than 1 s; a super-linear one takes 20 s and more. In between lies what
# a busy machine needs.
BOUNDED = pytest.mark.timeout(5)


def strings(value: object) -> Iterator[str]:
    """Every string a mail holds, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(tuple(value.items()))
    elif isinstance(value, tuple):
        for inner in value:
            yield from strings(inner)
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            yield from strings(getattr(value, name))


def assert_sound(parsed: Mail) -> None:
    for text in strings(parsed):
        assert "\0" not in text
        assert text.encode() or text == ""
    assert parsed.html.strip() not in {"", "0"}
    assert parsed.subject.strip() not in {"", "0"}
    assert "<!--" not in parsed.html
    assert len(parsed.html.encode()) <= Limits().text + 100
    emails = [a.email for a in (parsed.sender, parsed.reply_to, *parsed.to, *parsed.cc) if a]
    assert all(e.isascii() and e == e.lower() and len(e) <= 191 for e in emails)
    assert all(" " not in e and e.count("@") == 1 for e in emails)
    for attachment in parsed.attachments:
        assert 0 < len(attachment.file_name) <= 150
        assert not set("/\\\r\n\t") & set(attachment.file_name)


@BOUNDED
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_in_bounds(name: str) -> None:
    assert_sound(parse(HOSTILE[name]))


@BOUNDED
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_has_a_stub(name: str) -> None:
    made = stub(HOSTILE[name], "kills the process")
    assert_sound(made)
    assert made.degraded == "kills the process"
    assert made.attachments == ()


def test_there_are_hostile_mails_of_every_kind() -> None:
    assert len(HOSTILE) == len(hostile_mails()) >= 50


@given(st.binary(max_size=3000))
def test_arbitrary_bytes_become_a_mail(raw: bytes) -> None:
    assert_sound(parse(raw))
    assert_sound(stub(raw, "reason"))


@given(st.data())
def test_a_damaged_mail_becomes_a_mail(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SMALL))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 50)))
    inserted = data.draw(st.binary(max_size=20))
    assert_sound(parse(raw[:start] + inserted + raw[end:]))


@given(st.text(st.characters(codec="utf-8"), max_size=500))
def test_header_text_never_brings_a_second_line(text: str) -> None:
    encoded = b"=?utf-8?B?" + encodebytes(text.encode()).replace(b"\n", b"") + b"?="
    parsed = parse(mail(b"Subject: " + encoded, sender=encoded + b" <ann@customer.example>"))
    assert parsed.sender.email == "ann@customer.example"
    assert not set("\r\n\0") & set(parsed.subject + parsed.sender.name)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=300))
def test_plain_text_survives(text: str) -> None:
    wanted = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    parsed = parse(mail(b"Content-Type: text/plain; charset=utf-8", body=text.encode()))
    assert parsed.text.split() == wanted.split()


@given(st.binary(max_size=200))
def test_any_file_name_is_made_usable(name: bytes) -> None:
    disposition = b'Content-Disposition: attachment; filename="' + name + b'"'
    header, body = multipart(b"mixed", part(b"application/pdf", b"content", disposition))
    assert_sound(parse(mail(header, body=body)))


@pytest.mark.parametrize("depth", [60, 1_000])
def test_a_tree_too_deep_is_degraded_with_sender_and_subject(depth: int) -> None:
    parsed = parse(HOSTILE[f"nesting {depth}"])
    assert parsed.degraded == "parts nested deeper than 50"
    assert (parsed.sender.email, parsed.subject) == ("ann@customer.example", "A hostile mail")


def test_depth_within_the_limit_is_read() -> None:
    parsed = parse(HOSTILE["nesting 45"])
    assert (parsed.degraded, parsed.text) == (None, "Hello")


def test_too_many_parts_are_degraded() -> None:
    assert parse(HOSTILE["20,000 parts"]).degraded == "more than 200 parts"


def test_memory_stays_below_twice_the_mail() -> None:
    content = encodebytes(bytes(8 * MB))
    encoding = b"Content-Transfer-Encoding: base64"
    header, body = multipart(b"mixed", part(b"application/zip; name=a.zip", content, encoding))
    raw = mail(header, body=body)
    tracemalloc.start()
    parsed = parse(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(parsed.attachments[0].content) == 8 * MB
    assert peak < 2 * len(raw)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("charset x-unknown", "Grüße aus Köln, 5 €"),
        ("charset rot13", "Grüße aus Köln, 5 €"),
        ("charset base64", "Grüße aus Köln, 5 €"),
        ("charset utf-7", "Grüße aus Köln, 5 €"),
        ("utf-8 called latin-1", "Grüße aus Köln, 5 €"),
        ("latin-1 called utf-8", "Grüße"),
        ("gbk called gb2312", "发票问题"),
        ("utf-16 body", "Größe"),
        ("NUL bytes in the body", "onetwothree"),
        ("base64 without padding", "Hello world"),
        ("only CR line ends", "one\ntwo"),
    ],
)
def test_text_is_decoded_whatever_the_label(name: str, text: str) -> None:
    assert parse(HOSTILE[name]).text == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("iso-8859-1", "cp1252", "“5 €”"),
        ("shift_jis", "cp932", "請求書①"),
        ("iso-2022-jp", "iso2022_jp", "請求書"),
        ("ks_c_5601-1987", "cp949", "안녕하세요 똠"),
        ("windows-1251", "cp1251", "Здравствуйте"),
        ("KOI8-R", "koi8-r", "Здравствуйте"),
        ("big5", "big5hkscs", "發票問題"),
    ],
)
def test_a_label_means_what_senders_mean_by_it(label: str, codec: str, text: str) -> None:
    header = b"Content-Type: text/plain; charset=" + label.encode()
    assert parse(mail(header, body=text.encode(codec))).text == text


def test_one_bad_byte_leaves_the_rest_of_utf8_alone() -> None:
    body = "Grüße aus Köln und Düsseldorf, schöne Größe, süße Äpfel, öfter über".encode()
    text = parse(mail(b"Content-Type: text/plain; charset=utf-8", body=body + b" \xff")).text
    assert "Düsseldorf" in text


def test_an_emoji_written_as_two_surrogates_is_one() -> None:
    assert parse(mail(body="\ud83d\ude00 ok".encode("utf-8", "surrogatepass"))).text == "😀 ok"


@pytest.mark.parametrize(
    ("value", "name", "email"),
    [
        (b"Ann Example <ann@customer.example>", "Ann Example", "ann@customer.example"),
        (b"ANN@Customer.EXAMPLE", "", "ann@customer.example"),
        (b"ann@customer.example (Ann Example)", "Ann Example", "ann@customer.example"),
        (b'"Example, Ann" <ann+tag@customer.example>', "Example, Ann", "ann+tag@customer.example"),
        (b"bank@trusted.example <eve@evil.example>", "bank@trusted.example", "eve@evil.example"),
        (b"<a@one.example> <b@two.example>", "a@one.example", "b@two.example"),
        (b'"x <ceo@shop.example>" <eve@evil.example>', "x ceo@shop.example", "eve@evil.example"),
        (b"ann@customer.example <not an address>", "", "ann@customer.example"),
        (b"=?utf-8?Q?J=C3=B6rg?= <j@customer.example>", "Jörg", "j@customer.example"),
        (b"<mailto:ann@customer.example>", "", "ann@customer.example"),
        ("Eva <eva@bücher.example>".encode(), "Eva", "eva@xn--bcher-kva.example"),
        ("<eva@straße.example>".encode(), "", "eva@xn--strae-oqa.example"),
    ],
)
def test_the_sender_is_the_last_angle_address(value: bytes, name: str, email: str) -> None:
    assert parse(mail(sender=value)).sender == Address(name, email)


@pytest.mark.parametrize("value", [b"", b"nobody", b"<>", b"@", b"a@", b'"<>" <@x>'])
def test_an_unusable_sender_is_replaced_never_dropped(value: bytes) -> None:
    assert parse(mail(sender=value)).sender.email == UNKNOWN_SENDER
    answered = parse(mail(b"Reply-To: Ann <ann@customer.example>", sender=value))
    assert answered.sender == answered.reply_to == Address("Ann", "ann@customer.example")


@pytest.mark.parametrize(
    "spec", ["ünal@customer.example", '"a b"@customer.example', "a/b@x.example", "a.@x.example"]
)
def test_an_address_freescout_would_change_gets_a_stand_in(spec: str) -> None:
    first, again = (parse(mail(sender=f"Ann <{spec}>".encode())) for _ in range(2))
    other = parse(mail(sender=f"Ann <o{spec.replace(chr(34), '')}>".encode()))
    assert first.sender == again.sender != other.sender
    assert first.sender.email.startswith("unknown-sender-")
    assert spec in first.left_out[0]


def test_recipients_are_listed_once_without_groups_and_comments() -> None:
    cc = b'Team: Ann <ann@one.example>, "B, ob" <bob@one.example>;, ANN@one.example (again), junk'
    parsed = parse(mail(b"Cc: " + cc))
    assert parsed.cc == (Address("Ann", "ann@one.example"), Address("B, ob", "bob@one.example"))
    assert parsed.to == (Address("Support", "support@shop.example"),)


def test_recipients_beyond_the_limit_are_named() -> None:
    cc = b", ".join(b"a%d@x.example" % n for n in range(120))
    parsed = parse(mail(b"Cc: " + cc))
    assert len(parsed.cc) == 100
    assert "and 15 more" in parsed.left_out[0]


def test_references_are_newest_first_after_in_reply_to() -> None:
    parsed = parse(mail(b"In-Reply-To: <c@x>", b"References: <a@x> <b@x>\r\n <c@x>"))
    assert parsed.references == ("c@x", "b@x", "a@x")
    assert parsed.message_id == "hostile@customer.example"
    assert parse(HOSTILE["no Message-ID"]).message_id is None


def test_of_giant_references_the_newest_are_kept() -> None:
    references = parse(HOSTILE["giant References"]).references
    assert (references[0], len(references)) == ("19999@customer.example", 100)


def test_headers_are_decoded_by_lower_case_name() -> None:
    parsed = parse(mail(b"X-Note: =?utf-8?Q?=C3=BC?=", b"X-NOTE: two\r\n lines"))
    assert parsed.headers["x-note"] == ("ü", "two lines")


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (b"", "(no subject)"),
        (b" \t", "(no subject)"),
        (b"0", "(0)"),
        (b"=?utf-8?Q?Hi=0D=0ABcc:_x?=", "Hi Bcc: x"),
        (b"=?utf-8?B?8J+Y?= =?utf-8?B?gA==?=", "😀"),
        (b"=?iso-8859-1?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        ("Größe".encode("latin-1"), "Größe"),
        (b"=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
    ],
)
def test_the_subject_is_one_readable_line(subject: bytes, shown: str) -> None:
    assert parse(mail(b"Subject: " + subject)).subject == shown


def test_a_long_subject_is_cut() -> None:
    assert len(parse(HOSTILE["1 MB subject"]).subject) == 998


def test_a_stub_keeps_sender_subject_and_ids() -> None:
    made = stub(mail(b"References: <a@x>", body=b"secret"), "kills the process")
    assert (made.sender.email, made.subject) == ("ann@customer.example", "A hostile mail")
    assert (made.references, made.html, made.text) == (("a@x",), "(no body)", "")

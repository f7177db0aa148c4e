import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest.mime import Mail, parse
from simulators.hostile import MARKER, bounce, hostile_mails, mail, multipart, part

HOSTILE = dict(hostile_mails())
CUT = "the text is too long and was cut, the original mail has all of it"


def of(source: bytes, *headers: bytes) -> Mail:
    """The mail of one HTML body."""
    return parse(mail(b"Content-Type: text/html; charset=utf-8", *headers, body=source))


def with_file(disposition: bytes, content_type: bytes = b"application/pdf") -> Mail:
    attached = part(content_type, b"content", b"Content-Disposition: " + disposition)
    header, body = multipart(b"mixed", part(b"text/plain", b"Hello"), attached)
    return parse(mail(header, body=body))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (b"<p>Hi</p>" + MARKER, "<p>Hi</p>"),
        (b"Hi<script>alert(1)</script>", "Hi"),
        (b"<p style='x' onclick='y' class='hidden'>Hi</p>", "<p>Hi</p>"),
        (b"<img src=x onerror=alert(1)>Hi", "Hi"),
        (b"<img src='https://news.example/a.png' alt='A &lt;b&gt;'>", "[A &lt;b&gt;]"),
        (b"1 < 2 &amp; 3", "1 &lt; 2 &amp; 3"),
        (b"<div class='gmail_quote x'>old</div>", '<div class="gmail_quote">old</div>'),
        (b"<blockquote type=cite>old</blockquote>", '<blockquote type="cite">old</blockquote>'),
        (b"<div></div>", "(no body)"),
        (b"<!-- only -->", "(no body)"),
    ],
)
def test_html_keeps_only_what_is_safe(source: bytes, shown: str) -> None:
    assert of(source).html == shown


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "java\nscript:alert(1)", " data:text/html,x", "//x.example", "cid:a"],
)
def test_other_links_lose_their_target(href: str) -> None:
    assert "href" not in of(f'<a href="{href}">x</a>'.encode()).html


@pytest.mark.parametrize("href", ["https://x.example/?a=1&amp;b=2", "mailto:a@x.example"])
def test_web_and_mail_links_stay(href: str) -> None:
    assert f'href="{href}"' in of(f'<a href="{href}">x</a>'.encode()).html


@given(st.lists(st.sampled_from([*"<>/!-='\"& abip\n", "<!--", "-->", "<a ", "<b", "on=", "&lt;"])))
def test_every_tag_that_survives_is_a_listed_one(pieces: list[str]) -> None:
    planted = "<img src=x onerror=y><script>z</script><!-- csm:1:A:b -->"
    safe = of(f"{''.join(pieces)}{planted}".encode()).html
    for tag in re.findall(r"<[^>]*>", safe):
        assert re.fullmatch(r'</?[a-z]+[1-6]?(?: (?:rel|title|alt|class|type)="[^"<>]*")*>', tag)


def test_html_text_keeps_lines_and_lists() -> None:
    parsed = of(b"<div>One<br>two</div><div>three</div><ul><li>a</li><li>b</li></ul><p>x</p>y")
    assert parsed.text == "One\ntwo\nthree\n- a\n- b\n\nx\n\ny"


@pytest.mark.parametrize("name", ["html: 50,000 nested divs", "html: 2,000 nested tables"])
def test_text_in_deep_html_is_not_lost(name: str) -> None:
    assert parse(HOSTILE[name]).text == "deep"


def test_a_stub_beside_html_is_not_the_text() -> None:
    parsed = parse(HOSTILE["tiny text beside html"])
    assert "real text" in parsed.text
    assert "real text" in parsed.html
    assert "shows no HTML" not in parsed.html


def test_text_beside_empty_html_is_shown() -> None:
    parsed = parse(HOSTILE["text beside empty html"])
    assert (parsed.html, parsed.text) == ("The real text", "The real text")


def test_plain_lines_are_escaped_and_broken() -> None:
    assert (
        parse(mail(body=b"a < b\r\n\r\n<b>c</b>\r\n")).html
        == "a &lt; b<br><br>&lt;b&gt;c&lt;/b&gt;"
    )


def test_text_above_the_limit_is_cut_with_a_remark() -> None:
    parsed = parse(HOSTILE["5 MB of plain text"])
    assert parsed.left_out == (CUT,)
    assert parsed.text.endswith("xyz")


def test_html_that_grows_above_the_limit_is_cut_with_a_remark() -> None:
    assert parse(HOSTILE["html: 1 MB of ampersands"]).left_out == (CUT,)


def test_inline_images_are_sent_and_shown_and_pixels_dropped() -> None:
    parsed = parse(HOSTILE["cid images and a pixel"])
    assert [(a.file_name, a.content_id) for a in parsed.attachments] == [("a.png", "pic@x")]
    assert parsed.html == '<p>See <img src="cid:pic@x"></p>'
    assert parsed.left_out == ()


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'attachment; filename="../../../etc/passwd"', "passwd"),
        (b'attachment; filename="C:\\\\temp\\\\evil.exe"', "evil.exe"),
        (b'attachment; filename=".."', "attachment-1.pdf"),
        (b"attachment", "attachment-1.pdf"),
        (b"attachment; filename*=utf-8''f%C3%BCr%20M%C3%A4rz.pdf", "für März.pdf"),
        (b"attachment; filename=x.pdf; filename*=utf-8''%C3%BC.pdf", "ü.pdf"),
        (b"attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
        (b'attachment; filename="=?utf-8?B?w7wucGRm?="', "ü.pdf"),
        (b'attachment; filename="a\x00\r\n b.pdf"', "a b.pdf"),
        ('attachment; filename="photo\u202egpj.exe"'.encode(), "photogpj.exe"),
        (b"attachment; filename=" + b"n" * 400 + b".pdf", "n" * 146 + ".pdf"),
    ],
)
def test_file_names_are_bare_and_safe(disposition: bytes, name: str) -> None:
    assert with_file(disposition).attachments[0].file_name == name


def test_attachments_beyond_the_limits_are_named() -> None:
    parsed = parse(HOSTILE["80 attachments"])
    assert len(parsed.attachments) == 50
    assert parsed.left_out[0] == 'attachment "50.csv" (1 KB) was left out'
    big = parse(HOSTILE["attachment of 21 MB"])
    assert big.left_out == ('attachment "big.zip" (21 MB) was left out',)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("attachment only", ["scan.pdf"]),
        ("alternative with a pdf", ["a.pdf"]),
        ("wrong boundary", ["a.pdf"]),
        ("no boundary", ["a.pdf"]),
        ("missing last boundary", ["a.pdf"]),
        ("nested message", ["message.eml"]),
        ("S/MIME, signed", ["smime.p7s"]),
        ("S/MIME, encrypted", ["smime.p7m"]),
        ("calendar invitation", ["invitation.ics"]),
        ("winmail.dat", ["winmail.dat"]),
        ("empty multipart", []),
    ],
)
def test_files_are_found_in_every_kind_of_tree(name: str, files: list[str]) -> None:
    parsed = parse(HOSTILE[name])
    assert [attachment.file_name for attachment in parsed.attachments] == files
    assert parsed.degraded is None


def test_a_multipart_that_is_none_is_shown_as_it_came() -> None:
    parsed = parse(HOSTILE["no boundary, no parts"])
    assert (parsed.html, parsed.degraded) == (
        "plain words",
        "a multipart mail without its boundaries",
    )


def test_a_bounce_names_who_was_not_reached_and_which_mail() -> None:
    report = parse(bounce(b"Bob@customer.example", b"<FS_reply-9-abc@shop.example>")).report
    assert report is not None
    assert report.failed_recipients == ("bob@customer.example",)
    assert report.original_message_ids == ("FS_reply-9-abc@shop.example",)


def test_a_delay_notice_names_no_failed_recipient() -> None:
    raw = bounce(b"bob@customer.example", b"<a@x>").replace(b"Action: failed", b"Action: delayed")
    report = parse(raw).report
    assert report is not None
    assert report.failed_recipients == ()


def test_a_forwarded_bounce_is_no_bounce() -> None:
    header, body = multipart(b"mixed", bounce(b"bob@customer.example", b"<a@x>"), boundary=b"outer")
    assert parse(mail(header, body=body)).report is None


def test_a_name_keeps_its_closing_bracket() -> None:
    raw = b'From: "Ruiz, Ana (Workshop)" <ana@customer.example>\r\n\r\nHello'
    assert parse(raw).sender.name == "Ruiz, Ana (Workshop)"

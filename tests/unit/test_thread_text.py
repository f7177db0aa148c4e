"""What a thread says beside the mail: nothing of it may become HTML of its own."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_ingest import thread_text
from gmail_ingest.mime import Address
from mails import ANN, mail

HOSTILE = '<img src=x onerror="alert(1)">&amp;<!-- csm:1:AAAAAAAAAAAAAAAA: -->'
texts = st.text(max_size=80)


class Elements(HTMLParser):
    """The elements, comments and visible text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.comments: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_foreign_line_says_who_wrote() -> None:
    expected = "From: Ann Example <ann@customer.example> (not the customer of this conversation)"
    assert thread_text.foreign_line(ANN) == expected


def test_a_sender_without_a_name_is_shown_by_the_address() -> None:
    line = thread_text.foreign_line(Address("", "ann@customer.example"))
    assert line.startswith("From: <ann@customer.example> (")


def test_the_claim_line_names_the_conversation() -> None:
    assert f"conversation #{4711}," in thread_text.claim_line(4711)


@pytest.mark.parametrize(
    ("missing", "says"), [(1, "An earlier message"), (3, "3 earlier messages")]
)
def test_the_gap_line_counts(missing: int, says: str) -> None:
    assert thread_text.gap_line(missing).startswith(says)


def test_a_thread_is_the_lines_the_mail_and_what_was_left_out() -> None:
    html = thread_text.compose(mail(html="<p>Hi</p>", left_out=("a file",)), ["one", "two"])
    assert html == "<p>one</p><p>two</p><p>Hi</p><p>[a file]</p>"


def test_without_lines_a_thread_is_the_mail_itself() -> None:
    assert thread_text.compose(mail(html="<p>Hi</p>"), []) == "<p>Hi</p>"


@given(texts, st.lists(texts, max_size=3))
def test_no_line_and_no_remark_becomes_html(line: str, left_out: list[str]) -> None:
    html = thread_text.compose(mail(html="", left_out=tuple(left_out)), [line])
    seen = Elements(html)
    assert seen.tags == ["p"] * (1 + len(left_out))
    assert seen.comments == []


@pytest.mark.parametrize("name", [HOSTILE, "</p><script>", "a & b", "-->", "“quoted” 😀"])
def test_a_hostile_name_is_shown_as_it_is(name: str) -> None:
    line = thread_text.foreign_line(Address(name, "ann@customer.example"))
    seen = Elements(thread_text.compose(mail(html=""), [line]))
    assert (seen.tags, seen.comments) == (["p"], [])
    assert name in seen.text


@given(texts, texts)
def test_a_stub_shows_reason_and_link_only(reason: str, gmail_id: str) -> None:
    link = thread_text.gmail_link("support@desk.example", gmail_id)
    seen = Elements(thread_text.stub_text(reason, link))
    assert (seen.tags, seen.comments, seen.links) == (["p", "p", "a"], [], [link])


@given(st.lists(texts, max_size=4))
def test_missing_files_are_listed_by_name(names: list[str]) -> None:
    seen = Elements(thread_text.missing_files_note(names, "https://mail.example/"))
    assert seen.tags == ["p", "ul", *(["li"] * len(names)), "p", "a"]
    assert seen.comments == []


def test_an_answer_from_gmail_names_who_gave_it() -> None:
    answer = mail(sender=Address(HOSTILE, "colleague@desk.example"))
    html = thread_text.answer_note(answer, "https://mail.example/")
    seen = Elements(html)
    assert HOSTILE in seen.text
    assert seen.comments == []
    assert "img" not in seen.tags


@given(texts, texts)
def test_a_gmail_link_stays_at_google(address: str, gmail_id: str) -> None:
    link = thread_text.gmail_link(address, gmail_id)
    assert link.startswith("https://mail.google.com/mail/?authuser=")
    assert link.isascii()
    assert not set(link) & set(" \"'<>\n\r")


def test_a_gmail_link_names_account_and_message() -> None:
    expected = "https://mail.google.com/mail/?authuser=support%40desk.example#all/18f"
    assert thread_text.gmail_link("support@desk.example", "18f") == expected


def test_a_stub_carries_the_original_mail() -> None:
    (original,) = thread_text.original(b"raw")
    assert (original.file_name, original.mime_type) == ("original.eml", "message/rfc822")
    assert original.content == b"raw"


@pytest.mark.parametrize(("size", "number"), [(0, 0), (10_000_000, 1), (10_000_001, 0)])
def test_a_huge_original_stays_in_gmail(size: int, number: int) -> None:
    assert len(thread_text.original(bytes(size))) == number

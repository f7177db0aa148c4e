"""Reading an mbox, a Maildir, a folder of .eml files and one .eml, and refusing what is none."""

import mailbox
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.mail_source import MailSourceError, _parsed, read_mails
from simulators.samples import load_test_mail, sample_mails

FIRST = b"Date: Mon, 2 Nov 2026 08:00:00 +0000\nSubject: first\n\nHello\n"
SECOND = b"Date: Mon, 2 Nov 2026 12:00:00 +0200\nSubject: second\n\nWorld\n"
UNDATED = b"Subject: undated\n\nNo date\n"


def subjects(path: Path) -> list[str]:
    return [str(message_from_bytes(raw)["Subject"]) for _, raw in read_mails(path)]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def mbox_file(path: Path, *mails: bytes) -> Path:
    envelope = b"From a@shop.example Mon Nov  2 08:00:00 2026\n"
    return written(path, b"".join(envelope + mail + b"\n" for mail in mails))


def test_one_eml_is_read_byte_for_byte(tmp_path: Path) -> None:
    mail = written(tmp_path / "one.eml", FIRST)
    assert list(read_mails(mail)) == [("one.eml", FIRST)]


def test_a_mail_without_the_ending_is_known_by_its_first_field(tmp_path: Path) -> None:
    assert list(read_mails(written(tmp_path / "saved", SECOND))) == [("saved", SECOND)]


def test_the_envelope_line_that_archives_leave_in_an_eml_is_dropped(tmp_path: Path) -> None:
    body = FIRST + b"\nFrom here on\n\nFrom b@shop.example Mon Nov  2 08:00:00 2026\n"
    mail = written(tmp_path / "one.eml", b"From a@shop.example  Sat Jul 20 00:53:54 2002\n" + body)
    assert list(read_mails(mail)) == [("one.eml", body)]


def test_any_bytes_named_eml_pass_because_real_mail_may_be_broken(tmp_path: Path) -> None:
    broken = b"\x00\xff no header at all"
    assert list(read_mails(written(tmp_path / "broken.eml", broken))) == [("broken.eml", broken)]


def test_a_folder_is_read_recursively_and_by_date(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    written(tmp_path / "a.eml", SECOND)
    written(tmp_path / "sub" / "b.EML", FIRST)
    written(tmp_path / "readme.txt", b"not a mail")
    assert [name for name, _ in read_mails(tmp_path)] == ["sub/b.EML", "a.eml"]


def test_an_undated_mail_keeps_its_place_behind_the_one_before_it(tmp_path: Path) -> None:
    written(tmp_path / "a.eml", SECOND)
    written(tmp_path / "b.eml", UNDATED)
    written(tmp_path / "c.eml", FIRST)
    assert subjects(tmp_path) == ["first", "second", "undated"]


def test_a_maildir_gives_cur_and_new_but_not_tmp(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    box.add(SECOND)
    box.add(FIRST)
    key = box.add(UNDATED)
    (tmp_path / "box" / "new" / key).rename(tmp_path / "box" / "cur" / f"{key}:2,S")
    written(tmp_path / "box" / "tmp" / "half", b"Subject: half")
    assert sorted(subjects(tmp_path / "box")) == ["first", "second", "undated"]
    assert subjects(tmp_path / "box").index("first") < subjects(tmp_path / "box").index("second")


def test_a_maildir_that_lost_its_empty_folder_is_still_one(tmp_path: Path) -> None:
    (tmp_path / "cur").mkdir()
    written(tmp_path / "cur" / "1.host:2,S", FIRST)
    assert [name for name, _ in read_mails(tmp_path)] == ["cur/1.host:2,S"]


def test_an_mbox_is_split_at_its_envelopes_and_sorted_by_date(tmp_path: Path) -> None:
    box = mbox_file(tmp_path / "all.mbox", SECOND, FIRST)
    assert list(read_mails(box)) == [("all.mbox:2", FIRST), ("all.mbox:1", SECOND)]


def test_an_mbox_of_the_stdlib_reads_back_the_same(tmp_path: Path) -> None:
    quoted = b"Date: Mon, 2 Nov 2026 09:00:00 +0000\n\nFrom now on\n\nFrom here\n"
    box = mailbox.mbox(tmp_path / "std")
    for mail in (FIRST, quoted, SECOND):
        box.add(mail)
    box.close()
    assert [raw for _, raw in read_mails(tmp_path / "std")] == [FIRST, quoted, SECOND]


def test_only_an_envelope_after_an_empty_line_splits(tmp_path: Path) -> None:
    body = (
        FIRST
        + b"\nFrom Monday on we are closed.\nFrom x@shop.example Mon Nov  2 08:00:00 2026\n"
        + b"\nFrom Tuesday we open again.\n"
    )
    assert list(read_mails(mbox_file(tmp_path / "m", body))) == [("m:1", body)]


def test_one_quoting_level_is_taken_from_quoted_from_lines(tmp_path: Path) -> None:
    box = mbox_file(tmp_path / "m", FIRST + b"\n>From me\n>>From you\n> From them\n")
    assert next(read_mails(box))[1] == FIRST + b"\nFrom me\n>From you\n> From them\n"


@pytest.mark.parametrize(
    "envelope",
    [
        b"From - Mon Nov 02 08:00:00 2026",
        b"From 1793@xxx Mon Nov 02 08:00:00 +0000 2026",
        b"From MAILER-DAEMON Mon Nov  2 08:00 2026",
    ],
)
def test_envelopes_of_other_programs_split_too(tmp_path: Path, envelope: bytes) -> None:
    box = written(tmp_path / "m", (envelope + b"\r\n" + FIRST + b"\r\n") * 3)
    assert [raw for _, raw in read_mails(box)] == [FIRST] * 3


def test_the_last_mail_of_an_mbox_may_end_without_an_empty_line(tmp_path: Path) -> None:
    box = written(tmp_path / "m", b"From a Mon Nov  2 08:00:00 2026\nSubject: x\n\nend")
    assert next(read_mails(box))[1] == b"Subject: x\n\nend"


def test_all_samples_survive_the_way_through_an_mbox(tmp_path: Path) -> None:
    raws = sorted(sample.raw for sample in sample_mails())
    box = mbox_file(tmp_path / "samples.mbox", *raws)
    assert sorted(raw for _, raw in read_mails(box)) == raws


def test_a_reader_keeps_one_mail_at_a_time(tmp_path: Path) -> None:
    mbox_file(tmp_path / "big", *(load_test_mail(i, 50_000) for i in range(40)))
    mails = read_mails(tmp_path / "big")
    assert [len(raw) for _, raw in mails] == [50_000] * 40


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"Dear diary,\ntoday\n", "is empty or not a mail"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00", "is empty or not a mail"),
        ("empty.eml", b"", "is empty or not a mail"),
        ("empty.mbox", b"", "is empty or not a mail"),
    ],
)
def test_a_file_that_is_no_mail_is_named(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = written(tmp_path / name, content)
    with pytest.raises(MailSourceError, match=reason) as caught:
        next(read_mails(path))
    assert str(path) in str(caught.value)
    assert "Accepted: an mbox file, a Maildir" in str(caught.value)


def test_a_missing_path_an_empty_folder_and_an_empty_maildir_are_named(tmp_path: Path) -> None:
    with pytest.raises(MailSourceError, match="does not exist"):
        list(read_mails(tmp_path / "nowhere"))
    with pytest.raises(MailSourceError, match="is a folder without mail"):
        list(read_mails(tmp_path))
    mailbox.Maildir(tmp_path / "box")
    with pytest.raises(MailSourceError, match="is a folder without mail"):
        list(read_mails(tmp_path / "box"))


def test_a_mail_that_vanishes_while_reading_is_an_error_with_its_path(tmp_path: Path) -> None:
    written(tmp_path / "a.eml", FIRST)
    written(tmp_path / "b.eml", SECOND)
    mails = read_mails(tmp_path)
    next(mails)
    (tmp_path / "b.eml").unlink()
    with pytest.raises(MailSourceError, match="cannot be read"):
        next(mails)


@given(st.text(max_size=60) | st.from_regex(r"\w{3}, \d+ \w+ \d+ \d+:\d+ [+-]\d+", fullmatch=True))
def test_no_date_text_stops_the_reader(text: str) -> None:
    date = _parsed(text)
    assert date is None or date.utcoffset() is not None

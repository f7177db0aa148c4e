"""Samples whose MIME tree or size no table can say: a report, an invitation, a very long mail."""

from datetime import datetime, timedelta

from simulators.samples.compose import (
    Part,
    TextStyle,
    multipart,
    plain_part,
    text_part,
)
from simulators.samples.letter import SUPPORT, Letter
from simulators.samples.report import delivery_report

_LONG_TEXT = 200_000  # bytes
_SEVEN_BIT = TextStyle("us-ascii", transfer="7bit")

_BOUNCE = Letter(
    name="en-bounce-unknown-mail",
    written=1_210,
    language="en",
    sender="Mail Delivery System <mailer-daemon@mx.lakesidedental.example>",
    subject="Undelivered Mail Returned to Sender",
    fields={"Return-Path": "<>", "Auto-Submitted": "auto-replied"},
    note="A delivery report about a mail that the help desk does not know: a ticket.",
)
_INVITATION = Letter(
    name="en-calendar-invitation",
    written=655,
    language="en",
    sender="Priya Raman <priya@northgateyoga.example>",
    subject="Invitation: walk-through of the class calendar",
    note="A calendar invitation (text/calendar; method=REQUEST) beside a short text.",
)
_FORWARDED = Letter(
    name="nl-forwarded-as-attachment",
    written=1_545,
    language="nl",
    sender="Sanne de Groot <sanne@bakkerijdegroot.example>",
    subject="Fwd: Uw terminal gaat 30 november uit dienst",
    note="The original mail travels as an attached message/rfc822.",
)
_LONG = Letter(
    name="en-very-long-log",
    written=390,
    language="en",
    sender="Tom Ashdown <tom@ashdownkayaks.example>",
    subject="Calendar sync stops every night - full log inside",
    transfer="7bit",
    note="200 KB of pasted log in the text itself.",
)


def special_letters() -> list[Letter]:
    """The letters of this module; their bodies come from special_parts()."""
    return [_BOUNCE, _INVITATION, _FORWARDED, _LONG]


def special_parts(base: datetime) -> dict[str, Part]:
    """Name of the letter -> its MIME tree."""
    return {
        _BOUNCE.name: _bounce(),
        _INVITATION.name: _invitation(base),
        _FORWARDED.name: _forwarded(base),
        _LONG.name: text_part(_long_text(), "plain", _SEVEN_BIT),
    }


def _bounce() -> Part:
    returned = (
        f"From: Desk Support <{SUPPORT}>\nTo: reception@lakesidedental.example\n"
        "Subject: Your invoice for October\n"
        "Message-ID: <b1946ac92492d2347c62@accounting.desk.example>\n"
    )
    return delivery_report(_BOUNCE.name, "reception@lakesidedental.example", returned)


def _invitation(base: datetime) -> Part:
    start = (base + timedelta(days=3)).replace(minute=0, second=0)
    text = (
        "Could somebody show us the new class calendar? Thursday would suit all of us.\n\nPriya\n"
    )
    event = "\r\n".join(_event_lines(start)) + "\r\n"
    plain = text_part(text, "plain", TextStyle())
    calendar = text_part(event, "calendar", TextStyle(transfer="base64"), "; method=REQUEST")
    return multipart("alternative", [plain, calendar], _INVITATION.name)


def _event_lines(start: datetime) -> list[str]:
    stamp = "%Y%m%dT%H%M%SZ"
    return [
        "BEGIN:VCALENDAR",
        "PRODID:-//northgateyoga.example//calendar//EN",
        "VERSION:2.0",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"DTSTART:{start.strftime(stamp)}",
        f"DTEND:{(start + timedelta(minutes=45)).strftime(stamp)}",
        f"DTSTAMP:{(start - timedelta(days=3)).strftime(stamp)}",
        "UID:walkthrough-7731@northgateyoga.example",
        f"ORGANIZER;CN=Priya Raman:mailto:{_INVITATION.address}",
        f"ATTENDEE;RSVP=TRUE:mailto:{SUPPORT}",
        "SUMMARY:Walk-through of the class calendar",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def _forwarded(base: datetime) -> Part:
    own = (
        "Hallo,\n\nZie de bijlage. Klopt dit? Wij rekenen hier de hele dag mee af, dus zonder"
        " terminal kunnen we dicht.\nGraag vandaag nog een reactie.\n\nSanne de Groot\n"
    )
    sent = _FORWARDED.date(base) - timedelta(hours=20)
    original = (
        "From: Kassaservice <info@kassaservice.example>\n"
        f"To: {_FORWARDED.address}\n"
        f"Date: {sent.strftime('%a, %d %b %Y %H:%M:%S %z')}\n"
        "Subject: Uw terminal gaat 30 november uit dienst\n"
        "Message-ID: <20417.terminal@kassaservice.example>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n"
        "Beste klant,\n\nVanaf 30 november krijgt de terminal KT-3 geen updates meer.\n"
        "Neem contact op met uw leverancier voor een nieuw toestel.\n"
    )
    attached = ("Content-Disposition", 'attachment; filename="oorspronkelijk bericht.eml"')
    message = plain_part("message/rfc822", original, attached)
    return multipart("mixed", [text_part(own, "plain", TextStyle()), message], _FORWARDED.name)


def _long_text() -> str:
    opening = (
        "Hello,\n\nthe sync between your calendar and our boat list stops every night around two.\n"
        "Your colleague asked for the log, and I did not know which part, so here is all of it.\n"
    )
    lines = [opening]
    size = len(opening)
    for step in range(_LONG_TEXT):
        lines.append(_log_line(step))
        size += len(lines[-1]) + 1
        if size >= _LONG_TEXT:
            break
    return "\n".join(lines) + "\n\nTom Ashdown\nAshdown Kayaks\n"


def _log_line(step: int) -> str:
    minute, boat = divmod(step, 60)
    state = "409 retry in 30 s" if step % 97 == 0 else "ok"
    return f"02:{minute % 60:02}:{boat:02} sync boat={boat + 100} slot={step % 24:02}:00 {state}"

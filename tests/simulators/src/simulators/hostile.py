"""Hostile and broken mails, built in code: a parser and an end-to-end run must survive them."""

import base64
import binascii
from collections.abc import Iterator

MARKER = b"<!-- csm:1:AAAAAAAAAAAAAAAA:b -->"
PIXEL = base64.b64encode(b"GIF89a" + bytes(37))
PICTURE = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
_PDF = base64.encodebytes(b"%PDF-1.4\n" + b"0123456789abcdef" * 256)


def hostile_mails() -> list[tuple[str, bytes]]:
    """(unique name, raw mail) of every case; the same bytes at each call, about 55 MB in all."""
    groups = (_charsets(), _senders(), _headers(), _bodies(), _html(), _trees(), _files(), _bombs())
    return [case for group in groups for case in group]


def mail(*headers: bytes, body: bytes = b"Hello\r\n", sender: bytes | None = None) -> bytes:
    """A mail with usual headers beside the given ones; a given From or Subject replaces them."""
    usual = {
        b"From": sender if sender is not None else b"Ann Example <ann@customer.example>",
        b"To": b"Support <support@shop.example>",
        b"Subject": b"A hostile mail",
        b"Date": b"Mon, 02 Nov 2026 10:00:00 +0000",
        b"Message-ID": b"<hostile@customer.example>",
        b"MIME-Version": b"1.0",
    }
    given = {header.partition(b":")[0].strip().title() for header in headers}
    lines = [k + b": " + v for k, v in usual.items() if k.title() not in given]
    return b"\r\n".join([*lines, *headers, b"", body])


def part(content_type: bytes, body: bytes, *headers: bytes) -> bytes:
    """One MIME part."""
    return b"\r\n".join([b"Content-Type: " + content_type, *headers, b"", body])


def multipart(
    subtype: bytes, *parts: bytes, boundary: bytes = b"=_b", params: bytes = b""
) -> tuple[bytes, bytes]:
    """(Content-Type header, body) of a well-formed multipart."""
    header = b"Content-Type: multipart/" + subtype + b'; boundary="' + boundary + b'"' + params
    body = b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in parts)
    return header, body + b"--" + boundary + b"--\r\n"


def _of(subtype: bytes, *parts: bytes, params: bytes = b"") -> bytes:
    header, body = multipart(subtype, *parts, params=params)
    return mail(header, body=body)


def _text(body: bytes = b"Hello\r\n") -> bytes:
    return part(b"text/plain; charset=utf-8", body)


def _file(content_type: bytes, disposition: bytes, body: bytes = _PDF) -> bytes:
    encoding = b"Content-Transfer-Encoding: base64"
    return part(content_type, body, encoding, b"Content-Disposition: " + disposition)


def _charsets() -> Iterator[tuple[str, bytes]]:
    text = "Grüße aus Köln, 5 €".encode()
    for label in (b"x-unknown", b"", b"rot13", b"base64", b"zlib", b"utf-7", b"punycode", b"idna"):
        name = label.decode() or "empty"
        yield f"charset {name}", mail(b"Content-Type: text/plain; charset=" + label, body=text)
    yield "charset with NUL", mail(b"Content-Type: text/plain; charset=utf\0-8", body=text)
    yield "utf-8 called latin-1", mail(b"Content-Type: text/plain; charset=iso-8859-1", body=text)
    latin = "Grüße".encode("latin-1")
    yield "latin-1 called utf-8", mail(b"Content-Type: text/plain; charset=utf-8", body=latin)
    chinese = "发票问题".encode("gbk")
    yield "gbk called gb2312", mail(b"Content-Type: text/plain; charset=gb2312", body=chinese)
    wide = "Größe".encode("utf-16")
    yield "utf-16 body", mail(b"Content-Type: text/plain; charset=utf-16", body=wide)
    yield "NUL bytes in the body", mail(body=b"one\0two\0three")
    halves = "\ud83d broken \ude00".encode("utf-8", "surrogatepass")
    yield "surrogate halves of an emoji", mail(b"Subject: " + halves, body=halves)
    yield "encoded word of rot13", mail(b"Subject: =?rot13?Q?Uryyb?= =?zlib?B?eJw=?=")
    yield "emoji split over encoded words", mail(b"Subject: =?utf-8?B?8J+Y?= =?utf-8?B?gA==?= ok")


def _senders() -> Iterator[tuple[str, bytes]]:
    values = {
        "two addresses in From": b"bank@trusted.example <eve@evil.example>",
        "two senders in From": b"a@one.example, b@two.example",
        "two angle brackets in From": b"<a@one.example> <b@two.example>",
        "address in quoted name": b'"ceo@shop.example" <eve@evil.example>',
        "CR LF in encoded From": b"=?utf-8?Q?Ann=0D=0ABcc:_x@evil.example?= <ann@customer.example>",
        "raw 8-bit name": "Jürgen".encode("latin-1") + b" <j@customer.example>",
        "address inside encoded word": b"=?utf-8?Q?Ann_<ann=40customer.example>?=",
        "empty From": b"",
        "From without address": b"Undisclosed sender",
        "IDN domain": "Eva <eva@bücher.example>".encode(),
        "non-ASCII local part": "Ünal <ünal@customer.example>".encode(),
        "quoted local part": b'"A B" <"disp name"@customer.example>',
        "500 characters of local part": b"<" + b"a" * 500 + b"@customer.example>",
        "100,000 opening parentheses": b"(" * 100_000 + b" ann@customer.example",
        "50,000 nested comments": b"(" * 50_000 + b")" * 50_000 + b" ann@customer.example",
        "100,000 quotes": b'"' * 99_999 + b" <ann@customer.example>",
        "100,000 less-than signs": b"<" * 100_000 + b"ann@customer.example>",
        "60,000 letters without an address": b"a" * 60_000,
        "right-to-left override name": "\u202egnp.exe <ann@customer.example>".encode(),
        "From with group": b"Friends: ann@customer.example, bob@customer.example;",
    }
    for name, value in values.items():
        yield name, mail(sender=value)
    yield "no From", mail().replace(b"From: Ann Example <ann@customer.example>\r\n", b"")
    yield "no From but Reply-To", mail(b"Reply-To: ann@customer.example", sender=b"nobody")


def _headers() -> Iterator[tuple[str, bytes]]:
    yield "1 MB subject", mail(b"Subject: " + b"word " * 200_000)
    yield "8-bit subject", mail(b"Subject: " + "Größe und Maß".encode("latin-1"))
    yield "encoded CR LF in subject", mail(b"Subject: =?utf-8?Q?Hi=0D=0ABcc:_x@evil.example?=")
    yield "folding bomb", mail(b"Subject: x" + b"\r\n y" * 100_000)
    yield "5,000 header fields", mail(*(b"X-Field-%d: x" % n for n in range(5_000)))
    yield "header fields of 1 MB", mail(*(b"X-Field-%d: " % n + b"x" * 9_000 for n in range(120)))
    references = b" ".join(b"<%d@customer.example>" % n for n in range(20_000))
    yield "giant References", mail(b"References: " + references)
    no_id = mail().replace(b"Message-ID: <hostile@customer.example>\r\n", b"")
    yield "no Message-ID", no_id
    yield "broken Message-ID", mail(b"Message-ID: <<a b>@> c")
    yield "no headers", b"just some text\r\nand more\r\n"
    yield "headers only", mail().partition(b"\r\n\r\n")[0]
    yield "empty mail", b""
    yield "only CR line ends", mail(body=b"one\r\ntwo").replace(b"\r\n", b"\r")
    yield "broken line between headers", mail(b"this is no header", b"X-After: here")
    yield "5,000 digit segment", mail(b"Content-Type: text/plain; name*" + b"9" * 5_000 + b"=x")
    yield "mixed segment kinds", mail(b"Content-Type: text/plain; name*=a; name*0=b; name=c")
    yield (
        "claims to be FreeScout",
        mail(b"In-Reply-To: <FS_reply-17-0123456789abcdef@shop.example>"),
    )


def _bodies() -> Iterator[tuple[str, bytes]]:
    encoded = b"Content-Transfer-Encoding: "
    yield "empty body", mail(body=b"")
    yield "body of a single 0", mail(body=b"0")
    yield "body of invisible characters", mail(body="\u200b\ufeff \u2060".encode())
    yield "base64 garbage", mail(encoded + b"base64", body=b"!!!! not base64 \xff\xfe ====A")
    yield "base64 without padding", mail(encoded + b"base64", body=b"SGVsbG8gd29ybGQ")
    yield "quoted-printable garbage", mail(encoded + b"quoted-printable", body=b"=ZZ =4 = caf=E9 =")
    yield "unknown transfer encoding", mail(encoded + b"x-rot", body=b"Hello")
    uu = b"begin 644 a.txt\n" + binascii.b2a_uu(b"Hello") + b"`\nend\n"
    yield "uuencoded body", mail(encoded + b"x-uuencode", body=uu)
    yield "5 MB of plain text", mail(body=b"0123456789 abcdefghijklmnopqrstuvwxyz\r\n" * 130_000)
    yield "one line of 2 MB", mail(body=b"x" * 2_000_000)


def _html() -> Iterator[tuple[str, bytes]]:
    sources = {
        "planted marker": b"<p>Hello</p>" + MARKER,
        "planted marker, escaped": b"&lt;!-- csm:1:AAAAAAAAAAAAAAAA:b --&gt;",
        "planted marker, broken comment": b"<!--><!- csm:1:A:b -->" + MARKER[:-1],
        "script": b"Hi<script>alert(1)</script><SCRIPT/x>alert(2)</SCRIPT >",
        "onerror": b"<img src=x onerror=alert(1)><img src='cid:none' onerror=alert(2)>Hi",
        "svg and mathml": b"<svg><style><img src=x onerror=alert(1)></style></svg><math><mi//x>Hi",
        "javascript links": b"<a href='java\nscript:alert(1)'>a</a><a href=data:text/html,x>b</a>",
        "remote images and style": b"<style>@import 'http://evil.example'</style>"
        b"<img src=http://evil.example/1.gif><p style=background:url(//evil.example)>Hi",
        "hidden text": b"<div style=display:none>Ignore all rules</div>Hello",
        "stray less-than": b"<p>1 < 2 and a<b and 5 <3",
        "unclosed everything": b"<table><tr><td><div><b><a href='http://x.example/",
        "50,000 nested divs": b"<div>" * 50_000 + b"deep",
        "2,000 nested tables": b"<table><tr><td>" * 2_000 + b"deep",
        "20,000 misnested tags": b"<b><i><a href=#></b><p></i>" * 20_000 + b"deep",
        "100,000 attributes": b"<a " + b" ".join(b"a%d=b" % n for n in range(100_000)) + b">x</a>",
        "100,000 comments": b"<!--" * 100_000 + b"x",
        "unclosed tags": b"<a " * 300_000 + b"x",
        "unclosed quotes": b'<a href="' * 100_000 + b"x",
        "5 MB of less-than": b"<" * 5_000_000,
        "1 MB of ampersands": b"&" * 1_000_000,
        "nothing to see": b"<html><body><div><br></div>&nbsp;</body></html>",
        "only a remote image": b"<img src='https://news.example/all.png' alt='Big <news>'>",
        "control characters": b"a&#1;b&#x0;c&#xD800;d\x01\x02e",
    }
    for name, source in sources.items():
        yield f"html: {name}", mail(b"Content-Type: text/html; charset=utf-8", body=source)
    stub = _text(b"Your program shows no HTML")
    rich = part(b"text/html", b"<p>" + b"The real text of this mail. " * 40 + b"</p>")
    yield "tiny text beside html", _of(b"alternative", stub, rich)
    blank = part(b"text/html", b"<html><body></body></html>")
    yield "text beside empty html", _of(b"alternative", _text(b"The real text"), blank)
    shown = part(b"text/html", b"<p>See <img src='cid:pic@x'><img src='cid:dot@x'></p>")
    base64_header = b"Content-Transfer-Encoding: base64"
    picture = part(b"image/png; name=a.png", PICTURE, base64_header, b"Content-ID: <pic@x>")
    pixel = part(b"image/gif", PIXEL, base64_header, b"Content-ID: <dot@x>")
    yield "cid images and a pixel", _of(b"related", shown, picture, pixel)


def _trees() -> Iterator[tuple[str, bytes]]:
    pdf = _file(b"application/pdf", b"attachment; filename=a.pdf")
    yield (
        "attachment only",
        mail(
            b"Content-Type: application/pdf; name=scan.pdf",
            b"Content-Transfer-Encoding: base64",
            body=_PDF,
        ),
    )
    yield "alternative with a pdf", _of(b"alternative", _text(), pdf)
    yield "empty multipart", mail(b"Content-Type: multipart/mixed; boundary=b", body=b"")
    yield (
        "no parts between boundaries",
        mail(b"Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n--b--\r\n"),
    )
    wrong = multipart(b"mixed", _text(), pdf)[1]
    yield "wrong boundary", mail(b'Content-Type: multipart/mixed; boundary="other"', body=wrong)
    yield "no boundary", mail(b"Content-Type: multipart/mixed", body=wrong)
    yield "no boundary, no parts", mail(b"Content-Type: multipart/mixed", body=b"plain words")
    yield "missing last boundary", mail(*multipart(b"mixed", _text(), pdf)[:1], body=wrong[:-7])
    yield "part without headers", _of(b"mixed", b"\r\nno headers", b"none at all", pdf)
    original = mail(body=b"inner")
    nested = part(b"message/rfc822", mail(*multipart(b"mixed", original)[:1], body=original))
    yield "nested message", _of(b"mixed", _text(), nested)
    yield (
        "S/MIME, signed",
        _of(
            b"signed",
            _text(),
            _file(b"application/pkcs7-signature", b"attachment; filename=smime.p7s"),
        ),
    )
    yield (
        "S/MIME, encrypted",
        mail(
            b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data",
            b"Content-Transfer-Encoding: base64",
            body=_PDF,
        ),
    )
    calendar = part(b"text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR")
    yield "calendar invitation", _of(b"alternative", _text(), calendar)
    yield "winmail.dat", _of(b"mixed", _text(), _file(b"application/ms-tnef", b"attachment"))
    yield "bounce", bounce(b"bob@customer.example", b"<FS_reply-9-0123456789abcdef@shop.example>")
    yield "bounce without status", _of(b"report", _text(), params=b"; report-type=delivery-status")


def bounce(recipient: bytes, message_id: bytes) -> bytes:
    """A delivery report (RFC 3464) that says `recipient` did not get the mail `message_id`."""
    status = (
        b"Reporting-MTA: dns; mx.customer.example\r\n\r\n"
        b"Final-Recipient: rfc822; " + recipient + b"\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    header, body = multipart(
        b"report",
        _text(b"Your mail could not be delivered.\r\n"),
        part(b"message/delivery-status", status),
        part(b"text/rfc822-headers", b"Subject: Re: order\r\nMessage-ID: " + message_id),
        params=b"; report-type=delivery-status",
    )
    headers = (header, b"Auto-Submitted: auto-replied", b"Return-Path: <>")
    return mail(*headers, body=body, sender=b"Mail Delivery <mailer-daemon@customer.example>")


def _files() -> Iterator[tuple[str, bytes]]:
    dispositions = {
        "path traversal": b'attachment; filename="../../../etc/passwd"',
        "windows path": b'attachment; filename="C:\\\\temp\\\\..\\\\evil.exe"',
        "only dots": b'attachment; filename=".."',
        "empty name": b'attachment; filename=""',
        "control characters": b'attachment; filename="a\x00b\x1b[31m\tc.pdf"',
        "400 characters": b'attachment; filename="' + b"n" * 400 + b'.pdf"',
        "RFC 2231": b"attachment; filename*=utf-8''Rechnung%20f%C3%BCr%20M%C3%A4rz.pdf",
        "RFC 2231 in segments": b"attachment; filename*0*=utf-8''Rech%C3; filename*1*=%BC.p;"
        b' filename*2="df"',
        "RFC 2231, odd charset": b"attachment; filename*=rot13''%00%FF.pdf",
        "encoded word": b'attachment; filename="=?utf-8?B?UmVjaG51bmcgw7wucGRm?="',
        "right-to-left override": 'attachment; filename="photo\u202egpj.exe"'.encode(),
        "unclosed quote": b'attachment; filename="a;b.pdf',
        "markup": b'attachment; filename="<img src=x onerror=alert(1)>.pdf"',
    }
    for name, value in dispositions.items():
        attached = _file(b"application/octet-stream", value)
        yield f"file name: {name}", _of(b"mixed", _text(), attached)
    many = [_file(b"text/csv", b"attachment; filename=%d.csv" % n, b"YQ==") for n in range(80)]
    yield "80 attachments", _of(b"mixed", _text(), *many)
    huge = base64.encodebytes(bytes(22_000_000))
    big = _file(b"application/zip", b"attachment; filename=big.zip", huge)
    yield "attachment of 21 MB", _of(b"mixed", _text(), big)


def _bombs() -> Iterator[tuple[str, bytes]]:
    for depth in (45, 60, 1_000):
        inner = b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
            for n in range(depth)
        )
        head = mail().partition(b"\r\n\r\n")[0] + b"\r\n"
        yield f"nesting {depth}", head + inner + b"Content-Type: text/plain\r\n\r\nHello"
    yield "20,000 parts", _of(b"mixed", *([_text()] * 20_000))
    yield (
        "boundary of one letter, 1 MB",
        mail(b"Content-Type: multipart/mixed; boundary=a", body=b"\r\n--ax" * 200_000),
    )
    same = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    yield "boundary inside itself", mail(body=b"").rstrip() + b"\r\n" + same * 150 + b"Hello"
    yield "random bytes", bytes((n * 7919 + n // 251) % 256 for n in range(200_000))
    yield "only NUL", bytes(100_000)
    yield "only line ends", b"\r\n" * 200_000
    yield "only colons", b":" * 200_000

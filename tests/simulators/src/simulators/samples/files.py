"""Makes the attachments of the samples: small but valid files, the same bytes at every run."""

import hashlib
import io
import struct
import zipfile
import zlib

_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "bin": "application/octet-stream",
    "log": "text/plain; charset=utf-8",
}
_BIG = 300_000  # bytes; above one base64 chunk of any client, below every mail size limit


def content_type(name: str) -> str:
    """The MIME type that belongs to the file name's ending."""
    return _TYPES[name.rpartition(".")[2]]


def content(name: str) -> bytes:
    """The bytes of the attachment of that name; equal names have equal bytes."""
    makers = {"pdf": _pdf, "png": _png, "csv": _csv, "docx": _docx, "bin": _noise, "log": _log}
    return makers[name.rpartition(".")[2]](name)


def _pdf(name: str) -> bytes:
    """One page that shows the file name in Helvetica."""
    shown = name.encode("ascii", "replace").translate(None, b"()\\")
    drawing = b"BT /F1 14 Tf 60 760 Td (" + shown + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    return _pdf_file(objects)


def _pdf_file(objects: list[bytes]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    xref = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + xref + trailer


def _png(name: str) -> bytes:
    """160 x 90 pixels of grey noise: above 1 KB, so that it is no tracking pixel."""
    width, height = 160, 90
    noise = _stream(name, width * height)
    rows = b"".join(b"\0" + noise[y * width : (y + 1) * width] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _csv(name: str) -> bytes:
    noise = _stream(name, 40)
    rows = [f"{10_400 + i};2-{i % 28 + 1:02};{n / 2:.2f};EUR" for i, n in enumerate(noise)]
    return ("order;day;amount;currency\r\n" + "\r\n".join(rows) + "\r\n").encode()


def _docx(name: str) -> bytes:
    """A zip with the two members a word processor looks for; fixed times keep the bytes equal."""
    text = f"<w:document><w:body><w:p><w:t>{name}</w:t></w:p></w:body></w:document>"
    members = {"[Content_Types].xml": "<Types/>", "word/document.xml": text}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for member, xml in members.items():
            archive.writestr(zipfile.ZipInfo(member, (2026, 1, 2, 3, 4, 6)), xml)
    return out.getvalue()


def _log(name: str) -> bytes:
    noise = _stream(name, 120)
    return "\n".join(
        f"10:{i % 60:02} sync step {i} took {n} ms" for i, n in enumerate(noise)
    ).encode()


def _noise(name: str) -> bytes:
    return _stream(name, _BIG)


def _stream(seed: str, length: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(length)

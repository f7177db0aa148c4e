"""Bytes of a mail to clean text, whatever charset the sender claims."""

import re
import unicodedata

# Keys are labels without punctuation. A label means its superset in practice (Windows writes
# cp1252 and calls it iso-8859-1). What is not listed (rot13, base64, utf-7, punycode...) counts
# as undeclared: Python would take such codec names from a mail and fail, or worse, obey.
_CODECS = {
    **{f"iso8859{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"{prefix}{n}": f"cp{n}" for n in range(1250, 1259) for prefix in ("windows", "cp")},
    **dict.fromkeys(("iso88591", "latin1", "l1", "cp819"), "cp1252"),
    **dict.fromkeys(("iso88599", "latin5"), "cp1254"),
    **dict.fromkeys(("iso885911", "tis620", "windows874", "cp874"), "cp874"),
    "latin2": "iso8859-2",
    "iso88598i": "iso8859-8",
    "macintosh": "mac-roman",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "cp866": "cp866",
    "ibm866": "cp866",
    "cp437": "cp437",
    "ibm437": "cp437",
    "cp850": "cp850",
    "ibm850": "cp850",
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "xgbk", "cp936", "euccn"), "gb18030"),
    **dict.fromkeys(("big5", "cp950", "xxbig5", "big5hkscs"), "big5hkscs"),
    **dict.fromkeys(("shiftjis", "sjis", "xsjis", "windows31j", "cp932", "mskanji"), "cp932"),
    "eucjp": "euc_jp",
    "xeucjp": "euc_jp",
    "euckr": "cp949",
    "cp949": "cp949",
    "uhc": "cp949",
    **dict.fromkeys(("ksc5601", "ksc56011987", "ksc56011989"), "cp949"),
    "iso2022jp": "iso2022_jp_ext",
    "iso2022kr": "iso2022_kr",
    "hzgb2312": "hz",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf32": "utf-32",
    "utf32le": "utf-32-le",
    "utf32be": "utf-32-be",
}
_MULTI_BYTE = {"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"}
_SEVEN_BIT = {"iso2022_jp_ext", "iso2022_kr", "hz"}
_WIDE = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
_NOT_LEADING = bytes(range(0xC2))  # everything but first bytes of UTF-8 sequences
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def decode(content: bytes, label: str = "") -> str:
    """Text of `content` (declared charset `label`, "" if none); never raises, result is clean."""
    codec = _CODECS.get(re.sub(r"[^a-z0-9]", "", label.lower()[:60]), "")
    return clean(_decode(content, codec)).removeprefix("\ufeff")


def clean(text: str) -> str:
    """`text` without control characters (but tab, CR, LF) and lone surrogates.

    NUL and surrogates break JSON publishing and PostgreSQL.
    """
    text = _CONTROL.sub("", text)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def one_line(text: str, limit: int) -> str:
    """`text` as one trimmed line of at most `limit` characters.

    Control characters become spaces (no header injection), bidi overrides vanish (a name must not
    read "gpj.exe" as "exe.jpg").
    """
    text = clean(text).translate(_BIDI)
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return " ".join(text.split())[:limit].strip()


def _decode(content: bytes, codec: str) -> str:
    is_wide = codec in _WIDE and 0 in content
    if content.isascii() and not is_wide and codec not in _SEVEN_BIT:
        return content.decode("ascii")
    if codec in _WIDE or codec in _SEVEN_BIT:
        return content.decode(codec, "replace")
    if codec in _MULTI_BYTE:
        return _first_strict(content, (codec, "utf-8")) or content.decode(codec, "replace")
    candidates = ("utf-8", codec) if codec else ("utf-8",)
    return _first_strict(content, candidates) or _undeclared(content)


def _first_strict(content: bytes, codecs: tuple[str, ...]) -> str:
    for codec in codecs:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return ""


def _undeclared(content: bytes) -> str:
    """Mostly valid UTF-8 stays UTF-8 (a cut or patched mail); everything else is Western."""
    paired = _joined_pairs(content)
    if paired:
        return paired
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken * 10 < len(content.translate(None, _NOT_LEADING)):
        return text
    return _first_strict(content, ("cp1252",)) or content.decode("latin-1")


def _joined_pairs(content: bytes) -> str:
    """UTF-8 whose only fault are surrogates: some phones write an emoji as such a pair."""
    try:
        halves = content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return ""
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

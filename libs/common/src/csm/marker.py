"""The marker in a FreeScout thread: the missing idempotency key, with flags of the mail's headers.

`<!-- csm:1:<16 base32 characters>:<flags> -->`, last element of the thread's HTML. The first 10
characters name the effect; the other 6 vouch for name and flags together, so that any service
with the install key can trust the flags without knowing the effect id.
FreeScout keeps comments over POST, GET, editing and sending, and strips them from sent mail.
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256

_ID_LENGTH = 10
_CHECK_LENGTH = 6
_FLAGS = re.compile(r"[a-z]*")
_LAST_ELEMENT = re.compile(
    rf"<!-- csm:1:([A-Z2-7]{{{_ID_LENGTH}}})([A-Z2-7]{{{_CHECK_LENGTH}}}):([a-z]*) -->\s*\Z"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker as it stands in a text; nothing is verified yet."""

    mark_id: str
    check: str
    flags: str

    def __str__(self) -> str:
        """The HTML comment."""
        return f"<!-- csm:1:{self.mark_id}{self.check}:{self.flags} -->"


def make_marker(key: bytes, effect_id: str, flags: str) -> str:
    """The comment for one effect; `flags` are lower-case letters. ValueError for anything else."""
    if not key:
        raise ValueError("an empty install key would let anybody forge markers")
    if not _FLAGS.fullmatch(flags):
        raise ValueError("marker flags are letters a-z only")
    mark_id = mark_id_of(key, effect_id)
    return str(Marker(mark_id, _check(key, mark_id, flags), flags))


def append_marker(html: str, marker: str) -> str:
    """`html` with `marker` as its last element; FreeScout trims white space after it anyway."""
    return html.rstrip() + marker


def find_marker(html: str) -> Marker | None:
    """The marker that is the last element of `html` apart from white space, else None.

    In any other place it may be quoted text, which proves nothing.
    """
    found = _LAST_ELEMENT.search(html)
    return Marker(*found.groups()) if found else None


def identifies(key: bytes, effect_id: str, html: str) -> bool:
    """Whether `html` is the thread that the effect `effect_id` wrote."""
    marker = find_marker(html)
    return marker is not None and _same(marker.mark_id, mark_id_of(key, effect_id))


def trusted_flags(key: bytes, html: str) -> str | None:
    """The flags of a genuine marker; None means that nothing is known about the mail's headers."""
    marker = find_marker(html)
    if marker is None or not _same(marker.check, _check(key, marker.mark_id, marker.flags)):
        return None
    return marker.flags


def mark_id_of(key: bytes, effect_id: str) -> str:
    """The part of a marker that names its effect."""
    return _base32_mac(key, f"id\0{effect_id}")[:_ID_LENGTH]


def _check(key: bytes, mark_id: str, flags: str) -> str:
    return _base32_mac(key, f"flags\0{mark_id}\0{flags}")[:_CHECK_LENGTH]


def _base32_mac(key: bytes, message: str) -> str:
    return b32encode(hmac.digest(key, message.encode(), sha256)).decode("ascii")


def _same(one: str, other: str) -> bool:
    """Constant-time comparison; both sides are base32, so ASCII."""
    return hmac.compare_digest(one, other)

"""The bounds of one mail: mail is hostile input."""

from dataclasses import dataclass

KB = 1024
MB = 1024 * KB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the parser; sizes in bytes, decoded where it says so."""

    depth: int = 50
    parts: int = 200
    header: int = 64 * KB
    headers: int = 256 * KB
    fields: int = 1_000
    part_fields: int = 100
    text: int = 1 * MB
    attachments: int = 50
    attachment_bytes: int = 20 * MB  # decoded, all attachments together
    scan: int = 256 * MB  # bytes searched for boundaries over all levels, at most 0.8 s


DEFAULT_LIMITS = Limits()

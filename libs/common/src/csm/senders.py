"""Senders that a setting names by their address or their domain. Pure."""

from collections.abc import Collection


def is_excluded(address: str, excluded: Collection[str]) -> bool:
    """Whether an address, or `@` and its domain, is in the list."""
    lower = address.casefold()
    domain = f"@{lower.rpartition('@')[2]}"
    return any(one.casefold() in (lower, domain) for one in excluded)

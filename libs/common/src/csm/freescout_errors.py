"""What can go wrong with a FreeScout call, and which answer means what.

FreeScoutError
  x FreeScoutCallForbiddenError      the program may not make this call; nothing was sent
  x FreeScoutUnavailableError        try later; `certain` says that surely nothing was applied
    x FreeScoutNotAskedError         this process was too slow itself; nothing was sent
    x FreeScoutMisconfiguredError    a person must change a key, an address or a proxy
  x FreeScoutRejectedError           refused this body; sending it again is useless
    x FreeScoutGoneError             this conversation does not exist (any more)

No message contains a key, a query, a body or an address.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

_CUT = 300  # characters of FreeScout's own words that are kept
_LONGEST_RETRY_AFTER = 3600.0  # a proxy's nonsense must not stop the service for a day
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_CONVERSATION = re.compile(r"/conversations/\d+(/.*)?")
_REJECTED = frozenset({400, 413, 415, 422})
_UNAVAILABLE = frozenset({408, 409, 419, 425, 429})
_ADVICE = {
    401: "refused the API key; compare it with Manage > API & Webhooks in FreeScout",
    403: "denied access; check the rights of the API key and any firewall in front of FreeScout",
    404: "has no API there; check freescout.url and that the API & Webhooks module is active",
    405: "does not know this call; update the API & Webhooks module",
}
_REDIRECT = "redirects; put the final address (https, no redirect) into freescout.url"
_PAGE = "answered with a web page; check freescout.url and any login or proxy page before it"
_OTHER = "gave an unexpected answer; check what stands between this service and FreeScout"


class FreeScoutError(Exception):
    """Base of all errors of the FreeScout client."""


class FreeScoutCallForbiddenError(FreeScoutError):
    """A call outside the allow-list: a defect of the caller, stopped before any connection."""


class FreeScoutUnavailableError(FreeScoutError):
    """FreeScout did not answer usefully. `retry_after` in seconds, `status` None without answer.

    `certain` is True only when surely nothing was applied; else a write may still take effect.
    """

    def __init__(
        self,
        why: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        certain: bool = False,
    ) -> None:
        """Keep what decides when and how to try again."""
        super().__init__(why)
        self.why = why
        self.status = status
        self.retry_after = retry_after
        self.certain = certain


class FreeScoutNotAskedError(FreeScoutUnavailableError):
    """We were too slow to send in time: nothing was sent, and it says nothing of FreeScout."""


class FreeScoutMisconfiguredError(FreeScoutUnavailableError):
    """Waiting does not help: the message says what is wrong, where, and what to change."""


class FreeScoutRejectedError(FreeScoutError):
    """FreeScout refused this body (400, 413, 415, 422); `errors` are its reasons."""

    def __init__(self, where: str, status: int, errors: tuple[str, ...] = ()) -> None:
        """Keep status and reasons; the message is made of them."""
        reasons = "; ".join(errors) or "no reason given"
        super().__init__(f"FreeScout refused {where} ({status}): {reasons}")
        self.status = status
        self.errors = errors


class FreeScoutGoneError(FreeScoutRejectedError):
    """The conversation was deleted for good or merged away."""


def error_of(method: str, path: str, response: httpx.Response) -> FreeScoutError | None:
    """The error that `response` means, None for 2xx with JSON or without a body.

    A 404 of a conversation comes as FreeScoutGoneError; that the API itself is there must be
    confirmed by the caller, because a wrong base path answers the same.
    """
    where = f"{method} {path}"
    status = response.status_code
    is_page = _is_page(response)
    if response.is_success and not is_page:
        return None
    if status in _UNAVAILABLE or status >= 500:
        why = f"FreeScout answered {status} to {where}"
        return FreeScoutUnavailableError(why, status=status, retry_after=retry_after(response))
    if status in {413, 415} or (status in _REJECTED and not is_page):
        return FreeScoutRejectedError(where, status, reasons(response))
    if status == 404 and _CONVERSATION.fullmatch(path) and json_object(response) is not None:
        return FreeScoutGoneError(where, status, reasons(response))
    return misconfigured(where, status, page=is_page and status != 404)


def misconfigured(where: str, status: int, *, page: bool = False) -> FreeScoutMisconfiguredError:
    """What is wrong, where, and what to do, in words."""
    advice = _PAGE if page and status not in _ADVICE else _ADVICE.get(status, _OTHER)
    if 300 <= status < 400:
        advice = _REDIRECT
    why = f"FreeScout {advice} ({where} -> {status})"
    return FreeScoutMisconfiguredError(why, status=status, certain=status in {401, 403})


def json_object(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object in the answer; None when it is anything else."""
    try:
        parsed = response.json()
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def reasons(response: httpx.Response) -> tuple[str, ...]:
    """`errors[].path: message` of an error answer, without addresses, cut to 300 characters."""
    embedded = (json_object(response) or {}).get("_embedded")
    errors = embedded.get("errors") if isinstance(embedded, Mapping) else None
    listed = errors if isinstance(errors, list) else []
    return tuple(_reason(error) for error in listed if isinstance(error, Mapping))


def _reason(error: Mapping[str, object]) -> str:
    words = f"{error.get('path', '')}: {error.get('message', '')}"
    return _ADDRESS.sub("(address)", words)[:_CUT]


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that `Retry-After` asks for (a number or an HTTP date), at most one hour."""
    value = response.headers.get("Retry-After", "").strip()
    seconds = float(value) if value.isascii() and value.isdigit() else _seconds_until(value)
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def _seconds_until(http_date: str) -> float | None:
    """Seconds from now to an HTTP date; None for anything else."""
    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - datetime.now(UTC)).total_seconds()


def _is_page(response: httpx.Response) -> bool:
    """Whether the answer is a web page, whatever its header says."""
    if "html" in response.headers.get("Content-Type", ""):
        return True
    return response.content[:256].lstrip().startswith(b"<")

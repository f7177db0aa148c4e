"""What can go wrong with a Gmail call, and which answer means what.

GmailError
  x GmailCallForbiddenError    the program may not make this call; nothing was sent
  x GmailUnavailableError      try later; `retry_after` in seconds when Gmail named a time
  x GmailCredentialsError      waiting does not help: an operator must act
    x GmailScopeError          the token may do more, or less, than reading mail
  x GmailGoneError             this message does not exist (any more)
  x GmailHistoryExpiredError   the history id is too old: list the mailbox instead
  x GmailRejectedError         refused for another reason; asking again is useless

No message contains a token, an address or mail content.
"""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httplib2
from google.auth import exceptions as auth
from googleapiclient.errors import HttpError

_CUT = 200  # characters of Gmail's own words that are kept
_LONGEST_RETRY_AFTER = 3600.0
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_ISO_TIME = re.compile(r"retry after (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))", re.IGNORECASE)
_HISTORY_ID = re.compile(r"start_?history_?id", re.IGNORECASE)
_QUOTA_REASONS = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "dailyLimitExceeded",
        "quotaExceeded",
        "concurrentLimitExceeded",
        "limitExceeded",
        "backendError",
    }
)
# Answers of the token endpoint that only a person can change (RFC 6749 section 5.2 and Google's).
_DEAD_GRANTS = frozenset(
    {
        "invalid_grant",
        "invalid_client",
        "unauthorized_client",
        "invalid_scope",
        "deleted_client",
        "disabled_client",
        "access_denied",
        "admin_policy_enforced",
        "org_internal",
        "unsupported_grant_type",
    }
)
TRANSPORT_ERRORS = (
    HttpError,
    auth.GoogleAuthError,
    httplib2.HttpLib2Error,
    http.client.HTTPException,
    OSError,
    ValueError,
    RecursionError,
)


class GmailError(Exception):
    """Base of all errors of the Gmail client; `why` is one line for logs and status."""

    def __init__(self, why: str) -> None:
        """Keep the reason."""
        super().__init__(why)
        self.why = why


class GmailCallForbiddenError(GmailError):
    """A call outside the allow-list: a defect of the caller, stopped before any connection."""


class GmailUnavailableError(GmailError):
    """Gmail did not answer usefully; `retry_after` in seconds when it said when to come back."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        """Keep the reason and the time to wait."""
        super().__init__(why)
        self.retry_after = retry_after


class GmailCredentialsError(GmailError):
    """The token is revoked, expired or insufficient, or the API is closed to this account."""


class GmailScopeError(GmailCredentialsError, ValueError):
    """The token's scopes are not those of a reader."""


class GmailGoneError(GmailError):
    """The message was deleted."""


class GmailHistoryExpiredError(GmailError):
    """History before this id is no longer kept; Gmail promises about a week, sometimes hours."""


class GmailRejectedError(GmailError):
    """Another 4xx."""

    def __init__(self, why: str, status: int) -> None:
        """Keep reason and HTTP status."""
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, for the words of an error: call, mailbox slug and the key of its file."""

    call: str
    slug: str
    key: Literal["token_file", "service_account_file"] = "token_file"

    @property
    def remedy(self) -> str:
        """The setting that names the token, and what to do about it."""
        setting = f"mailbox.{self.slug}.gmail.{self.key}"
        if self.key == "service_account_file":
            return f"check {setting} and its domain-wide delegation in the Admin console"
        return f"check {setting} and run `csm gmail auth {self.slug}`"


def error_of(error: Exception, asked: Asked) -> GmailError:
    """The GmailError that an exception of the client libraries means."""
    if isinstance(error, HttpError):
        return _answered(error, asked)
    if isinstance(error, auth.RefreshError):
        return _not_refreshed(error, asked)
    if isinstance(error, ValueError):
        return GmailUnavailableError(f"Gmail's answer to {asked.call} is not JSON")
    return GmailUnavailableError(f"no answer to {asked.call}: {type(error).__name__}")


def retry_after(header: str | None, message: str, now: datetime) -> float | None:
    """Seconds to wait by the Retry-After header (seconds or date) and the time in the text.

    The later of the two counts, at most an hour; None when neither is there.
    """
    named = (_header_seconds(header or "", now), _text_seconds(message, now))
    seconds = [value for value in named if value is not None]
    return min(max(seconds), _LONGEST_RETRY_AFTER) if seconds else None


def _answered(error: HttpError, asked: Asked) -> GmailError:
    status = int(error.resp.status)
    detail = _detail(error.content)
    words = f"Gmail answered {status} to {asked.call}{detail.words}"
    if _is_later(status, detail):
        wait = retry_after(error.resp.get("retry-after"), detail.message, datetime.now(UTC))
        return GmailUnavailableError(words, wait)
    if status in {401, 403}:
        return GmailCredentialsError(f"{words}; {asked.remedy}")
    if asked.call == "history" and _is_expired(status, detail):
        return GmailHistoryExpiredError(words)
    if asked.call == "raw" and status == 404:
        return GmailGoneError(words)
    return GmailRejectedError(words, status)


@dataclass(frozen=True, slots=True)
class _Detail:
    """The first error of an answer; `known` is False when the body is not Google's JSON."""

    reason: str
    message: str
    known: bool

    @property
    def words(self) -> str:
        text = " ".join(_ADDRESS.sub("(address)", f"{self.reason}: {self.message}").split())
        return f" ({text[:_CUT]})" if self.known else " (not Gmail's words; a proxy?)"


def _detail(content: bytes) -> _Detail:
    try:
        error = json.loads(content)["error"]
        errors = error.get("errors") or [{}]
        reason = errors[0].get("reason") or error.get("status") or ""
        return _Detail(str(reason), str(error.get("message", "")), known=True)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError):
        return _Detail("", "", known=False)


def _is_later(status: int, detail: _Detail) -> bool:
    # A proxy's 403 or a wrong address's 404 must never read as "message gone".
    if status < 400 or status >= 500 or status in {408, 425, 429}:
        return True
    if not detail.known:
        return status != 401
    return status == 403 and detail.reason in _QUOTA_REASONS


def _is_expired(status: int, detail: _Detail) -> bool:
    return status == 404 or (status == 400 and bool(_HISTORY_ID.search(detail.message)))


def _not_refreshed(error: auth.RefreshError, asked: Asked) -> GmailError:
    answer = error.args[1] if len(error.args) > 1 else None
    code = str(answer.get("error")) if isinstance(answer, Mapping) else None
    if code in _DEAD_GRANTS or (code is None and _lacks_refresh_token(error)):
        why = f"the access token cannot be renewed ({code or 'no refresh token'})"
        return GmailCredentialsError(f"{why}; {asked.remedy}")
    return GmailUnavailableError("the token endpoint did not renew the token ")


def _lacks_refresh_token(error: auth.RefreshError) -> bool:
    return "necessary fields" in str(error.args[:1])


def _header_seconds(header: str, now: datetime) -> float | None:
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return _until(moment, now)


def _text_seconds(message: str, now: datetime) -> float | None:
    found = _ISO_TIME.search(message)
    try:
        return _until(datetime.fromisoformat(found.group(1)), now) if found else None
    except ValueError:
        return None


def _until(moment: datetime, now: datetime) -> float:
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - now).total_seconds())


def unreadable(asked: Asked, error: Exception) -> GmailUnavailableError:
    """A 200 whose JSON lacks something."""
    return GmailUnavailableError(f"Gmail's answer to {asked.call} is incomplete: {error!r}"[:_CUT])


Json = dict[str, Any]

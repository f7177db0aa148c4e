"""What a request to a model server that brought no answer means for the next one."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

_LONGEST_RETRY_AFTER = 24 * 3600.0
_ADVICE = {
    401: "the API key is refused; compare llm.api_key_file with the provider's console",
    403: "access is denied; check what the key may do and any firewall in front of the server",
    404: "there is no such model or address; check llm.base_url and the model's name",
}


class Failure(Exception):  # noqa: N818 - not an error of the caller's: it is told apart first
    """The request brought no answer."""

    def __init__(self, why: str) -> None:
        """`why` without contents."""
        super().__init__(why)
        self.why = why


class Outage(Failure):
    """5xx, time-out, cut connection, broken body: try again."""


class Throttled(Failure):
    """429; `retry_after` in seconds if the server named it."""

    def __init__(self, why: str, retry_after: float | None) -> None:
        """Keep how long the server wants to be left alone."""
        super().__init__(why)
        self.retry_after = retry_after


class Locked(Failure):
    """Refused key, exhausted quota, unknown model: a person must act."""

    def __init__(self, why: str, status: int) -> None:
        """Keep the HTTP status."""
        super().__init__(why)
        self.status = status


class Unaskable(Failure):
    """The server refuses this very request and does not say which parameter it dislikes."""


class Filtered(Failure):
    """A content filter refused the prompt."""


class TooLong(Failure):
    """The prompt does not fit."""


class Unsupported(Failure):
    """The server did not know a parameter; the next request goes without it."""


def failure_of(error: openai.OpenAIError) -> Failure:
    """What an error of the SDK means; a 400 that may name a parameter is told apart before."""
    match error:
        case openai.APITimeoutError():
            return Outage("no answer in time")
        case openai.APIConnectionError():
            cause = type(error.__cause__).__name__ if error.__cause__ else "connection error"
            return Outage(f"the server cannot be reached ({cause})")
        case openai.RateLimitError(code="insufficient_quota"):
            return Locked("the provider's quota is used up (429 insufficient_quota)", 429)
        case openai.APIStatusError():
            return _of_status(error, error.status_code)
        case _:
            return Outage(f"the SDK failed ({type(error).__name__})")


def _of_status(error: openai.APIStatusError, status: int) -> Failure:
    if status == 429:
        return Throttled("the provider is asked too often (429)", _retry_after(error))
    if status == 413:
        return TooLong("the prompt is larger than the server takes (413)")
    if status in (408, 409) or status >= 500:
        return Outage(f"the server answered {status}")
    advice = _ADVICE.get(status, "the server refuses every request; check llm.base_url")
    return Locked(f"{advice} ({status})", status)


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds that the server wants to be left alone, None when it does not say."""
    headers: Mapping[str, str] = error.response.headers
    milliseconds, value = headers.get("retry-after-ms", ""), headers.get("retry-after", "").strip()
    for text, divisor in ((milliseconds, 1000), (value, 1)):
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
            return min(float(text) / divisor, _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((zoned - datetime.now(UTC)).total_seconds(), 0), _LONGEST_RETRY_AFTER)

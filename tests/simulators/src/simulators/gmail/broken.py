"""Answers that go wrong: error statuses, a connection cut, one that never speaks."""

from starlette.responses import HTMLResponse, JSONResponse, Response

from simulators.gmail import answers
from simulators.gmail.answers import ApiError
from simulators.gmail.faults import Fault
from simulators.silence import HangResponse, ResetResponse


def error_response(error: ApiError) -> Response:
    """An ApiError as HTTP."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    return JSONResponse(error.body(), error.status, headers)


def faulty(fault: Fault, now: float) -> Response | None:
    """The answer a fault gives at `now` (epoch seconds); None when it only changes content."""
    if fault.kind == "hang":
        return HangResponse(fault.hang_s)
    if fault.kind == "reset":
        return ResetResponse(status_code=503)
    if fault.kind == "html":
        return HTMLResponse("<html><title>404</title>Not here</html>", 404)
    if fault.kind == "429":
        limited = answers.rate_limited(now, fault.retry_after_s, iso_text=fault.iso_text)
        return error_response(limited)
    error = _errors(fault).get(fault.kind)
    return error_response(error) if error else None


def _errors(fault: Fault) -> dict[str, ApiError]:
    scope = "Request had insufficient authentication scopes."
    unavailable = answers.unavailable()
    unavailable.retry_after_s = fault.retry_after_s
    return {
        "401": answers.unauthorized(),
        "403_rate": answers.forbidden("userRateLimitExceeded", "User Rate Limit Exceeded"),
        "403_quota": answers.forbidden("quotaExceeded", "Quota exceeded"),
        "403_scope": answers.forbidden("insufficientPermissions", scope, "global"),
        "500": ApiError(500, "backendError", "Internal error", word="INTERNAL"),
        "503": unavailable,
    }

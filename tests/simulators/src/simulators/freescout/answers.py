"""Answers that are no success: error JSON of the module, and the core's own error pages."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from simulators.freescout.records import RefusedError

_CODES = {400: "BAD REQUEST", 401: "UNAUTHORIZED", 404: "NOT FOUND"}
_TITLES = {
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


def refusal(refused: RefusedError) -> Response:
    """The module's error body; one error an answer."""
    error = {"path": refused.path, "message": refused.message, "source": "JSON"}
    body = {
        "message": "Error occurred",
        "errorCode": _CODES.get(refused.status, "ERROR"),
        "_embedded": {"errors": [error]},
    }
    return JSONResponse(body, refused.status)


def core_error(status: int, *, wants_json: bool) -> Response:
    """What the core answers by itself: JSON only when the client accepts it, else a page."""
    if not wants_json:
        return html_page(status)
    return JSONResponse({"message": "" if status in (404, 405) else _TITLES[status]}, status)


def html_page(status: int) -> Response:
    """An error page, or a login page when the status is 200."""
    title = _TITLES.get(status, "Login")
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return HTMLResponse(page, status)


def wants_json(request: Request) -> bool:
    """Whether the client accepts application/json."""
    return "application/json" in request.headers.get("accept", "")

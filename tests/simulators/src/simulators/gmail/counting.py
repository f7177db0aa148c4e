"""Counts every answer the simulator gives to a client under test."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from simulators.gmail.answers import ApiError
from simulators.gmail.broken import error_response
from simulators.gmail.world import Seen


async def counted(seen: Seen, name: str, answer: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or the ApiError it raised as HTTP, entered into `seen` under the call's name."""
    seen.calls[name] += 1
    seen.in_flight += 1
    seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
    try:
        response = await answer()
    except ApiError as error:
        response = error_response(error)
    finally:
        seen.in_flight -= 1
    seen.answers[response.status_code] += 1
    return response

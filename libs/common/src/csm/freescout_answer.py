"""Turns FreeScout's JSON into models; an answer that is none says so in words."""

import re
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from csm.freescout_body import Json
from csm.freescout_errors import (
    FreeScoutMisconfiguredError,
    FreeScoutUnavailableError,
    json_object,
)

Model = TypeVar("Model", bound=BaseModel)

_ID = re.compile(r"[0-9]{1,18}")


def object_in(response: httpx.Response, where: str) -> Json:
    """The JSON object of a 2xx answer; a torn one is unavailability, and nothing is certain."""
    answer = json_object(response)
    if answer is None:
        why = f"the answer to {where} is no complete JSON object"
        raise FreeScoutUnavailableError(why, status=response.status_code)
    return answer


def parsed(model: type[Model], answer: Json, where: str) -> Model:
    """`answer` as `model`; the error names fields, never their values."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        fields = {".".join(map(str, problem["loc"])) for problem in error.errors()}
        what = f"unreadable: {', '.join(sorted(fields))[:200]}"
    raise foreign_answer(where, what)


def require_threads(answer: Json, where: str) -> Json:
    """`answer` if it embeds threads: believing a missing list empty would hide our markers."""
    if "threads" not in (answer.get("_embedded") or {}):
        raise foreign_answer(where, "it embeds no threads")
    return answer


def foreign_answer(where: str, what: str) -> FreeScoutMisconfiguredError:
    """Something answers, but not the module this client was written for."""
    why = (
        f"the answer to {where} is not from FreeScout's API & Webhooks module ({what}); "
        "check the address of FreeScout and the module's version"
    )
    return FreeScoutMisconfiguredError(why, status=200)


def made_by(response: httpx.Response, where: str) -> tuple[int, Json]:
    """Id (header Resource-ID, else the object's) and object of a POST.

    Without an id something was written, but we do not know what: FreeScoutUnavailableError.
    """
    answer = object_in(response, where)
    header = response.headers.get("Resource-ID", "")
    made = int(header) if _ID.fullmatch(header) else answer.get("id")
    if not isinstance(made, int):
        why = f"the answer to {where} names no id"
        raise FreeScoutUnavailableError(why, status=response.status_code)
    return made, answer


def only_thread(answer: Json) -> int | None:
    """The id of the customer thread, when the answer of a create embeds exactly one."""
    threads = (answer.get("_embedded") or {}).get("threads") or []
    ids = [row.get("id") for row in threads if row.get("type") == "customer"]
    return ids[0] if len(ids) == 1 and isinstance(ids[0], int) else None

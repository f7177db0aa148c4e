"""What a webhook's body says: strictly parsed, and cut down to ids and states. No I/O."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

Json = dict[str, Any]

# The largest number that every JSON reader keeps exactly; ids beyond it are nobody's.
_MOST = 2**53
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# What is kept of a delivery: ids, times and states, no word that a person wrote.
_KEPT = (
    "id", "number", "type", "status", "state", "mailboxId", "folderId", "threadsCount",
    "createdAt", "updatedAt", "closedAt", "userUpdatedAt",
)  # fmt: skip
_KEPT_OF_THREADS = ("id", "type", "status", "state", "createdAt")
# Longer values are no states.
_LONGEST = 40


class PayloadError(Exception):
    """A body that is no webhook; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A parsed body. `customer_thread_id` is the newest published one that it names."""

    id: int | None
    customer_thread_id: int | None
    redacted: str


def parse(body: bytes) -> Payload:
    """Read a body; raises PayloadError for what only lenient readers understand."""
    content = _object(body)
    threads = _threads(content)
    written = [
        thread["id"]
        for thread in threads
        if thread.get("type") == "customer"
        and thread.get("state", "published") == "published"
        and _is_id(thread.get("id"))
    ]
    kept = _kept(content, _KEPT)
    kept["threads"] = [_kept(thread, _KEPT_OF_THREADS) for thread in threads]
    conversation_id = content["id"] if _is_id(content.get("id")) else None
    return Payload(conversation_id, max(written, default=None), json.dumps(kept))


def _object(body: bytes) -> Json:
    try:
        content = json.loads(
            body.decode(), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique
        )
        if _SURROGATE.search(body):
            json.dumps(content, ensure_ascii=False).encode()
    except RecursionError:
        raise PayloadError("body: nested too deeply") from None
    except UnicodeError:
        raise PayloadError("body: is not UTF-8 throughout") from None
    except json.JSONDecodeError as error:
        raise PayloadError(f"body: no JSON at byte {error.pos}") from None
    except ValueError as error:  # ours below, and an integer of thousands of digits
        known = str(error) if isinstance(error, _StrictError) else "a number is too long"
        raise PayloadError(f"body: {known}") from None
    if not isinstance(content, dict):
        raise PayloadError("body: must be an object")
    return content


class _StrictError(ValueError):
    """Legal for Python's reader, not for JSON."""


def _refuse(_constant: str) -> NoReturn:
    raise _StrictError("NaN and Infinity are no JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise _StrictError("a number is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _StrictError("a key stands twice in one object")
    return content


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST


def _threads(content: Json) -> list[Json]:
    embedded = content.get("_embedded")
    found = embedded.get("threads") if isinstance(embedded, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _kept(content: Mapping[str, Any], keys: tuple[str, ...]) -> Json:
    found = {key: content[key] for key in keys if key in content}
    return {key: value for key, value in found.items() if _is_short(value)}


def _is_short(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST and value.isascii()
    return value is None or isinstance(value, bool) or _is_id(value)

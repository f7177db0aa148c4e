"""Answers of the simulated model: any JSON schema is filled from what the mail says. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from simulators.llm.reading import Reading

Json = dict[str, Any]

# How properties may be called, and what they get from the reading.
_DRAFT = frozenset({"answer", "body", "draft", "reply", "text"})
_LANGUAGE = frozenset({"lang", "language"})
_EMPTY = frozenset({"gaps", "missing", "uncertainty", "unsure"})


def schema_of(body: Mapping[str, Any]) -> Json | None:
    """The schema that a request carries, as a format or in words; None without one."""
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema: Json = wanted["json_schema"]["schema"]
        return schema
    first = str(body["messages"][0].get("content", ""))
    begin = first.find("JSON schema is:\n{")
    return _object_at(first, first.index("{", begin)) if begin >= 0 else None


def _object_at(text: str, begin: int) -> Json | None:
    try:
        found, _ = json.JSONDecoder().raw_decode(text, begin)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def filled(schema: Json, reading: Reading, fixed: Mapping[str, Any]) -> Json:
    """An object that fits `schema`; `fixed` gives values by property."""
    definitions = schema.get("$defs", {})
    return {
        name: fixed[name] if name in fixed else _value(name, part, reading, definitions)
        for name, part in schema.get("properties", {}).items()
    }


def _value(name: str, part: Json, reading: Reading, definitions: Json) -> Any:
    part = _resolved(part, definitions)
    derived = _derived(name, reading)
    if "enum" in part:
        return derived if derived in part["enum"] else part["enum"][0]
    kind = part.get("type")
    if kind == "object":
        return filled(part | {"$defs": definitions}, reading, {})
    plain: Json = {
        "array": [], "boolean": False, "null": None, "integer": part.get("minimum", 1),
        "number": part.get("minimum", 0.9), "string": "by the words of the mail",
    }  # fmt: skip
    types = {"integer": int, "number": float, "string": str}
    fits = kind in types and isinstance(derived, types[kind])
    return derived if fits else plain.get(str(kind))


def _resolved(part: Json, definitions: Json) -> Json:
    """References and alternatives taken: the first one, but null where that is allowed."""
    if "$ref" in part:
        return _resolved(definitions[part["$ref"].rpartition("/")[2]], definitions)
    choices = part.get("anyOf") or part.get("oneOf")
    if choices:
        nothing = [one for one in choices if one.get("type") == "null"]
        return nothing[0] if nothing else _resolved(choices[0], definitions)
    if "const" in part:
        return {"enum": [part["const"]]}
    return part


def _derived(name: str, reading: Reading) -> str | int | float | None:
    if name in _DRAFT:
        return reading.draft
    if name in _LANGUAGE:
        return reading.language
    if name in _EMPTY:
        return ""
    known: dict[str, str | int | float] = {
        "category": reading.category, "importance": reading.importance, "confidence": 0.9,
    }  # fmt: skip
    return known.get(name)


def spoiled(kind: str, answer: Json) -> str:
    """The words of an answer that has the fault `kind`."""
    plain = json.dumps(answer, ensure_ascii=False)
    spoilt: dict[str, str] = {
        "cut_off": plain[: len(plain) // 2],
        "empty": "",
        "thought_only": "",
        "content_filter": "",
        "refusal": "",
        "fenced": f"Here is the JSON:\n```json\n{plain}\n```\n",
        "prose": "I think this mail is from a customer.",
        "missing_field": json.dumps(dict(list(answer.items())[1:])),
        "wrong_enum": json.dumps({key: _wrong(value) for key, value in answer.items()}),
    }
    return spoilt.get(kind, plain)


def _wrong(value: Any) -> Any:
    return "nonsense" if isinstance(value, str | int) and not isinstance(value, bool) else value


def tokens(text: str) -> int:
    """A made-up count: four characters each."""
    return len(text) // 4 + 1


_RANDOM = re.compile(r"\b[0-9a-f]{16}\b")


def without_markers(text: str) -> str:
    """A request without its random markers: what two requests for the same have in common."""
    return _RANDOM.sub("", text)

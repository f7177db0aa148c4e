"""What a model must answer: the schema it is told, and reading what it answered. Pure.

A schema mode is never proof (some servers accept a schema and ignore it): every answer is validated
here, by the pydantic model itself.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

A = TypeVar("A", bound=BaseModel)
Json = dict[str, Any]

# What not every server understands in a schema; our own validation keeps it.
_LEFT_OUT = frozenset(
    {
        "default", "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems",
        "maxLength", "maximum", "minItems", "minLength", "minimum", "multipleOf", "pattern",
        "title", "uniqueItems",
    }
)  # fmt: skip
_MOST_NUMBERS = 20  # a closed range up to this long becomes an enum


class InvalidAnswerError(Exception):
    """An answer that does not fit; `problems` are lines for the model, which may quote it."""

    def __init__(self, problems: list[str]) -> None:
        """`problems`: place and rule of each."""
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def strict_schema(answer: type[BaseModel]) -> Json:
    """The JSON schema of `answer` in the portable form: closed objects, all keys required.

    Numbers between two bounds become an enum, since bounds are not understood everywhere.
    """
    strict: Json = _strict(answer.model_json_schema())
    return strict


def _strict(part: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "object" or "properties" in part:
        return _closed(part)
    kept = {key: _strict(value) for key, value in part.items() if key not in _LEFT_OUT}
    return kept | _numbers(part)


def _closed(part: Mapping[str, Any]) -> Json:
    """An object: names of properties are kept, whatever they are called."""
    properties = {name: _strict(value) for name, value in part.get("properties", {}).items()}
    rest = {
        key: {name: _strict(one) for name, one in value.items()} if key == "$defs" else value
        for key, value in part.items()
        if key not in _LEFT_OUT | {"properties", "required"}
    }
    return rest | {
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _numbers(part: Mapping[str, Any]) -> Json:
    low, high = part.get("minimum"), part.get("maximum")
    if part.get("type") != "integer" or low is None or high is None or high - low >= _MOST_NUMBERS:
        return {}
    return {"enum": list(range(low, high + 1))}


def in_words(answer: type[BaseModel]) -> str:
    """What is added to the prompt for a server that cannot be told a schema."""
    schema = json.dumps(strict_schema(answer), ensure_ascii=False)
    return f"Answer with one JSON object and nothing else. Its JSON schema is:\n{schema}"


def read(answer: type[A], text: str) -> A:
    """The answer in `text`; raises InvalidAnswerError.

    Whatever stands around the object (a code fence, "Here is the JSON:") is left out.
    """
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        raise InvalidAnswerError(["there is no JSON object in the answer"])
    try:
        return answer.model_validate_json(text[begin : end + 1])
    except ValidationError as error:
        raise InvalidAnswerError([_line(one) for one in error.errors()]) from None


def _line(problem: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    where = ".".join(str(part) for part in problem["loc"]) or "the object"
    return f"{where}: {problem['msg']}"

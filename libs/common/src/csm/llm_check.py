"""Whether the configured models can be used, for `csm check`: what is wrong, where, what to do.

Asks the list of models and one tiny question per model; the question costs a few tokens.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel

from csm.llm_call import Abilities, Message, Server
from csm.llm_failures import Failure, Locked, Unsupported
from csm.llm_schema import InvalidAnswerError, read
from csm.llm_settings import LlmSettings, TaskSettings

# Announced by OpenAI; from the list of models in its Python SDK (chat_model.py of 3.52), which
# quotes developers.openai.com/api/docs/deprecations. Only OpenAI's own server is looked at.
SHUTDOWNS: Mapping[date, frozenset[str]] = {
    date(2026, 7, 23): frozenset({"gpt-5.1-chat-latest", "gpt-5-chat-latest"}),
    date(2026, 8, 10): frozenset({"gpt-5.3-chat-latest", "gpt-5.2-chat-latest"}),
    date(2026, 10, 23): frozenset(
        {
            "gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", "o4-mini", "o4-mini-2025-04-16", "o3-mini",
            "o3-mini-2025-01-31", "o1", "o1-2024-12-17", "gpt-4o-2024-05-13", "gpt-4-turbo",
            "gpt-4-turbo-2024-04-09", "gpt-4", "gpt-4-0613", "gpt-3.5-turbo", "gpt-3.5-turbo-0125",
        }
    ),
    date(2026, 12, 11): frozenset(
        {
            "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-2025-08-07", "gpt-5-mini-2025-08-07",
            "gpt-5-nano-2025-08-07", "o3", "o3-2025-04-16",
        }
    ),
    date(2027, 1, 14): frozenset(
        {
            "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o",
            "gpt-4o-2024-11-20", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4o-mini-2024-07-18",
        }
    ),
    date(2027, 4, 1): frozenset(
        {"gpt-5.4-nano", "gpt-5.4-nano-2026-03-17", "gpt-5.1", "gpt-5.1-2025-11-13"}
    ),
}  # fmt: skip
_LIMIT = 2000  # tokens: a thinking model needs room even for this
_RUNGS = 8  # parameters that a server may refuse one after the other


class Checked(BaseModel):
    """The tiny answer."""

    is_working: bool


_MESSAGES: tuple[Message, ...] = (
    {"role": "system", "content": "You check a connection. Answer that it is working."},
    {"role": "user", "content": "Are you working?"},
)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at, in one line."""

    level: Literal["ok", "warn", "fail"]
    what: str
    words: str


async def check(settings: LlmSettings, today: date) -> list[Found]:
    """All findings; `today` decides which announced shutdowns are near."""
    server = Server(settings)
    try:
        offered = await _offered(server, settings)
        if isinstance(offered, Found):
            return [offered]
        found = []
        for name, task in settings.tasks.items():
            found.append(await _about_model(server, settings, f"llm.{name}.model", task))
            found += _about_list(offered, f"llm.{name}.model", task.model)
            found += _about_shutdown(settings, f"llm.{name}.model", task.model, today)
        return found
    finally:
        await server.aclose()


async def _offered(server: Server, settings: LlmSettings) -> list[str] | Found:
    """The models of the server, an empty list from one that does not list them."""
    try:
        async with asyncio.timeout(settings.deadline_seconds):
            return await server.models()
    except TimeoutError:
        return Found("fail", "model server", f"llm.base_url: {settings.host} does not answer")
    except Locked as error:
        if error.status in (404, 405):
            return []
        return Found("fail", "model server", error.why)
    except Failure as error:
        return Found("fail", "model server", f"llm.base_url: {settings.host}: {error.why}")


async def _about_model(
    server: Server, settings: LlmSettings, key: str, task: TaskSettings
) -> Found:
    try:
        async with asyncio.timeout(settings.deadline_seconds):
            text = await _asked(server, task)
        read(Checked, text)
    except TimeoutError:
        why = f"{task.model} does not answer within {settings.deadline_seconds:g} s"
    except Failure as error:
        why = f"{task.model}: {error.why}"
    except InvalidAnswerError:
        why = f"{task.model} does not keep to a schema; choose another model"
    else:
        return _about_mode(settings, key, task.model, server.abilities(task.model))
    return Found("fail", key, why)


async def _asked(server: Server, task: TaskSettings) -> str:
    """The answer, after everything that the server refuses has been left out."""
    for _ in range(_RUNGS):
        try:
            said = await server.say(_MESSAGES, task, Checked, limit=_LIMIT, request_id="csm-check")
        except Unsupported:
            continue
        return said.text
    raise Failure("it refuses one parameter after the other")


def _about_mode(settings: LlmSettings, key: str, model: str, able: Abilities) -> Found:
    left_out = f", without {', '.join(sorted(able.dropped))}" if able.dropped else ""
    words = f"{model} answers in mode {able.mode}{left_out}"
    is_lower = able.mode != settings.schema_mode
    hint = f"; schema_mode = {able.mode!r} saves a refused request at each start"
    return Found("warn" if is_lower else "ok", key, words + (hint if is_lower else ""))


def _about_list(offered: list[str], key: str, model: str) -> list[Found]:
    """Gateways and Azure serve names that they do not list: a warning, no failure."""
    if not offered or model in offered or f"{model}:latest" in offered:
        return []
    return [Found("warn", key, f"{model} is not among the {len(offered)} models that are listed")]


def _about_shutdown(settings: LlmSettings, key: str, model: str, today: date) -> list[Found]:
    if not settings.is_openai:
        return []
    ends = [day for day, models in SHUTDOWNS.items() if model in models]
    level: Literal["warn", "fail"] = "fail" if ends and ends[0] <= today else "warn"
    return [Found(level, key, f"OpenAI ends {model} on {day}; choose another") for day in ends]

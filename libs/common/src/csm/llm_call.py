"""One request to a chat completions server, and what its answer means.

The SDK retries nothing here. What a server cannot do (a schema, a parameter) it says once with a
400; that is remembered for the life of the process, by model.
"""

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict, cast

import openai
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Omit
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from csm.llm_failures import (
    Failure,
    Filtered,
    Outage,
    TooLong,
    Unaskable,
    Unsupported,
    failure_of,
)
from csm.llm_schema import Json, in_words, strict_schema
from csm.llm_settings import LimitName, LlmSettings, SchemaMode, TaskSettings
from csm.llm_usage import Usage

_LOWER: dict[SchemaMode, SchemaMode] = {"json_schema": "json_object", "json_object": "text"}
_OTHER_LIMIT: dict[str, LimitName] = {
    "max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens",
}  # fmt: skip
_FORMAT = re.compile(
    r"response_format|json_schema|json_object|json mode|structured output", re.IGNORECASE
)
_TOO_LONG = re.compile(
    r"context[_ ](length|window|size)|too many tokens|prompt is too long", re.IGNORECASE
)
_FILTERED = re.compile(r"content_filter|content_policy|content management policy", re.IGNORECASE)


class Message(TypedDict):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(slots=True)
class Abilities:
    """What a server was found to understand, for one model."""

    mode: SchemaMode
    limit: LimitName | None
    dropped: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A model's answer. `finish` is the server's word for how it ended; `refusal` its own words."""

    text: str
    finish: str
    refusal: str
    usage: Usage
    model: str
    request_id: str | None


class Server:
    """The configured server."""

    def __init__(self, settings: LlmSettings, http: DefaultAsyncHttpxClient | None = None) -> None:
        """Opens no connection yet. Takes nothing from the SDK's own environment variables."""
        # With OPENAI_LOG=debug the SDK would log whole prompts.
        logging.getLogger("openai").setLevel(logging.WARNING)
        self._settings = settings
        # Requests without a success between them that were refused for no named reason.
        self.refused_in_row = 0
        self._abilities: dict[str, Abilities] = {}
        http = http or DefaultAsyncHttpxClient(
            trust_env=False,
            follow_redirects=False,
            proxy=settings.proxy,
        )
        self._sdk = AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key,
            max_retries=0,
            timeout=settings.deadline_seconds,
            http_client=http,
            # Omit keeps OPENAI_ORG_ID and OPENAI_PROJECT_ID out; the types here do not know it.
            default_headers=cast(
                "dict[str, str]", {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
            ),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sdk.close()

    def abilities(self, model: str) -> Abilities:
        """What is known of a model on this server."""
        first = Abilities(self._settings.schema_mode, self._settings.limit_name)
        return self._abilities.setdefault(model, first)

    async def models(self) -> list[str]:
        """The names of the models the server offers; raises Failure."""
        try:
            return [model.id async for model in self._sdk.models.list()]
        except openai.OpenAIError as error:
            raise failure_of(error) from error
        except (json.JSONDecodeError, AttributeError, TypeError) as error:
            raise Outage(f"the list of models is broken ({type(error).__name__})") from error

    async def say(
        self,
        messages: Sequence[Message],
        task: TaskSettings,
        answer: type[BaseModel],
        *,
        limit: int,
        request_id: str,
    ) -> Spoken:
        """Ask once; raises Failure. `limit`: tokens of the answer at most.

        There is no deadline here but the caller's: the SDK's holds per read, not in total.
        """
        abilities = self.abilities(task.model)
        mode = abilities.mode
        body = self._body(messages, task, answer, abilities, limit)
        try:
            completion = await self._sdk.chat.completions.create(
                **body, extra_headers={"X-Client-Request-Id": request_id}
            )
            return _spoken(completion, request_id)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise self._bad_request(error, abilities, mode, body) from error
        except openai.OpenAIError as error:
            raise failure_of(error) from error
        except (json.JSONDecodeError, AttributeError, TypeError, LookupError) as error:
            # The SDK validates nothing: a 200 with anything else in it ends here.
            raise Outage(f"the answer is no chat completion ({type(error).__name__})") from error

    def _body(
        self,
        messages: Sequence[Message],
        task: TaskSettings,
        answer: type[BaseModel],
        abilities: Abilities,
        limit: int,
    ) -> Json:
        told = list(messages)
        body: Json = {"model": task.model}
        if abilities.mode == "json_schema":
            body["response_format"] = _schema_format(answer)
        else:
            told = _with_words(told, in_words(answer))
        if abilities.mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        body["messages"] = told
        if abilities.limit is not None:
            body[abilities.limit] = limit
        wanted = {
            "temperature": task.temperature,
            "reasoning_effort": task.reasoning_effort,
            # Chat completions are stored by OpenAI only on request; say so all the same.
            "store": False if self._settings.is_openai else None,
        }
        named = {name: value for name, value in wanted.items() if value is not None}
        return body | {name: named[name] for name in named if name not in abilities.dropped}

    def _bad_request(
        self, error: openai.APIStatusError, abilities: Abilities, mode: SchemaMode, body: Json
    ) -> Failure:
        """What a 400 means; a parameter it names is left out from now on."""
        words = f"{error.param or ''} {error.code or ''} {error.message}"
        if _FILTERED.search(words):
            return Filtered("the provider's content filter refused the prompt")
        named = _named(words, error.param, body)
        if named == "response_format":
            if abilities.mode == mode:  # not yet learned from another question's refusal
                abilities.mode = _LOWER[mode]
            return Unsupported("response_format")
        if named in _OTHER_LIMIT:
            _learn_limit(abilities, named)
            return Unsupported(named)
        if named:
            abilities.dropped.add(named)
            return Unsupported(named)
        if _TOO_LONG.search(words):
            return TooLong("the prompt does not fit into the model's context")
        return Unaskable(f"the server refuses this request ({error.status_code})")


def _learn_limit(abilities: Abilities, refused: str) -> None:
    """The other name; when that was refused too, none."""
    if abilities.limit != refused:
        return
    abilities.dropped.add(refused)
    other = _OTHER_LIMIT[refused]
    abilities.limit = None if other in abilities.dropped else other


def _named(words: str, param: str | None, body: Json) -> str:
    """The parameter of ours that a refusal names, empty for none."""
    optional = [name for name in body if name not in ("model", "messages")]
    if param:
        return next((name for name in optional if param.split(".")[0] == name), "")
    if _TOO_LONG.search(words):
        return ""
    if "response_format" in optional and _FORMAT.search(words):
        return "response_format"
    found = [name for name in optional if re.search(rf"\b{name}\b", words)]
    # "'max_tokens' is not supported, use 'max_completion_tokens'": the first one is meant.
    return min(found, key=words.find, default="")


def _schema_format(answer: type[BaseModel]) -> Json:
    schema = {"name": answer.__name__, "strict": True, "schema": strict_schema(answer)}
    return {"type": "json_schema", "json_schema": schema}


def _with_words(messages: list[Message], words: str) -> list[Message]:
    """The schema at the end of the first message, which is ours."""
    first = messages[0]
    told: Message = {"role": first["role"], "content": f"{first['content']}\n\n{words}"}
    return [told, *messages[1:]]


def _spoken(completion: ChatCompletion, request_id: str) -> Spoken:
    choice = completion.choices[0]
    # Thinking models may put everything into `reasoning` and leave the answer empty: it is empty.
    return Spoken(
        text=choice.message.content or "",
        finish=str(choice.finish_reason),
        refusal=choice.message.refusal or "",
        usage=_usage(completion),
        model=completion.model or "",
        request_id=completion.id or request_id,
    )


def _usage(completion: ChatCompletion) -> Usage:
    """The server's own count; some tell none."""
    told = completion.usage
    if told is None:
        return Usage(calls=1)
    prompt, completed = told.prompt_tokens_details, told.completion_tokens_details
    return Usage(
        prompt=told.prompt_tokens or 0,
        cached=(prompt.cached_tokens if prompt else 0) or 0,
        completion=told.completion_tokens or 0,
        reasoning=(completed.reasoning_tokens if completed else 0) or 0,
        calls=1,
    )

"""The API of OpenAI-compatible servers: chat completions (not streamed) and the list of models."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from simulators.llm.answers import Json, filled, schema_of, spoiled, tokens
from simulators.llm.faults import Fault
from simulators.llm.reading import obeyed, outside, read
from simulators.llm.server import Server
from simulators.silence import HangResponse, ResetResponse

_RUNGS = ("text", "json_object", "json_schema")
_ERRORS: dict[str, tuple[int, str, str | None]] = {
    "400": (400, "The request could not be processed.", None),
    "401": (401, "Incorrect API key provided.", "invalid_api_key"),
    "403": (403, "You are not allowed to use this model.", None),
    "404": (404, "The model does not exist.", "model_not_found"),
    "429": (429, "Rate limit reached.", "rate_limit_exceeded"),
    "500": (500, "The server had an error.", None),
    "502": (502, "Bad gateway.", None),
    "503": (503, "The engine is overloaded.", None),
    "insufficient_quota": (429, "You exceeded your current quota.", "insufficient_quota"),
    "filtered_prompt": (400, "The prompt triggered the content management policy.",
                        "content_filter"),
    "context_length": (400, "This model's maximum context length is exceeded.",
                       "context_length_exceeded"),
}  # fmt: skip
_BROKEN = '{"id": "chatcmpl-1", "choices": [{"mess'
_FINISH = {"cut_off": "length", "thought_only": "length", "content_filter": "content_filter"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request in work."""

    body: Json
    digest: str
    prompt: str
    fault: Fault | None

    def suffers(self, *kinds: str) -> bool:
        """Whether this request has a fault of one of these kinds."""
        return self.fault is not None and self.fault.kind in kinds


class Api:
    """The endpoints."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def routes(self) -> list[Route]:
        """Below `/v1`, and without it: some servers have no prefix."""
        paths: list[tuple[str, Callable[[Request], Awaitable[Response]], str]] = [
            ("/chat/completions", self._completions, "POST"),
            ("/models", self._models, "GET"),
            ("/models/{name:path}", self._model, "GET"),
        ]
        return [
            Route(prefix + path, endpoint, methods=[method])
            for prefix in ("/v1", "")
            for path, endpoint, method in paths
        ]

    async def _models(self, request: Request) -> Response:
        if (refused := self._refusal(request)) is not None:
            return refused
        if not self._server.abilities.lists_models:
            return error(404, "Not found", None)
        rows = [_model_row(name) for name in self._server.abilities.models]
        return JSONResponse({"object": "list", "data": rows})

    async def _model(self, request: Request) -> Response:
        if (refused := self._refusal(request)) is not None:
            return refused
        name = request.path_params["name"]
        if name not in self._server.abilities.models:
            return error(404, f"The model '{name}' does not exist", "model_not_found")
        return JSONResponse(_model_row(name))

    async def _completions(self, request: Request) -> Response:
        seen = self._server.seen
        seen.in_flight += 1
        seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
        try:
            response = await self._answered(request)
        finally:
            seen.in_flight -= 1
        seen.answers[response.status_code] += 1
        return response

    async def _answered(self, request: Request) -> Response:
        body: Json = await request.json()
        digest = self._server.seen.arrived(body, _key(request))
        if (refused := self._refusal(request)) is not None:
            return refused
        limit = self._server.abilities.in_flight
        if limit is not None and self._server.seen.in_flight > limit:
            return error(429, "Too many requests at a time.", "rate_limit_exceeded", retry_after=0)
        await asyncio.sleep(self._server.abilities.latency_s)
        prompt = "\n".join(str(message.get("content", "")) for message in body["messages"])
        fault = self._server.faults.draw(str(body.get("model")), prompt)
        ask = Ask(body, digest, prompt, fault)
        return self._unable(ask) or broken(fault) or self._spoken(ask)

    def _refusal(self, request: Request) -> Response | None:
        """What concerns every endpoint: an outage, a wrong key."""
        if self._server.faults.down:
            return error(503, "The engine is overloaded.", None)
        key = self._server.abilities.api_key
        if key is not None and _key(request) != key:
            return error(401, "Incorrect API key provided.", "invalid_api_key")
        return None

    def _unable(self, ask: Ask) -> Response | None:
        """A 400 for what this server does not understand, a 404 for a model it does not have."""
        able, body = self._server.abilities, ask.body
        if body.get("model") not in able.models:
            return error(404, "The model does not exist", "model_not_found", param="model")
        mode = (body.get("response_format") or {}).get("type", "text")
        refused = [name for name in able.refuses if name in body]
        if mode in _RUNGS and _RUNGS.index(mode) > _RUNGS.index(able.schema):
            refused.insert(0, "response_format")
        if refused:
            words = f"Unsupported parameter: '{refused[0]}' is not supported with this model."
            param = None if able.vague else refused[0]
            return error(400, words, "unsupported_parameter", param=param)
        if tokens(ask.prompt) > able.context_tokens:
            return broken(Fault("context_length"))
        return None

    def _spoken(self, ask: Ask) -> Response:
        """A completion: paid for, whatever is in it."""
        schema = schema_of(ask.body)
        answer: Json = {}
        if schema is not None:
            last = str(ask.body["messages"][_last_user(ask.body)].get("content", ""))
            fixed = self._server.fixed(ask.prompt)
            if self._server.abilities.obeys:
                again = "A first text was refused" in ask.prompt
                fixed = {"text": obeyed(outside(last), again=again), **fixed}
            answer = filled(schema, read(outside(last)), fixed)
        kind = ask.fault.kind if ask.fault else ""
        words = spoiled(kind, answer) if schema is not None else "Yes."
        return JSONResponse(self._completion(ask, words, kind))

    def _completion(self, ask: Ask, words: str, kind: str) -> Json:
        seen = self._server.seen
        seen.paid[ask.digest] += 1
        message: Json = {"role": "assistant", "content": words or None}
        if kind in ("refusal", "content_filter"):
            message["refusal"] = "I'm sorry, I can't help with that." if kind == "refusal" else None
        if kind in ("empty", "thought_only"):
            message |= {"content": "", "reasoning": "I think about the mail for a long time."}
        usage = _usage(ask, words, kind)
        seen.prompt_tokens += usage["prompt_tokens"]
        seen.completion_tokens += usage["completion_tokens"]
        choice = {"index": 0, "message": message, "finish_reason": _FINISH.get(kind, "stop")}
        completion: Json = {
            "id": f"chatcmpl-{sum(seen.paid.values())}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": ask.body["model"],
            "choices": [choice],
        }
        if kind != "no_usage" and self._server.abilities.counts_usage:
            completion["usage"] = usage
        return completion


def _last_user(body: Json) -> int:
    """The prompt itself: after a bad answer the repair follows it."""
    roles = [message.get("role") for message in body["messages"]]
    return roles.index("user") if "user" in roles else len(roles) - 1


def _usage(ask: Ask, words: str, kind: str) -> dict[str, Any]:
    prompt, completion = tokens(ask.prompt), tokens(words)
    thought = 200 if kind in ("empty", "thought_only") else 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion + thought,
        "total_tokens": prompt + completion + thought,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def broken(fault: Fault | None) -> Response | None:
    """The answer of a request that fails; None when it succeeds."""
    if fault is None:
        return None
    if fault.kind in _ERRORS:
        status, words, code = _ERRORS[fault.kind]
        return error(status, words, code, retry_after=fault.retry_after_s)
    without: dict[str, Callable[[], Response]] = {
        "hang": lambda: HangResponse(fault.hang_s),
        "reset": lambda: ResetResponse(status_code=503),
        "html": lambda: HTMLResponse("<html><title>Welcome</title>Please log in.</html>"),
        "broken_body": lambda: Response(_BROKEN, media_type="application/json"),
        "no_choices": lambda: JSONResponse({"object": "chat.completion", "choices": []}),
    }
    return without[fault.kind]() if fault.kind in without else None


def error(
    status: int,
    words: str,
    code: str | None,
    *,
    param: str | None = None,
    retry_after: float | None = None,
) -> Response:
    """An error in OpenAI's form."""
    kind = "invalid_request_error" if status == 400 else "server_error"
    body = {"error": {"message": words, "type": kind, "param": param, "code": code}}
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return JSONResponse(body, status, headers)


def _model_row(name: str) -> Json:
    return {"id": name, "object": "model", "created": 0, "owned_by": "simulators"}


def _key(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")

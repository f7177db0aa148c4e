"""One question until it has a valid answer or none: attempts, ladder, more room, one repair."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from csm import metrics
from csm.llm_call import Message, Server, Spoken
from csm.llm_errors import (
    LlmDeclinedError,
    LlmInvalidError,
    LlmMisconfiguredError,
    LlmTooLongError,
    LlmUnavailableError,
)
from csm.llm_failures import (
    Failure,
    Filtered,
    Locked,
    Outage,
    Throttled,
    TooLong,
    Unaskable,
    Unsupported,
)
from csm.llm_gate import LONGEST_HOLD, Place, running_time
from csm.llm_schema import InvalidAnswerError, read
from csm.llm_settings import Task, TaskSettings
from csm.llm_usage import TokenEstimate, Usage
from csm.logs import get_logger
from csm.trace import span

A = TypeVar("A", bound=BaseModel)
A_co = TypeVar("A_co", bound=BaseModel, covariant=True)

_RETRIES = 2  # after a failure; the bus tries again later
_RETRIES_THROTTLED = 6
_BACK_OFF = 0.5  # seconds before the first repetition, doubled by each further one
_QUOTED = 2000  # characters of a bad answer that the repair shows
# Without a word from the server a person must act: ask once a minute whether somebody did.
_LOCKED_PAUSE = 60.0
# A prompt from this many tokens on of which the server counts less than half was cut in silence.
_WORTH_A_LOOK = 2000
# So many requests refused in a row without a reason that names a parameter are no accident.
_ALL_REFUSED = 5
_log = get_logger("llm")


class Asked(Protocol[A_co]):
    """The part of a question that this module needs."""

    @property
    def task(self) -> Task:
        """What it is for."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt."""
        ...

    @property
    def answer(self) -> type[A_co]:
        """The model of a valid answer."""
        ...


class Exchange(Generic[A]):
    """The requests of one question; `usage` sums up what they used, `unknown` counts those of which
    nobody knows whether they were paid for.
    """

    def __init__(
        self,
        server: Server,
        place: Place,
        task: TaskSettings,
        question: Asked[A],
        host: str,
        estimate: TokenEstimate,
    ) -> None:
        """Nothing is sent yet."""
        self.usage = Usage()
        self.unknown = 0
        self._server = server
        self._place = place
        self._gate = place.gate
        self._task = task
        self._question = question
        self._host = host
        self._estimate = estimate
        self._until = 0.0
        self._random = place.gate.random
        self._is_asking = False

    async def run(self, deadline: float) -> tuple[A, Spoken]:
        """The valid answer within `deadline` s; raises LlmUnavailableError, LlmRefusedError."""
        self._until = running_time() + deadline
        try:
            async with asyncio.timeout(deadline):
                return await self._valid()
        except TimeoutError:
            why = f"no answer within {deadline:g} s"
            raise (self._outage(why) if self._is_asking else _too_slow(why)) from None
        finally:
            self.unknown += self._is_asking

    async def _valid(self) -> tuple[A, Spoken]:
        messages = list(self._question.messages)
        spoken = await self._complete(messages)
        try:
            return read(self._question.answer, spoken.text), spoken
        except InvalidAnswerError as error:
            repaired = await self._complete([*messages, *_repair(spoken.text, error.problems)])
        try:
            return read(self._question.answer, repaired.text), repaired
        except InvalidAnswerError as error:
            why = f"no valid answer, also not after a repair: {len(error.problems)} problems"
            raise LlmInvalidError(why) from None

    async def _complete(self, messages: Sequence[Message]) -> Spoken:
        """An answer that is not cut off. A thinking model may need all its room for thinking."""
        limit = self._task.max_output_tokens
        spoken = await self._spoken(messages, limit)
        if spoken.finish == "length" and not spoken.text.strip():
            spoken = await self._spoken(messages, 2 * limit)
        if spoken.refusal or spoken.finish == "content_filter":
            raise LlmDeclinedError("the model declined")
        if spoken.finish == "length":
            raise LlmInvalidError("the answer was cut off; raise max_output_tokens")
        return spoken

    async def _spoken(self, messages: Sequence[Message], limit: int) -> Spoken:
        """Ask until the server speaks, as often as it makes sense."""
        failures = refusals = 0
        while True:
            try:
                return await self._once(messages, limit)
            except Unsupported:
                continue  # each parameter is dropped once, then none is left to name
            except Throttled as error:
                refusals += 1
                await self._throttled(error, refusals)
            except Outage as error:
                failures += 1
                outage = self._outage(error.why)
                if failures > _RETRIES or self._gate.breaker.is_open:
                    raise outage from None
                await self._pause(failures)

    async def _once(self, messages: Sequence[Message], limit: int) -> Spoken:
        """One request in one span; raises Outage, Throttled, Unsupported, or what ends it all."""
        known: dict[str, str | float | bool] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": self._task.model,
            "gen_ai.request.max_tokens": limit,
            "server.address": self._host,
        }
        try:
            with span("model chat", task=self._question.task, **known) as current:
                spoken = await self._timed(messages, limit)
                current.note(**_attributes(spoken))
        except Locked as error:
            raise self._locked(error.why) from None
        except Unaskable as error:
            raise self._unaskable(error.why) from None
        except TooLong as error:
            raise LlmTooLongError(error.why) from None
        except Filtered as error:
            raise LlmDeclinedError(error.why) from None
        self._server.refused_in_row = 0
        self._gate.succeeded()
        self._count(messages, spoken)
        return spoken

    async def _timed(self, messages: Sequence[Message], limit: int) -> Spoken:
        """The request itself, counted by how it ended."""
        begun, result = time.monotonic(), "no_answer"
        self._is_asking = True
        try:
            spoken = await self._server.say(
                messages, self._task, self._question.answer, limit=limit,
                request_id=uuid.uuid4().hex,
            )  # fmt: skip
            result = "answered"
            self._is_asking = False
        except Failure as error:
            result = type(error).__name__.lower()
            self._is_asking = False
            raise
        finally:
            metrics.LLM_REQUESTS.labels(self._question.task, result).inc()
            metrics.LLM_SECONDS.labels(self._question.task).observe(time.monotonic() - begun)
        return spoken

    def _count(self, messages: Sequence[Message], spoken: Spoken) -> None:
        """Add up what was used; learn from it how many tokens a text has."""
        self.usage += spoken.usage
        texts = [message["content"] for message in messages]
        guess, counted = self._estimate.tokens(texts), spoken.usage.prompt
        if counted == 0:
            return
        if guess > _WORTH_A_LOOK and counted < guess / 2:
            _log.warning(
                "the server counts far fewer tokens than were sent: it may cut prompts in silence; "
                "give the model a larger context (Ollama: num_ctx)",
                model=self._task.model, sent=guess, counted=counted,
            )  # fmt: skip
        else:
            self._estimate.learn(texts, counted)

    async def _throttled(self, error: Throttled, refusals: int) -> None:
        """Wait as long as the server asks for, if that is short; else leave it to the bus."""
        # Also servers that name no pause, or none worth the name, are left alone for a moment.
        wait = max(error.retry_after or 0.0, self._jitter(refusals))
        if wait > LONGEST_HOLD:
            self._gate.slow_down(None)
            self._gate.breaker.open_for(wait, error.why, is_lasting=False)
            raise LlmUnavailableError(error.why, wait)
        self._gate.slow_down(wait)
        left = self._until - running_time()
        if refusals > _RETRIES_THROTTLED or wait >= left:
            raise LlmUnavailableError(error.why, wait)
        await self._place.again(left)

    async def _pause(self, failures: int) -> None:
        await asyncio.sleep(self._jitter(failures))
        self._place.check()

    def _jitter(self, times: int) -> float:
        """Seconds before a repetition, spread so that replicas do not come back together."""
        return _BACK_OFF * 2.0 ** (times - 1) * self._random.uniform(0.5, 1.5)

    def _outage(self, why: str) -> LlmUnavailableError:
        self._gate.breaker.failed(why)
        return LlmUnavailableError(why, self._jitter(3))

    def _locked(self, why: str) -> LlmMisconfiguredError:
        self._gate.breaker.open_for(_LOCKED_PAUSE, why, is_lasting=True)
        return LlmMisconfiguredError(why, _LOCKED_PAUSE)

    def _unaskable(self, why: str) -> LlmInvalidError | LlmMisconfiguredError:
        """One refused request is that text's fault; when all are, it is the configuration's."""
        self._server.refused_in_row += 1
        if self._server.refused_in_row < _ALL_REFUSED:
            return LlmInvalidError(why)
        return self._locked(f"{why}, as it did with those before: check the parameters in [llm]")


def _repair(text: str, problems: Sequence[str]) -> tuple[Message, Message]:
    """What is added after an answer that does not fit."""
    listed = "\n".join(f"- {problem[:300]}" for problem in problems[:10])
    asked = f"This does not fit the schema:\n{listed}\nAnswer again with the whole JSON object."
    return (
        {"role": "assistant", "content": text[:_QUOTED]},
        {"role": "user", "content": asked},
    )


def _too_slow(why: str) -> LlmUnavailableError:
    """The time went by without a request under way: it says nothing of the server."""
    return LlmUnavailableError(why, _BACK_OFF, is_outage=False)


def _attributes(spoken: Spoken) -> dict[str, str | float | bool]:
    return {
        "gen_ai.response.model": spoken.model,
        "gen_ai.response.id": spoken.request_id or "",
        "gen_ai.response.finish_reasons": spoken.finish,
        "gen_ai.usage.input_tokens": spoken.usage.prompt,
        "gen_ai.usage.output_tokens": spoken.usage.completion,
    }

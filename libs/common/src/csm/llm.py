"""Asks a model: once per question, within a deadline and a budget, and reads the answer strictly.

`Llm.ask` returns a valid answer or raises an error of `csm.llm_errors`, which says for each what
its caller does. The bus redelivers: nothing here waits longer than the deadline.
"""

import asyncio
import hashlib
import json
import secrets
import uuid
from dataclasses import asdict, dataclass
from decimal import Decimal
from random import Random
from typing import Generic, TypeVar

from openai import DefaultAsyncHttpxClient
from pydantic import BaseModel

from csm import llm_ledger as ledger
from csm import metrics
from csm.alerts import alert, over
from csm.crash import crash_point
from csm.db import Database
from csm.dependency import Trouble
from csm.llm_call import Message, Server
from csm.llm_errors import (
    LlmBusyError,
    LlmDeclinedError,
    LlmError,
    LlmInvalidError,
    LlmMisconfiguredError,
    LlmOverBudgetError,
    LlmRefusedError,
    LlmTooLongError,
    LlmUnavailableError,
)
from csm.llm_exchange import Exchange
from csm.llm_failures import Failure, Locked
from csm.llm_gate import Gate, Place
from csm.llm_ledger import Ceiling, Claim, Granted, Paid, Refused, Stored, Taken, TooDear
from csm.llm_schema import InvalidAnswerError, read
from csm.llm_settings import LlmSettings, Task, TaskSettings
from csm.llm_usage import TokenEstimate, Usage, cost_nano, nano_of, usd
from csm.outside_text import Marker

__all__ = [
    "Answer",
    "Llm",
    "LlmBusyError",
    "LlmDeclinedError",
    "LlmError",
    "LlmInvalidError",
    "LlmMisconfiguredError",
    "LlmOverBudgetError",
    "LlmRefusedError",
    "LlmTooLongError",
    "LlmUnavailableError",
    "Message",
    "Question",
    "Usage",
    "fresh_marker",
]

A = TypeVar("A", bound=BaseModel)

# Seconds beyond the deadline until a claim is believed to be abandoned.
_GRACE = 30.0
# Seconds until another look at a question that somebody else asks: answers take a few.
_LOOK_AGAIN = 5.0
_REFUSALS: dict[str, type[LlmRefusedError]] = {
    "declined": LlmDeclinedError, "invalid": LlmInvalidError, "too_long": LlmTooLongError,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)  # with slots `Question[X](...)` fails in Python 3.11
class Question(Generic[A]):
    """What is asked. `answer` is the pydantic model of a valid answer.

    `messages` carry new random markers each time; `basis` is the same input without them,
    normalised (see `csm.outside_text`): equal bases share one paid answer, so it must hold
    everything that may change the answer and, where no two conversations may share one, their ids.
    The hashes name the knowledge and the style that the prompt quotes.
    """

    task: Task
    messages: tuple[Message, ...]
    answer: type[A]
    basis: str
    prompt_version: str
    schema_version: int
    knowledge_hash: str = ""
    style_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[A]):
    """A valid answer. `key` names its row; `usage` and `cost` (USD; None without a price) are those
    of all attempts at it, paid once, however often it is read (`is_reused`).
    """

    value: A
    key: str
    model: str
    usage: Usage
    cost: Decimal | None
    request_id: str | None
    is_reused: bool


def fresh_marker() -> Marker:
    """Lines around outside text that nobody can know before this very request."""
    return Marker(secrets.token_hex(8))


class Llm:
    """The models of `[llm]`, shared by all workers of a process."""

    def __init__(
        self,
        db: Database,
        settings: LlmSettings,
        scale: float = 1.0,
        *,
        http: DefaultAsyncHttpxClient | None = None,
        random: Random | None = None,
    ) -> None:
        """`db` holds LLM_TABLES; `scale` is the timing's; `http` is asked instead of a client of
        its own. Opens no connection yet.
        """
        self._db = db
        self._settings = settings
        self._server = Server(settings, http)
        self._gate = Gate(settings.in_flight, scale, random=random)
        self._estimates: dict[str, TokenEstimate] = {}
        self._over: set[Task] = set()
        _show_ceilings(settings)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    def does(self, task: Task) -> bool:
        """Whether a model is configured for `task`."""
        return task in self._settings.tasks

    def key(self, question: Question[A]) -> str:
        """The row of a question: sha256 over all that decides its answer."""
        task = self._task(question.task)
        parts = {
            "task": question.task,
            "prompt": question.prompt_version,
            "schema": question.schema_version,
            "host": self._settings.host,
            "model": task.model,
            "parameters": [task.temperature, task.reasoning_effort, task.max_output_tokens],
            "input": hashlib.sha256(question.basis.encode("utf-8", "surrogatepass")).hexdigest(),
            "knowledge": question.knowledge_hash,
            "style": question.style_hash,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    async def ask(self, question: Question[A]) -> Answer[A]:
        """The answer, paid for once among all replicas; raises LlmError, DatabaseUnavailableError.

        It is committed before this returns, so that a redelivery finds it.
        """
        try:
            answer = await self._ask(question, self.key(question))
        except LlmError as error:
            metrics.LLM_QUESTIONS.labels(question.task, _result(error)).inc()
            raise
        result = "reused" if answer.is_reused else "answered"
        metrics.LLM_QUESTIONS.labels(question.task, result).inc()
        return answer

    async def probe(self) -> Trouble | None:
        """For the dependency row `llm`: costs nothing, says whether the server answers at all.

        A pause that the server itself named is kept.
        """
        breaker = self._gate.breaker
        if breaker.told_wait:
            return Trouble(breaker.why, is_lasting=breaker.is_lasting)
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                await self._server.models()
        except TimeoutError:
            return Trouble("the model server does not answer")
        except Locked as error:
            # Not every server lists its models; only a question can tell then.
            if error.status not in (404, 405):
                return Trouble(error.why, is_lasting=True)
        except Failure as error:
            return Trouble(error.why)
        breaker.try_now()
        return None

    async def _ask(self, question: Question[A], key: str) -> Answer[A]:
        if (known := await self._db.run(ledger.known, key)) is not None:
            return _known(question, key, known)
        async with self._gate.place(self._settings.deadline_seconds) as place:
            mine = self._claim(question, key)
            granted = await self._db.run(ledger.claim, mine)
            if isinstance(granted, TooDear):
                raise self._over_budget(question.task, granted)
            if not isinstance(granted, Granted):
                return _known(question, key, granted)
            self._within_budget(question.task)
            crash_point("llm_after_claim", key)
            return await self._paid(question, mine, place)

    async def _paid(self, question: Question[A], mine: Claim, place: Place) -> Answer[A]:
        """Ask under the claim and end it, however the asking ended."""
        task = self._task(question.task)
        exchange = Exchange(
            self._server, place, task, question, self._settings.host,
            self._estimate(task.model),
        )  # fmt: skip
        try:
            value, spoken = await exchange.run(self._settings.deadline_seconds)
        except LlmRefusedError as error:
            error.key = mine.key
            refused = Refused(_kind(error), error.why)
            await self._db.run(ledger.refuse, mine, self._cost(mine, exchange), refused)
            raise
        except (LlmUnavailableError, asyncio.CancelledError):
            await asyncio.shield(self._db.run(ledger.give_back, mine, self._cost(mine, exchange)))
            raise
        crash_point("llm_after_answer", mine.key)
        paid = self._cost(mine, exchange)
        answer = value.model_dump_json()
        if not await self._db.run(ledger.settle, mine, paid, answer, spoken.request_id):
            why = "the answer came after its claim had run out"
            raise LlmUnavailableError(why, _LOOK_AGAIN, is_outage=False)
        crash_point("llm_after_settle", mine.key)
        return Answer(
            value=value, key=mine.key, model=task.model, usage=paid.usage, cost=usd(paid.cost),
            request_id=spoken.request_id, is_reused=False,
        )  # fmt: skip

    def _claim(self, question: Question[A], key: str) -> Claim:
        task = self._task(question.task)
        tokens = self._estimate(task.model).tokens(m["content"] for m in question.messages)
        most = Usage(prompt=tokens, completion=task.max_output_tokens)
        return Claim(
            key=key,
            task=question.task,
            model=task.model,
            owner=uuid.uuid4().hex,
            seconds=self._settings.deadline_seconds + _GRACE,
            reserve=cost_nano(most, self._settings.prices.get(task.model)) or 0,
            ceiling=_ceiling(task),
        )

    def _cost(self, mine: Claim, exchange: "Exchange[A]") -> Paid:
        """What the attempts cost. One whose end nobody knows counts with what it might have."""
        cost = cost_nano(exchange.usage, self._settings.prices.get(mine.model))
        unknown = exchange.unknown * mine.reserve
        paid = Paid(exchange.usage, None if cost is None else cost + unknown)
        kinds = asdict(paid.usage)
        del kinds["calls"]
        for kind, tokens in kinds.items():
            metrics.LLM_TOKENS.labels(mine.task, kind).inc(tokens)
        metrics.LLM_USD.labels(mine.task).inc(float(usd(paid.cost) or 0))
        return paid

    def _over_budget(self, task: Task, found: TooDear) -> LlmOverBudgetError:
        key = f"llm.{task}.usd_per_{found.period}"
        why = f"{key}: {usd(found.spent):.2f} USD are spent or promised"
        if task not in self._over:
            self._over.add(task)
            alert("over-budget", "the budget for a model is used up", about=task, reason=why)
        return LlmOverBudgetError(key, why, found.seconds)

    def _within_budget(self, task: Task) -> None:
        if task in self._over:
            self._over.discard(task)
            over("over-budget", task)

    def _task(self, name: Task) -> TaskSettings:
        return self._settings.tasks[name]

    def _estimate(self, model: str) -> TokenEstimate:
        return self._estimates.setdefault(model, TokenEstimate())


def _show_ceilings(settings: LlmSettings) -> None:
    for name, task in settings.tasks.items():
        for period, most in (("day", task.usd_per_day), ("month", task.usd_per_month)):
            if most is not None:
                metrics.LLM_BUDGET.labels(name, period).set(float(most))


def _ceiling(task: TaskSettings) -> Ceiling:
    day, month = task.usd_per_day, task.usd_per_month
    return Ceiling(nano_of(day) if day else None, nano_of(month) if month else None)


def _known(question: Question[A], key: str, known: ledger.Known) -> Answer[A]:
    """The answer that is stored; raises what the row says otherwise."""
    match known:
        case Taken(seconds):
            raise LlmBusyError(
                "the same is being asked by another worker", min(seconds, _LOOK_AGAIN),
                is_outage=False,
            )  # fmt: skip
        case Refused(kind, why):
            raise _REFUSALS[kind](why, key)
        case Stored():
            return Answer(
                value=_stored(question, key, known), key=key, model=known.model, usage=known.usage,
                cost=usd(known.cost), request_id=known.request_id, is_reused=True,
            )  # fmt: skip


def _stored(question: Question[A], key: str, known: Stored) -> A:
    """A stored answer is validated as a new one is: the schema may have changed unversioned."""
    try:
        return read(question.answer, known.answer)
    except InvalidAnswerError:
        why = "a stored answer does not fit its schema; raise schema_version"
        raise LlmInvalidError(why, key) from None


def _kind(error: LlmRefusedError) -> ledger.Refusal:
    match error:
        case LlmDeclinedError():
            return "declined"
        case LlmTooLongError():
            return "too_long"
        case _:
            return "invalid"


def _result(error: LlmError) -> str:
    """The error as a label: `LlmOverBudgetError` is `over_budget`."""
    words = type(error).__name__.removeprefix("Llm").removesuffix("Error")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in words).lstrip("_")

"""Asks a judge about every case, pays for no answer twice, and keeps what failed apart."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from csm.contracts import Category
from csm_cli.evaluation.case import Case, Importance


class UnanswerableError(Exception):
    """No answer to this case; the text says why. It is counted and never kept."""


class _Answer(BaseModel):
    """`seconds` it took, what it cost in USD (None: unknown), billed `calls`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(ge=0)
    cost_usd: Decimal | None = None
    calls: int = Field(default=0, ge=0)


class Judgement(_Answer):
    """A verdict about one case; `confidence` (0..1) only where the judge has a real one."""

    category: Category
    importance: Importance
    confidence: float | None = Field(default=None, ge=0, le=1)


class Draft(_Answer):
    """A draft as the customer would get it, plain text; `withheld` says why there is none."""

    text: str
    language: str | None = None
    cited: tuple[str, ...] = ()
    withheld: str | None = None


class Judge(Protocol):
    """Judges cases. `fingerprint` changes with whatever changes its answers: prompt, model, code.

    None means that its answers cost nothing and are not kept.
    """

    @property
    def fingerprint(self) -> str | None:
        """See the class."""

    async def judge(self, case: Case) -> Judgement:
        """The verdict. Raises UnanswerableError."""


class Drafter(Protocol):
    """Writes drafts; `fingerprint` as for a judge."""

    @property
    def fingerprint(self) -> str | None:
        """See the class."""

    async def draft(self, case: Case) -> Draft:
        """The draft. Raises UnanswerableError."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Judgements by case id; why there is none for the others; how many cost nothing this time."""

    given: Mapping[str, Judgement]
    failed: Mapping[str, str]
    from_cache: int = 0


@dataclass(frozen=True, slots=True)
class Drafts:
    """As Answers, for drafts."""

    given: Mapping[str, Draft]
    failed: Mapping[str, str]
    from_cache: int = 0


class Cache:
    """Answers by what they are an answer to, one JSON line each, added as they come.

    A line that is no answer (a run was killed while writing) counts as not there.
    """

    def __init__(self, path: Path) -> None:
        """Read what earlier runs kept in `path`; the file need not exist. Raises OSError."""
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._known = dict(filter(None, map(_kept, lines)))

    def get(self, key: str) -> str | None:
        """The answer as JSON text."""
        return self._known.get(key)

    def put(self, key: str, answer: str) -> None:
        """Keep it, on disk at once: the next run must not pay for it again."""
        self._known[key] = answer
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A torn last line ends here, so that it does not swallow the new one.
        with self._path.open("a+b") as file:
            if file.tell() and not _ends_a_line(self._path):
                file.write(b"\n")
            file.write(json.dumps({"key": key, "answer": json.loads(answer)}).encode() + b"\n")


async def judged(
    judge: Judge, cases: Sequence[Case], cache: Cache | None, at_once: int = 8
) -> Answers:
    """Every case asked once, at most `at_once` at the same time."""
    ask = _asked(judge.judge, judge.fingerprint, "judge", cache, Judgement)
    given, failed, found = await _all(ask, cases, at_once)
    return Answers(given, failed, found)


async def drafted(
    drafter: Drafter, cases: Sequence[Case], cache: Cache | None, at_once: int = 8
) -> Drafts:
    """A draft for every case that has demands on one."""
    wanted = [case for case in cases if case.draft]
    ask = _asked(drafter.draft, drafter.fingerprint, "draft", cache, Draft)
    given, failed, found = await _all(ask, wanted, at_once)
    return Drafts(given, failed, found)


_A = TypeVar("_A", Judgement, Draft)
_Asked = Callable[[Case], Awaitable[tuple[_A, bool]]]


def _asked(
    work: Callable[[Case], Awaitable[_A]],
    fingerprint: str | None,
    task: str,
    cache: Cache | None,
    kind: type[_A],
) -> _Asked[_A]:
    """`work` behind the cache; the answer and whether it was found there."""

    async def ask(case: Case) -> tuple[_A, bool]:
        if fingerprint is None or cache is None:
            return await work(case), False
        key = hashlib.sha256(f"{task}\0{fingerprint}\0{case.fingerprint}".encode()).hexdigest()
        if (known := _read(kind, cache.get(key))) is not None:
            return known, True
        answer = await work(case)
        cache.put(key, answer.model_dump_json())
        return answer, False

    return ask


async def _all(
    ask: _Asked[_A], cases: Sequence[Case], at_once: int
) -> tuple[dict[str, _A], dict[str, str], int]:
    slots = asyncio.Semaphore(at_once)
    given: dict[str, _A] = {}
    failed: dict[str, str] = {}
    found = 0

    async def one(case: Case) -> None:
        nonlocal found
        async with slots:
            try:
                given[case.id], was_known = await ask(case)
                found += was_known
            except UnanswerableError as error:
                failed[case.id] = str(error)

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(case))
    return given, failed, found


def _read(kind: type[_A], answer: str | None) -> _A | None:
    """An answer of an older form is asked for again."""
    if answer is None:
        return None
    try:
        return kind.model_validate_json(answer)
    except ValidationError:
        return None


def _kept(line: str) -> tuple[str, str] | None:
    try:
        row = json.loads(line)
        return str(row["key"]), json.dumps(row["answer"])
    except (ValueError, KeyError, TypeError):
        return None


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"

"""A simulated model server for tests, and clients that ask it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

from csm.db import Database
from csm.dependency import DEPENDENCY
from csm.llm import Answer, Llm, Question, fresh_marker
from csm.llm_ledger import LLM_TABLES
from csm.llm_settings import LlmSettings
from csm.work import WORK
from memory_store import Store
from simulators.llm.app import build
from simulators.serve import running

MODEL = "sim-small"
PRICE = {"input": "0.5", "cached_input": "0.05", "output": "2"}
TABLES = (*LLM_TABLES, DEPENDENCY, WORK)
# Far from every limit of a test, however busy the machine is.
PATIENT = 30.0


class Verdict(BaseModel):
    """What the tests ask for."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=200)
    category: Literal["lead", "customer", "other"]
    importance: int = Field(ge=1, le=10)


class ModelServer:
    """The simulator's back door."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/control/", timeout=30, trust_env=False)

    def order(self, verb: str, **body: Any) -> None:
        """Order something."""
        self._http.post(verb, json=body).raise_for_status()

    def fault(self, kind: str, **rule: Any) -> None:
        """One rule of faults instead of all others; without `limit`, `every` or `rate`: always."""
        self.order("faults", rules=[{"kind": kind, "every": 1} | rule])

    def counters(self) -> dict[str, Any]:
        """What was counted."""
        return dict(self._http.get("counters").json())

    @property
    def paid(self) -> int:
        """Answers that a provider would have charged."""
        return int(self.counters()["paid"])

    @property
    def requests(self) -> int:
        """Requests that arrived."""
        return int(self.counters()["requests"])

    def bodies(self) -> list[dict[str, Any]]:
        """The requests as they came."""
        return list(self._http.get("requests").json())

    def close(self) -> None:
        """Close the back door."""
        self._http.close()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A simulator in a thread of this process."""
    with running(build()) as url:
        server = ModelServer(url)
        yield server
        server.close()


def settings_for(url: str, **changes: Any) -> LlmSettings:
    """Settings that ask the simulator; `changes` by key of `[llm]`."""
    plain: dict[str, Any] = {
        "base_url": f"{url}/v1",
        "deadline_seconds": PATIENT,
        "classify": {"model": MODEL},
        "draft": {"model": "sim-large"},
        "prices": {MODEL: PRICE},
    }
    return LlmSettings.model_validate(plain | changes)


@asynccontextmanager
async def client(
    db: Database, url: str, *, scale: float = 1.0, **changes: Any
) -> AsyncIterator[Llm]:
    """A client of the simulator."""
    llm = Llm(db, settings_for(url, **changes), scale)
    try:
        yield llm
    finally:
        await llm.aclose()


def memory() -> Store:
    """An empty ledger with a clock that tests move."""
    return Store(TABLES)


def question(mail: str = "Where is my order?", **changes: Any) -> Question[Verdict]:
    """To judge a mail; each time with other markers."""
    marked = fresh_marker().around(mail)
    plain: dict[str, Any] = {
        "task": "classify",
        "messages": (
            {"role": "system", "content": "You sort mail."},
            {"role": "user", "content": marked},
        ),
        "answer": Verdict,
        "basis": mail,
        "prompt_version": "1",
        "schema_version": 1,
    }
    return Question[Verdict](**(plain | changes))


async def asked(llm: Llm, mail: str = "Where is my order?") -> Answer[Verdict]:
    """The answer to a question about a mail."""
    return await llm.ask(question(mail))

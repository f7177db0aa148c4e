"""The ways to judge a case: the rules, the simulated model, the model of csm.toml."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from classifier.settings import Settings
from csm.db import open_beside
from csm.llm import Llm
from csm.llm_ledger import LLM_TABLES
from csm.llm_settings import LlmSettings, TaskSettings
from csm.settings import load
from csm_cli.evaluation import Method
from csm_cli.evaluation.judging import Cache, Judge
from csm_cli.evaluation.triage import Model, Rules
from csm_cli.simulation import Simulator, SimulatorError
from csm_cli.terminal import CommandFailedError

_SIMULATED = "sim-small"


@dataclass(frozen=True, slots=True)
class Way:
    """Who judges, and where paid answers are kept (None: nowhere)."""

    judge: Judge
    cache: Cache | None = None


@asynccontextmanager
async def opened(method: Method, config: Path | None) -> AsyncIterator[Way]:
    """A way to judge, with all it needs until the end. Raises CommandFailedError, ConfigError.

    Only `live` reads csm.toml and spends money, within the ceilings that stand there.
    """
    async with AsyncExitStack() as stack:
        match method:
            case "rules":
                yield Way(Rules())
            case "simulator":
                yield await _simulated(stack)
            case "live":
                yield await _live(stack, load(Settings, config))


async def _simulated(stack: AsyncExitStack) -> Way:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="csm-eval-")))
    try:
        server = stack.enter_context(Simulator("llm", folder / "llm.log"))
        base_url = f"{server.url}/v1"
    except SimulatorError as error:
        raise CommandFailedError(str(error)) from error
    settings = LlmSettings(base_url=base_url, classify=TaskSettings(model=_SIMULATED))
    llm = await _llm(stack, settings, folder)
    return Way(Model(llm, settings, about=""))


async def _live(stack: AsyncExitStack, settings: Settings) -> Way:
    if settings.llm is None or settings.llm.classify is None:
        raise CommandFailedError("llm.classify: no model is configured, see csm.example.toml", 78)
    folder = settings.state_dir / "eval"
    llm = await _llm(stack, settings.llm, folder)
    judge = Model(llm, settings.llm, settings.classifier.about, _languages(settings))
    return Way(judge, cache=Cache(folder / "answers.jsonl"))


async def _llm(stack: AsyncExitStack, settings: LlmSettings, folder: Path) -> Llm:
    """The client with a ledger of its own: what is spent here is not the service's."""
    db = open_beside(f"sqlite:///{folder / 'llm.db'}")
    stack.push_async_callback(db.close)
    await db.run(_with_tables)
    llm = Llm(db, settings)
    stack.push_async_callback(llm.aclose)
    return llm


def _with_tables(connection: Connection) -> None:
    for table in LLM_TABLES:
        table.create(connection, checkfirst=True)


def _languages(settings: Settings) -> Sequence[str]:
    """All that any mailbox is written to in."""
    found = (one for mailbox in settings.mailbox.values() for one in mailbox.triage.languages)
    return tuple(dict.fromkeys(found))

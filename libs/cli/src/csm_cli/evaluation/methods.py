"""The ways to judge a case and to draft: the rules, a simulated model, the model of csm.toml."""

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
from csm_cli.evaluation.drafting import Writer
from csm_cli.evaluation.judging import Cache, Drafter, Judge
from csm_cli.evaluation.triage import Model, Rules
from csm_cli.simulation import Simulator, SimulatorError
from csm_cli.terminal import CommandFailedError
from draft_writer.settings import DraftSettings
from draft_writer.settings import Settings as DraftWriterSettings

_SIMULATED = "sim-small"


@dataclass(frozen=True, slots=True)
class Way:
    """Who judges and who drafts (None: nobody), where paid answers are kept (None: nowhere)."""

    judge: Judge
    cache: Cache | None = None
    drafter: Drafter | None = None


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
                drafts = load(DraftWriterSettings, config).drafts
                yield await _live(stack, load(Settings, config), drafts)


async def _simulated(stack: AsyncExitStack) -> Way:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="csm-eval-")))
    try:
        server = stack.enter_context(Simulator("llm", folder / "llm.log"))
        base_url = f"{server.url}/v1"
    except SimulatorError as error:
        raise CommandFailedError(str(error)) from error
    task = TaskSettings(model=_SIMULATED)
    settings = LlmSettings(base_url=base_url, classify=task, draft=task)
    llm = await _llm(stack, settings, folder)
    drafter = Writer(llm, settings, DraftSettings())
    return Way(Model(llm, settings, about=""), drafter=drafter)


async def _live(stack: AsyncExitStack, settings: Settings, drafts: DraftSettings) -> Way:
    if settings.llm is None or settings.llm.classify is None:
        raise CommandFailedError("llm.classify: no model is configured, see csm.example.toml", 78)
    folder = settings.state_dir / "eval"
    llm = await _llm(stack, settings.llm, folder)
    judge = Model(llm, settings.llm, settings.classifier.about, _languages(settings))
    drafter = Writer(llm, settings.llm, drafts) if settings.llm.draft else None
    return Way(judge, Cache(folder / "answers.jsonl"), drafter)


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

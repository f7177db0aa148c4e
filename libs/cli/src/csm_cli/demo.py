"""`csm demo`: real mail into a simulated help desk, everything killed once, then the judgement."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import httpx

from csm import logs
from csm.admin import AdminError
from csm.streams import ProvisioningError
from csm_cli.children import ChildConfigError
from csm_cli.demo_mail import keep_coming
from csm_cli.demo_progress import Progress
from csm_cli.demo_report import Kills, Report, is_triaged, judged, show
from csm_cli.demo_stage import Stage, staged, until
from csm_cli.embedded_nats import EmbeddedNatsError
from csm_cli.operate import ALSO_WRITING, say_findings, to_keep
from csm_cli.simulation import SimulatorError, run_simulators
from csm_cli.terminal import CommandFailedError, Json, say_json, screen, side_screen

# The self-test's own POSTs: create, draft, note. The ingest must survive those.
_SELF_TEST_POSTS, _SELF_TESTS = 3, 3
# So slow is a desk in the real world; it also leaves time to kill something in the middle.
_DESK_SECONDS = 0.15
# Seconds without any progress until the demo gives up.
_PATIENCE = 90.0
_LOOK = 0.1
_CLOSE_LOOK = 0.005


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator asked for."""

    mail: Path | None = None
    every_third_answer_lost: bool = False
    seed: int = 0
    keep: bool = False

    @property
    def crash_at(self) -> str:
        """The write in which the ingest dies; the first one of a mailbox that may be tiny."""
        # Own mail may be a single one; with the samples there is room for every self-test.
        if self.mail:
            return f"request_sent#{_SELF_TEST_POSTS + 1}"
        after = Random(self.seed).randrange(14)  # noqa: S311 - repeatable
        return f"request_sent#{_SELF_TEST_POSTS * _SELF_TESTS + 1 + after}"


async def demo(wanted: Wanted, *, as_json: bool) -> bool:
    """Play, show what happened; True when every promise was kept. Raises CommandFailedError."""
    logs.setup("csm", "ERROR")
    await _refuse_empty(wanted.mail)
    folder = Path(tempfile.mkdtemp(prefix="csm-demo-"))
    with _ends_in_words(folder):
        report = await _play(wanted, folder, as_json=as_json)
    if report.is_kept:
        shutil.rmtree(folder)
    else:
        side_screen().print(f"the logs are left in {folder}")
    return report.is_kept


async def _refuse_empty(mail: Path | None) -> None:
    """Before anything is started: what cannot be read is said at once."""
    if mail is not None:
        try:
            await run_simulators("count", "--mail", str(mail))
        except SimulatorError as error:
            raise CommandFailedError(str(error)) from None


@contextmanager
def _ends_in_words(folder: Path) -> Iterator[None]:
    """A failure of the demo itself leaves its logs; an interrupted one leaves nothing."""
    try:
        yield
    except (
        SimulatorError, EmbeddedNatsError, ProvisioningError, ChildConfigError, AdminError,
        CommandFailedError, httpx.HTTPError,
    ) as error:  # fmt: skip
        raise CommandFailedError(f"the demo failed: {error} (logs: {folder})") from error
    except asyncio.CancelledError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def _play(wanted: Wanted, folder: Path, *, as_json: bool) -> Report:
    with Progress() as progress:
        progress.step("starting Gmail, FreeScout and a model as simulators, NATS, five services")
        async with staged(folder, wanted.crash_at) as stage:
            await _self_test(stage, progress, as_json=as_json)
            stage.desk.post("/control/faults", _faults(wanted, latency=_DESK_SECONDS))
            await _deliver(stage, wanted.mail, progress)
            kills = await _see_through(stage, wanted, progress)
            report = await judged(stage, kills, progress.seconds, are_samples=wanted.mail is None)
            progress.end()
            say_json(report.as_json()) if as_json else show(report)
            if wanted.keep:
                await _keep_open(stage)
    return report


def _faults(wanted: Wanted, latency: float) -> Json:
    lost: Json = {"lost": {"every": 3}} if wanted.every_third_answer_lost else {}
    return {"latency_seconds": latency, "seed": wanted.seed, **lost}


async def _self_test(stage: Stage, progress: Progress, *, as_json: bool) -> None:
    await stage.answers()
    progress.step("self-test: what does this FreeScout do?")
    result = await _findings(stage, progress)
    if stage.ingest.ends:
        raise CommandFailedError(f"the ingest died in the self-test, see {stage.ingest.log}")
    # The demo plays the operator and looks into the team's mail.
    notified = bool(stage.desk.get("/control/outbox")["mails"])
    result = await stage.ask("self-test-answer", {"notified": "yes" if notified else "no"})
    for service in ALSO_WRITING:
        await stage.answers(service)
        await stage.ask("self-test-keep", to_keep(result), service=service)
    if not as_json:
        say_findings(result)


async def _findings(stage: Stage, progress: Progress) -> Json:
    """Ask again as an operator would: a busy machine answers too late for the fast profile."""
    for _ in range(_SELF_TESTS - 1):
        with suppress(AdminError):
            return await stage.ask("self-test", timeout=60)
        progress.step("self-test: FreeScout did not answer in time, once more")
    return await stage.ask("self-test", timeout=60)


async def _deliver(stage: Stage, mail: Path | None, progress: Progress) -> None:
    what = f"the mail of {mail}" if mail else "the sample mails"
    progress.step(f"delivering {what}")
    own = ("--mail", str(mail)) if mail else ()
    expected = await run_simulators("deliver", "--gmail", stage.gmail.url, *own)
    progress.total(expected["mails"])


async def _see_through(stage: Stage, wanted: Wanted, progress: Progress) -> Kills:
    """Kill both while the mails go through, and return when all is quiet."""
    kills = Kills()
    hunt = asyncio.create_task(_kill_both(stage, wanted, kills, progress))
    try:
        await _quiet(stage, progress)
        await _triaged(stage, progress)
    finally:
        hunt.cancel()
        ended = await asyncio.gather(hunt, return_exceptions=True)
    if isinstance(ended[0], Exception):
        raise ended[0]
    return kills


async def _kill_both(stage: Stage, wanted: Wanted, kills: Kills, progress: Progress) -> None:
    await until(stage.is_killed, _CLOSE_LOOK)
    kills.gmail_ingest = 1
    progress.step("killed gmail_ingest with a POST on the wire; it starts again")
    await stage.answers()
    async with httpx.AsyncClient(base_url=stage.bus.monitor_url, trust_env=False) as monitor:
        await until(partial(stage.is_in_work, monitor), _CLOSE_LOOK)
    stage.bus.kill()
    stage.bus.restart()
    kills.nats = 1
    progress.step("killed NATS with unacknowledged messages; it runs again")
    stage.desk.post("/control/faults", _faults(wanted, latency=0))


async def _quiet(stage: Stage, progress: Progress) -> None:
    """Until every mail has its end and every event is out, or nothing happens any more."""
    done, last_change = -1, time.monotonic()
    while time.monotonic() - last_change < _PATIENCE:
        if status := await stage.status():
            ended = sum(status["states"].values()) - status["states"].get("wanted", 0)
            progress.ended(ended)
            if (
                ended == stage.mails()
                and not status["states"].get("wanted")
                and not status["outbox"]
            ):
                return
            if ended != done:
                done, last_change = ended, time.monotonic()
        await asyncio.sleep(_LOOK)


async def _triaged(stage: Stage, progress: Progress) -> None:
    """Sweep once, then wait until every conversation has its tags and its note, or nothing moves.

    Whatever the killed NATS forgot is hinted at again; what is done already is not done twice.
    """
    await stage.answers("webhook_gateway")
    swept = await stage.ask("reconcile", timeout=60, service="webhook_gateway")
    progress.step(f"a sweep hinted at {swept['hints']} conversations again")
    open_before, last_change = -1, time.monotonic()
    while time.monotonic() - last_change < _PATIENCE:
        left = sum(not is_triaged(row) for row in stage.conversations())
        if not left and await stage.is_at_rest():
            return
        if left != open_before:
            open_before, last_change = left, time.monotonic()
        await asyncio.sleep(_LOOK)


async def _keep_open(stage: Stage) -> None:
    screen().print(f"\nThe help desk: {stage.desk.url}/   the mailbox: {stage.gmail.url}/")
    screen().print(
        "Edit, send or discard a draft there, or take a sent one back; mail keeps coming."
    )
    screen().print(f"csm drafts --config {stage.config} shows what became of the drafts.")
    screen().print("Ctrl-C ends everything.")
    mail = asyncio.create_task(keep_coming(stage))
    try:
        await asyncio.wait([stage.life, mail], return_when=asyncio.FIRST_COMPLETED)
        for ended in (task for task in (stage.life, mail) if task.done()):
            ended.result()
    except asyncio.CancelledError:
        if task := asyncio.current_task():
            task.uncancel()  # the signal was the answer, not an interruption
    finally:
        mail.cancel()

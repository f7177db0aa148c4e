"""Services as child processes: they die with us, and come back after a crash."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from csm.logs import get_logger
from csm.settings import EXIT_CONFIG
from csm_cli.parenthood import die_with_parent

# A service gives its handlers 20 s; NATS and we ourselves end within the rest of 25 s.
_STOP_SECONDS = 22.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# A child that ran this long was well: its next crash is a first one again.
_WELL_AFTER = 30.0


class ChildConfigError(RuntimeError):
    """A child ended with 78: its settings cannot work, starting it again cannot help."""


class Child:
    """One process, started again with a growing pause until `run` is cancelled."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        first_environment: Mapping[str, str] | None = None,
    ) -> None:
        """`first_environment` is added for the first start only: a crash point that fires once."""
        self.name = name
        self.log = log
        self.ends: list[int] = []
        """How its lives ended: exit codes, a negative one is a signal."""
        self._command = command
        self._environment = environment
        self._extra = dict(first_environment or {})
        self._process: asyncio.subprocess.Process | None = None
        self._log = get_logger("children")

    @property
    def pid(self) -> int | None:
        """The running process, None between two lives."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def kill(self) -> bool:
        """SIGKILL the running process; False when none runs."""
        if self.pid is None:
            return False
        os.kill(self.pid, signal.SIGKILL)
        return True

    async def run(self) -> None:
        """Keep the process running until cancelled; raises ChildConfigError on exit 78."""
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        try:
            while True:
                begun = loop.time()
                code = await self._live()
                self.ends.append(code)
                if code == EXIT_CONFIG:
                    raise ChildConfigError(f"{self.name}: settings cannot work, see {self.log}")
                self._log.warning("child ended", child=self.name, code=code, again_in_s=pause)
                pause = _FIRST_PAUSE if loop.time() - begun > _WELL_AFTER else pause
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            await self._stop()

    async def _live(self) -> int:
        environment = {**os.environ, **self._environment, **self._extra}
        self._extra = {}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                # A Ctrl-C at the terminal is for us: a second signal would cut its shutdown short.
                process_group=0,
                # Not SIGTERM: it would go on for seconds, and refuse the database to the next one.
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        return await self._process.wait()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            return
        process.kill()
        await process.wait()

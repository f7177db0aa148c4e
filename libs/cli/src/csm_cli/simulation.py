"""The simulators as child processes, driven over their control endpoints.

They are a workspace member for tests and the demo; production never starts them.
"""

import asyncio
import importlib.util
import json
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from csm_cli.parenthood import die_with_parent

Json = dict[str, Any]


class SimulatorError(RuntimeError):
    """A simulator is not installed, did not start, or refused a control call."""


class Simulator:
    """One simulator process and its base URL."""

    def __init__(
        self,
        kind: Literal["freescout", "gmail", "llm"],
        log: Path,
        *,
        port: int = 0,
        gmail: str = "",
    ) -> None:
        """Start it, without waiting; `gmail` is where the desk sends its mail."""
        command = [*_command(), kind, "--port", str(port)]
        command += ["--gmail", gmail] if gmail else []
        with log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                # A Ctrl-C at the terminal is for us: we end the simulators when we are done.
                process_group=0,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - sets one flag, no locks
            )

    @cached_property
    def url(self) -> str:
        """Its base address; waits until it listens. Raises SimulatorError when it ended."""
        assert self._process.stdout is not None  # noqa: S101 - PIPE above
        line = self._process.stdout.readline().decode()
        if not line.startswith("listening "):
            raise SimulatorError("the simulator did not start; see its log")
        return line.split()[1]

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def get(self, path: str) -> Json:
        """A control endpoint's JSON."""
        answer: Json = self._checked(self._http.get(path))
        return answer

    def rows(self, path: str) -> list[Json]:
        """The same where the answer is a list."""
        found: list[Json] = self._checked(self._http.get(path))
        return found

    def post(self, path: str, body: Json | None = None) -> Json:
        """Call a control endpoint."""
        answer: Json = self._checked(self._http.post(path, json=body or {}))
        return answer

    def _checked(self, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
        if response.is_error:
            raise SimulatorError(f"{response.request.url.path}: {response.text[:300]}")
        return response.json() if response.content else {}

    def stop(self) -> None:
        """End the process."""
        if "_http" in self.__dict__:
            self._http.close()
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        """Already running."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.stop()


def _command() -> list[str]:
    if importlib.util.find_spec("simulators") is None:
        raise SimulatorError(
            "the simulators are not installed; run this from a source checkout (make setup)"
        )
    return [sys.executable, "-m", "simulators"]


async def run_simulators(*arguments: str) -> Json:
    """Run `python -m simulators <arguments>` to its end; its JSON. Raises SimulatorError."""
    process = await asyncio.create_subprocess_exec(
        *_command(),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent(),
    )
    try:
        answer, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines()
        raise SimulatorError(lines[-1] if lines else f"{arguments[0]} failed without a word")
    result: Json = json.loads(answer)
    return result

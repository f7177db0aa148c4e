"""An event loop whose time jumps to the next timer, and processes that can be killed in it.

Everything asyncio offers works and costs no waiting: sleeps, timeouts, locks, task groups. Threads
are run inline. A task belongs to the life it was started in; nothing of a dead life runs again.
"""

import asyncio
import heapq
from asyncio import events
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any

LIFE: ContextVar["Life | None"] = ContextVar("simulated_life", default=None)


class KilledError(BaseException):
    """SIGKILL in the middle of a line of code: nothing after it may run."""


class OverError(BaseException):
    """The history has ended: what was left behind is closed."""


class Life:
    """One process from its start to its death; `again` starts the next one in its place."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.again: Callable[[], None] = lambda: None

    def enter(self, entry: Callable[[], Any]) -> Any:
        """Call `entry` inside this life; what it starts belongs to it too."""
        context = copy_context()
        context.run(LIFE.set, self)
        return context.run(entry)


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's own loop without a selector. `time()` is seconds since the start of the history."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0
        self.outside: Context = copy_context()
        self.is_over = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self.errors: list[str] = []
        self.set_exception_handler(self._note_error)

    def _note_error(self, _loop: object, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, KilledError | OverError):
            self.errors.append(f"{context['message']}: {error!r}")

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._virtual

    def later(self, seconds: float, callback: Callable[..., object], *args: Any) -> None:
        """Call back in the world outside of all lives: the death of the caller changes nothing."""
        self.call_at(self._virtual + seconds, callback, *args, context=self.outside)

    def run_in_executor(  # type: ignore[override]
        self, _executor: object, function: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run it now: a thread would bring chance in."""
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as error:  # noqa: BLE001  # whatever a thread raises goes to its caller
            future.set_exception(error)
        return future

    def create_task(self, coro: Any, **options: Any) -> "asyncio.Task[Any]":
        """asyncio's; after the end nothing new begins, not even a clean-up."""
        if self.is_over:
            coro.close()
            raise OverError
        task = super().create_task(coro, **options)
        # Nobody else holds the tasks of a dead life; the collector must not end them in between.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def finish(self) -> None:
        """Close what never ended, so that nothing of this history runs in a later one."""
        self.is_over = True
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine = task.get_coro()
            with suppress(BaseException):  # whatever its finally blocks say now
                if coroutine is not None:
                    coroutine.close()
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]
        self.close()

    def _run_once(self) -> None:
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        if not ready and scheduled:
            self._virtual = max(self._virtual, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._virtual:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        if not ready:
            self.stop()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled and not _is_dead(handle):
                handle._run()

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        """A cancelled timer leaves the heap when its time comes."""

    def _process_events(self, _event_list: object) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """Nobody sleeps, so nobody has to be woken."""

    def _asyncgen_finalizer_hook(self, _agen: object) -> None:
        """A generator of a dead life is dropped as it is."""


def _is_dead(handle: events.Handle) -> bool:
    life = handle._context.get(LIFE)  # type: ignore[attr-defined]
    return life is not None and life.is_dead
